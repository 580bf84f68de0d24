"""The least multiple of a direction, added to the prices, at which a load fits under its limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cede._checks import Floats, Ints, difference
from cede.operating import NEVER
from cede.operating._rule import gains_at, routes_at
from cede.tuning._fees import added, less_base

__all__ = ["largest_count", "price_of_share", "price_of_spend"]


def price_of_share(scores: Floats, base: Floats, share: float) -> Floats:
    r"""Prices, equal but for ``base``, at which at most a share of the cases leaves the model.

    Added to ``base`` is the ``(floor(share n) + 1)``-th largest gain, or 0 where that is negative:
    no case is deferred without a gain, and cases whose gains tie at the threshold all stay.
    """
    n, n_experts = len(scores), scores.shape[1] - 1
    allowed = largest_count(share, n)
    if share == 0.0:
        return np.full(n_experts, NEVER)
    if n_experts == 0 or allowed >= n:
        return base
    gain = gains_at(scores, base)
    price = max(0.0, float(np.partition(gain, n - allowed - 1)[n - allowed - 1]))

    def fits(candidate: float) -> bool:
        return bool(np.count_nonzero(routes_at(scores, added(base, candidate))) <= allowed)

    if not base.any():  # then the price is compared exactly; else sums are rounded
        return base + price
    return added(base, _nudged(price, fits))


def price_of_spend(scores: Floats, base: Floats, charges: Floats, spend: float) -> Floats:
    r"""Prices ``base + m * charges`` with the least ``m >= 0`` at which the mean charge fits.

    The Lagrangian of ``max mean score subject to mean charge <= spend``. Each agent's score is a
    line in ``m``, so an agent that is best at two values of ``m`` is best between them. The
    interval of ``m`` is halved, and only cases whose agents differ at its two ends are looked at
    again.
    """
    # In units in which the largest charge is about one, nothing that is paid overflows.
    shift = -int(np.frexp(charges.max(initial=0.0))[1])
    charges = np.maximum(np.ldexp(charges, shift), np.where(charges > 0, 5e-324, 0.0))
    with np.errstate(over="ignore"):
        spend = float(np.ldexp(spend, shift))
    spend = spend if spend > 1e-290 else 0.0  # next to no part of the largest charge
    paid = np.append(0.0, charges)
    limit = spend * len(scores) * (1 + 1e-12)  # the sum of equal charges is rounded

    def routes_of(multiple: float, rows: Floats) -> Ints:
        return routes_at(rows, added(base, multiple * charges))

    def fits(multiple: float) -> bool:
        return float(paid[routes_of(multiple, scores)].sum()) <= limit

    if fits(0.0):
        return base
    charged = charges > 0
    ends = np.where(charged, NEVER, base)
    gains = (
        less_base(scores, base)[:, 1:] if base.any() else difference(scores[:, 1:], scores[:, :1])
    )
    with np.errstate(over="ignore"):
        dearest = float((gains[:, charged] / charges[charged]).max())
    low, high = 0.0, _nudged(min(max(0.0, dearest), NEVER), fits)
    if spend == 0.0 or not fits(high):
        return ends
    rows, total = scores, 0.0
    at_low, at_high = routes_of(low, rows), routes_of(high, rows)
    while True:
        undecided = at_low != at_high
        total += float(paid[at_low[~undecided]].sum())
        rows, at_low, at_high = rows[undecided], at_low[undecided], at_high[undecided]
        middle = low + (high - low) / 2
        if len(rows) == 0 or not low < middle < high:
            break
        at_middle = routes_of(middle, rows)
        if total + float(paid[at_middle].sum()) <= limit:
            high, at_high = middle, at_middle
        else:
            low, at_low = middle, at_middle
    return added(base, _nudged(high, fits) * charges)


def _nudged(start: float, fits: Callable[[float], bool]) -> float:
    """The first number at or just above ``start`` that fits, as steps double; or ``NEVER``."""
    value, step = start, float(np.spacing(min(max(start, 1e-300), NEVER / 2)))
    while value < NEVER and not fits(value):
        value, step = min(value + step, NEVER), min(2 * step, NEVER / 2)
    return value


def largest_count(share: float, n: int) -> int:
    """Return the largest k with k / n <= share; plain floor(share * n) loses one to rounding."""
    k = int(share * n)
    return k + 1 if k < n and (k + 1) / n <= share else k
