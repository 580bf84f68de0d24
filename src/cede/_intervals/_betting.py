r"""A lower bound of a mean of numbers that are not negative, however heavy their tail.

If their mean were ``m``, a gambler who puts the share ``s`` of what he has on each would have
:math:`\prod_i (1 - s + s x_i / m)`, one on average. That the mean of this over many ``s`` exceeds
:math:`1 / \alpha` has a probability of :math:`\alpha` at most, so the largest ``m`` at which it
does is a lower bound of the mean. The order of the numbers does not matter.

References
----------
Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting"; Orabona
and Jun 2024, "Tight concentrations and confidence sequences from the regret of universal
portfolio", for mixing over bets.
"""

from __future__ import annotations

from math import log

import numpy as np

from cede._checks import Floats

__all__ = ["least_mean"]

#: The shares that are put on each number.
_SHARES = np.append(np.geomspace(1e-4, 0.5, 24), [0.65, 0.8, 0.9])
#: Numbers are rounded down by less than one in a thousand, so that equal ones are counted once.
_STEPS = 1000


def least_mean(values: Floats, tail: float) -> float:
    """Lower bound of the mean of independent numbers, none of them negative.

    Parameters
    ----------
    values : array of shape (n,)
    tail : float
        Probability, at most, that the bound is above the mean.

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
    target = -log(tail)
    low, high = -60.0, 0.0  # logarithms of shares of the mean
    for _ in range(40):
        middle = (low + high) / 2
        if _wealth(numbers / (mean * np.exp(middle)), counts) >= target:
            low = middle
        else:
            high = middle
    return float(mean * np.exp(low)) if low > -60.0 else 0.0


def _rounded_down(values: Floats) -> tuple[Floats, Floats]:
    """Distinct numbers after rounding down, and how often each is there."""
    largest = float(values.max(initial=0.0))
    if largest <= 0.0:
        return np.zeros(1), np.array([float(len(values))])
    positive = values[values > 1e-12 * largest]
    level = np.ceil(-_STEPS * np.log(positive / largest) - 1e-9)
    steps, counts = np.unique(level, return_counts=True)
    numbers = np.append(0.0, largest * np.exp(-steps / _STEPS))
    return numbers, np.append(float(len(values) - len(positive)), counts)


def _wealth(ratio: Floats, counts: Floats) -> float:
    """Logarithm of what one unit has become, on average over the shares that are bet."""
    with np.errstate(divide="ignore", over="ignore"):
        logs = counts @ np.log1p(_SHARES * (ratio[:, None] - 1.0))
    return float(np.logaddexp.reduce(logs) - log(len(_SHARES)))
