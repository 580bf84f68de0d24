"""Counts of a split's cases in bins of the score, and sums of them for all thresholds at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.routers.regions._study import ReaderStudy

__all__ = ["Split", "equal_bins", "model_alone", "number_of_intervals"]


@dataclass(frozen=True, eq=False)
class Split:
    """Counts of a split's cases in each bin, ``(T,)``, and its bounds as numbers of cases."""

    cases: Ints
    ones: Ints
    #: Cases of either class that the reader gets right.
    ones_right: Ints
    zeros_right: Ints
    fewest_ones: int
    fewest_zeros: int
    most_deferred: int

    @classmethod
    def of(cls, study: ReaderStudy, edges: Floats, share: float, margin: float) -> Split:
        bins = np.searchsorted(edges, study.score)

        def count(chosen: Bools) -> Ints:
            return np.bincount(bins[chosen], minlength=len(edges) + 1).astype(np.int64)

        cases, ones = count(study.y >= 0), count(study.y == 1)
        ones_right = count((study.y == 1) & (study.reader == 1))
        zeros_right = count((study.y == 0) & (study.reader == 0))
        n, n_ones = int(cases.sum()), int(ones.sum())
        return cls(
            cases=cases,
            ones=ones,
            ones_right=ones_right,
            zeros_right=zeros_right,
            fewest_ones=_fewest(int(ones_right.sum()), n_ones, margin),
            fewest_zeros=_fewest(int(zeros_right.sum()), n - n_ones, margin),
            most_deferred=int(np.count_nonzero(np.arange(1, n + 1) / n <= share)),
        )

    @property
    def zeros(self) -> Ints:
        return self.cases - self.ones

    def reached(self, below: Bools, above: Bools) -> tuple[Ints, Ints, Ints]:
        """Ones right, zeros right and deferrals of every candidate, ``(L, T + 1)`` each.

        ``below``, ``(L, T)``, says which bins are deferred where they lie below the threshold, and
        ``above`` which where they lie above it; threshold t has t bins below it.
        """
        ones = _split_sums(
            below * self.ones_right, self.ones - above * (self.ones - self.ones_right)
        )
        zeros = _split_sums(
            self.zeros - below * (self.zeros - self.zeros_right), above * self.zeros_right
        )
        return ones, zeros, _split_sums(below * self.cases, above * self.cases)


def equal_bins(score: Floats, n_bins: int) -> Floats:
    """Ends of bins that hold equally many cases, as far as equal scores allow; ``(T - 1,)``.

    They lie half-way between neighbouring scores; which scores share a bin depends on their order
    only.
    """
    values, counts = np.unique(score, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(score)
    group = np.arange(len(values)) if len(values) <= n_bins else np.floor(middle * n_bins)
    last = np.flatnonzero(np.diff(group))
    low, high = values[last], values[last + 1]
    half = low / 2 + high / 2
    # Between two neighbouring floats there is no number: the lower one is then the end.
    return np.where((low <= half) & (half < high), half, low)


def number_of_intervals(below: Bools, above: Bools) -> Ints:
    """How many runs of deferred bins every candidate has, ``(L, T + 1)``."""
    none = np.zeros((len(below), 1), dtype=np.bool_)
    starts_below = below & ~np.hstack([none, below[:, :-1]])
    starts_above = above & ~np.hstack([none, above[:, :-1]])
    runs = _split_sums(starts_below.astype(np.int64), starts_above.astype(np.int64))
    # The first bin above the threshold lies next to the last one below it.
    starts_here = above & ~np.hstack([none, below[:, :-1]])
    runs[:, :-1] += starts_here.astype(np.int64) - starts_above.astype(np.int64)
    return runs


def model_alone(split: Split) -> Ints:
    """Sensitivity plus specificity of the model at each threshold, times both class sizes."""
    ones = _split_sums(np.zeros_like(split.ones), split.ones)
    zeros = _split_sums(split.zeros, np.zeros_like(split.zeros))
    return np.asarray(ones * split.zeros.sum() + zeros * split.ones.sum(), dtype=np.int64)


def _split_sums(below: Ints, above: Ints) -> Ints:
    """Sum of the first t columns of one and the other columns of the other, for t = 0..T."""
    total = above.sum(axis=-1, keepdims=True)
    return np.hstack([total, total + np.cumsum(below - above, axis=-1)])


def _fewest(right: int, n: int, margin: float) -> int:
    """The fewest right of n whose share is at most the margin below the reader's."""
    return int(np.argmax(np.arange(n + 1) / n >= right / n - margin))
