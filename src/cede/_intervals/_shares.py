"""Intervals of shares, from exact distributions, and what groups of cases tell of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, check_same_length, number_groups
from cede._intervals._estimate import Estimate, check_confidence
from cede.exceptions import InvalidInput

__all__ = [
    "design_effect",
    "share_among",
    "share_estimate",
    "share_interval",
    "share_prediction",
]


def share_interval(
    count: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    r"""Clopper-Pearson interval of the share of which ``count`` of ``n`` are seen; never too short.

    With :math:`B_q(a, b)` the q-th quantile of the beta distribution and :math:`\alpha` one minus
    the confidence, :math:`[B_{\alpha/2}(k, n - k + 1), B_{1-\alpha/2}(k + 1, n - k)]`, and 0 and 1
    at the ends. Of no case, it is [0, 1].

    References
    ----------
    Clopper and Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of
    the binomial".

    Examples
    --------
    >>> low, high = share_interval([0, 5], 10)
    >>> low.round(3), high.round(3)
    (array([0.   , 0.187]), array([0.308, 0.813]))
    """
    from scipy.special import betaincinv

    tail = (1.0 - confidence) / 2
    part, total = np.broadcast_arrays(
        np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    low, high = np.zeros(part.shape), np.ones(part.shape)
    positive, partial = part > 0, part < total
    low[positive] = betaincinv(part[positive], total[positive] - part[positive] + 1, tail)
    high[partial] = betaincinv(part[partial] + 1, total[partial] - part[partial], 1 - tail)
    return low, high


def share_estimate(count: float, n: int, confidence: float = 0.95, effect: float = 1.0) -> Estimate:
    """The share ``count / n``, with its Clopper-Pearson interval.

    Where cases come in groups, both counts are divided by their design effect
    (:func:`design_effect`), as Korn and Graubard do.

    Examples
    --------
    >>> share_estimate(5, 10).value
    0.5
    """
    low, high = share_interval(count / effect, n / effect, confidence)
    return Estimate(float(count) / n, float(low), float(high))


def share_among(
    members: Bools, groups: ArrayLike | None = None, confidence: float = 0.95
) -> Estimate:
    """The share of the cases that are ``members``, which may come in groups.

    Examples
    --------
    >>> share_among(np.array([True, False])).value
    0.5
    """
    effect = design_effect(members.astype(np.float64), groups, confidence)
    return share_estimate(int(np.count_nonzero(members)), len(members), confidence, effect)


def share_prediction(
    count: int, n: int, n_next: int, confidence: float = 0.95, effect: float = 1.0
) -> Estimate:
    r"""Share to expect among the next ``n_next`` cases after ``count`` of ``n`` have been seen.

    Quantiles of the beta-binomial: :math:`\alpha/2` at Beta(k, n - k + 1) and
    :math:`1 - \alpha/2` at Beta(k + 1, n - k), the two ends of the Clopper-Pearson interval, so
    that the share is as rarely outside as stated, both where the count came by chance and where a
    threshold was put at one of the observations. Where cases come in groups, the next ones as those
    seen, counts are divided by their design effect (:func:`design_effect`).

    Examples
    --------
    >>> [round(x, 3) for x in share_prediction(20, 100, 50)]
    [0.2, 0.08, 0.36]
    >>> [round(x, 3) for x in share_prediction(20, 100, 50, effect=5.0)]
    [0.2, 0.0, 0.6]
    """
    from scipy.stats import betabinom

    tail = (1.0 - check_confidence(confidence)) / 2
    if n_next < 1 or n < 1:
        raise InvalidInput(
            f"must be 1 or more, but got {min(n, n_next)}; a share is predicted from cases "
            f"that were seen, for others",
            argument="n" if n < 1 else "n_next",
        )
    inside, outside = count / effect, (n - count) / effect
    ahead = max(1, round(n_next / effect))
    low = betabinom.ppf(tail, ahead, inside, outside + 1) / ahead if inside else 0.0
    high = betabinom.ppf(1 - tail, ahead, inside + 1, outside) / ahead if outside else 1.0
    return Estimate(count / n, float(low), float(high))


def design_effect(values: Floats, groups: ArrayLike | None, confidence: float = 0.95) -> float:
    r"""How many cases in groups tell as much of a share as one independent case, in [1, n].

    The variance of the share between groups (delta method, as in :func:`mean_estimate`), divided by
    that of as many independent cases, times :math:`(t / z)^2` for the degrees of freedom that few
    groups leave. Where all cases are alike, a group counts as one case.

    Parameters
    ----------
    values : array of shape (n,)
        Zeros and ones.
    groups : array of shape (n,), or None
        None if each case stands on its own.

    References
    ----------
    Kish 1965, "Survey sampling"; Korn and Graubard 1998, "Confidence intervals for proportions with
    small expected number of positive counts estimated from survey data".

    Examples
    --------
    >>> round(design_effect(np.repeat([0.0, 1.0], 500), np.arange(1000) // 5), 2)
    5.09
    """
    from scipy.special import ndtri, stdtrit

    if groups is None:
        return 1.0
    check_same_length(values=values, groups=np.asarray(groups))
    numbers, n, mean = number_groups(groups), len(values), float(values.mean())
    sums, sizes = np.bincount(numbers, values), np.bincount(numbers)
    if len(sizes) < 2:
        return float(n)
    effect = float((sizes**2).sum() / n)
    if 0.0 < mean < 1.0:
        deviations = sums - mean * sizes
        effect = (
            float(deviations @ deviations) * len(sizes) / (len(sizes) - 1) / (n * mean * (1 - mean))
        )
    quantile = (1 + confidence) / 2
    few = float(stdtrit(len(sizes) - 1, quantile) / ndtri(quantile)) ** 2
    return float(np.clip(max(1.0, effect) * few, 1.0, n))
