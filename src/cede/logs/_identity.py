"""Columns that say which case this is: row numbers and ids, by their values and their names."""

from __future__ import annotations

import re
from shlex import quote
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MANY", "counts_cases", "is_id", "left_behind", "resembles_rows"]

#: A column of texts has a place for each of so many; the rarer ones of a longer list share one.
MANY = 20
#: A value that so many rows share is a code, and says something of them.
_SHARED = 50
#: Fewer rows than these number nothing: 1, 2, 3 are values.
_ROWS = 20

#: Names that writers of files give to row numbers, and names that people give to them.
_ALWAYS_ROWS = re.compile(r"|unnamed: ?\d+.*|\.\.\.\d+|__index_level_\d+__", re.IGNORECASE)
#: Names of an index where it holds whole numbers; a measured index may be called so, too.
_INDEX = re.compile(r"level_\d+|index|_c0", re.IGNORECASE)
_ROW_NAMES = re.compile(
    r"level_\d+|index|idx|row[ _.]?(nr|num|number|names?|id|index|no)?|#", re.IGNORECASE
)
_ID_NAME = re.compile(r"(?:.*[_\W])?(?:id|ids|uuid|guid)|.*[a-z](?:Id|ID)")


def left_behind(name: str, values: NDArray[Any] | None) -> str:
    """Say why a column is what a dataframe left of its row numbers; empty if it is not.

    ``values`` are None of a column of texts.
    """
    why = "row numbers that a dataframe left, by the name"
    if _ALWAYS_ROWS.fullmatch(name):
        return why
    if values is None or not _INDEX.fullmatch(name):
        return ""
    known = values[~np.isnan(values)]
    whole = known.size > 0 and bool((known % 1 == 0).all())
    return why if whole and 2 * len(np.unique(known)) > known.size else ""


def counts_cases(name: str, values: NDArray[Any]) -> tuple[str, str] | None:
    """Say what numbers are taken for, and why, if they tell cases apart: of rows, or of people."""
    known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
    if known.size < _ROWS or (known[:99] % 1 != 0).any() or (known % 1 != 0).any():
        return None
    low, high = int(known.min()), int(known.max())
    n, differ = len(values), _all_differ(known)
    always, maybe = _ALWAYS_ROWS.fullmatch(name), _ROW_NAMES.fullmatch(name)
    if low < 0 and not always:
        return None
    if always:
        return "row number", "row numbers"
    if known.size == n and low in (0, 1) and high - low == n - 1 and differ:
        return "row number", f"row numbers, {low:,} to {high:,} once each"
    if maybe and (differ or _several_counts(known.astype(np.int64))):
        return "row number", "row numbers"
    different = len(np.unique(known))
    if different > MANY and (high > 2**53 or is_id(name, different, n)):
        return "id", "numbers that name something, as ids do"
    return None


def resembles_rows(name: str, values: NDArray[Any]) -> str:
    """Warn of whole numbers that may say which case this is."""
    if len(values) < _ROWS or (values[:99] % 1 != 0).any() or (values % 1 != 0).any():
        return ""
    steps = np.diff(np.sort(values))
    counts = np.unique(values, return_counts=True)[1]
    if (steps == 1).all():
        how = "all whole numbers from one to another once"
    elif (steps > 0).all() and (np.diff(values) > 0).all():
        how = "a whole number of its own in each row, in increasing order"
    elif (steps <= 1).all() and 1 < counts.min() == counts.max() and len(counts) > len(values) / 9:
        how = f"whole numbers in a row, each {counts[0]} times"
    else:
        return ""
    return (
        f"Column {name!r} holds {how}: if it says which case this is, leave it out (--exclude "
        f"{quote(name)})."
    )


def _several_counts(values: NDArray[np.int64]) -> bool:
    """Tell row numbers of several tables, put below each other."""
    counts = np.bincount(values) if values.max() < len(values) else np.zeros(1, dtype=np.int64)
    counts = counts[values.min() :]
    return values.min() <= 1 and len(counts) > MANY and bool((np.diff(counts) <= 0).all())


def _all_differ(values: NDArray[Any]) -> bool:
    ordered = np.sort(values)
    return bool((ordered[1:] != ordered[:-1]).all())


def is_id(name: str, different: int, n: int) -> bool:
    """Tell by its name what names one of many; a code that many rows share is none."""
    return _ID_NAME.fullmatch(name) is not None and different * _SHARED > n
