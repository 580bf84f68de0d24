r"""Means of numbers in a known range, where few of them tell much: intervals that have a width.

That a sample does not vary is no proof that nothing does. Of ``n`` equal numbers, the next may be
any other with a chance of up to about 3/n, and how far it then moves the mean the range says.

*Gaffke's bound* counts one unseen number at the end of the range. With exponential weights
:math:`E_i`, the upper end of an interval is the mean :math:`m` at which

.. math:: P\Big(E_0 (b - m) + \sum_{i=1}^n E_i (x_i - m) > 0\Big) = \alpha / 2,

``b`` being the upper end of the range, and the lower end is that of the mirrored numbers. Where
all numbers are ends of the range it is Clopper and Pearson's; where they vary much, it tends to
Student's t. That it holds at every sample size has been checked in many ways, and proven for a
relative of it. The probability is a saddlepoint approximation, right to about one in a hundred.

*The betting bound* is proven for all numbers that are not negative, however heavy their tail. If
their mean were ``m``, a gambler who puts the share ``s`` of what he has on each would have
:math:`\prod_i (1 - s + s x_i / m)`, one on average; that the mean of this over many ``s`` exceeds
:math:`1 / \alpha` has at most the chance :math:`\alpha`. The largest ``m`` at which it does is a
lower bound of the mean, and the order of the numbers does not matter.

References
----------
Gaffke 2005, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a
nonnegative variable"; Phan, Thomas and Learned-Miller 2021, "Towards practical mean bounds for
small samples"; Lugannani and Rice 1980 for the saddlepoint approximation of a tail;
Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting"; Orabona
and Jun 2024, "Tight concentrations and confidence sequences from the regret of universal
portfolio", for mixing over bets.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from cede._checks import Floats, Ints

__all__ = [
    "MOST_MOVED",
    "MOST_SKEWED",
    "bounded_mean",
    "bounded_p_value",
    "cost_range",
    "hardly_varies",
    "least_mean",
]

#: A mean is taken to be normal if one more number at the far end of the range moves it by less than
#: a third of its standard error, and if its skewness is less than a fifth, which of a rare kind of
#: case is 25 of them seen.
MOST_MOVED, MOST_SKEWED = 1 / 3, 1 / 5
#: Nearer to the middle than so many standard errors, a tail is one half.
_CENTRE = 1e-3
_SHARES = np.append(np.geomspace(1e-4, 0.5, 24), [0.65, 0.8, 0.9])
#: Numbers are rounded down by less than one in a thousand, so that equal ones are counted once.
_STEPS = 1000


def cost_range(table: Floats, chosen: Ints | None = None) -> tuple[float, float]:
    """Between which ends costs ``(n, J + 1)`` are taken to lie, seen or not; NaN are left out.

    Costs of which every column has two values at most are errors, perhaps with a fee on top. Where
    a column has one value alone, it might have been larger by an error, or smaller, but not below
    zero. Other costs are in any unit, and their range is what was seen of all, from zero on.

    Parameters
    ----------
    table : array of shape (n, J + 1)
    chosen : int array, optional
        The columns whose costs are asked for; all by default.

    Examples
    --------
    >>> cost_range(np.array([[0.0, 0.1], [0.0, 0.1]]))
    (0.0, 1.1)
    >>> cost_range(np.array([[0.2, 7.0], [0.1, 5.0], [0.3, 5.0]]))
    (0.0, 7.0)
    """
    columns = [column[~np.isnan(column)] for column in table.T]
    ends = {k: (float(c.min()), float(c.max())) for k, c in enumerate(columns) if c.size}
    if not ends:
        return 0.0, 1.0
    if any(((columns[k] != a) & (columns[k] != b)).any() for k, (a, b) in ends.items()):
        return min(0.0, *(a for a, _ in ends.values())), max(0.0, *(b for _, b in ends.values()))
    asked = [k for k in ends if chosen is None or k in chosen] or list(ends)
    wide = [_one_error_wide(*ends[k]) for k in asked]
    return min(a for a, _ in wide), max(b for _, b in wide)


def _one_error_wide(low: float, high: float) -> tuple[float, float]:
    if low in (0.0, 1.0) and high in (0.0, 1.0):
        return 0.0, 1.0
    if low < high:
        return low, high
    return low - 1.0 if low < 0.0 else max(0.0, low - 1.0), high + 1.0


def hardly_varies(values: Floats, low: float, high: float) -> bool:
    """Tell whether a mean is too coarse for Student's t: an unseen number may move it by much."""
    n = len(values)
    apart = values - values.mean()
    spread = float(apart @ apart)
    if n < 2 or values.max() == values.min():
        return True
    mean = float(values.mean())
    reach = max(high - mean, mean - low)
    skewed = abs(float((apart**3).sum())) > MOST_SKEWED * spread**1.5
    return bool(reach > MOST_MOVED * sqrt(spread)) or skewed


def bounded_mean(
    values: Floats, low: float, high: float, confidence: float = 0.95
) -> tuple[float, float]:
    """Gaffke's interval of a mean of independent numbers in ``[low, high]``.

    Examples
    --------
    >>> bounded_mean(np.zeros(400), 0.0, 1.0)[1]  # 3.7 / 400
    0.009...
    """
    tail = (1.0 - confidence) / 2
    numbers, counts = _distinct(values)
    upper = _upper(numbers, counts, max(high, float(numbers[-1])), tail)
    return -_upper(-numbers[::-1], counts[::-1], max(-low, -float(numbers[0])), tail), upper


