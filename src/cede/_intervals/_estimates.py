"""Intervals of shares and means, exact where they can be; everything else refers to these."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_same_length, number_groups
from cede._intervals._bounded import bounded_mean, bounded_p_value, cost_range, hardly_varies
from cede.exceptions import InvalidInput

__all__ = [
    "Estimate",
    "check_confidence",
    "design_effect",
    "independent_parts",
    "mean_estimate",
    "mean_p_value",
    "share_estimate",
    "share_interval",
    "share_prediction",
    "student_estimate",
]


class Estimate(NamedTuple):
    """A number and the interval in which it is expected to lie."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval: what stands after the plus-minus sign."""
        return (self.high - self.low) / 2


def check_confidence(confidence: float) -> float:
    """Return the level of an interval as a float strictly between 0 and 1."""
    level = float(confidence)
    if not 0.0 < level < 1.0:
        raise InvalidInput(
            f"confidence lies strictly between 0 and 1, however confidence={confidence!r}; write "
            f"0.95 for 95 %."
        )
    return level


def share_interval(
    count: ArrayLike, n: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    r"""Clopper-Pearson interval of a share of which ``count`` of ``n`` was seen; never too short.

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

    tail = (1.0 - check_confidence(confidence)) / 2
    seen, total = np.broadcast_arrays(
        np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    low, high = np.zeros(seen.shape), np.ones(seen.shape)
    some, rest = seen > 0, seen < total
    low[some] = betaincinv(seen[some], total[some] - seen[some] + 1, tail)
    high[rest] = betaincinv(seen[rest] + 1, total[rest] - seen[rest], 1 - tail)
    return low, high


def share_estimate(count: float, n: int, confidence: float = 0.95, effect: float = 1.0) -> Estimate:
    """Share seen, with its Clopper-Pearson interval.

    Where cases come in groups, both counts are divided by their design effect
    (:func:`design_effect`), as Korn and Graubard do.

    Examples
    --------
    >>> share_estimate(5, 10).value
    0.5
    """
    low, high = share_interval(count / effect, n / effect, confidence)
    return Estimate(float(count) / n, float(low), float(high))


def share_prediction(
    count: int, n: int, n_next: int, confidence: float = 0.95, effect: float = 1.0
) -> Estimate:
    r"""Share to be seen among the next ``n_next`` cases after ``count`` of ``n`` were seen.

    Quantiles of the beta-binomial: :math:`\alpha/2` at Beta(k, n - k + 1) and
    :math:`1 - \alpha/2` at Beta(k + 1, n - k), the two ends of the Clopper-Pearson interval, so
    that the share is as rarely outside as stated, whether the count came by chance or by a
    threshold chosen as one of the observations. Where cases come in groups, seen and next, all
    counts are divided by their design effect (:func:`design_effect`).

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
        raise InvalidInput(f"A share is predicted from some cases for some, not {n} and {n_next}.")
    left, stayed, ahead = count / effect, (n - count) / effect, max(1, round(n_next / effect))
    low = betabinom.ppf(tail, ahead, left, stayed + 1) / ahead if left else 0.0
    high = betabinom.ppf(1 - tail, ahead, left + 1, stayed) / ahead if stayed else 1.0
    return Estimate(count / n, float(low), float(high))


def design_effect(values: Floats, groups: ArrayLike | None, confidence: float = 0.95) -> float:
    r"""How many cases in groups tell as much of a share as one independent case, in [1, n].

    The variance of the share over groups (delta method, as in :func:`mean_estimate`) over that of
    as many independent cases, times :math:`(t / z)^2` for the degrees of freedom that few groups
    leave. Where all cases are alike, a group is taken to be one case.

    Parameters
    ----------
    values : array of shape (n,)
        Zeros and ones.
    groups : array of shape (n,), or None
        None is each case on its own.

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
    number, n, mean = number_groups(groups), len(values), float(values.mean())
    sums, sizes = np.bincount(number, values), np.bincount(number)
    if len(sizes) < 2:
        return float(n)
    effect = float((sizes**2).sum() / n)
    if 0.0 < mean < 1.0:
        apart = sums - mean * sizes
        effect = float(apart @ apart) * len(sizes) / (len(sizes) - 1) / (n * mean * (1 - mean))
    quantile = (1 + check_confidence(confidence)) / 2
    few = float(stdtrit(len(sizes) - 1, quantile) / ndtri(quantile)) ** 2
    return float(np.clip(max(1.0, effect) * few, 1.0, n))


def mean_estimate(
    values: Floats,
    confidence: float = 0.95,
    groups: ArrayLike | None = None,
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    r"""Mean of independent numbers: exact of two values, bounded if they hardly vary, else Student.

    - Of two values, a mean is a share of the larger one, and Clopper and Pearson's interval is
      exact: of 0 and 1, with a fee on top of both, in any unit.
    - Where one more number at the far end of the range would move the mean by a third of its
      standard error, or the mean is skewed, the numbers do not tell how much they vary, all the
      less if all are equal. The range tells it then, by Gaffke's bound (``_bounded.py``).
    - Otherwise the interval is Student's t.

    Where cases of one group are not independent of each other, groups are: the mean is then
    :math:`\sum_g S_g / \sum_g m_g`, with the sum and size of each group, and what varies is
    :math:`(S_g - \bar x m_g) / \bar m` (delta method), at one degree of freedom less than groups.

    Parameters
    ----------
    values : array of shape (n,)
        If one is NaN, so is the estimate.
    confidence, groups
        Level; cases that belong together.
    bounds : tuple of two numbers, optional
        Between which any number lies, seen or not; those seen widen it. Without it, the range of
        zeros and ones is [0, 1]; that of two values are these; a single value might have been
        larger by 1, or smaller by 1, but not below zero; and of more values no range is known, so
        that theirs is Student's interval, and infinite if there is one case or group alone.

    Examples
    --------
    >>> [round(x, 3) for x in mean_estimate(np.array([0.0, 0.5, 1.0, 0.5]))]
    [0.5, -0.15, 1.15]
    >>> [round(x, 3) for x in mean_estimate(np.full(60, 0.1), bounds=(0.1, 1.1))]
    [0.1, 0.1, 0.16]
    """
    level = check_confidence(confidence)
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers) or not np.isfinite(numbers).all():
        return Estimate(np.nan, np.nan, np.nan)
    mean = float(numbers.mean())
    ends = _range(numbers, bounds)
    if groups is None and ends is not None:
        shifted = _shifted_share(numbers, ends, level)
        if shifted is not None:
            return shifted
    parts = numbers if groups is None else independent_parts(numbers, groups)
    if ends is None and len(parts) < 2:
        return Estimate(mean, -np.inf, np.inf)
    if ends is not None and hardly_varies(parts, *ends):
        return Estimate(mean, *bounded_mean(parts, *ends, level))
    return _student(mean, parts, level)


def mean_p_value(
    values: Floats, groups: ArrayLike | None, bounds: tuple[float, float]
) -> tuple[float, bool]:
    """Two-sided p-value of a mean of zero, and whether it is Student's; as in `mean_estimate`."""
    from scipy.special import stdtr

    parts = values if groups is None else independent_parts(values, groups)
    if hardly_varies(parts, *bounds):
        return bounded_p_value(parts, *bounds), False
    error = float(parts.std(ddof=1)) / np.sqrt(len(parts))
    return 2.0 * float(stdtr(len(parts) - 1, -abs(float(values.mean())) / error)), True


def student_estimate(values: Floats, confidence: float = 0.95) -> Estimate:
    """Mean of independent numbers of which nothing else is known, by Student's t.

    Of equal numbers it has no width: it is for repetitions of an experiment, which show how much
    they vary, not for cases.
    """
    return _student(float(values.mean()), values, check_confidence(confidence))


def _student(mean: float, parts: Floats, level: float) -> Estimate:
    from scipy.special import stdtrit

    apart = parts - mean
    error = float(np.sqrt(apart @ apart / (len(parts) - 1) / len(parts)))
    reach = float(stdtrit(len(parts) - 1, (1 + level) / 2)) * error
    return Estimate(mean, mean - reach, mean + reach)


def _range(values: Floats, bounds: tuple[float, float] | None) -> tuple[float, float] | None:
    low, high = float(values.min()), float(values.max())
    if bounds is not None:
        return min(low, float(bounds[0])), max(high, float(bounds[1]))
    if low == high:
        is_bit = low in (0.0, 1.0)
        return None if len(values) < 2 and not is_bit else cost_range(values[:, None])
    return (low, high) if ((values == low) | (values == high)).all() else None


def _shifted_share(values: Floats, ends: tuple[float, float], level: float) -> Estimate | None:
    """How often it is the upper end, as a mean; None if a value is no end of the range."""
    low, high = ends
    rounding = 1e-12 * max(abs(low), abs(high))
    above = values >= high - rounding
    if low == high or not (above | (values <= low + rounding)).all():
        return None
    if (low, high) == (0.0, 1.0):
        return share_estimate(float(np.count_nonzero(above)), len(values), level)
    _, least, most = share_estimate(float(np.count_nonzero(above)), len(values), level)
    apart = high - low
    return Estimate(float(values.mean()), low + apart * least, low + apart * most)


def independent_parts(values: Floats, groups: ArrayLike) -> Floats:
    """One number per group and column, of about the same mean: what each adds, by delta method."""
    check_same_length(values=values, groups=np.asarray(groups))
    number = number_groups(groups)
    table = values if values.ndim == 2 else values[:, None]
    sizes = np.bincount(number)
    mean = table.mean(axis=0)
    sums = np.column_stack([np.bincount(number, column) for column in table.T])
    parts = mean + (sums - mean * sizes[:, None]) / sizes.mean()
    return np.asarray(parts if values.ndim == 2 else parts[:, 0], dtype=np.float64)
