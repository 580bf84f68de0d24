"""How many standard errors it takes to hold many true values at once."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite
from cede._intervals import check_confidence
from cede.exceptions import InvalidInput

__all__ = ["critical_value"]


def critical_value(
    influence: ArrayLike,
    confidence: float = 0.95,
    n_boot: int = 10_000,
    random_state: int | None = 0,
    *,
    one_sided: bool = False,
) -> float:
    r"""How many standard errors reach over all of ``m`` estimates at once (sup-t).

    If estimate ``j`` is a mean of :math:`\psi_{ij}` over cases up to terms that vanish, the
    intervals :math:`\hat\theta_j \pm c \hat\sigma_j / \sqrt n` hold all ``m`` true values together
    with the confidence given, where ``c`` is that quantile of

    .. math:: \max_j \left| \frac{1}{\hat\sigma_j \sqrt n} \sum_i \xi_i (\psi_{ij} - \bar\psi_j)
              \right|

    over normal multipliers :math:`\xi_i`. Given the data, the sums are normal with the correlation
    of the columns and are drawn as such, then divided by the root of a
    :math:`\chi^2_{n-1}/(n - 1)`: with one column, ``c`` is the quantile of Student's t. Whoever
    picks one of the estimates after looking at all of them needs this ``c``, not 1.96.

    Parameters
    ----------
    influence : array of shape (n, m)
        What each case adds to each estimate, up to a constant per column; of groups of cases that
        are not independent, one row per group. A column that does not vary is exact and not
        counted.
    confidence : float, default=0.95
    n_boot : int, default=10_000
        How many times the maximum is drawn.
    random_state : int, default=0
    one_sided : bool, default=False
        For lower bounds only (or upper ones): the maximum is taken without absolute values.

    Returns
    -------
    float
        Zero if no column has any spread.

    Raises
    ------
    InvalidInput
        If there are fewer than two cases, a number is not finite, nothing is to be drawn, or the
        confidence is not between 0 and 1.

    References
    ----------
    Chernozhukov, Chetverikov and Kato 2013, "Gaussian approximations and multiplier bootstrap for
    maxima of sums of high-dimensional random vectors"; Montiel Olea and Plagborg-Møller 2019,
    "Simultaneous confidence bands", on sup-t.

    Examples
    --------
    >>> alone = np.arange(1000.0)[:, None]
    >>> round(critical_value(alone), 2)
    1.96
    >>> twenty = np.random.default_rng(0).normal(size=(1000, 20))
    >>> bool(2.9 < critical_value(twenty) < 3.2)
    True
    """
    table = np.asarray(influence, dtype=np.float64)
    level = check_confidence(confidence)
    if table.ndim != 2 or len(table) < 2 or n_boot < 1:
        raise InvalidInput(
            "must have shape (n, m) with two cases at least, and n_boot must be at least 1, but "
            f"got {table.shape} and {n_boot}; pass a row per case",
            argument="influence",
        )
    check_finite("influence", table)
    n = len(table)
    spread = table.std(axis=0)
    varying = spread > 1e-12 * np.abs(table).max(axis=0, initial=0.0)
    if not varying.any():
        return 0.0
    apart = (table[:, varying] - table[:, varying].mean(axis=0)) / (spread[varying] * sqrt(n))
    if apart.shape[1] == 1:
        from scipy.special import stdtrit

        return float(stdtrit(n - 1, level if one_sided else (1 + level) / 2))
    # Fewer numbers are drawn through the root of the correlation than with one per case.
    root = apart if n <= apart.shape[1] else _root(apart.T @ apart)
    rng = np.random.default_rng(random_state)
    highest = np.empty(n_boot)
    step = max(1, 8_000_000 // max(root.shape))
    for start in range(0, n_boot, step):
        size = min(step, n_boot - start)
        sums = rng.standard_normal((size, len(root))) @ root
        highest[start : start + size] = (sums if one_sided else np.abs(sums)).max(axis=1)
    highest /= np.sqrt(rng.chisquare(n - 1, n_boot) / (n - 1))
    return max(0.0, float(np.quantile(highest, level)))


def _root(correlation: Floats) -> Floats:
    """Return R with ``R.T @ R = correlation``, which may be singular."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(np.sqrt(values.clip(0.0))[:, None] * vectors.T, dtype=np.float64)
