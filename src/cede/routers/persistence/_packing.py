"""From a router to JSON, arrays and objects."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._rows._fingerprint import Fingerprint
from cede.exceptions import InvalidInput
from cede.losses import SURROGATES, Surrogate
from cede.operating import OperatingPoint
from cede.routers import Router, TorchModel
from cede.routers.encoding import ENCODINGS
from cede.routers.heads import FittedLine, FittedNetwork, Linear, Mlp, Network
from cede.routers.persistence._objects import type_name
from cede.routers.persistence._plain import is_plain, pack_labels, pack_plain
from cede.training import History

__all__ = ["DICTS", "FITTED_NAME", "Packer", "array_types"]

#: What turns itself into plain values and back.
DICTS: dict[str, Any] = {"operating_point": OperatingPoint, "fingerprint": Fingerprint}
#: Attributes that ``fit`` learns.
FITTED_NAME = re.compile("[^_].*_")
#: What JSON holds as it is.
_JSON = frozenset({type(None), bool, int, float, str})
#: Values that may be left out and passed to :func:`cede.load`, and those that are the caller's own.
_MODELS = ("parameter.model", "fitted.model_", "fitted.models_")
_CALLERS = (
    "parameter.head.module",
    "parameter.head.on_epoch",
    "parameter.random_state",
    "parameter.embed",
)


def array_types(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Type and shape of every array, as they stand in JSON."""
    return {name: [values.dtype.name, *values.shape] for name, values in arrays.items()}


class Packer:
    """Turns values into JSON, setting arrays and objects aside."""

    def __init__(self, leave_out_model: bool) -> None:
        self.leave_out_model = leave_out_model
        self.n_features: int | None = None
        self.arrays: dict[str, NDArray[Any]] = {}
        self.objects: dict[str, Any] = {}

    def pack_router(self, prefix: str, router: Any) -> dict[str, Any]:
        """Pack a router, or what is inside another, whose arrays get a prefix."""
        parameters = router.get_params(deep=False)
        fitted = {k: v for k, v in vars(router).items() if FITTED_NAME.fullmatch(k)}
        outside, self.n_features = self.n_features, getattr(router, "n_features_in_", None)
        packed = {
            "class": type(router).__name__,
            "parameters": {
                k: self.pack(f"{prefix}parameter.{k}", v) for k, v in parameters.items()
            },
            "fitted": {k: self.pack(f"{prefix}fitted.{k}", v) for k, v in fitted.items()},
        }
        self.n_features = outside
        return packed

    def pack(self, name: str, value: Any) -> Any:
        if type(value) in _JSON:
            return value
        if isinstance(value, np.ndarray):
            return self._pack_array(name, value)
        if isinstance(value, Surrogate) and _is_from_the_table(value):
            return {"kind": "surrogate", "name": value.name, "options": dict(value.options)}
        if isinstance(value, OperatingPoint | Fingerprint):
            kind = next(kind for kind, made in DICTS.items() if isinstance(value, made))
            return {"kind": kind, **value.to_dict()}
        if isinstance(value, History):
            return {"kind": "history", **asdict(value)}
        if isinstance(value, Router):
            return {"kind": "router", **self.pack_router(f"{name}/", value)}
        if type(value) in ENCODINGS.values():
            return {"kind": "encoding", **self.pack_router(f"{name}/", value)}
        if isinstance(value, Linear | Mlp | Network):
            return self._pack_head(name, value)
        if isinstance(value, FittedLine):
            self.arrays[f"{name}.coefficients"] = value.coefficients
            self.arrays[f"{name}.intercepts"] = value.intercepts
            return {"kind": "line"}
        if isinstance(value, FittedNetwork):
            return self._pack_network(name, value.module)
        if self.leave_out_model and name.endswith(_MODELS):
            return {"kind": "model_left_out", "type": type_name(value)}
        if isinstance(value, tuple | list):
            items = [self.pack(f"{name}.{i}", item) for i, item in enumerate(value)]
            return {"kind": type(value).__name__, "items": items}
        if is_plain(value):
            return pack_plain(value)
        if name.endswith(_CALLERS):
            return {"kind": "left_out"}  # code and random streams are the caller's
        return self._pack_object(name, value)

    def _pack_array(self, name: str, value: NDArray[Any]) -> dict[str, Any]:
        if value.dtype.kind in "Mm":
            self._pack_array(name, value.astype(value.dtype.newbyteorder("=")).view(np.int64))
            return {"kind": "dates", "dtype": value.dtype.newbyteorder("=").str}
        if value.dtype.kind in "fiub" and value.dtype.itemsize <= 8:
            native = value.astype(value.dtype.newbyteorder("="), copy=False)
            self.arrays[name] = np.asarray(native, order="C")
            return {"kind": "array"}
        return pack_labels(value)

    def _pack_head(self, name: str, head: Linear | Mlp | Network) -> dict[str, Any]:
        parameters = head.get_params(deep=False)
        return {
            "kind": "head",
            "class": type(head).__name__,
            "parameters": {k: self.pack(f"{name}.{k}", v) for k, v in parameters.items()},
        }

    def _pack_network(self, name: str, module: Any) -> dict[str, Any]:
        from cede.training import Shaped

        assert self.n_features is not None
        tensors = {k: v.detach().cpu() for k, v in module.state_dict().items()}
        self.arrays |= {f"{name}.{k}": v.contiguous().numpy() for k, v in tensors.items()}
        dtype = str(next(module.parameters()).dtype).removeprefix("torch.")
        return {
            "kind": "network",
            "keys": list(tensors),
            "dtype": dtype,
            "n_features": self.n_features,
            **({"shape": list(module.shape)} if isinstance(module, Shaped) else {}),
            "n_scores": _n_scores(module, self.n_features),
        }

    def _pack_object(self, name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, TorchModel):
            raise InvalidInput(
                "The base model is a torch network, which cannot be stored without code; save with "
                "leave_out_model=True and pass it as load(folder, model=network)."
            )
        same = [key for key, stored in self.objects.items() if stored is value]
        key = same[0] if same else name
        self.objects[key] = value
        return {"kind": "object", "key": key, "type": type_name(value)}


def _n_scores(module: Any, n_features: int) -> int:
    import torch

    reference = next(module.parameters())
    with torch.no_grad():
        return int(module(reference.new_zeros(1, n_features)).shape[-1])


def _is_from_the_table(row: Surrogate) -> bool:
    """Whether a row is one of SURROGATES, or that with options: its name then says it all."""
    base = SURROGATES.get(row.name)
    if base is None or not row.options:
        return row is base
    return replace(row, loss=base.loss, options=(), least_squares=base.least_squares) == base