def bounded_p_value(values: Floats, low: float, high: float, mean: float = 0.0) -> float:
    """Two-sided p-value of a mean: one minus the level at which its interval ends there."""
    numbers, counts = _distinct(values)
    above = _tail(numbers, counts, max(high, float(numbers[-1])), mean)
    below = _tail(-numbers[::-1], counts[::-1], max(-low, -float(numbers[0])), -mean)
    return min(1.0, 2.0 * above, 2.0 * below)


def least_mean(values: Floats, tail: float) -> float:
    """Betting bound: below the mean of independent numbers, none negative, but for a chance.

    Parameters
    ----------
    values : array of shape (n,)
    tail : float
        The chance that it is above the mean, at most.

    Examples
    --------
    >>> rare = np.r_[np.zeros(990), np.full(10, 100.0)]  # mean 1, and heavy
    >>> round(least_mean(rare, 0.025), 2)
    0.27
    """
    numbers, counts = _rounded_down(values)
    mean = float(numbers @ counts) / counts.sum()
    if mean <= 0.0:
        return 0.0
    wanted = -log(tail)
    low, high = -60.0, 0.0  # logarithms of shares of the mean
    for _ in range(40):
        middle = (low + high) / 2
        if _wealth(numbers / (mean * np.exp(middle)), counts) >= wanted:
            low = middle
        else:
            high = middle
    return float(mean * np.exp(low)) if low > -60.0 else 0.0


def _distinct(values: Floats) -> tuple[Floats, Floats]:
    numbers, counts = np.unique(values, return_counts=True)
    return numbers, counts.astype(np.float64)


def _upper(numbers: Floats, counts: Floats, top: float, tail: float) -> float:
    """Gaffke's upper bound of distinct numbers, in order, none above the top."""
    from scipy.optimize import brentq

    if top <= numbers[0]:
        return top
    apart, weights = _with_top(numbers, counts, top)
    ends = -80.0, 10.0 + log(weights.sum())
    place = brentq(lambda u: _saddle(u, apart, weights)[1] - tail, *ends, xtol=1e-10)
    return float(top - (top - numbers[0]) * _saddle(place, apart, weights)[0])


def _tail(numbers: Floats, counts: Floats, top: float, mean: float) -> float:
    """Chance of Gaffke's sum above zero at a mean; one where that is not above what was seen."""
    from scipy.optimize import brentq

    if mean >= top:
        return 0.0 if mean > top or numbers[-1] < top else 1.0
    if top <= numbers[0]:
        return 1.0
    apart, weights = _with_top(numbers, counts, top)
    wanted = (top - mean) / (top - numbers[0])
    ends = -80.0, 10.0 + log(weights.sum())
    if _saddle(ends[1], apart, weights)[0] <= wanted:
        return 0.5
    if _saddle(ends[0], apart, weights)[0] >= wanted:
        return 0.0
    place = brentq(lambda u: _saddle(u, apart, weights)[0] - wanted, *ends, xtol=1e-10)
    return _saddle(place, apart, weights)[1]


def _with_top(numbers: Floats, counts: Floats, top: float) -> tuple[Floats, Floats]:
    """How far numbers lie below the top, in units of the largest, and one that lies there."""
    apart = np.append(top - numbers, 0.0) / (top - numbers[0])
    return apart, np.append(counts, 1.0)


def _saddle(place: float, apart: Floats, weights: Floats) -> tuple[float, float]:
    """How far below the top the mean is whose saddlepoint is here, and its tail probability.

    Numbers x and the mean m, both as distances below the top, and ``s`` beyond the top by
    ``exp(place)``: weights of the saddlepoint are proportional to ``1 / (s + x)``.
    """
    from scipy.special import ndtr

    total = weights.sum()
    beyond = apart + np.exp(place)
    part = weights / beyond
    t = part.sum() / total
    mean = float(part @ apart / part.sum())
    tilt = t * beyond - 1.0
    # Minus the cumulant function; less a sum that is zero, so that no term is negative.
    low = float(weights @ (np.log1p(tilt) - tilt / (1.0 + tilt)))
    w = sqrt(max(2.0 * low, 0.0))
    if w < _CENTRE:
        return mean, 0.5
    u = t * sqrt(float(weights @ ((apart - mean) / (1.0 + tilt)) ** 2))
    tail = ndtr(-w) + np.exp(-(w**2) / 2) / sqrt(2 * np.pi) * (1.0 / u - 1.0 / w)
    return mean, float(tail)


def _rounded_down(values: Floats) -> tuple[Floats, Floats]:
    """Distinct numbers, none above those given, and how often each is there."""
    largest = float(values.max(initial=0.0))
    if largest <= 0.0:
        return np.zeros(1), np.array([float(len(values))])
    kept = values[values > 1e-12 * largest]
    level = np.ceil(-_STEPS * np.log(kept / largest) - 1e-9)
    steps, counts = np.unique(level, return_counts=True)
    numbers = np.append(0.0, largest * np.exp(-steps / _STEPS))
    return numbers, np.append(float(len(values) - len(kept)), counts)


def _wealth(ratio: Floats, counts: Floats) -> float:
    """Logarithm of what the bets have brought on average, from one."""
    with np.errstate(divide="ignore", over="ignore"):
        logs = counts @ np.log1p(_SHARES * (ratio[:, None] - 1.0))
    return float(np.logaddexp.reduce(logs) - log(len(_SHARES)))
