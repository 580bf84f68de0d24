"""The least multiple of a direction, added to the prices, at which a load fits under its limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cede._checks import Floats, Ints
from cede.operating import NEVER, OperatingPoint, deferral_gain, route

__all__ = ["largest_count", "price_of_share", "price_of_spend"]


def price_of_share(scores: Floats, base: Floats, share: float) -> Floats:
    r"""Prices, equal but for ``base``, at which at most a share of the cases leaves the model.

    What is added is ``max(0, the (floor(share n) + 1)-th largest gain)``: no case is deferred
    without a gain, and cases whose gains tie at the threshold all stay.
    """
    n, n_experts = len(scores), scores.shape[1] - 1
    allowed = largest_count(share, n)
    if share == 0.0:
        return np.full(n_experts, NEVER)
    if n_experts == 0 or allowed >= n:
        return base
    gain = deferral_gain(scores, base)
    price = max(0.0, float(np.partition(gain, n - allowed - 1)[n - allowed - 1]))

    def fits(candidate: float) -> bool:
        return bool(np.count_nonzero(route(scores, _point(base + candidate))) <= allowed)

    # Without a base, the price is compared exactly; else sums are rounded.
    return base + (price if not base.any() else _nudged(price, fits))


def price_of_spend(scores: Floats, base: Floats, charges: Floats, spend: float) -> Floats:
    r"""Prices ``base + m * charges`` with the least ``m >= 0`` at which the mean charge fits.

    The Lagrangian of ``max mean score subject to mean charge <= spend``. Each agent's score is a
    line in ``m`` and the best of them an upper envelope: an agent that is best at two values of
    ``m`` is best between them, so that halving the interval of ``m`` need only look at the cases
    that answer differently at its two ends.
    """
    paid = np.append(0.0, charges)
    limit = spend * len(scores) * (1 + 1e-12)  # the sum of equal charges is rounded

    def routes_at(multiple: float, rows: Floats) -> Ints:
        return route(rows, _point(base + multiple * charges))

    def fits(multiple: float) -> bool:
        return float(paid[routes_at(multiple, scores)].sum()) <= limit

    if fits(0.0):
        return base
    charged = charges > 0
    ends = np.where(charged, NEVER, base)
    if spend == 0.0 or not np.isfinite(limit):
        return ends
    gains = scores[:, 1:][:, charged] - scores[:, :1] - base[charged]
    low, high = 0.0, _nudged(max(0.0, float((gains / charges[charged]).max())), fits)
    rows, settled = scores, 0.0
    at_low, at_high = routes_at(low, rows), routes_at(high, rows)
    while True:
        undecided = at_low != at_high
        settled += float(paid[at_low[~undecided]].sum())
        rows, at_low, at_high = rows[undecided], at_low[undecided], at_high[undecided]
        middle = low + (high - low) / 2
        if len(rows) == 0 or not low < middle < high:
            break
        found = routes_at(middle, rows)
        if settled + float(paid[found].sum()) <= limit:
            high, at_high = middle, found
        else:
            low, at_low = middle, found
    return base + _nudged(high, fits) * charges


def _nudged(start: float, fits: Callable[[float], bool]) -> float:
    """The first number at or just above ``start`` that fits; steps double, so that one will."""
    value, step = start, float(np.spacing(max(start, 1e-300)))
    while not fits(value):
        value, step = value + step, 2 * step
    return value


def _point(prices: Floats) -> OperatingPoint:
    return OperatingPoint(tuple(prices.tolist()))


def largest_count(share: float, n: int) -> int:
    """Return the largest k with k / n <= share; plain floor(share * n) loses one to rounding."""
    k = int(share * n)
    return k + 1 if k < n and (k + 1) / n <= share else k
