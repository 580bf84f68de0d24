r"""Gaffke's bound of a mean of numbers in a known range: it counts one unseen number at the end.

With exponential weights :math:`E_i`, the upper end of an interval is the mean :math:`m` at which

.. math:: P\Big(E_0 (b - m) + \sum_{i=1}^n E_i (x_i - m) > 0\Big) = \alpha / 2,

``b`` being the upper end of the range; the lower end is that of the mirrored numbers. Where all
numbers are ends of the range it is Clopper and Pearson's; where they vary much, it tends to
Student's t. That it holds at every sample size has been checked in many ways, and proven for a
relative of it. The probability is a saddlepoint approximation, right to about one in a hundred.

References
----------
Gaffke 2005, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a
nonnegative variable"; Phan, Thomas and Learned-Miller 2021, "Towards practical mean bounds for
small samples"; Lugannani and Rice 1980 for the saddlepoint approximation of a tail.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from cede._checks import Floats

__all__ = ["bounded_mean", "bounded_p_value"]

#: Nearer to the middle than so many standard errors, a tail is one half.
_CENTRE = 1e-3


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
    """Two-sided p-value against a mean: one minus the level of the interval that ends there."""
    numbers, counts = _distinct(values)
    above = _tail(numbers, counts, max(high, float(numbers[-1])), mean)
    below = _tail(-numbers[::-1], counts[::-1], max(-low, -float(numbers[0])), -mean)
    return min(1.0, 2.0 * above, 2.0 * below)


def _distinct(values: Floats) -> tuple[Floats, Floats]:
    numbers, counts = np.unique(values, return_counts=True)
    return numbers, counts.astype(np.float64)


def _upper(numbers: Floats, counts: Floats, top: float, tail: float) -> float:
    """Gaffke's upper bound of distinct numbers, in order, none above the top."""
    from scipy.optimize import brentq

    if top <= numbers[0]:
        return top
    distances, weights = _with_top(numbers, counts, top)
    ends = -80.0, 10.0 + log(weights.sum())
    place = brentq(lambda u: _saddle(u, distances, weights)[1] - tail, *ends, xtol=1e-10)
    return float(top - (top - numbers[0]) * _saddle(place, distances, weights)[0])


def _tail(numbers: Floats, counts: Floats, top: float, mean: float) -> float:
    """Probability that Gaffke's sum is above zero at a mean; 1 if no number lies below the top."""
    from scipy.optimize import brentq

    if mean >= top:
        return 0.0 if mean > top or numbers[-1] < top else 1.0
    if top <= numbers[0]:
        return 1.0
    distances, weights = _with_top(numbers, counts, top)
    target = (top - mean) / (top - numbers[0])
    ends = -80.0, 10.0 + log(weights.sum())
    if _saddle(ends[1], distances, weights)[0] <= target:
        return 0.5
    if _saddle(ends[0], distances, weights)[0] >= target:
        return 0.0
    place = brentq(lambda u: _saddle(u, distances, weights)[0] - target, *ends, xtol=1e-10)
    return _saddle(place, distances, weights)[1]


def _with_top(numbers: Floats, counts: Floats, top: float) -> tuple[Floats, Floats]:
    """Distances below the top, as shares of the largest, with one number more at the top itself."""
    distances = np.append(top - numbers, 0.0) / (top - numbers[0])
    return distances, np.append(counts, 1.0)


def _saddle(place: float, distances: Floats, weights: Floats) -> tuple[float, float]:
    """Mean of which the saddlepoint is here, as a distance below the top, and its tail probability.

    The saddlepoint is ``s = exp(place)`` above the top; a number at a distance ``x`` below it has a
    weight proportional to ``1 / (s + x)``.
    """
    from scipy.special import ndtr

    total = weights.sum()
    beyond = distances + np.exp(place)
    part = weights / beyond
    t = part.sum() / total
    mean = float(part @ distances / part.sum())
    tilt = t * beyond - 1.0
    # Minus the cumulant function. A sum that is zero is taken off, so that no term is negative.
    low = float(weights @ (np.log1p(tilt) - tilt / (1.0 + tilt)))
    w = sqrt(max(2.0 * low, 0.0))
    if w < _CENTRE:
        return mean, 0.5
    u = t * sqrt(float(weights @ ((distances - mean) / (1.0 + tilt)) ** 2))
    tail = ndtr(-w) + np.exp(-(w**2) / 2) / sqrt(2 * np.pi) * (1.0 / u - 1.0 / w)
    return mean, float(tail)
