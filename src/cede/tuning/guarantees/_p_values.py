"""Tests of one risk: p-values, the upper bounds they invert to, and how many cases they need.

All take the **sum** of the losses and the number of cases, and broadcast. A mean times ``n`` may
lie a rounding above the integer it stands for, and the next larger integer would then be tested.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats

__all__ = [
    "binomial_p_value",
    "cases_for",
    "cases_without_error",
    "hoeffding_bentkus_p_value",
    "p_values",
    "risk_upper_bound",
]

#: Sums of costs carry roundings; below this they are not the next integer.
_ROUNDING = 1e-9
_HALVINGS = 60


def binomial_p_value(errors: ArrayLike, n: ArrayLike, risk: ArrayLike) -> Floats:
    r"""Probability of at most so many errors if the risk were ``risk``; exact for 0-1 losses.

    .. math:: p = P(\mathrm{Bin}(n, \alpha) \le k)

    It tests the null hypothesis that the risk is :math:`\alpha` or more: under any such risk,
    :math:`P(p \le \delta) \le \delta`. Where there is no case, it is 1.

    References
    ----------
    Clopper and Pearson 1934, whose upper bound it inverts to; Angelopoulos, Bates, Candès, Jordan
    and Lei 2021, "Learn then test", on p-values for risks.

    Examples
    --------
    >>> binomial_p_value([0, 1], 45, 0.05).round(4)
    array([0.0994, 0.335 ])
    """
    from scipy.special import betaincc

    seen, total = np.asarray(errors, dtype=np.float64), np.asarray(n, dtype=np.float64)
    rest = total - seen
    tail = betaincc(seen + 1.0, np.maximum(rest, 1.0), np.asarray(risk, dtype=np.float64))
    return np.asarray(np.where(rest > 0.0, tail, 1.0), dtype=np.float64)


def hoeffding_bentkus_p_value(
    loss: ArrayLike, n: ArrayLike, risk: ArrayLike, largest_cost: float = 1.0
) -> Floats:
    r"""p-value of a mean of losses in ``[0, largest_cost]``, whatever their distribution.

    With :math:`\hat r` the mean loss and :math:`\alpha` the risk, both divided by the largest
    cost, it is the smaller of Hoeffding's and Bentkus's tails:

    .. math::

        p = \min\Big(e^{-n\,h(\min(\hat r, \alpha), \alpha)},\;
        e\,P(\mathrm{Bin}(n, \alpha) \le \lceil n \hat r \rceil)\Big), \quad
        h(a, b) = a \log\tfrac ab + (1 - a) \log\tfrac{1 - a}{1 - b}

    Parameters
    ----------
    loss, n
        Sum of the losses, and the number of cases.
    risk : float or array
        The null hypothesis is that the expected loss is this or more.
    largest_cost : float, default=1.0
        The most that a case can cost.

    References
    ----------
    Bates, Angelopoulos, Lei, Malik and Jordan 2021, "Distribution-free, risk-controlling
    prediction sets"; Angelopoulos et al. 2021, "Learn then test"; Bentkus 2004.

    Examples
    --------
    >>> hoeffding_bentkus_p_value([0.0, 2.5, 9.0], 100, 0.1).round(4)
    array([0.    , 0.0131, 0.9443])
    """
    from scipy.special import rel_entr

    level = np.asarray(risk, dtype=np.float64) / largest_cost
    total = np.asarray(n, dtype=np.float64)
    part = np.asarray(loss, dtype=np.float64) / largest_cost
    mean = np.clip(part / np.maximum(total, 1.0), 0.0, level)
    hoeffding = np.exp(-total * (rel_entr(mean, level) + rel_entr(1.0 - mean, 1.0 - level)))
    bentkus = np.e * binomial_p_value(np.ceil(part - _ROUNDING), total, level)
    return np.asarray(np.minimum(hoeffding, bentkus), dtype=np.float64)


def p_values(
    loss: ArrayLike, n: ArrayLike, risk: float, largest_cost: float, zero_one: bool
) -> Floats:
    """Return the exact p-value where losses are 0 or ``largest_cost``, else Hoeffding-Bentkus."""
    if zero_one:
        return binomial_p_value(np.rint(np.asarray(loss) / largest_cost), n, risk / largest_cost)
    return hoeffding_bentkus_p_value(loss, n, risk, largest_cost)


def risk_upper_bound(
    loss: ArrayLike,
    n: ArrayLike,
    delta: float,
    largest_cost: float = 1.0,
    *,
    zero_one: bool = False,
) -> Floats:
    r"""Upper confidence bound, which the risk exceeds with probability :math:`\delta` at most.

    The smallest risk at which the p-value is ``delta`` or less: Clopper and Pearson's one-sided
    bound if losses are 0 or ``largest_cost`` (``zero_one``), Hoeffding-Bentkus inverted otherwise.

    Examples
    --------
    >>> risk_upper_bound([0, 50], 1_000, 0.1, zero_one=True).round(4)
    array([0.0023, 0.06  ])
    >>> risk_upper_bound([0, 50], 1_000, 0.1).round(4)
    array([0.0023, 0.064 ])
    """
    from scipy.special import betainccinv

    total = np.asarray(n, dtype=np.float64)
    part = np.asarray(loss, dtype=np.float64) / largest_cost
    count = np.rint(part) if zero_one else np.ceil(part - _ROUNDING)
    rest = total - count
    tail = delta if zero_one else delta / np.e
    bound = np.where(rest > 0.0, betainccinv(count + 1.0, np.maximum(rest, 1.0), tail), 1.0)
    if not zero_one:
        bound = np.minimum(bound, _hoeffding_bound(part, total, delta))
    return np.asarray(bound * largest_cost, dtype=np.float64)


def cases_without_error(risk: float, delta: float, largest_cost: float = 1.0) -> int:
    r"""Smallest number of cases that certify a risk if none of them errs.

    :math:`(1 - \alpha)^n \le \delta`, by either p-value, so
    :math:`n = \lceil \log \delta / \log(1 - \alpha) \rceil`; with fewer, nothing can be certified.

    Examples
    --------
    >>> cases_without_error(0.05, 0.1)
    45
    """
    return max(1, int(np.ceil(np.log(delta) / np.log1p(-risk / largest_cost) - _ROUNDING)))


def cases_for(
    mean: ArrayLike, risk: float, delta: float, largest_cost: float = 1.0, *, zero_one: bool = False
) -> Floats:
    """How many cases would certify ``risk`` if their mean loss were ``mean``; infinite if none.

    Counts are taken as real numbers, so that the p-value falls smoothly as cases are added, and the
    answer is where it crosses ``delta``.

    Examples
    --------
    >>> cases_for([0.0, 0.044, 0.05], 0.05, 0.1, zero_one=True)
    array([  45., 2298.,   inf])
    """
    from scipy.special import betaincc, rel_entr

    level = risk / largest_cost
    seen = np.asarray(mean, dtype=np.float64) / largest_cost
    # NaN, the mean of no case, is not below either.
    below = seen < level
    share = np.where(below, seen, 0.0)
    tail = delta if zero_one else delta / np.e
    low, high = np.zeros(share.shape), np.full(share.shape, 50.0)  # logarithms to base 2
    for _ in range(_HALVINGS):
        n = np.exp2(0.5 * (low + high))
        enough = betaincc(n * share + 1.0, n * (1.0 - share), level) <= tail
        low, high = (
            np.where(enough, low, 0.5 * (low + high)),
            np.where(enough, 0.5 * (low + high), high),
        )
    n = np.exp2(high)
    if not zero_one:
        apart = rel_entr(share, level) + rel_entr(1.0 - share, 1.0 - level)
        with np.errstate(divide="ignore"):
            n = np.minimum(n, -np.log(delta) / apart)
    return np.asarray(np.where(below, np.ceil(n - _ROUNDING), np.inf), dtype=np.float64)


def _hoeffding_bound(part: Floats, total: Floats, delta: float) -> Floats:
    """Where Hoeffding's tail is ``delta``, by halving between the mean and one."""
    from scipy.special import rel_entr

    mean = np.clip(part / np.maximum(total, 1.0), 0.0, 1.0)
    enough = -np.log(delta) / np.maximum(total, 1.0)
    low, high = mean, np.ones_like(mean)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        apart = rel_entr(mean, middle) + rel_entr(1.0 - mean, 1.0 - middle)
        low = np.where(apart < enough, middle, low)
        high = np.where(apart < enough, high, middle)
    return np.asarray(np.where(total > 0.0, high, 1.0), dtype=np.float64)
