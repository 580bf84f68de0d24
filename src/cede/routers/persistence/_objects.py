"""Base models, and whatever else is neither an array nor a plain value: stored by skops."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from cede.exceptions import InvalidInput, MissingExtra, UnreadableFile
from cede.routers._postponed import postponed

__all__ = ["dump_objects", "load_objects", "type_name"]

#: Not scikit-learn's, and as harmless as theirs.
_OURS = ("cede.routers._fixed_models.LoggedModel",)
#: Where they stood when older folders were written.
_MOVED = {"cede.estimators._fixed_models": "cede.routers._fixed_models"}


def dump_objects(objects: dict[str, Any]) -> bytes:
    """Objects by key, as bytes."""
    try:
        return bytes(_skops().dumps(objects))
    except MissingExtra:
        raise
    except Exception as error:  # whatever an object raises when it is taken apart
        raise InvalidInput(
            f"The base model, or another object of the router, cannot be stored by skops: "
            f"{type(error).__name__}: {error}; save with leave_out_model=True and pass the model "
            f"to load(folder, model=...)."
        ) from error


def load_objects(data: bytes, trusted: Sequence[str], folder: Path) -> dict[str, Any]:
    """Objects by key; makes trusted types only."""
    skops = _skops()
    try:
        data = _moved(data)
        wanted = skops.get_untrusted_types(data=data)
        untrusted = sorted(set(wanted) - {*trusted, *_OURS})
        if untrusted:
            raise InvalidInput(
                "The stored base model contains types that are not trusted by default: "
                f"{untrusted}. If you know where {str(folder)!r} comes from, pass them: "
                f"load(folder, trusted={untrusted})."
            )
        objects: dict[str, Any] = skops.loads(data, trusted=wanted)
    except InvalidInput:
        raise
    except Exception as error:  # skops has no error of its own for a damaged file
        raise UnreadableFile(
            f"The base model in {str(folder)!r} is damaged: {type(error).__name__}: {error}"
        ) from error
    return objects


def _moved(data: bytes) -> bytes:
    """Name modules as they are called now, where the types' names stand."""
    with ZipFile(BytesIO(data)) as archive:
        schema = archive.read("schema.json").decode()
        if not any(f'"{old}"' in schema for old in _MOVED):
            return data
        for old, new in _MOVED.items():
            schema = schema.replace(f'"__module__": "{old}"', f'"__module__": "{new}"')
        renamed = BytesIO()
        with ZipFile(renamed, "w") as copy:
            for name in archive.namelist():
                copy.writestr(name, schema if name == "schema.json" else archive.read(name))
    return renamed.getvalue()


def type_name(value: object) -> str:
    """Module and name of a value's type."""
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _skops() -> Any:
    try:
        # It imports every package of scikit-learn to list the estimators, and with this one torch.
        with postponed("sklearn.externals.array_api_compat.torch"):
            import skops.io
    except ImportError:
        raise MissingExtra("skops", "trust", "Storing a base model with its router") from None
    return skops.io
