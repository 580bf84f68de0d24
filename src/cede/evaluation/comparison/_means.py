"""What each row adds up from, case by case, and where that hardly varies.

Resamples hold only outcomes that were seen. Where few cases tell a row from another, or none does,
percentiles of resamples are too narrow; a mean in a known range has a bound all the same
(:mod:`cede._intervals`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import MOST_MOVED, MOST_SKEWED, Estimate, independent_parts, mean_estimates

__all__ = ["Means"]

_CASES_AT_ONCE = 65_536


class Means:
    """Columns of numbers on the same cases, in a range, with their means over resamples.

    Parameters
    ----------
    values : array of shape (n, R)
    resampled : array of shape (n_boot, R)
    bounds : tuple of two numbers
        Between which any number of any column lies, seen or not.
    groups : int array of shape (n,), optional
    mean : array of shape (R,)
        Of each column.
    """

    def __init__(
        self,
        values: Floats,
        resampled: Floats,
        bounds: tuple[float, float],
        groups: Ints | None,
        mean: Floats,
    ) -> None:
        self.values, self.resampled, self.groups = values, resampled, groups
        self.low, self.high = min(bounds[0], values.min()), max(bounds[1], values.max())
        self.mean = mean
        self._parts = values if groups is None else independent_parts(values, groups)

    def intervals(self, confidence: float) -> Floats:
        """Interval of each mean by itself, ``(R, 2)``: percentiles, or a bound."""
        tail = [(1 - confidence) / 2, (1 + confidence) / 2]
        ends = np.quantile(self.resampled, tail, axis=0).T
        reach = np.maximum(self.high - self.mean, self.mean - self.low)
        coarse = np.flatnonzero(self._coarse(np.zeros(1), reach[:, None])[:, 0])
        bounds = [(float(self.low), float(self.high))] * len(coarse)
        columns = [self.values[:, i] for i in coarse]
        means = mean_estimates(columns, confidence, self.groups, bounds)
        for i, mean in zip(coarse, means, strict=True):
            ends[i] = mean[1:]
        return ends

    def gains(self, base: int, part: Floats, confidence: float) -> Floats:
        """Interval of each mean less that of the base, each by itself, ``(R, 2)``."""
        tail = [(1 - confidence) / 2, (1 + confidence) / 2]
        ends = np.quantile(self.resampled - self.resampled[:, [base]], tail, axis=0).T
        near = np.flatnonzero(self.hardly_differ(np.array([base]), part[:, None]))
        pairs = [(int(i), base) for i in near]
        for i, gain in zip(near, self.differences(pairs, part[near], confidence), strict=True):
            ends[i] = gain[1:]
        return ends

    def hardly_differ(self, alone: Ints, part: Floats) -> Bools:
        """Which means differ from those of some columns in too few cases, ``(R, A)``.

        ``part`` of the range is the most that they can differ in a case; zero is no difference.
        """
        gaps = self.mean[:, None] - self.mean[alone]
        reach = (self.high - self.low) * part + np.abs(gaps)
        return np.asarray(self._coarse(alone, reach) & (part > 0))

    def differences(
        self, pairs: Sequence[tuple[int, int]], part: Floats, confidence: float
    ) -> list[Estimate]:
        """Mean of one column less that of another, of each pair, by a bound from the range."""
        gaps = (self.values[:, column] - self.values[:, other] for column, other in pairs)
        widths = (self.high - self.low) * part
        return mean_estimates(gaps, confidence, self.groups, [(-w, w) for w in widths])

    def _coarse(self, alone: Ints | Floats, reach: Floats) -> Bools:
        """As ``hardly_varies``, of all differences at once, by sums of products."""
        n, middle = len(self._parts), self._parts.mean(axis=0)
        squares = cubes = np.zeros((len(middle), len(alone)))
        for start in range(0, n, _CASES_AT_ONCE):
            x = self._parts[start : start + _CASES_AT_ONCE] - middle
            y = x[:, alone] if alone.dtype.kind in "iu" else np.zeros((len(x), 1))
            x2, y2 = x * x, y * y
            own, others = x2.sum(axis=0)[:, None], y2.sum(axis=0)
            squares = squares + own - 2 * x.T @ y + others
            cubes = cubes + (x2 * x).sum(axis=0)[:, None] - 3 * x2.T @ y + 3 * x.T @ y2
            cubes = cubes - (y2 * y).sum(axis=0)
        squares = np.where(squares > 1e-12 * n * reach**2, squares, 0.0)
        return (reach > MOST_MOVED * np.sqrt(squares)) | (
            np.abs(cubes) > MOST_SKEWED * squares**1.5
        )
