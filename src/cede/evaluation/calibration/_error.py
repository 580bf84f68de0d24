r"""The expected calibration error with an interval that accounts for its bias.

In bins that are given, the error of the population is :math:`\theta = \sum_b |\delta_b|`, where
:math:`\delta_b = E[(o - p)\, 1_b]`; that of the sample is :math:`T = \sum_b |\delta_b + Z_b|`, with
noise Z. An absolute value of noise is never below zero, so T is too large on average, most so where
estimates are calibrated; each resample adds its noise once more. But :math:`|\delta + Z| -
|\delta|` lies between :math:`\pm Z` and :math:`|Z|` and falls as :math:`|\delta|` rises, so that

.. math::

    \theta &\le T + q_{1-\alpha/2}\Big(\sum_b \pm Z_b\Big), \\
    \theta &\ge T - q_{1-\alpha/2+\eta}\Big(\sum_b |\delta^0_b + Z_b| - \delta^0_b\Big), \qquad
    \delta^0_b = \max(0, |\hat\delta_b| - \kappa \hat\sigma_b),

where all :math:`|\delta_b| \ge \delta^0_b` together with probability :math:`1 - \eta`. The noise is
drawn by a multiplier bootstrap, whose cost does not depend on n.

If all outcomes in a bin are alike, they show no noise. The spread in a bin of m cases is therefore
taken to be at least :math:`(z m / (m + z^2))^2`, with z the normal quantile of the level: Wilson's
interval reaches as far for m equal outcomes.
"""

from __future__ import annotations

from numbers import Integral
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede._intervals import Estimate, check_confidence
from cede.evaluation.calibration._bins import Binned, Bins, NBins, Pairs, bin_cases, read_pairs
from cede.exceptions import InvalidInput

__all__ = ["expected_calibration_error"]

#: Of fewer resamples, the quantiles of an interval are too coarse.
_FEWEST = 100


def expected_calibration_error(
    estimates: ArrayLike,
    outcomes: ArrayLike,
    n_bins: NBins = 15,
    bins: Bins = "width",
    *,
    debias: bool = False,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
) -> Estimate:
    r"""Expected calibration error with its interval, the bins being as they are.

    Percentiles of resampled errors are no interval: where estimates are calibrated, they never hold
    zero. Measured at 95 % with 15 bins of equal width, on 1,000 draws (300 for the others) of 100,
    500 and 2,000 cases, uniform and skewed: of calibrated estimates this interval held the truth,
    zero, in 94.5 to 97.8 % of draws, percentiles in 0, bias-corrected percentiles in 0, the basic
    bootstrap in 25 to 55 %; of estimates off by 0.01 to 0.17 on average, this one in 96.8 to 100 %,
    and the three in 0 to 97, 0 to 94 and 44 to 94 %. It is conservative where the error is small
    beside the noise: 99 to 100 %. Where all estimates were equal, from 0 to 0.99, and outcomes
    often without exception, it held the truth in 92 to 100 % of 800 draws of 20 to 2,000 cases.

    Parameters
    ----------
    estimates, outcomes, n_bins, bins
        As in :func:`reliability`. With "sweep" the interval takes the bins as given, though
        outcomes chose them.
    debias : bool, default=False
        Subtract from each bin's gap what noise would add to it if it were the true gap:
        ``2 |gap| - E|gap + noise|``, and zero if less. Where the true error is zero, six tenths of
        the observed error remain.
    n_boot : int, default=1000
        Draws of the noise; at least 100.
    confidence : float, default=0.95
        Level of the interval; the two tails are equal.
    random_state : int or None, default=0
        Seed of the draws.

    Returns
    -------
    Estimate
        The error on these cases, as other libraries compute it unless ``debias``, and the interval
        for the population's error in these bins. Without bins, the error is no smaller.

    References
    ----------
    Kumar, Liang and Ma 2019, "Verified uncertainty calibration", for the bias and its normal
    correction; Romano, Shaikh and Wolf 2014, "A practical two-step method for testing moment
    inequalities", for bounding what is near zero first; Chernozhukov, Chetverikov and Kato 2013 for
    the multiplier bootstrap.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(1_000)
    >>> [round(x, 3) for x in expected_calibration_error(p, rng.random(1_000) < p)]  # is calibrated
    [0.037, 0.0, 0.063]
    """
    level = check_confidence(confidence)
    if not isinstance(n_boot, Integral) or isinstance(n_boot, bool) or n_boot < _FEWEST:
        raise InvalidInput(
            f"must be a whole number of at least {_FEWEST}, but got {n_boot!r}; it is how often "
            "the noise is drawn",
            argument="n_boot",
        )
    pairs = read_pairs(estimates, outcomes)
    placed = bin_cases(pairs, n_bins, bins)
    spread = _spread(pairs, placed, level)
    gaps, errors = _gaps(pairs, placed, spread)
    noise = _noise(pairs, placed, int(n_boot), random_state, spread)
    plain = float(np.abs(gaps).sum())
    low, high = _bounds(gaps, errors, noise, level)
    value = float(_without_bias(gaps, errors)) if debias else plain
    return Estimate(max(value, low), low, high)


