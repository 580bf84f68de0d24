"""The Brier score and the parts that it adds up from, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cede.evaluation.calibration._bins import Binned, Bins, NBins, bin_cases, read_pairs

__all__ = ["BrierScore", "brier_score"]


@dataclass(frozen=True)
class BrierScore:
    """Mean squared error of estimated probabilities, and its parts."""

    #: ``reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance``.
    score: float
    #: Mean squared gap between estimate and share; recalibration takes it away.
    reliability: float
    #: Variance of the bins' shares: how well the estimates tell cases apart.
    resolution: float
    #: Variance of the outcomes: the score if every estimate were the overall share.
    uncertainty: float
    #: What happens inside bins: variance of the estimates inside bins, and twice their covariance
    #: with the outcomes there. Both are zero if each distinct estimate is a bin.
    within_bin_variance: float
    within_bin_covariance: float
    #: Share of estimates that lay outside [0, 1] and were clipped.
    clipped: float
    n_cases: int

    @property
    def skill(self) -> float:
        """Share of the uncertainty that the estimates remove; below zero, they add to it.

        If outcomes never vary: one where all estimates equal them, else minus infinity.
        """
        if self.uncertainty == 0.0:
            return 1.0 if self.score == 0.0 else -np.inf
        return 1.0 - self.score / self.uncertainty


def brier_score(
    estimates: ArrayLike,
    outcomes: ArrayLike,
    n_bins: NBins | None = None,
    bins: Bins = "mass",
) -> BrierScore:
    r"""Brier score with its decomposition.

    With bins b of :math:`n_b` cases, mean estimate :math:`\bar p_b` and share :math:`\bar o_b`,

    .. math::

        \frac1n \sum_i (p_i - o_i)^2 = \sum_b \frac{n_b}{n} (\bar p_b - \bar o_b)^2
        - \sum_b \frac{n_b}{n} (\bar o_b - \bar o)^2 + \frac1n \sum_i (o_i - \bar o)^2
        + \frac1n \sum_i (p_i - \bar p_b)^2 - \frac2n \sum_i (o_i - \bar o_b)(p_i - \bar p_b).

    The score needs no bins; the parts depend on them. One bin per distinct estimate is Murphy's
    decomposition. It is exact, but of little use where few cases share an estimate: each case then
    looks well resolved and badly calibrated. Noise makes reliability and resolution too large, by
    about the same amount.

    Parameters
    ----------
    estimates, outcomes
        As in :func:`reliability`.
    n_bins : int, "sweep" or None, default=None
        As in :func:`reliability`; None is one per distinct estimate.
    bins : {"mass", "width"}, default="mass"

    References
    ----------
    Murphy 1973, "A new vector partition of the probability score"; Stephenson, Coelho and Jolliffe
    2008, "Two extra components in the Brier score decomposition", equation 10; Ferro and Fricker
    2012 for the bias.

    Examples
    --------
    >>> brier = brier_score([0.25, 0.25, 0.75, 0.75], [0, 0, 1, 0])
    >>> brier.score, brier.reliability, brier.resolution, brier.uncertainty
    (0.1875, 0.0625, 0.0625, 0.1875)
    """
    pairs = read_pairs(estimates, outcomes)
    p, o = pairs.estimate, pairs.outcome
    if n_bins is None:
        distinct, which = np.unique(p, return_inverse=True)
        placed = Binned(which.astype(np.int64), len(distinct))
    else:
        placed = bin_cases(pairs, n_bins, bins)
    count = np.maximum(placed.size, 1)
    share = placed.size / len(p)
    mean_p, mean_o = placed.total(p) / count, placed.total(o) / count
    if n_bins is None:
        mean_p = distinct  # to the last digit
    inside_p, inside_o = p - mean_p[placed.number], o - mean_o[placed.number]
    return BrierScore(
        score=float(np.mean((p - o) ** 2)),
        reliability=float(share @ (mean_p - mean_o) ** 2),
        resolution=float(share @ (mean_o - o.mean()) ** 2),
        uncertainty=float(np.mean((o - o.mean()) ** 2)),
        within_bin_variance=float(np.mean(inside_p**2)),
        within_bin_covariance=float(2 * np.mean(inside_o * inside_p)),
        clipped=pairs.clipped,
        n_cases=len(p),
    )
