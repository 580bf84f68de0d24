"""Estimates and outcomes, checked, and the bin of each case."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_finite, check_same_length, without_rounding
from cede._checks._arrays import as_numbers
from cede.exceptions import InvalidInput, UnknownName

__all__ = ["Binned", "Bins", "NBins", "Pairs", "bin_cases", "read_pairs"]

Bins: TypeAlias = Literal["width", "mass"]
NBins: TypeAlias = int | Literal["sweep"]
KINDS = ("width", "mass")


class Pairs(NamedTuple):
    """Cases whose outcome is known."""

    #: In [0, 1]; 1 where it happened.
    estimate: Floats
    outcome: Floats
    #: Share of estimates that lay outside [0, 1] and were clipped.
    clipped: float


class Binned(NamedTuple):
    """Which bin each case belongs to, counted from 0."""

    number: Ints
    n_bins: int

    def total(self, values: Floats) -> Floats:
        """Sum of ``values`` in each bin, ``(n_bins,)``."""
        return np.asarray(np.bincount(self.number, values, self.n_bins), dtype=np.float64)

    @property
    def size(self) -> Ints:
        """Cases in each bin, ``(n_bins,)``."""
        return np.asarray(np.bincount(self.number, minlength=self.n_bins), dtype=np.int64)


def read_pairs(estimates: ArrayLike, outcomes: ArrayLike) -> Pairs:
    """Check both, leave out cases without an outcome, and clip estimates to [0, 1]."""
    guess = as_numbers("estimates", estimates)
    truth = as_numbers("outcomes", outcomes)
    if guess.ndim != 1 or truth.ndim != 1:
        raise InvalidInput(
            f"must have shape (n,) like outcomes, but got {guess.shape} and {truth.shape}; for a "
            "table, take one column at a time",
            argument="estimates",
        )
    check_same_length(estimates=guess, outcomes=truth)
    known = ~np.isnan(truth)
    guess, truth = guess[known], truth[known]
    check_finite("estimates", guess)
    if guess.size == 0:
        raise InvalidInput(
            "must be known of some case, but none is; there is nothing to calibrate against",
            argument="outcomes",
        )
    if np.median(guess) > 10.0:
        raise InvalidInput(
            "must be probabilities, but most are far above 1 (their median is "
            f"{np.median(guess):.4g}); write 0.9 for 90 %",
            argument="estimates",
        )
    truth = without_rounding(truth)
    outside = (truth < 0.0) | (truth > 1.0)
    if outside.any():
        raise InvalidInput(
            "must be 1 where it happened, 0 where not, or a degree between, but "
            f"{int(outside.sum())} of {truth.size} lie outside [0, 1], the first being "
            f"{float(truth[outside][0])!r}; take fees out of the costs, or divide by the largest",
            argument="outcomes",
        )
    inside = guess.clip(0.0, 1.0)
    return Pairs(inside, truth, float(np.mean(guess != inside)))


def bin_cases(pairs: Pairs, n_bins: Any, bins: Any) -> Binned:
    """Put every case into a bin; cases with equal estimates share one."""
    if bins not in KINDS:
        raise UnknownName("kind of bins", bins, KINDS)
    if n_bins == "sweep":
        if bins != "mass":
            raise InvalidInput(
                "must be a number for bins of equal width, but got 'sweep', which chooses among "
                "bins of equal mass; choose these",
                argument="n_bins",
            )
        return _swept(pairs)
    if not isinstance(n_bins, Integral) or isinstance(n_bins, bool) or n_bins < 1:
        raise InvalidInput(
            f"must be a whole number of at least 1, or 'sweep', but got {n_bins!r}; 15 is usual",
            argument="n_bins",
        )
    number = int(n_bins)
    if bins == "width":
        placed = np.minimum((pairs.estimate * number).astype(np.int64), number - 1)
        return Binned(placed, number)
    _, which, count = np.unique(pairs.estimate, return_inverse=True, return_counts=True)
    starts = _first_ranks(number, len(which))
    return Binned(np.searchsorted(starts, _middle_rank(count), "right")[which] - 1, number)


def _middle_rank(count: Ints) -> Floats:
    """Mean rank, from 0, of the cases with each distinct estimate."""
    last = np.cumsum(count)
    return np.asarray(last - (count + 1) / 2, dtype=np.float64)


def _first_ranks(n_bins: int, n: int) -> Ints:
    """Rank at which each bin starts; where n is no multiple, the first take one case more."""
    size, more = divmod(n, n_bins)
    bins = np.arange(n_bins)
    return np.asarray(bins * size + np.minimum(bins, more), dtype=np.int64)


#: At most so many bins: nobody needs more, and trying all numbers up to n takes n squared steps.
_MOST_BINS = 1000


def _swept(pairs: Pairs) -> Binned:
    """As many bins of equal mass as there can be before shares fall from one bin to the next."""
    _, which, count = np.unique(pairs.estimate, return_inverse=True, return_counts=True)
    n, rank = len(which), _middle_rank(count)
    # Running sums over the distinct estimates: trying k bins then takes only k steps.
    happened = np.append(0.0, np.cumsum(np.bincount(which, pairs.outcome)))
    cases = np.append(0, np.cumsum(count))
    best = 1
    for number in range(2, min(len(count), _MOST_BINS) + 1):
        starts = np.searchsorted(rank, _first_ranks(number, n))
        edges = np.unique(np.append(starts, len(count)))
        share = np.diff(happened[edges]) / np.diff(cases[edges])
        if (np.diff(share) < -1e-12).any():  # rounding is no fall
            break
        best = number
    return Binned(np.searchsorted(_first_ranks(best, n), rank, "right")[which] - 1, best)
