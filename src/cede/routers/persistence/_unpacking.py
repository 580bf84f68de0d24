"""From JSON, arrays and objects to a router; what does not fit together raises."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray

from cede.exceptions import InvalidInput
from cede.losses import SURROGATES
from cede.routers import Router
from cede.routers._models import as_classifier
from cede.routers.persistence._content import ROUTERS
from cede.routers.persistence._packing import DICTS, is_fitted_attribute
from cede.routers.persistence._plain import unpack_dates, unpack_labels, unpack_plain
from cede.training import HEADS, History, make_head

__all__ = ["Unpacker"]

_DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Unpacker:
    """Turns JSON back into values."""

    def __init__(
        self, arrays: dict[str, NDArray[Any]], objects: dict[str, Any], model: Any, head: Any
    ) -> None:
        self.arrays, self.objects, self.head = arrays, objects, head
        several = isinstance(model, list | tuple)
        self.model = [as_classifier(m) for m in model] if several else as_classifier(model)
        self.parameters: dict[str, Any] = {}
        self.used: set[str] = set()

    def unpack_router(self, prefix: str, content: dict[str, Any]) -> Router:
        """Make the router that ``Packer.pack_router`` packed."""
        kind = ROUTERS[content["class"]]
        parameters = {
            k: self._unpack(f"{prefix}parameter.{k}", v) for k, v in content["parameters"].items()
        }
        router: Router = kind(**parameters)
        for name, value in content["fitted"].items():
            if not is_fitted_attribute(name):
                raise KeyError(f"{name!r} is no fitted attribute")
            self.parameters = parameters
            setattr(router, name, self._unpack(f"{prefix}fitted.{name}", value))
        return router

    def _unpack(self, name: str, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kind = value["kind"]
        if kind == "array":
            return self._array(name)
        if kind == "labels":
            return unpack_labels(value)
        if kind == "dates":
            return unpack_dates(self._array(name), value["dtype"])
        if kind in ("tuple", "list"):
            items = [self._unpack(f"{name}.{i}", item) for i, item in enumerate(value["items"])]
            return tuple(items) if kind == "tuple" else items
        if kind == "surrogate":
            return SURROGATES[value["name"]].using(**value["options"])
        if kind in DICTS:
            return DICTS[kind].from_dict({k: v for k, v in value.items() if k != "kind"})
        if kind == "history":
            return History(**{k: v for k, v in value.items() if k != "kind"})
        if kind == "left_out":
            return self.head if name.endswith("parameter.head") else None
        if kind == "model_left_out":
            if self.model is None:
                raise InvalidInput(
                    f"The base model ({value['type']}) was left out when this router was saved; "
                    f"pass it as load(folder, model=...)."
                )
            return self.model
        if kind == "router":
            return self.unpack_router(f"{name}/", value)
        if kind == "network":
            return self._network(name, value)
        if kind == "object":
            return self.objects[value["key"]]
        return unpack_plain(value)

    def _network(self, name: str, value: dict[str, Any]) -> torch.nn.Module:
        head = self.parameters["head"]
        if head is None or (isinstance(head, str) and head not in HEADS):
            raise InvalidInput(
                "This router's network is the user's own; pass its architecture as "
                "load(folder, head=module)."
            )
        state = {k: torch.from_numpy(self._array(f"{name}.{k}")) for k in value["keys"]}
        n_features, n_scores = value["n_features"], value["n_scores"]
        sizes = {size for weights in state.values() for size in weights.shape}
        if isinstance(head, str) and not {n_features, n_scores} <= sizes:
            raise ValueError(f"no weights of a network from {n_features} to {n_scores} numbers")
        module = make_head(head, n_features, n_scores).to(_DTYPES[value["dtype"]])
        module.load_state_dict(state)
        return module.eval().requires_grad_(False)

    def _array(self, name: str) -> NDArray[Any]:
        self.used.add(name)
        return self.arrays[name]
