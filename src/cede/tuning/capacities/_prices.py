"""Prices whose routes never give an expert more cases than the capacity, at every tie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints, check_agent_table, difference
from cede._checks._names import named_experts
from cede.operating import NEVER
from cede.operating._rule import routes_at
from cede.tuning.capacities._assign import assign
from cede.tuning.capacities._limits import check_capacity

__all__ = ["prices_within"]

#: Rounds of lowering, at most; a dozen is common, and prices are within capacities after each.
ROUNDS = 100


def prices_within(agent_scores: ArrayLike, capacity: Any) -> Floats:
    r"""Choose prices at which no expert gets more of these cases than the capacity.

    They start at the prices of :func:`assign`, which route like it wherever the best assignment is
    unique. Where cases or experts tie, there may be no such prices: of equal cases a price sends
    all or none, and of equal experts only the cheaper is asked. Then

    1. prices of experts who have too many cases rise, each time twice as much as the time before,
       so that equal experts who outbid each other stop;
    2. each price in turn falls to the lowest at which its expert's cases still fit, until loads
       stay as they are. That only takes cases from the other experts, who stay within theirs.

    For one expert this is the price of a budget of ``capacity / n``: the (capacity + 1)-th largest
    gain, or zero. No price is negative: nobody is deferred without a gain.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    capacity : int or array of shape (J,)
        Largest number of these cases per expert; ``inf`` or None is no limit. Zero gives
        ``NEVER``: this expert is not asked, on these cases or others.

    Returns
    -------
    array of shape (J,)
        ``route(agent_scores, OperatingPoint(prices))`` stays within the capacities.

    Raises
    ------
    InvalidInput
        If a capacity is negative or not whole, or there is not one per expert.

    Examples
    --------
    >>> scores = [[0.0, 0.9, 0.8], [0.0, 0.8, 0.3], [0.0, 0.4, 0.4], [0.0, 0.1, 0.2]]
    >>> prices = prices_within(scores, capacity=[1, 2])
    >>> from cede.operating import OperatingPoint, route
    >>> route(scores, OperatingPoint(prices))
    array([2, 1, 2, 0])
    """
    scores = check_agent_table("agent_scores", agent_scores)
    n, n_experts = len(scores), scores.shape[1] - 1
    limits = check_capacity(capacity, n_experts, n, named_experts(agent_scores, n_experts))
    # The numbers that the rule compares prices with.
    gains = difference(scores[:, 1:], scores[:, :1])
    prices = np.where(limits == 0, NEVER, assign(scores, limits).prices)
    _raise_until_all_fit(scores, gains, prices, limits)
    _lower_in_turn(scores, gains, prices, limits)
    return prices


def _loads(scores: Floats, prices: Floats) -> Ints:
    return np.bincount(routes_at(scores, prices), minlength=len(prices) + 1)[1:].astype(np.int64)


def _raise_until_all_fit(scores: Floats, gains: Floats, prices: Floats, limits: Ints) -> None:
    """Raise prices of experts with too many cases, in place, by steps that double."""
    # A smaller step would hardly tell two cases apart, and only take longer.
    step = np.full(len(prices), float(gains.max(initial=0.0)) / max(len(gains), 1))
    while (over := _loads(scores, prices) > limits).any():
        # A step that rounding would swallow is none.
        step[over] = np.maximum(step[over], _unit(prices[over]))
        prices[over] += np.minimum(step[over], NEVER - prices[over])
        step[over] = np.minimum(2.0 * step[over], NEVER / 2)


def _lower_in_turn(scores: Floats, gains: Floats, prices: Floats, limits: Ints) -> None:
    """Lower each price as far as its own load allows, in place, until loads stay as they are."""
    loads = _loads(scores, prices)
    for _ in range(ROUNDS):
        for expert in np.flatnonzero((prices > 0.0) & (prices < NEVER)):
            lowest = _lowest_price(gains, prices, int(expert), int(limits[expert]))
            prices[expert] = min(prices[expert], lowest)
        before, loads = loads, _loads(scores, prices)
        if (loads == before).all():
            return


def _lowest_price(gains: Floats, prices: Floats, expert: int, limit: int) -> float:
    """Lowest price at which an expert has at most so many cases, if the others' prices stay.

    It is the (limit + 1)-th largest lead over the best of the other agents, at which that case ties
    and stays away. Where the lead was rounded, or a later expert would lose the tie, a few units in
    the last place are added.
    """
    own = gains[:, expert]
    if limit >= len(own):
        return 0.0
    net = difference(gains, prices)
    earlier = net[:, :expert].max(axis=1, initial=0.0)
    later = net[:, expert + 1 :].max(axis=1, initial=-np.inf)
    lead = difference(own, np.maximum(earlier, later))
    place = len(own) - limit - 1
    price = max(0.0, float(np.partition(lead, place)[place]))
    unit = float(_unit(max(price, np.abs(own).max())))
    while np.count_nonzero(_goes(difference(own, np.asarray(price)), earlier, later)) > limit:
        price, unit = price + min(unit, NEVER - price), min(2 * unit, NEVER / 2)
    return price


def _unit(value: Any) -> Floats:
    """Unit in the last place; the largest number has none above it."""
    return np.asarray(np.spacing(np.minimum(value, NEVER / 2)), dtype=np.float64)


def _goes(net: Floats, earlier: Floats, later: Floats) -> Bools:
    """Cases that the rule sends to this expert: among experts that tie, the first is asked."""
    return np.asarray((net > earlier) & (net >= later), dtype=np.bool_)
