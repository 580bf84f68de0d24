"""Intervals of means: exact of two values, bounded where little varies, else Student's."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, check_same_length, number_groups
from cede._intervals._estimate import Estimate
from cede._intervals._gaffke import bounded_mean, bounded_p_value
from cede._intervals._ranges import cost_range
from cede._intervals._shares import share_estimate

__all__ = [
    "MOST_MOVED",
    "MOST_SKEWED",
    "hardly_varies",
    "hardly_vary",
    "independent_parts",
    "mean_estimate",
    "mean_estimates",
    "mean_p_value",
    "student_estimate",
]

#: A mean is taken to be normal if one more number at the far end of the range moves it by less than
#: a third of its standard error, and if its skewness is below a fifth. A rare kind of case must
#: then have been seen 25 times.
MOST_MOVED, MOST_SKEWED = 1 / 3, 1 / 5


def mean_estimate(
    values: Floats,
    confidence: float = 0.95,
    groups: ArrayLike | None = None,
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    r"""Mean of independent numbers: exact of two values, bounded if they hardly vary, else Student.

    - If there are two values, such as 0 and 1 with a fee on top of both, the mean follows from the
      share of the larger one, and Clopper and Pearson's interval of that share is exact.
    - If one more number at the far end of the range would move the mean by a third of its standard
      error, or the mean is skewed, the numbers themselves do not tell how much they vary. The
      interval is then Gaffke's bound from the range (``_gaffke.py``).
    - Otherwise it is Student's t.

    If cases of a group depend on each other, groups are the independent units: the mean is then
    :math:`\sum_g S_g / \sum_g m_g`, with the sum and size of each group, and what varies is
    :math:`(S_g - \bar x m_g) / \bar m` (delta method), at one degree of freedom less than groups.

    Parameters
    ----------
    values : array of shape (n,)
        If one of them is NaN, so is the estimate.
    confidence, groups
        Level; cases that belong together.
    bounds : tuple of two numbers, optional
        The lowest and the highest number that there can be; those seen widen it. By default, the
        range of zeros and ones is [0, 1], that of two values runs from one to the other, and a
        single value might have been larger by 1, or smaller by 1, but not below zero. Of more
        values no range is known: their interval is Student's, and infinite if there is one case or
        group alone.

    Examples
    --------
    >>> [round(x, 3) for x in mean_estimate(np.array([0.0, 0.5, 1.0, 0.5]))]
    [0.5, -0.15, 1.15]
    >>> [round(x, 3) for x in mean_estimate(np.full(60, 0.1), bounds=(0.1, 1.1))]
    [0.1, 0.1, 0.16]
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers) or not np.isfinite(numbers).all():
        return Estimate(np.nan, np.nan, np.nan)
    mean = float(numbers.mean())
    ends = _range(numbers, bounds)
    if groups is None and ends is not None:
        shifted = _shifted_share(numbers, ends, confidence)
        if shifted is not None:
            return shifted
    parts = numbers if groups is None else independent_parts(numbers, groups)
    if ends is None and len(parts) < 2:
        return Estimate(mean, -np.inf, np.inf)
    if ends is not None and hardly_varies(parts, *ends):
        return Estimate(mean, *bounded_mean(parts, *ends, confidence))
    return _student(mean, parts, confidence)


def mean_estimates(
    columns: Iterable[Floats],
    confidence: float,
    groups: ArrayLike | None,
    bounds: Iterable[tuple[float, float]],
) -> list[Estimate]:
    """:func:`mean_estimate` of each of several columns of numbers, in a range of its own."""
    pairs = zip(columns, bounds, strict=True)
    return [mean_estimate(column, confidence, groups, ends) for column, ends in pairs]


def mean_p_value(
    values: Floats, groups: ArrayLike | None, bounds: tuple[float, float]
) -> tuple[float, bool]:
    """Two-sided p-value against a mean of zero, by the rules of :func:`mean_estimate`.

    Also returns whether it is that of Student's t.
    """
    from scipy.special import stdtr

    parts = values if groups is None else independent_parts(values, groups)
    if hardly_varies(parts, *bounds):
        return bounded_p_value(parts, *bounds), False
    error = float(parts.std(ddof=1)) / np.sqrt(len(parts))
    return 2.0 * float(stdtr(len(parts) - 1, -abs(float(values.mean())) / error)), True


def student_estimate(values: Floats, confidence: float = 0.95) -> Estimate:
    """Mean of independent numbers, by Student's t.

    The interval of equal numbers has no width. So this is for repetitions of an experiment, which
    show how much they vary, and not for cases.
    """
    return _student(float(values.mean()), values, confidence)


def _student(mean: float, parts: Floats, level: float) -> Estimate:
    from scipy.special import stdtrit

    deviations = parts - mean
    error = float(np.sqrt(deviations @ deviations / (len(parts) - 1) / len(parts)))
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
    """Interval of a mean of the two ends of the range; None if a value is neither end."""
    low, high = ends
    rounding = 1e-12 * max(abs(low), abs(high))
    above = values >= high - rounding
    if low == high or not (above | (values <= low + rounding)).all():
        return None
    if (low, high) == (0.0, 1.0):
        return share_estimate(float(np.count_nonzero(above)), len(values), level)
    _, least, most = share_estimate(float(np.count_nonzero(above)), len(values), level)
    width = high - low
    return Estimate(float(values.mean()), low + width * least, low + width * most)


def independent_parts(values: Floats, groups: ArrayLike) -> Floats:
    """One number per group and column: what a group adds to the mean, by the delta method."""
    check_same_length(values=values, groups=np.asarray(groups))
    group = number_groups(groups)
    table = values if values.ndim == 2 else values[:, None]
    sizes = np.bincount(group)
    mean = table.mean(axis=0)
    sums = np.column_stack([np.bincount(group, column) for column in table.T])
    parts = mean + (sums - mean * sizes[:, None]) / sizes.mean()
    return np.asarray(parts if values.ndim == 2 else parts[:, 0], dtype=np.float64)


def hardly_vary(columns: Iterable[Floats], low: float, high: float) -> Bools:
    """Tell of each of several columns of numbers whether it hardly varies."""
    return np.array([hardly_varies(column, low, high) for column in columns], dtype=np.bool_)


def hardly_varies(values: Floats, low: float, high: float) -> bool:
    """Tell whether an unseen number may move a mean too much for Student's t to hold."""
    n = len(values)
    deviations = values - values.mean()
    spread = float(deviations @ deviations)
    if n < 2 or values.max() == values.min():
        return True
    mean = float(values.mean())
    reach = max(high - mean, mean - low)
    skewed = abs(float((deviations**3).sum())) > MOST_SKEWED * spread**1.5
    return bool(reach > MOST_MOVED * sqrt(spread)) or skewed
