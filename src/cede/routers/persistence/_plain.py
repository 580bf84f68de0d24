"""Labels and other single values as JSON, and back: texts, numbers, booleans, dates, bytes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede.exceptions import InvalidInput

__all__ = [
    "is_plain",
    "pack_labels",
    "pack_plain",
    "unpack_dates",
    "unpack_labels",
    "unpack_plain",
]

_PLAIN = (bool, int, float, str)
_MADE_OF_TEXT: dict[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "bytes": bytes.fromhex,
}
#: The most letters that an element may have room for beyond those it holds.
_SPARE = 1024


def is_plain(value: Any) -> bool:
    """Tell a single value from arrays, collections and objects."""
    kinds = (*_PLAIN, np.generic, datetime, date, time, timedelta, bytes)
    return value is None or isinstance(value, kinds)


def pack_plain(value: Any) -> Any:
    """Turn a single value into JSON.

    Raises
    ------
    InvalidInput
        If it would not come back equal.
    """
    packed = _packed(value)
    try:
        same = packed is None or bool(unpack_plain(packed) == value) or value != value
    except (ValueError, TypeError, OverflowError):  # numpy's NaT and the like
        same = False
    if not same or (packed is None and value is not None):
        raise InvalidInput(
            f"A value of type {type(value).__name__} ({str(value)[:40]!r}) cannot be saved; let "
            f"labels and names be texts, numbers, booleans or dates."
        )
    return packed


def unpack_plain(value: Any) -> Any:
    """Read back what :func:`pack_plain` made."""
    if not isinstance(value, dict):
        return value
    kind = value["kind"]
    if kind == "timedelta":
        return timedelta(**value["value"])
    if kind == "scalar":
        return unpack_dates(np.array(value["value"], dtype=np.int64), value["dtype"])[()]
    return _MADE_OF_TEXT[kind](value["value"])


def pack_labels(values: NDArray[Any]) -> dict[str, Any]:
    """Turn an array of texts or objects into JSON."""
    dtype = "T" if values.dtype.kind == "T" else values.dtype.str
    flat = [pack_plain(value) for value in values.ravel().tolist()]
    return {"kind": "labels", "dtype": dtype, "shape": list(values.shape), "values": flat}


def unpack_labels(packed: dict[str, Any]) -> NDArray[Any]:
    """Read back what :func:`pack_labels` made, or the nested lists of the first format."""
    dtype, values = np.dtype(packed["dtype"]), packed["values"]
    shape = packed["shape"] if "shape" in packed else np.shape(values)
    flat = [unpack_plain(value) for value in np.array(values, dtype=object).ravel().tolist()]
    if dtype.kind not in "USOT":
        raise ValueError(f"{dtype} is no type of labels")
    letters = dtype.itemsize // 4 if dtype.kind == "U" else dtype.itemsize
    if dtype.kind in "US" and letters > _SPARE + max(map(len, flat), default=0):
        raise ValueError(f"labels of type {dtype} are far longer than those that stand there")
    labels = np.empty(len(flat), dtype=dtype)
    labels[:] = flat
    if labels.tolist() != flat:
        raise ValueError(f"labels are not of type {dtype}")
    return labels.reshape(shape)


def unpack_dates(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Dates, or lengths of time, from the whole numbers that numpy keeps them as."""
    dtype = np.dtype(name)
    if dtype.kind not in "Mm" or values.dtype != np.int64:
        raise ValueError(f"{name!r} is no type of dates")
    return values.view(dtype)


def _packed(value: Any) -> Any:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return {"kind": "scalar", "dtype": value.dtype.str, "value": int(value.view(np.int64))}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, timedelta):
        parts = {name: getattr(value, name) for name in ("days", "seconds", "microseconds")}
        return {"kind": "timedelta", "value": parts}
    if isinstance(value, bytes):
        return {"kind": "bytes", "value": value.hex()}
    for kind, type_ in (("datetime", datetime), ("date", date), ("time", time)):
        if isinstance(value, type_):
            return {"kind": kind, "value": value.isoformat()}
    return None