def _spread(pairs: Pairs, placed: Binned, level: float) -> Floats:
    """Sum of squares, in each bin, of errors less their mean there; and never next to nothing."""
    count = placed.size
    z = NormalDist().inv_cdf((1.0 + level) / 2)
    none_seen = (z * count / (count + z * z)) ** 2
    return np.asarray(np.maximum(_spread_seen(pairs, placed), none_seen), dtype=np.float64)


def _spread_seen(pairs: Pairs, placed: Binned) -> Floats:
    off = pairs.outcome - pairs.estimate
    total = placed.total(off)
    spread = placed.total(off * off) - total * total / np.maximum(placed.size, 1)
    return np.asarray(spread.clip(0.0), dtype=np.float64)


def _gaps(pairs: Pairs, placed: Binned, spread: Floats) -> tuple[Floats, Floats]:
    """Mean of outcome less estimate, zero outside a bin, of each bin; and its standard error."""
    n, off = len(pairs.estimate), pairs.outcome - pairs.estimate
    gaps = placed.total(off) / n
    squares = spread / n + gaps * gaps * n / np.maximum(placed.size, 1)
    return gaps, np.sqrt((squares - gaps * gaps).clip(0.0) / n)


def _noise(
    pairs: Pairs, placed: Binned, n_boot: int, random_state: int | None, spread: Floats
) -> Floats:
    """Gaps of resamples less the gaps, ``(n_boot, n_bins)``: each case has a normal multiplier.

    Only two sums over a bin matter, of the multipliers and of the multipliers times the errors, and
    these two are jointly normal.
    """
    n, off = len(pairs.estimate), pairs.outcome - pairs.estimate
    count, total = placed.size, placed.total(off)
    mean = total / np.maximum(count, 1)
    rng = np.random.default_rng(random_state)
    of_one = rng.standard_normal((n_boot, placed.n_bins)) * np.sqrt(count)
    rest = rng.standard_normal((n_boot, placed.n_bins))
    of_off = mean * of_one + np.sqrt(spread) * rest
    return np.asarray((of_off - (total / n) * of_one.sum(axis=1, keepdims=True)) / n)


def _bounds(gaps: Floats, errors: Floats, noise: Floats, level: float) -> tuple[float, float]:
    """The interval of the sum of absolute gaps, as at the top of this file."""
    tail = (1.0 - level) / 2
    spent = tail / 10
    reach = NormalDist().inv_cdf(1.0 - spent / (2 * len(gaps)))
    at_least = (np.abs(gaps) - reach * errors).clip(0.0)
    signed = np.where(gaps < 0.0, -noise, noise)
    excess = (np.abs(at_least + signed) - at_least).sum(axis=1)
    error = float(np.abs(gaps).sum())
    low = error - float(np.quantile(excess, 1.0 - (tail - spent)))
    high = error + float(np.quantile(signed.sum(axis=1), 1.0 - tail))
    return max(0.0, low), min(1.0, max(error, high))


def _without_bias(gaps: Floats, errors: Floats) -> float:
    """Twice the sum of absolute gaps less its mean under one more noise (a folded normal's)."""
    from scipy.special import ndtr

    size, spread = np.abs(gaps), np.where(errors > 0.0, errors, 1.0)
    ratio = size / spread
    folded = spread * np.sqrt(2.0 / np.pi) * np.exp(-(ratio**2) / 2) + size * (1 - 2 * ndtr(-ratio))
    return max(0.0, float((2 * size - np.where(errors > 0.0, folded, size)).sum()))
