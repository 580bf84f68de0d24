"""What older folders call otherwise: up to format 2 a router had the parameters of its head."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from cede.routers.heads import Headed, Linear, Mlp, Network

__all__ = ["LAST_EARLIER", "in_todays_words", "with_todays_names"]

#: The last format in which something was called otherwise.
LAST_EARLIER = 2

_LINEAR = ("weight_decay", "tol", "max_iter", "device")
_NETWORK = {
    "epochs": "max_epochs",
    **{
        name: name
        for name in (
            "batch_size",
            "learning_rate",
            "weight_decay",
            "patience",
            "validation_fraction",
            "device",
            "on_epoch",
        )
    },
}


def in_todays_words(kind: type[Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Gather the parameters of a router's head in its head."""
    if not issubclass(kind, Headed) or "max_epochs" not in parameters:
        return parameters
    kept = {
        name: value
        for name, value in parameters.items()
        if name not in _LINEAR and name not in _NETWORK.values()
    }
    return {**kept, "head": _head_of(parameters)}


def with_todays_names(fitted: dict[str, Any]) -> dict[str, Any]:
    """Call fitted attributes by the names that they have now."""
    return {"head_" if name == "module_" else name: value for name, value in fitted.items()}


def _head_of(parameters: dict[str, Any]) -> Any:
    head = parameters["head"]
    if head == "linear":
        return Linear(**{name: parameters[name] for name in _LINEAR})
    if isinstance(head, BaseEstimator) and not isinstance(head, Network):
        return head
    values = {new: parameters[old] for new, old in _NETWORK.items()}
    if head == "mlp":
        return Mlp(**values)
    return head.set_params(**values) if isinstance(head, Network) else Network(head, **values)
