"""Reliability by bins, its errors and its intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints
from cede._intervals import check_confidence, share_interval
from cede.evaluation.calibration._bins import Bins, NBins, bin_cases, read_pairs

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
    def n_cases(self) -> int:
        """How many cases there are in all bins."""
        return int(self.count.sum())

    @property
    def ece(self) -> float:
        """Expected calibration error: the mean of ``|estimate - outcome|``, weighted by count.

        With bins of equal mass it is also called adaptive. It is above zero even for perfect
        estimates; :func:`expected_calibration_error` has its interval.
        """
        gaps = np.abs(self.estimate - self.outcome)
        return float(np.average(gaps, weights=self.count))

    @property
    def max_gap(self) -> float:
        """Maximum calibration error: the largest ``|estimate - outcome|`` of any bin."""
        return float(np.abs(self.estimate - self.outcome).max())

    def interval(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Clopper-Pearson interval of each bin's share, two arrays of shape ``(n_bins,)``.

        It holds for each bin alone, not for all at once. Outcomes between 0 and 1 vary less than
        outcomes of 0 and 1 with the same mean, so their intervals are wider than they need be.
        """
        happened = (self.outcome * self.count).clip(0.0, self.count)
        return share_interval(happened, self.count, check_confidence(confidence))


def reliability(
    estimates: ArrayLike, outcomes: ArrayLike, n_bins: NBins = 15, bins: Bins = "width"
) -> Reliability:
    r"""Compare estimated probabilities with what happened, in bins.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{n} \, |\bar p_b - \bar o_b|

    Parameters
    ----------
    estimates : array of shape (n,)
        For example the estimated accuracy of an expert in each case. Values outside [0, 1] are
        clipped, and their share is reported.
    outcomes : array of shape (n,)
        1 where it happened, 0 where it did not, or a degree between; NaN where it is not known
        (left out).
    n_bins : int or "sweep", default=15
        More bins show more detail and have more noise. "sweep" takes, of bins of equal mass, the
        most (up to 1,000) with which, as with any fewer, shares do not fall as estimates rise.
    bins : {"width", "mass"}, default="width"
        Equally wide, closed to the left; or with equally many cases, by middle ranks. A bin never
        splits equal estimates, so with many of them there are fewer bins, of unequal mass.

    Raises
    ------
    InvalidInput
        If no outcome is known, one lies outside [0, 1], or an estimate is not a number.

    References
    ----------
    Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
    binning" (ECE and maximum); Nixon et al. 2019, "Measuring calibration in deep learning" (equal
    mass); Roelofs et al. 2022, "Mitigating bias in calibration error estimation", algorithm 1
    (sweep).

    Examples
    --------
    >>> reliability([0.1, 0.1, 0.9, 0.9], [0, 0, 1, 0], n_bins=2).ece
    0.25
    >>> reliability([0.8, 0.8, 0.8, 0.9], [1, 1, 0, 1], n_bins=4, bins="mass").count
    array([3, 1])
    """
    pairs = read_pairs(estimates, outcomes)
    placed = bin_cases(pairs, n_bins, bins)
    count = placed.size
    used = count > 0
    return Reliability(
        estimate=placed.total(pairs.estimate)[used] / count[used],
        outcome=placed.total(pairs.outcome)[used] / count[used],
        count=count[used],
        clipped=pairs.clipped,
    )
