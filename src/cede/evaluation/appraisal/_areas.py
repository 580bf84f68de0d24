"""Areas under a deferral curve, with intervals from resampled cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import MOST_MOVED, Estimate, bounded_mean, cost_range
from cede.exceptions import InvalidInput
from cede.operating import DeferralCurve
from cede.operating._resampled import resampled_areas

__all__ = ["Areas", "areas"]


@dataclass(frozen=True)
class Areas:
    """Areas under accuracy against deferral rate: of a curve, and of what it is read against."""

    #: Accuracy on average over all deferral rates.
    area: Estimate
    #: Its place between the random mix (0) and the oracle (1); None where these are equal.
    normalised: Estimate | None
    #: Of deferring at random, of mixing two points of the curve, of knowing every outcome.
    random: Estimate
    hull: Estimate
    oracle: Estimate
    #: How many resamples the intervals come from.
    n_boot: int


def areas(
    curve: DeferralCurve,
    scores: Floats,
    table: Floats,
    groups: Ints | None,
    n_boot: int,
    confidence: float,
    random_state: int | None,
) -> Areas:
    """Percentile intervals of the areas of a curve.

    Where resamples hardly vary, intervals are widened by what the cases may all have missed.
    """
    resampled = resampled_areas(scores, table, draws(len(table), groups, n_boot, random_state))
    n_independent = len(table) if groups is None else int(groups.max()) + 1
    tail = (1 - confidence) / 2
    values = _measure(curve)
    known = ~np.isnan(resampled).all(axis=0) & ~np.isnan(values)
    ends = np.full((2, 5), np.nan)
    ends[:, known] = np.nanquantile(resampled[:, known], [tail, 1 - tail], axis=0)
    for k in range(4):  # areas are means of accuracies
        bounds = _bounds(values[k], resampled[:, k], table, n_independent, confidence)
        ends[:, k] = min(ends[0, k], bounds[0]), max(ends[1, k], bounds[1])
    area, random, hull, oracle, normalised = (
        Estimate(float(v), float(a), float(b)) for v, a, b in zip(values, *ends, strict=True)
    )
    return Areas(
        area=area,
        normalised=normalised if known[4] else None,
        random=random,
        hull=hull,
        oracle=oracle,
        n_boot=n_boot,
    )


def _bounds(
    area: float, resampled: Floats, table: Floats, n: int, confidence: float
) -> tuple[float, float]:
    """Where an area may lie if the cases hardly vary: as the mean of so many equal numbers may."""
    dear, cheap = cost_range(table)[::-1]
    low, high = min(area, 1.0 - dear), max(area, 1.0 - cheap)
    if max(high - area, area - low) <= MOST_MOVED * n * float(np.nanstd(resampled)):
        return area, area
    return bounded_mean(np.full(n, area), low, high, confidence)


def _measure(curve: DeferralCurve) -> Floats:
    try:
        normalised = curve.normalised_area
    except InvalidInput:  # there is nothing to know
        normalised = float("nan")
    others = [curve.random.area, curve.hull.area, curve.oracle.area]
    return np.array([curve.area, *others, normalised])


def draws(n: int, groups: Ints | None, n_boot: int, random_state: int | None) -> Iterator[Ints]:
    """How often each case is drawn, resample after resample; cases of a group are drawn together.

    Parameters
    ----------
    n : int
        How many cases there are.
    groups : int array of shape (n,), optional
        Numbers of groups from 0.
    n_boot : int
    random_state : int, optional
    """
    rng = np.random.default_rng(random_state)
    n_units = n if groups is None else int(groups.max()) + 1
    for _ in range(n_boot):
        counts = np.bincount(rng.integers(n_units, size=n_units), minlength=n_units)
        yield counts if groups is None else counts[groups]
