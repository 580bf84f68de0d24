"""Columns of numbers with holes: the median where one is missing, and a flag that it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput

__all__ = ["Numbers"]


class Numbers(BaseEstimator):  # type: ignore[misc]
    """The median where a number is missing, and a flag for each column that had holes at the fit.

    Attributes
    ----------
    median_ : array of shape (d,)
        Of what is known.
    flagged_ : array of shape (d,)
        Which columns have a flag beside them: those that missed a number, and not all.

    Examples
    --------
    >>> holes = Numbers().fit(np.array([[1.0, 5.0], [np.nan, 6.0], [3.0, 7.0]]), ["a", "b"])
    >>> holes.transform(np.array([[np.nan, 5.5]])).tolist()
    [[2.0, 5.5, 1.0]]
    """

    def fit(self, columns: Floats, names: Sequence[str]) -> Self:
        """Learn from numbers ``(n, d)``, NaN where missing."""
        holes = np.isnan(columns)
        empty = np.flatnonzero(holes.all(axis=0) & (len(columns) > 0))
        if empty.size:
            raise InvalidInput(
                f"Column {names[int(empty[0])]!r} contains NaN and nothing else, so that nothing "
                f"can be learned of it; leave it out."
            )
        median = np.nanmedian(columns, axis=0) if columns.size else np.zeros(columns.shape[1])
        self.median_: Floats = np.asarray(median, dtype=np.float64)
        self.flagged_: Bools = np.asarray(holes.any(axis=0))
        return self

    def transform(self, columns: Floats) -> Floats:
        """The numbers, then the flags, ``(n, d + flagged)``."""
        holes = np.isnan(columns)
        if not holes.any() and not self.flagged_.any():
            return columns
        filled = np.where(holes, self.median_, columns)
        return np.hstack([filled, holes[:, self.flagged_].astype(np.float64)])

    def names(self, columns: Sequence[str]) -> list[str]:
        """What the columns are."""
        flagged = zip(columns, self.flagged_, strict=True)
        return [*columns, *(f"{name}: missing" for name, flag in flagged if flag)]
