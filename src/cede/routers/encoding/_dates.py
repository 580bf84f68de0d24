"""A date as its age and its place in the year and in the week."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from cede._checks import Floats
from cede._checks._arrays import missing

__all__ = ["DATE", "Dates"]

_DAY, _YEAR = 86_400.0, 365.2425

#: What the columns of a date are; "missing" only if one was missing at the fit.
DATE: tuple[str, ...] = (
    "age in days",
    "season, sine",
    "season, cosine",
    "weekday, sine",
    "weekday, cosine",
)


class Dates(BaseEstimator):  # type: ignore[misc]
    """Age in days, counted to the last date of the fit; season and weekday, each as a circle.

    A date that is missing has the middle age, no season and no weekday, and a flag if some were
    missing at the fit. What comes after the fit has a negative age: what is learned of age is
    then carried further than it was seen.

    Attributes
    ----------
    reference_ : array of shape (2,)
        The last date of the fit, and the median age in days.
    has_missing_ : bool
        Whether one was missing at the fit.

    Examples
    --------
    >>> days = np.array(["2024-03-01", "2024-03-31"], dtype="datetime64[s]")
    >>> Dates().fit(days).transform(days)[:, 0].tolist()
    [30.0, 0.0]
    """

    def fit(self, column: Any, y: Any = None) -> Self:
        """Learn the reference of a column of dates ``(n,)``."""
        days = _days(column)
        known = days[~np.isnan(days)]
        last = float(known.max()) if known.size else 0.0
        middle = float(np.median(last - known)) if known.size else 0.0
        self.reference_: Floats = np.array([last, middle])
        self.has_missing_ = bool(known.size < days.size)
        return self

    def transform(self, column: Any) -> Floats:
        """Numbers ``(n, 5)``, or ``(n, 6)`` with the flag."""
        days = _days(column)
        gone = np.isnan(days)
        last, middle = self.reference_
        known = np.where(gone, 0.0, days)
        season, week = 2 * np.pi * known / _YEAR, 2 * np.pi * np.floor(known) / 7.0
        circles = np.column_stack([np.sin(season), np.cos(season), np.sin(week), np.cos(week)])
        circles[gone] = 0.0
        age = np.where(gone, middle, last - days)
        flags = [gone.astype(np.float64)] if self.has_missing_ else []
        return np.column_stack([age, circles, *flags])

    def names(self) -> list[str]:
        """What the columns are."""
        return [*DATE, *(["missing"] if self.has_missing_ else [])]


def _days(column: Any) -> Floats:
    """Days since 1970, NaN where missing."""
    cells = np.asarray(column)
    if cells.dtype.kind != "M":
        gone = missing(cells)
        cells = np.array(
            [np.datetime64("NaT") if g else _of(c) for c, g in zip(cells, gone, strict=True)],
            dtype="datetime64[s]",
        )
    seconds: NDArray[np.int64] = cells.astype("datetime64[s]").astype(np.int64)
    return np.where(np.isnat(cells), np.nan, seconds / _DAY)


def _of(cell: Any) -> Any:
    """One date without its time zone, in which it then stands."""
    if getattr(cell, "tzinfo", None) is not None:
        cell = cell.replace(tzinfo=None)
    return np.datetime64(cell)
