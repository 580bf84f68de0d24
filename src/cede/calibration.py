"""Is an estimated probability what it says? Reliability by bins, and its summary, the ECE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_finite, check_same_length
from cede.exceptions import InvalidInput

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True)
class Reliability:
    """Estimates against outcomes, bin by bin; empty bins are left out."""

    #: Mean estimate and share of right answers in each bin.
    estimate: Floats
    outcome: Floats
    #: Cases in each bin.
    count: Ints
    #: Share of estimates that lay outside [0, 1] and were clipped (unbounded surrogates).
    clipped: float

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean of ``|estimate - outcome|``, weighted by count."""
        gaps = np.abs(self.estimate - self.outcome)
        return float(np.average(gaps, weights=self.count))


def reliability(estimates: ArrayLike, outcomes: ArrayLike, n_bins: int = 15) -> Reliability:
    """Compare estimated probabilities with what happened, in bins of equal width.

    Parameters
    ----------
    estimates : array of shape (n,)
        For example the estimated accuracy of an expert in each case. Values outside [0, 1] are
        clipped, and their share is reported.
    outcomes : array of shape (n,)
        1 where it happened, 0 where it did not; NaN where it is not known (left out).
    n_bins : int, default=15
        More bins show more detail and have more noise.

    Examples
    --------
    >>> reliability([0.1, 0.1, 0.9, 0.9], [0, 0, 1, 0], n_bins=2).ece
    0.25
    """
    guess = np.asarray(estimates, dtype=np.float64)
    truth = np.asarray(outcomes, dtype=np.float64)
    check_same_length(estimates=guess, outcomes=truth)
    if guess.ndim != 1 or truth.ndim != 1 or n_bins < 1:
        raise InvalidInput(
            f"reliability wants two arrays of shape (n,) and n_bins >= 1, however the shapes are "
            f"{guess.shape} and {truth.shape} and n_bins={n_bins}."
        )
    guess, truth = guess[~np.isnan(truth)], truth[~np.isnan(truth)]
    check_finite("estimates", guess)
    if guess.size == 0:
        raise InvalidInput("No outcome is known, so there is nothing to calibrate against.")
    inside = guess.clip(0.0, 1.0)
    bins = np.minimum((inside * n_bins).astype(np.int64), n_bins - 1)
    count = np.bincount(bins, minlength=n_bins)
    used = count > 0
    return Reliability(
        estimate=np.bincount(bins, inside, n_bins)[used] / count[used],
        outcome=np.bincount(bins, truth, n_bins)[used] / count[used],
        count=count[used],
        clipped=float(np.mean(guess != inside)),
    )
