"""Whether equal rows are the same case, or what chance gives on features that take few values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints

__all__ = ["accidental_share", "is_more_than", "meet_too_often", "split_too_evenly"]

#: Of one test: how often it may take chance for cases seen before.
_LEVEL = 3e-3
#: Columns that rise and fall together say the same; a rank correlation above this is together.
_TOGETHER = 0.99
#: Fewer distinct rows, or more copies of each, may as well be the values of one coarse feature.
_FEWEST_DISTINCT, _MOST_COPIES = 50, 20
_NEARLY_ALL = 0.9
#: Rows with more equals are put together by their number, finer below.
_OWN_STRATUM = 8


def accidental_share(distinct: NDArray[Any], n_rows: int) -> float:
    r"""Largest share of new cases that equal one of the distinct rows by chance, by the columns.

    A new case equals a row only if it has its value in every column. Among distinct rows,
    :math:`c_j` is the share whose value in column j another one has, too. One column alone may
    hold all there is, and its distinct rows then have distinct values however coarse it is; so it
    is the second smallest :math:`c_j` that counts, of a column that does not just rise or fall
    with the first. Rows that differ in both are told apart twice, and do not meet by chance.

    Parameters
    ----------
    distinct : array of shape (D, d)
        Different rows, or a sample of them.
    n_rows : int
        How many rows they are with their copies.

    Returns
    -------
    float
        One where nothing can be told: of fewer than 50 rows, of more than 20 copies of each, of
        one column.
    """
    n = len(distinct)
    if n < _FEWEST_DISTINCT or n_rows > _MOST_COPIES * n or distinct.shape[1] < 2:
        return 1.0
    ranks = np.stack([_ranks(column) for column in distinct.T])
    shared = np.array([1.0 - np.count_nonzero(np.bincount(r) == 1) / n for r in ranks])
    first = int(shared.argmin())
    if shared[first] == 1.0:
        return 1.0
    apart = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((apart**2).sum(axis=1))
    together = np.abs(apart @ apart[first]) > _TOGETHER * length * length[first]
    return float(shared[~together].min(initial=1.0))


def is_more_than(count: int, n: int, chance: float) -> bool:
    """Whether ``count`` of ``n`` is more than independent cases of this chance give."""
    from scipy.special import bdtrc

    return 0 < count <= n and float(bdtrc(count - 1, n, min(chance, 1.0))) <= _LEVEL


def meet_too_often(fitted: Ints, new: Ints) -> bool:
    r"""Whether more rows lie on both sides than independent rows do.

    Of :math:`t` equal rows some lie on each side with probability :math:`1 - q^t - (1 - q)^t`,
    where :math:`q` is the share of all rows that are new. The number of distinct rows on both sides
    is tested against the binomial distribution of as many trials at the mean of these, which is
    wider. Where nearly all rows of a side stand there a multiple of g times, they are taken for
    copies, and count once.
    """
    times = _copies(fitted)
    if len(new[new > 0]) and np.mean(new[new > 0] % times == 0) > _NEARLY_ALL:
        new = -(-new // times)
    fitted = -(-fitted // times)
    total, q = fitted + new, float(new.sum() / (fitted.sum() + new.sum()))
    several, met = total[total > 1], int(np.count_nonzero((fitted > 0) & (new > 0)))
    return is_more_than(met, len(several), float(np.mean(1 - q**several - (1 - q) ** several)))


def split_too_evenly(fitted: Ints, new: Ints) -> bool:
    r"""Whether equal rows lie on both sides more evenly than independent rows do.

    Of :math:`t` equal rows, ``fitted`` on one side and ``new`` :math:`= x` on the other, chance
    deals :math:`x` binomially, with whatever share :math:`q` of the rows with as many equals went
    there; a copy of a case on each side makes the number of pairs across, :math:`x (t - x)`,
    larger. Rows that keep together, such as copies on one side, make it smaller. Two tests, each
    given how many rows of the stratum are new:

    - in each stratum of :math:`t \le 8`, :math:`P(\sum x (t - x) \ge y \mid \sum x)`, by
      Chernoff's bound, over the probability of :math:`\sum x`: never too small;
    - over all strata, pairs across weighted by :math:`1 / ((t - 1) q (1 - q))`, by the normal
      distribution; this one finds half of the cases among many coarse ones.

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
    for name in np.unique(stratum):
        mine = stratum == name
        t, x, y = total[mine], new[mine], (fitted * new)[mine]
        q = float(x.sum() / t.sum())
        if len(t) < 2 or not 0.0 < q < 1.0:
            continue
        both = q * (1 - q)
        # Given the sum of x, the chance that two rows lie apart is a little above 2 q (1 - q).
        expected = t * (t - 1) * both * t.sum() / (t.sum() - 1)
        excess += float(((y - expected) / ((t - 1) * both)).sum())
        variance += float((2 * t / (t - 1)).sum())
        alone = name <= _OWN_STRATUM and y.sum() > expected.sum()
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
    """How many times each case stands there, if nearly all rows do a multiple of it; else one.

    Nine of ten counts of 50 distinct rows are multiples of the same number by design only.
    """
    there = counts[counts > 0]
    if len(there) < _FEWEST_DISTINCT:
        return 1
    possible = range(_MOST_COPIES, 1, -1)
    return next((k for k in possible if np.mean(there % k == 0) > _NEARLY_ALL), 1)


def _ranks(values: NDArray[Any]) -> Ints:
    return np.unique(values, return_inverse=True)[1].ravel().astype(np.int64)
