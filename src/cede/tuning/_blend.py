r"""Prices of agents who are asked one after the other, and shares of the cases that go by each.

A policy says at every stage, by what is known there, who is asked next. With :math:`v_\pi` its
estimated cost and :math:`a_\pi` how many cases it asks each expert, the best mixture within limits
is a linear programme over all policies,

.. math::
    \min_{w \ge 0} \sum_\pi w_\pi v_\pi \quad \text{with} \quad
    \sum_\pi w_\pi L a_\pi \le l, \quad \sum_\pi w_\pi = 1,

in which a row of L says how much asking each expert adds to a load. It is solved by generating
columns: the duals of the policies at hand are prices of asking, and the policy that is best at them
comes in, until none is better than the mixture. The cases are shared by one policy more than there
are limits, at most.

References
----------
Dantzig and Wolfe 1960, "Decomposition principle for linear programs"; Altman 1999, "Constrained
Markov decision processes".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from cede._checks import Floats, Ints
from cede.operating import NEVER

__all__ = ["Blend", "Walked", "blend_within"]

#: Shares of the cases, and the prices that each goes by.
Blend: TypeAlias = tuple[tuple[float, tuple[float, ...]], ...]

#: Policies that are tried, at most; each halves what is left to gain, or more.
ROUNDS = 60
#: What a policy must gain to come in, as a share of the cost.
ENOUGH = 1e-6
#: How often an interval of prices is halved.
HALVINGS = 14
#: Shares below this are rounding.
LEAST = 1e-9


class Walked(NamedTuple):
    """Who answers each case, ``(n,)``, and what that is estimated to cost in all."""

    routes: Ints
    cost: float


class _Policy(NamedTuple):
    prices: tuple[float, ...]
    load: Floats
    cost: float


def blend_within(
    walk: Callable[[Blend], Walked], loads: Floats, limits: Floats
) -> tuple[Floats, Blend]:
    """Prices, and the blend whose loads stay within the limits, for the least estimated cost.

    Parameters
    ----------
    walk : function
        From a blend to who answers.
    loads : array of shape (R, J)
        What asking each expert once adds to each of R loads, not negative.
    limits : array of shape (R,)
        The most that each load may be, over all cases; infinity is no limit.
    """
    n_experts = loads.shape[1]
    bound = np.isfinite(limits)
    loads, limits = loads[bound], limits[bound]
    shut = (loads[limits == 0] > 0).any(axis=0)
    first_shut = int(shut.argmax()) if shut.any() else n_experts
    loads, limits = loads[limits > 0], limits[limits > 0]

    def policy_at(duals: Floats) -> _Policy:
        prices = np.cumsum(duals @ loads)
        prices[first_shut:] = NEVER
        return policy_of(tuple(np.minimum(prices, NEVER).tolist()))

    def policy_of(prices: tuple[float, ...]) -> _Policy:
        walked = walk(((1.0, prices),))
        return _Policy(prices, loads @ _questions(walked.routes, n_experts), walked.cost)

    free = policy_at(np.zeros(len(limits)))
    if _fits(free.load, limits):
        return np.array(free.prices), ((1.0, free.prices),)
    policies = [policy_of((NEVER,) * n_experts), free]
    for _ in range(ROUNDS):
        _, duals, level = _mixed(policies, limits)
        policy = policy_at(duals)
        gain = level - (policy.cost + float(duals @ policy.load))
        if gain <= ENOUGH * (1.0 + abs(level)) or any(policy.prices == p.prices for p in policies):
            break
        policies.append(policy)
    alone = _cheapest_alone(policy_at, duals, limits)
    tight = limits.copy()
    for _ in range(ROUNDS):
        shares, duals, _ = _mixed(policies, tight)
        blend = _blend(shares, policies)
        walked = walk(blend)
        load = loads @ _questions(walked.routes, n_experts)
        if _fits(load, limits):
            break
        # Which of equal cases go on is random, and may lead later stages to ask a little more.
        over = load > limits
        tight[over] *= 0.999 * limits[over] / load[over]
    else:
        walked, blend = Walked(walked.routes, np.inf), ((1.0, policies[0].prices),)
    if alone is not None and alone.cost <= walked.cost:
        return np.array(alone.prices), ((1.0, alone.prices),)
    if len(blend) == 1:
        return np.array(blend[0][1]), blend
    return np.array(policy_at(duals).prices), blend


def _cheapest_alone(
    policy_at: Callable[[Floats], _Policy], duals: Floats, limits: Floats
) -> _Policy | None:
    """One policy for all cases: prices as low as the limits let them be.

    Where no two cases are equal, prices tell all of them apart, and sharing equal cases out gains
    nothing.
    """
    low, high = np.zeros_like(duals), duals
    for _ in range(ROUNDS):
        best = policy_at(high)
        if _fits(best.load, limits):
            break
        low, high = high, 2.0 * high
    else:
        return None

    def lowered(low: Floats, high: Floats, best: _Policy) -> tuple[Floats, _Policy]:
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            policy = policy_at(middle)
            if _fits(policy.load, limits):
                high, best = middle, policy
            else:
                low = middle
        return high, best

    high, best = lowered(low, high, best)
    if len(limits) > 1:
        for each in np.flatnonzero(high):
            without = high.copy()
            without[each] = 0.0
            high, best = lowered(without, high, best)
    return best


def _questions(routes: Ints, n_experts: int) -> Floats:
    """How many cases each expert is asked: those that end with it, or with one after it."""
    ended = np.bincount(routes, minlength=n_experts + 1)[1:]
    return ended[::-1].cumsum()[::-1].astype(np.float64)


def _fits(load: Floats, limits: Floats) -> bool:
    return bool((load <= limits * (1 + 1e-12)).all())


def _mixed(policies: list[_Policy], limits: Floats) -> tuple[Floats, Floats, float]:
    """Shares of the policies, prices of a unit of each load, and the cost of the mixture."""
    from scipy.optimize import linprog

    costs = np.array([p.cost for p in policies])
    loads = np.column_stack([p.load / limits for p in policies])
    optimum = linprog(
        costs,
        A_ub=loads,
        b_ub=np.ones(len(limits)),
        A_eq=np.ones((1, len(policies))),
        b_eq=[1.0],
        method="highs",
    )
    duals = np.maximum(0.0, -optimum.ineqlin.marginals)
    level = float((costs + duals @ loads).min())
    return np.asarray(optimum.x), duals / limits, level


def _blend(shares: Floats, policies: list[_Policy]) -> Blend:
    used = np.flatnonzero(shares > LEAST).tolist()
    total = float(shares[used].sum())
    return tuple((float(shares[i]) / total, policies[i].prices) for i in used)
