"""Anything array-like as a numpy array in which what was masked or null is still missing."""

from __future__ import annotations

from typing import Any, SupportsFloat, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cede.exceptions import InvalidInput

__all__ = [
    "Bools",
    "Floats",
    "Ints",
    "as_flags",
    "as_numbers",
    "check_finite",
    "finite_numbers",
    "missing",
    "to_array",
    "unmasked",
]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

#: Whole numbers above this are not all floats, so that a float with NaN would change some.
_LARGEST_WHOLE = 2**53


def to_array(values: Any) -> NDArray[Any]:
    """Return ``numpy.asarray(values)``, with NaN (numbers) or None where an entry is masked.

    Nulls of pandas, polars and pyarrow come as their packages turn them into numpy, as NaN, None or
    ``pandas.NA``; :func:`missing` knows all of them.
    """
    try:
        return np.asarray(unmasked(values))
    except np.exceptions.DTypePromotionError:  # polars and pyarrow, of numbers beside dates
        return _cells(values)


def _cells(frame: Any) -> NDArray[Any]:
    """A dataframe as objects, column by column."""
    names = list(getattr(frame, "column_names", frame.columns))
    cells = np.empty((len(frame), len(names)), dtype=object)
    for i, name in enumerate(names):
        cells[:, i] = np.asarray(frame[name], dtype=object)
    return cells


def dimensions(values: Any) -> int:
    """How many axes an array, a dataframe or a list of lists has."""
    return len(values.shape) if hasattr(values, "shape") else np.asarray(values).ndim


def unmasked(values: Any) -> Any:
    """Return a masked array, or a list of some, as an array without a mask; all else as it is."""
    if isinstance(values, list | tuple) and any(isinstance(v, np.ma.MaskedArray) for v in values):
        values = np.ma.stack([np.ma.asarray(v) for v in values])
    if not isinstance(values, np.ma.MaskedArray):
        return values
    masked = np.ma.getmaskarray(values)
    known = values.data
    if not masked.any():
        return known
    if known.dtype.kind == "f":
        return np.where(masked, np.array(np.nan, dtype=known.dtype), known)
    # What lies behind a mask may be anything, so that only what is seen decides.
    if known.dtype.kind in "iu" and (np.abs(known[~masked], dtype=object) <= _LARGEST_WHOLE).all():
        return np.where(masked, np.nan, known)
    return np.where(masked, np.array(None), known.astype(object))


def missing(values: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Tell which entries are missing: NaN and NaT, and None or any null in an object array."""
    if values.dtype.kind in "biuUS":
        return np.zeros(values.shape, dtype=np.bool_)
    if values.dtype.kind != "O":
        return np.asarray(np.isnan(values), dtype=np.bool_)
    # Only a null differs from itself, or (pandas.NA) will not say; neither equals itself.
    with np.errstate(invalid="ignore"):  # of Python's own comparison, on some processors
        nulls: NDArray[np.bool_] = np.frompyfunc(_is_null, 1, 1)(values).astype(np.bool_)
    return nulls


def as_numbers(name: str, values: Any) -> Floats:
    """Return ``values`` as floats, NaN for every null; refuse what is no number."""
    array = to_array(values)
    if array.dtype.kind == "O":
        null = missing(array)
        others = [value for value in array[~null].tolist() if not _is_number(value)]
        if others:
            raise InvalidInput(
                f"must be numbers, but got {others[0]!r}; write NaN where one is missing",
                argument=name,
            )
        array = np.where(null, np.nan, array).astype(np.float64)
    if array.dtype.kind not in "fiub":
        raise InvalidInput(
            f"must be numbers, but got an array of dtype {array.dtype}; convert it", argument=name
        )
    return array.astype(np.float64, copy=False)


def finite_numbers(name: str, values: Any, *, allow_missing: bool = False) -> Floats:
    """Return ``values`` as floats, all of them finite, or NaN where these are allowed."""
    numbers = as_numbers(name, values)
    check_finite(name, numbers, allow_missing=allow_missing)
    return numbers


def check_finite(name: str, values: Floats, *, allow_missing: bool = False) -> None:
    """Raise unless every number is finite, or NaN where these are allowed; say where it is not."""
    # One pass that allocates nothing: a sum is finite unless an entry is not (or it overflows).
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):
            return
    bad = np.isinf(values) if allow_missing else ~np.isfinite(values)
    if bad.any():
        rule = (
            "finite numbers, or NaN where one is missing," if allow_missing else "finite numbers,"
        )
        others = "infinite" if allow_missing else "NaN or infinite"
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidInput(
            f"must be {rule} but {int(bad.sum())} of {values.size} are {others}, the first at "
            f"index {first}; mend them, or drop those cases",
            argument=name,
        )


def as_flags(name: str, values: Any) -> NDArray[Any]:
    """Return booleans that came as objects, with nulls among them, as booleans; refuse the nulls.

    Anything else comes back as an array, as it is.
    """
    array = to_array(values)
    if array.dtype.kind != "O":
        return array
    null = missing(array)
    if not all(isinstance(value, bool | np.bool_) for value in array[~null].tolist()):
        return array
    if null.any():
        raise InvalidInput(
            f"must be true or false, but {int(null.sum())} of {null.size} are missing; fill them",
            argument=name,
        )
    return array.astype(np.bool_)


def _is_number(value: object) -> bool:
    return isinstance(value, SupportsFloat) and not isinstance(value, str | bytes)


def _is_null(value: object) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA compares to NA, which has no truth value
        return True
    except ValueError:  # an array in a cell is something
        return False
