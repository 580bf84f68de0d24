"""From JSON, arrays and objects to a router; what does not fit together raises."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from cede.exceptions import InvalidInput
from cede.losses import SURROGATES
from cede.routers import Router
from cede.routers._models import as_classifier
from cede.routers._table import ROUTERS
from cede.routers.encoding import ENCODINGS
from cede.routers.heads import FittedLine, FittedNetwork, Linear, Mlp, Network, own_head
from cede.routers.persistence._earlier import LAST_EARLIER, in_todays_words, with_todays_names
from cede.routers.persistence._packing import DICTS, FITTED_NAME, array_types
from cede.routers.persistence._plain import unpack_dates, unpack_labels, unpack_plain
from cede.training import History

__all__ = ["unpack"]

_HEADS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Linear, Mlp, Network)}


def unpack(
    content: dict[str, Any],
    arrays: dict[str, NDArray[Any]],
    objects: dict[str, Any],
    model: Any = None,
    head: Any = None,
    embed: Any = None,
) -> Router:
    """Make the router that stands in ``router.json``, of these arrays and objects, and no others.

    Raises
    ------
    Exception
        Of any kind, where they do not fit together.
    """
    if content["format"] > 1 and content["arrays"] != array_types(arrays):
        raise ValueError("the arrays are of other types or shapes")
    unpacker = _Unpacker(arrays, objects, model, head, embed, content["format"])
    router: Router = unpacker.unpack_router("", content)
    if unpacker.used != set(arrays):
        raise ValueError("there are arrays of another router")
    return router


class _Unpacker:
    """Turns JSON back into values."""

    def __init__(
        self,
        arrays: dict[str, NDArray[Any]],
        objects: dict[str, Any],
        model: Any,
        head: Any,
        embed: Any,
        number: int,
    ) -> None:
        self.is_earlier = number <= LAST_EARLIER
        self.arrays, self.objects, self.head, self.embed = arrays, objects, head, embed
        self.model = model
        self.parameters: dict[str, Any] = {}
        self.used: set[str] = set()

    def unpack_router(self, prefix: str, content: dict[str, Any]) -> Any:
        """Make the router that ``Packer.pack_router`` packed."""
        return self._filled(prefix, content, ROUTERS[content["class"]])

    def _filled(self, prefix: str, content: dict[str, Any], kind: type[Any]) -> Any:
        """Make one of a class, with its parameters and with what it learned."""
        parameters = {
            k: self._unpack(f"{prefix}parameter.{k}", v) for k, v in content["parameters"].items()
        }
        if self.is_earlier:
            parameters = in_todays_words(kind, parameters)
        router = kind(**parameters)
        attributes = {}
        for name, value in content["fitted"].items():
            if not FITTED_NAME.fullmatch(name):
                raise KeyError(f"{name!r} is no fitted attribute")
            self.parameters = parameters
            attributes[name] = self._unpack(f"{prefix}fitted.{name}", value)
        if self.is_earlier:
            attributes = with_todays_names(attributes)
        for name, value in attributes.items():
            setattr(router, name, value)
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
        if kind == "left_out" and name.endswith("parameter.embed"):
            if self.embed is None:
                raise InvalidInput(
                    "The texts of this router are read by a function, which is not saved; pass it "
                    "as load(folder, embed=function)."
                )
            return self.embed
        if kind == "left_out":
            return self.head if name.endswith(("parameter.head", "head.module")) else None
        if kind == "head":
            values = {k: self._unpack(f"{name}.{k}", v) for k, v in value["parameters"].items()}
            return _HEADS[value["class"]](**values)
        if kind == "model_left_out":
            if self.model is None:
                raise InvalidInput(
                    f"The base model ({value['type']}) was left out when this router was saved; "
                    f"pass it as load(folder, model=...)."
                )
            several = isinstance(self.model, list | tuple)
            return list(map(as_classifier, self.model)) if several else as_classifier(self.model)
        if kind == "router":
            return self.unpack_router(f"{name}/", value)
        if kind == "encoding":
            return self._filled(f"{name}/", value, ENCODINGS[value["class"]])
        if kind == "line":
            arrays = (self._array(f"{name}.{part}") for part in ("coefficients", "intercepts"))
            return _line(*arrays)
        if kind == "network":
            return self._network(name, value)
        if kind == "object":
            return self.objects[value["key"]]
        return unpack_plain(value)

    def _network(self, name: str, value: dict[str, Any]) -> FittedLine | FittedNetwork:
        head = own_head(self.parameters["head"])
        state = {k: self._array(f"{name}.{k}") for k in value["keys"]}
        if isinstance(head, Linear):  # up to format 2, it was stored as a layer
            return _line(state["weight"], state["bias"])
        n_features, n_scores = value["n_features"], value["n_scores"]
        if isinstance(head, Network) and head.module is None:
            raise InvalidInput(
                "This router's network is the user's own; pass its architecture as "
                "load(folder, head=module)."
            )
        sizes = {size for weights in state.values() for size in weights.shape}
        if isinstance(head, Mlp) and not {n_features, n_scores} <= sizes:
            raise ValueError(f"no weights of a network from {n_features} to {n_scores} numbers")
        shape = tuple(value["shape"]) if "shape" in value else None
        return _network(head, n_features, n_scores, value["dtype"], state, shape)

    def _array(self, name: str) -> NDArray[Any]:
        self.used.add(name)
        return self.arrays[name]


def _line(coefficients: NDArray[Any], intercepts: NDArray[Any]) -> FittedLine:
    if coefficients.ndim != 2 or intercepts.shape != coefficients.shape[:1]:
        raise ValueError("coefficients and intercepts do not fit together")
    return FittedLine(coefficients.astype("float64"), intercepts.astype("float64"))


def _network(
    head: Mlp | Network,
    n_features: int,
    n_scores: int,
    dtype: str,
    state: dict[str, NDArray[Any]],
    shape: tuple[int, ...] | None,
) -> FittedNetwork:
    import torch

    from cede.routers.heads._fitting import made

    module = made(head, n_features, n_scores, shape).to(
        {"float32": torch.float32, "float64": torch.float64}[dtype]
    )
    module.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    return FittedNetwork(module.eval().requires_grad_(False))
