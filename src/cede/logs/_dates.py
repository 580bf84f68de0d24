"""Columns of dates, as dataframes hold them and as texts that can be read in one way only."""

from __future__ import annotations

import re
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede.exceptions import InvalidInput
from cede.logs._numbers import is_nothing
from cede.logs._values import distinct

__all__ = ["read_dates"]

#: The year first: 31/05/2024 and 05/31/2024 may be taken for each other.
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def read_dates(series: nw.Series[Any]) -> NDArray[np.datetime64] | None:
    """Dates to the second, ``(n,)``, NaT where missing; None if they cannot be read for sure.

    A time zone is left out, so that a date stands as its clock showed it.
    """
    try:
        cells = distinct(series, f"Column {series.name!r}")
    except InvalidInput:
        return None
    read = [_date(cell) for cell in cells.values]
    if any(date is None for date in read):
        return None
    table = np.array([*read, "NaT"], dtype="datetime64[s]")
    dates: NDArray[np.datetime64] = table[cells.codes]
    return dates


def _date(cell: Any) -> np.datetime64 | None:
    """One date; NaT of a text that stands for nothing, None of what is no date."""
    if isinstance(cell, str):
        if is_nothing(cell):
            return np.datetime64("NaT", "s")
        match = _YEAR_FIRST.fullmatch(cell.strip())
        if match is None:
            return None
        parts = [int(part) for part in match.groups(default="0")]
        text = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}".format(*parts)
    elif hasattr(cell, "isoformat") and hasattr(cell, "year"):
        text = cell.replace(tzinfo=None).isoformat() if hasattr(cell, "hour") else cell.isoformat()
    else:
        return None
    try:
        return np.datetime64(text, "s")
    except ValueError:
        return None
