"""Whether equal rows are the same case, or equal by chance, as coarse features make them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints

__all__ = ["accidental_share", "is_more_than", "meet_too_often", "split_too_evenly"]

#: How often one test may take equality by chance for cases that were seen before.
_LEVEL = 3e-3
#: Columns with a rank correlation above this rise and fall together, and say the same.
_TOGETHER = 0.99
#: Fewer distinct rows, or more copies of each, may as well be the values of one coarse feature.
_FEWEST_DISTINCT, _MOST_COPIES = 50, 20
_NEARLY_ALL = 0.9
#: Rows that are there up to so often have a stratum of their own; above, several share one.
_OWN_STRATUM = 8


def accidental_share(distinct: NDArray[Any], n_rows: int) -> float:
    r"""Largest share of new cases that may equal one of the distinct rows by chance.

    A new case equals a row only if it has the row's value in every column. Let :math:`c_j` be the
    share of distinct rows whose value in column j another one has, too. The smallest :math:`c_j`
    can mislead: where one column alone tells rows apart, distinct rows have distinct values in it,
    even if it is coarse. So the second smallest counts, among columns that do not just rise or fall
    with the first: rows that differ in two such columns are not equal by chance.

    Parameters
    ----------
    distinct : array of shape (D, d)
        Different rows, or a sample of them.
    n_rows : int
        How many rows they are with their copies.

    Returns
    -------
    float
        One where nothing can be told: with fewer than 50 rows, more than 20 copies of each, or one
        column.
    """
    n = len(distinct)
    if n < _FEWEST_DISTINCT or n_rows > _MOST_COPIES * n or distinct.shape[1] < 2:
        return 1.0
    ranks = np.stack([_ranks(column) for column in distinct.T])
    shared = np.array([1.0 - np.count_nonzero(np.bincount(r) == 1) / n for r in ranks])
    first = int(shared.argmin())
    if shared[first] == 1.0:
        return 1.0
    deviations = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((deviations**2).sum(axis=1))
    together = np.abs(deviations @ deviations[first]) > _TOGETHER * length * length[first]
    return float(shared[~together].min(initial=1.0))


def is_more_than(count: int, n: int, probability: float) -> bool:
    """Tell whether ``count`` of ``n`` is more than independent cases of a probability give."""
    from scipy.special import bdtrc

    return 0 < count <= n and float(bdtrc(count - 1, n, min(probability, 1.0))) <= _LEVEL


def meet_too_often(fitted: Ints, new: Ints) -> bool:
    r"""Tell whether more rows lie on both sides than independent rows would.

    Of :math:`t` equal rows some lie on each side with probability :math:`1 - q^t - (1 - q)^t`,
    where :math:`q` is the share of all rows that are new. The number of distinct rows on both sides
    is tested against the binomial distribution of as many trials at the mean of these
    probabilities, which is wider. If nearly every distinct row of a side is there a multiple of g
    times, g rows are taken for copies of one case, and count once.
    """
    copies = _copies(fitted)
    if len(new[new > 0]) and np.mean(new[new > 0] % copies == 0) > _NEARLY_ALL:
        new = -(-new // copies)
    fitted = -(-fitted // copies)
    total, q = fitted + new, float(new.sum() / (fitted.sum() + new.sum()))
    equals, n_shared = total[total > 1], int(np.count_nonzero((fitted > 0) & (new > 0)))
    return is_more_than(n_shared, len(equals), float(np.mean(1 - q**equals - (1 - q) ** equals)))


def split_too_evenly(fitted: Ints, new: Ints) -> bool:
    r"""Tell whether equal rows lie on both sides more evenly than independent rows would.

    Of :math:`t` equal rows, :math:`x` are new. Chance deals :math:`x` binomially, with the share
    :math:`q` of new rows among all that have as many equals (a stratum). Where each case has a copy
    on either side, the number of pairs across, :math:`x (t - x)`, is larger than that; where copies
    keep to one side, it is smaller. There are two tests, both given how many rows of a stratum are
    new:

    - in each stratum of :math:`t \le 8`, :math:`P(\sum x (t - x) \ge y \mid \sum x)` by Chernoff's
      bound, divided by the probability of :math:`\sum x`: never too small;
    - over all strata, the pairs across weighted by :math:`1 / ((t - 1) q (1 - q))`, by the normal
      distribution; it notices when half of many coarse cases were seen.

    Parameters
    ----------
    fitted, new : int arrays of shape (D,)
        How often each distinct row stands on either side.
    """
    total = fitted + new
    fitted, new, total = (part[total > 1] for part in (fitted, new, total))
    if not len(total):
        return False
    steps = np.floor(2 * np.log2(np.maximum(total, _OWN_STRATUM)))
    stratum = np.where(total <= _OWN_STRATUM, total, steps + _OWN_STRATUM)
    excess = variance = 0.0
    for label in np.unique(stratum):
        inside = stratum == label
        t, x, y = total[inside], new[inside], (fitted * new)[inside]
        q = float(x.sum() / t.sum())
        if len(t) < 2 or not 0.0 < q < 1.0:
            continue
        both = q * (1 - q)
        # Given the sum of x, two rows lie apart a little more often than 2 q (1 - q).
        expected = t * (t - 1) * both * t.sum() / (t.sum() - 1)
        excess += float(((y - expected) / ((t - 1) * both)).sum())
        variance += float((2 * t / (t - 1)).sum())
        alone = label <= _OWN_STRATUM and y.sum() > expected.sum()
        if alone and _log_tail(int(t[0]), x, int(y.sum())) < np.log(_LEVEL / _OWN_STRATUM):
            return True
    from scipy.special import ndtri

    return variance > 0 and excess > -float(ndtri(_LEVEL / _OWN_STRATUM)) * np.sqrt(variance)


def _log_tail(t: int, x: Ints, pairs: int) -> float:
    """Bound the log probability of as many pairs across among ``len(x)`` rows of ``t`` equals."""
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp
    from scipy.stats import binom

    n, q = len(x), float(x.mean() / t)
    k = np.arange(t + 1)
    log_chance, across = binom.logpmf(k, t, q), k * (t - k)

    def bound(tilt: float) -> float:
        return n * float(logsumexp(log_chance + tilt * across)) - tilt * pairs

    # With all pairs that there can be, the bound falls for ever, and ends in rounding beyond 64.
    best = minimize_scalar(bound, bounds=(0.0, 64.0), method="bounded")
    return float(best.fun) - float(binom.logpmf(int(x.sum()), n * t, q))


def _copies(counts: Ints) -> int:
    """How many copies there are of each case: nearly all rows are there a multiple of it; else one.

    By chance, nine of ten counts of 50 distinct rows are no multiples of the same number.
    """
    positive = counts[counts > 0]
    if len(positive) < _FEWEST_DISTINCT:
        return 1
    possible = range(_MOST_COPIES, 1, -1)
    return next((k for k in possible if np.mean(positive % k == 0) > _NEARLY_ALL), 1)


def _ranks(values: NDArray[Any]) -> Ints:
    if values.dtype.kind == "O":
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            texts = [str(value) for value in values.tolist()]
            rank = {text: i for i, text in enumerate(sorted(set(texts)))}
            return np.array([rank[text] for text in texts], dtype=np.int64)
    return np.unique(values, return_inverse=True)[1].ravel().astype(np.int64)
