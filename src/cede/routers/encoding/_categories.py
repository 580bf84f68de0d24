"""A category as one column for each common level, one for all rare ones, one for none."""

from __future__ import annotations

from collections import Counter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from cede._checks import Floats
from cede._checks._arrays import missing

__all__ = ["Categories"]

#: A level of fewer cases is rare.
_RARE = 5


class Categories(BaseEstimator):  # type: ignore[misc]
    """A column for each common level, one for the rare ones together, and one where none is known.

    A level that the fit did not see counts as a rare one.

    Parameters
    ----------
    max_levels : int, default=20
        Levels with a column of their own, at most: the commonest.

    Attributes
    ----------
    levels_ : array of shape (k,)
        The levels that have a column of their own, sorted.
    has_missing_ : bool
        Whether a level was missing at the fit, so that there is a column for it.

    Examples
    --------
    >>> column = ["a"] * 9 + ["b"] * 6 + ["c", None]
    >>> levels = Categories().fit(column)
    >>> levels.transform(["a", "c", "new", None]).tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """

    def __init__(self, max_levels: int = 20) -> None:
        self.max_levels = max_levels

    def fit(self, column: Any, y: Any = None) -> Self:
        """Learn the levels of a column ``(n,)``."""
        cells = _cells(column)
        counts = Counter(cell for cell in cells if cell is not None)
        least = min(_RARE, max(counts.values(), default=1))
        common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[: self.max_levels]
        levels = sorted(level for level, count in common if count >= least)
        self.levels_: NDArray[Any] = np.array(levels, dtype=object)
        self.has_missing_ = None in cells
        return self

    def transform(self, column: Any) -> Floats:
        """Ones and zeros ``(n, k + 2)``, or k + 1 if no level was missing."""
        places = {level: i for i, level in enumerate(self.levels_.tolist())}
        rare = len(places)
        gone = rare + 1 if self.has_missing_ else rare
        cells = _cells(column)
        at = [gone if cell is None else places.get(cell, rare) for cell in cells]
        ones = np.zeros((len(cells), rare + 1 + self.has_missing_))
        ones[np.arange(len(cells)), at] = 1.0
        return ones

    def names(self) -> list[str]:
        """What the columns are."""
        return [*self.levels_.tolist(), "other", *(["missing"] if self.has_missing_ else [])]


def _cells(column: Any) -> list[str | None]:
    cells: NDArray[Any] = np.asarray(column, dtype=object)
    return [
        None if gone else cell if type(cell) is str else str(cell)
        for cell, gone in zip(cells.tolist(), missing(cells).tolist(), strict=True)
    ]
