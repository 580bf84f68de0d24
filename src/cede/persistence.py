"""Save and load routers: a folder of JSON and arrays. Loading executes nothing it loads.

.. code-block:: text

    router/
      router.json         class, parameters, fitted values, versions, format number
      arrays.safetensors  every array and network weight
      objects.skops       base models, if they were not left out (anyone's objects)

A router is its constructor's parameters and the attributes that end in an underscore. Each value
becomes plain JSON, an array, the weights of a network, or an object; a new router is saved without
new code here. The class is looked up among cede's own; a network is rebuilt from its head's name,
or from the module that the caller passes; objects are loaded by skops, type by trusted type.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.utils.validation import check_is_fitted

from cede import estimators
from cede._fingerprint import Fingerprint
from cede.estimators import Router, TorchModel
from cede.estimators._models import as_classifier
from cede.estimators._scorers import is_scikit_learn
from cede.exceptions import CedeError, InvalidInput, MissingExtra, UnreadableFile
from cede.modules import HEADS, make_head
from cede.operating import OperatingPoint
from cede.surrogates import SURROGATES, Surrogate
from cede.training import History

__all__ = ["FORMAT", "load", "save"]

#: Raised when the layout changes; older formats stay readable.
FORMAT = 1
#: What turns itself into plain values and back.
_DICTS: dict[str, Any] = {"operating_point": OperatingPoint, "fingerprint": Fingerprint}
_DTYPES = {"float32": torch.float32, "float64": torch.float64}
_JSON, _ARRAYS, _OBJECTS = "router.json", "arrays.safetensors", "objects.skops"
_ROUTERS = {
    name: kind
    for name, kind in vars(estimators).items()
    if isinstance(kind, type) and issubclass(kind, Router) and kind is not Router
}
#: Not scikit-learn's, and as harmless as theirs.
_OURS = ("cede.estimators._fixed_models.LoggedModel",)
#: Values that may be left out and passed to :func:`load`, and those that are the caller's own.
_MODELS = ("parameter.model", "fitted.model_", "fitted.models_")
_CALLERS = ("parameter.head", "parameter.on_epoch", "parameter.random_state")


def save(router: Router, folder: str | Path, *, leave_out_model: bool = False) -> Path:
    """Write a fitted router to a folder, replacing a router that stands there.

    Parameters
    ----------
    router : Router
        Fitted; its operating point is saved with it.
    folder : path
        New, empty, or an earlier saved router.
    leave_out_model : bool, default=False
        Do not store the base model; the caller passes it to :func:`load`. For models behind an API
        and others that skops cannot store.

    Raises
    ------
    InvalidInput
        If the folder holds something else.
    MissingExtra
        If a base model is to be stored and skops is not installed.
    """
    check_is_fitted(router)
    target = Path(folder)
    if target.is_symlink() or (target.exists() and not _is_ours(target)):
        raise InvalidInput(
            f"{str(target)!r} exists and is not a saved router, or holds other files too; choose "
            f"another folder."
        )
    packer = _Packer(leave_out_model)
    content = {
        "format": FORMAT,
        **packer.pack_router("", router),
        "versions": {
            "cede": version("cede"),
            "torch": torch.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        fresh = Path(scratch) / "router"
        fresh.mkdir()
        (fresh / _JSON).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        save_file(packer.arrays, fresh / _ARRAYS)
        if packer.objects:
            _skops().dump(packer.objects, fresh / _OBJECTS)
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    return target


def load(
    folder: str | Path, *, trusted: Sequence[str] = (), model: Any = None, head: Any = None
) -> Router:
    """Read a router back; its routes are bit-identical to those of the one that was saved.

    Parameters
    ----------
    folder : path
        Written by :func:`save`.
    trusted : sequence of str
        Types of the stored base model that may be made, beyond those skops trusts by itself. The
        error of a first try lists them; look before you trust.
    model : classifier, optional
        The base model, if it was left out.
    head : Module or callable, optional
        The network's architecture, if it was the user's own; its weights are read from the folder.

    Raises
    ------
    UnreadableFile
        If the folder is not a saved router, is damaged, or was written in a newer format.
    InvalidInput
        If types are not trusted, or a model or head is needed and not passed.
    """
    if isinstance(trusted, str | bool):
        raise InvalidInput(f"trusted= is a list of types by name, not {trusted!r}.")
    source = Path(folder)
    content = _read_json(source / _JSON)
    try:
        arrays = load_file(source / _ARRAYS)
        unpacker = _Unpacker(arrays, _read_objects(source / _OBJECTS, trusted), model, head)
        router: Router = unpacker.unpack_router("", content)
    except CedeError:
        raise
    except (
        SafetensorError,
        OSError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        RuntimeError,
        OverflowError,
    ) as error:
        raise UnreadableFile(
            f"{str(source)!r} is damaged or not a saved router: {type(error).__name__}: {error}"
        ) from error
    return router


def _n_scores(module: torch.nn.Module, n_features: int) -> int:
    reference = next(module.parameters())
    with torch.no_grad():
        return int(module(reference.new_zeros(1, n_features)).shape[-1])


def _is_fitted_attribute(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _is_from_the_table(row: Surrogate) -> bool:
    """Whether a row is one of SURROGATES, or that with options: its name then says it all."""
    base = SURROGATES.get(row.name)
    return base is not None and replace(row, loss=base.loss, options=()) == base


class _Packer:
    """Turns values into JSON, setting arrays and objects aside."""

    def __init__(self, leave_out_model: bool) -> None:
        self.leave_out_model = leave_out_model
        self.arrays: dict[str, NDArray[Any]] = {}
        self.objects: dict[str, Any] = {}

    def pack_router(self, prefix: str, router: Any) -> dict[str, Any]:
        """Pack a router, or one inside another, whose arrays get a prefix."""
        parameters = router.get_params(deep=False)
        fitted = {k: v for k, v in vars(router).items() if _is_fitted_attribute(k)}
        self.n_features = getattr(router, "n_features_in_", None)
        return {
            "class": type(router).__name__,
            "parameters": {
                k: self.pack(f"{prefix}parameter.{k}", v) for k, v in parameters.items()
            },
            "fitted": {k: self.pack(f"{prefix}fitted.{k}", v) for k, v in fitted.items()},
        }

    def pack(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, np.ndarray):
            return self._pack_array(name, value)
        if isinstance(value, Surrogate) and _is_from_the_table(value):
            return {"kind": "surrogate", "name": value.name, "options": dict(value.options)}
        if isinstance(value, OperatingPoint | Fingerprint):
            kind = next(kind for kind, made in _DICTS.items() if isinstance(value, made))
            return {"kind": kind, **value.to_dict()}
        if isinstance(value, History):
            return {"kind": "history", **asdict(value)}
        if isinstance(value, Router):
            n_features, packed = self.n_features, self.pack_router(f"{name}/", value)
            self.n_features = n_features
            return {"kind": "router", **packed}
        if isinstance(value, torch.nn.Module) and "fitted." in name:
            return self._pack_network(name, value)
        if self.leave_out_model and name.endswith(_MODELS):
            return {"kind": "model_left_out", "type": _type_name(value)}
        if isinstance(value, tuple | list):
            items = [self.pack(f"{name}.{i}", item) for i, item in enumerate(value)]
            return {"kind": type(value).__name__, "items": items}
        is_object = name.endswith("parameter.head") and is_scikit_learn(value)
        if name.endswith(_CALLERS) and not is_object:
            return {"kind": "left_out"}  # code and random streams are the caller's
        return self._pack_object(name, value)

    def _pack_array(self, name: str, value: NDArray[Any]) -> dict[str, Any]:
        if value.dtype.kind in "fiub":
            self.arrays[name] = np.ascontiguousarray(value)
            return {"kind": "array"}
        return {"kind": "labels", "dtype": value.dtype.str, "values": value.tolist()}

    def _pack_network(self, name: str, module: torch.nn.Module) -> dict[str, Any]:
        assert self.n_features is not None
        tensors = {k: v.detach().cpu() for k, v in module.state_dict().items()}
        self.arrays |= {f"{name}.{k}": v.contiguous().numpy() for k, v in tensors.items()}
        dtype = str(next(module.parameters()).dtype).removeprefix("torch.")
        return {
            "kind": "network",
            "keys": list(tensors),
            "dtype": dtype,
            "n_features": self.n_features,
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
        return {"kind": "object", "key": key, "type": _type_name(value)}


class _Unpacker:
    """Turns JSON back into values."""

    def __init__(
        self, arrays: dict[str, NDArray[Any]], objects: dict[str, Any], model: Any, head: Any
    ) -> None:
        self.arrays, self.objects, self.head = arrays, objects, head
        several = isinstance(model, list | tuple)
        self.model = [as_classifier(m) for m in model] if several else as_classifier(model)
        self.parameters: dict[str, Any] = {}

    def unpack_router(self, prefix: str, content: dict[str, Any]) -> Router:
        """Make the router that ``_Packer.pack_router`` packed."""
        kind = _ROUTERS[content["class"]]
        parameters = {
            k: self._unpack(f"{prefix}parameter.{k}", v) for k, v in content["parameters"].items()
        }
        router: Router = kind(**parameters)
        for name, value in content["fitted"].items():
            if not _is_fitted_attribute(name):
                raise KeyError(f"{name!r} is no fitted attribute")
            self.parameters = parameters
            setattr(router, name, self._unpack(f"{prefix}fitted.{name}", value))
        return router

    def _unpack(self, name: str, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kind = value["kind"]
        if kind == "array":
            return self.arrays[name]
        if kind == "labels":
            return np.array(value["values"], dtype=value["dtype"])
        if kind in ("tuple", "list"):
            items = [self._unpack(f"{name}.{i}", item) for i, item in enumerate(value["items"])]
            return tuple(items) if kind == "tuple" else items
        if kind == "surrogate":
            return SURROGATES[value["name"]].using(**value["options"])
        if kind in _DICTS:
            return _DICTS[kind].from_dict({k: v for k, v in value.items() if k != "kind"})
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
        return self.objects[value["key"]]

    def _network(self, name: str, value: dict[str, Any]) -> torch.nn.Module:
        head = self.parameters["head"]
        if head is None or (isinstance(head, str) and head not in HEADS):
            raise InvalidInput(
                "This router's network is the user's own; pass its architecture as "
                "load(folder, head=module)."
            )
        state = {k: torch.from_numpy(self.arrays[f"{name}.{k}"]) for k in value["keys"]}
        n_features, n_scores = value["n_features"], value["n_scores"]
        module = make_head(head, n_features, n_scores).to(_DTYPES[value["dtype"]])
        module.load_state_dict(state)
        return module.eval().requires_grad_(False)


def _is_ours(folder: Path) -> bool:
    """Tell a folder that may be replaced: empty, or a saved router and nothing else."""
    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    if not names:
        return True
    try:
        return names <= {_JSON, _ARRAYS, _OBJECTS} and "class" in _read_json(folder / _JSON)
    except UnreadableFile:
        return False


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableFile(
            f"{str(path.parent)!r} is not a saved router: it has no {path.name}."
        ) from None
    except (OSError, ValueError, RecursionError) as error:  # JSON and Unicode errors are these
        raise UnreadableFile(f"{str(path)!r} is damaged: {error}") from error
    number = content.get("format") if isinstance(content, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnreadableFile(f"{str(path)!r} is not a saved router: it has no format number.")
    if number > FORMAT:
        raise UnreadableFile(
            f"{str(path.parent)!r} was written in format {number}, and this version of cede reads "
            f"up to {FORMAT}; upgrade with: pip install --upgrade cede"
        )
    result: dict[str, Any] = content
    return result


def _read_objects(path: Path, trusted: Sequence[str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    skops = _skops()
    try:
        wanted = skops.get_untrusted_types(file=path)
        strange = sorted(set(wanted) - {*trusted, *_OURS})
        if strange:
            raise InvalidInput(
                f"The stored base model contains types that are not trusted by default: {strange}. "
                f"If you know where {str(path.parent)!r} comes from, pass them: "
                f"load(folder, trusted={strange})."
            )
        objects: dict[str, Any] = skops.load(path, trusted=wanted)
    except InvalidInput:
        raise
    except Exception as error:  # skops has no error of its own for a damaged file
        raise UnreadableFile(f"{str(path)!r} is damaged: {error}") from error
    return objects


def _skops() -> Any:
    try:
        import skops.io
    except ImportError:
        raise MissingExtra("skops", "trust", "Storing a base model with its router") from None
    return skops.io


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
