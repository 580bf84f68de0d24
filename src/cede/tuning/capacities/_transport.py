r"""Cases to agents of limited capacity, exactly: cost scaling on a graph of agents.

With scores :math:`s_{ia}` and whole capacities :math:`c_a`, the transport problem and its dual are

.. math::
    \max_{x \ge 0} \sum_{ia} s_{ia} x_{ia}, \quad \sum_a x_{ia} = 1, \quad \sum_i x_{ia} \le c_a;
    \qquad
    \min_{p \ge 0} \sum_i \max_a (s_{ia} - p_a) + \sum_a c_a p_a .

The constraint matrix is that of a bipartite graph, so it is totally unimodular: with whole
capacities the vertices are whole, each case has one agent, and nothing is lost by asking for that.
An assignment and prices are optimal together iff each case is with an agent whose score less price
is largest, and an agent who is not full has price zero. Unused capacity is moved about like a case
that scores zero everywhere, which turns the second condition into the first.

What can still change is then a small graph: between agents a and b, the cheapest move is
:math:`w_{ab} = \min_{i \text{ at } a} (s_{ia} - s_{ib})`. In a phase of precision :math:`\epsilon`
cases start with their best agent at the prices, and the excess of full agents flows to those with
room along paths that are shortest in units of :math:`\epsilon`, all cases at once whose move lies
within it; each then stays within :math:`\epsilon` of its best. Ties are moved by the thousand, and
in a phase only the cases that lie near a boundary are looked at.

An assignment is optimal iff no cycle of moves gains, that is if shortest paths exist: distances to
any one agent are then optimal prices. That is the proof on which the phases end.

References
----------
Goldberg and Tarjan 1990, "Finding minimum-cost circulations by successive approximation";
Bertsekas and Castanon 1989, "The auction algorithm for the transportation problem".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.operating import NEVER

__all__ = ["Unplaceable", "transport"]

#: From one phase to the next, precision gains this factor.
FINER = 8.0
#: One case in so many is solved first, if there are enough, to know where prices lie.
SAMPLE = 4
FEWEST = 100
#: Precision to go on with after a sample of m cases, in units of its error, ``1 / sqrt(m)``.
WARM = 0.1
#: Cases are near a boundary, at first, if a move costs them at most so many times the precision.
REACH = 8.0
#: No sum of moves, each of which gains at most one, is below minus this.
LOWEST = 1e6
#: What arithmetic on scores between -1 and 0 may lose, per agent on a path.
ROUNDING = 16 * float(np.finfo(np.float64).eps)


class Unplaceable(Exception):
    """Some cases have no place left, wherever the others go; holds how many."""

    def __init__(self, short: int) -> None:
        super().__init__(f"{short} cases cannot be placed.")
        self.short = short


def transport(scores: Floats, capacity: Ints) -> tuple[Ints, Floats]:
    """Return an optimal agent per case and optimal prices per agent, the lowest of them zero.

    ``scores (n, A)`` are finite, or minus infinity where an agent may not be asked;
    ``capacity (A,)`` sums to n at least.
    """
    there = np.isfinite(scores)
    # Of numbers so large that their differences may overflow, a fraction is solved.
    huge = float(np.abs(scores).max(where=there, initial=0.0)) > NEVER / 4
    if huge:
        scores = scores * 2.0**-4
    table = scores - scores.max(axis=1, keepdims=True)
    spread = -float(table.min(where=np.isfinite(table), initial=0.0))
    if spread > 0:
        table /= spread
    routes, prices = _solve(table, capacity, np.random.default_rng(0))
    with np.errstate(over="ignore"):
        prices = spread * prices * (2.0**4 if huge else 1.0)
    return routes, np.minimum(prices, NEVER)


def _solve(table: Floats, capacity: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Solve for scores in [-1, 0], in phases, until no cycle of moves gains."""
    n_agents = len(capacity)
    prices, precision = _from_sample(table, capacity, rng)
    finest = ROUNDING * n_agents
    while True:
        precision = max(precision, finest)
        flow = _flow_at(table, capacity, prices, precision)
        moves = _cheapest_moves(table, flow.routes, flow.idle, np.zeros(n_agents))
        lengths = _shortest(moves)
        if (lengths.diagonal() >= -finest * n_agents).all() or precision == finest:
            return flow.routes, _inner_prices(lengths)
        prices = flow.prices - flow.prices.min()
        precision /= FINER


def _from_sample(table: Floats, capacity: Ints, rng: np.random.Generator) -> tuple[Floats, float]:
    """Return prices to start from, and the precision that they deserve."""
    size = len(table) // SAMPLE
    if size >= FEWEST:
        sample = rng.choice(len(table), size, replace=False)
        try:
            prices = _solve(table[sample], -(-capacity * size // len(table)), rng)[1]
        except Unplaceable:  # it holds the wrong cases; prices are only a start
            pass
        else:
            return prices, WARM / float(np.sqrt(size))
    return np.zeros(len(capacity)), 1.0 / FINER


@dataclass
class _Flow:
    """Who has each case, how much capacity is idle, and prices at which this is nearly best."""

    routes: Ints
    idle: Ints
    prices: Floats


def _flow_at(table: Floats, capacity: Ints, prices: Floats, precision: float) -> _Flow:
    """Give every case its best agent at the prices, and move excess to where there is room."""
    values = table - prices
    idle = np.zeros_like(capacity)
    idle[prices.argmin()] = capacity.sum() - len(table)
    flow = _Flow(values.argmax(axis=1), idle, prices.copy())
    reach = REACH * precision
    while (_excess(flow, capacity) > 0).any():
        near = _near(table, flow, reach)
        part = _Flow(flow.routes[near], flow.idle, flow.prices)
        others = np.delete(flow.routes, near)
        far = np.bincount(others, minlength=len(capacity)) - capacity
        done = _drain(
            table[near], part, far, precision, reach if len(near) < len(table) else np.inf
        )
        flow = _Flow(flow.routes, part.idle, part.prices)
        flow.routes[near] = part.routes
        if not done:  # no finite move costs more than all scores and prices are apart
            reach = 8 * reach if reach < 1 + np.ptp(flow.prices) else np.inf
    return flow


def _excess(flow: _Flow, capacity: Ints) -> Ints:
    return np.bincount(flow.routes, minlength=len(capacity)) + flow.idle - capacity


def _near(table: Floats, flow: _Flow, reach: float) -> Ints:
    """Cases that lose at most ``reach``, at the prices, if they move."""
    values = table - flow.prices
    rows = np.arange(len(table))
    own = values[rows, flow.routes]
    values[rows, flow.routes] = -np.inf
    return np.flatnonzero(own - values.max(axis=1, initial=-np.inf) <= reach)


def _drain(table: Floats, flow: _Flow, far: Ints, precision: float, reach: float) -> bool:
    """Move cases, in place, until no agent has too many; False if others are needed for that.

    ``far`` is the load of the other cases, less capacity. Moving one of those costs more than
    ``reach``, until prices have moved apart by that much.
    """
    before = flow.prices.copy()
    n_agents = len(far)
    while True:
        excess = far + np.bincount(flow.routes, minlength=n_agents) + flow.idle
        if not (excess > 0).any():
            return True
        costs = _cheapest_moves(table, flow.routes, flow.idle, flow.prices)
        steps, following = _paths(costs, excess < 0, precision)
        sources = np.flatnonzero(excess > 0)
        if not np.isfinite(steps[sources]).all():
            if np.isinf(reach):
                raise Unplaceable(int(excess[sources][np.isinf(steps[sources])].sum()))
            return False
        risen = flow.prices + precision * np.minimum(steps, steps[sources].max())
        if np.ptp(risen - before) + precision > reach:
            return False
        flow.prices = risen
        for source in sources[np.argsort(steps[sources])]:
            _push(table, flow, excess, int(source), following)


def _cheapest_moves(table: Floats, routes: Ints, idle: Ints, prices: Floats) -> Floats:
    """Least loss of moving one case, or one unused place, from agent to agent, ``(A, A)``."""
    n_agents = len(prices)
    costs = np.full((n_agents, n_agents), np.inf)
    if len(table):
        order = np.argsort(routes, kind="stable")
        mine = routes[order]
        starts = np.flatnonzero(np.diff(mine, prepend=-1))
        values = table[order] - prices
        losses = values[np.arange(len(mine)), mine][:, None] - values
        costs[mine[starts]] = np.minimum.reduceat(losses, starts, axis=0)
    unused = idle > 0
    costs[unused] = np.minimum(costs[unused], prices - prices[unused][:, None])
    np.fill_diagonal(costs, np.inf)
    return costs


def _paths(costs: Floats, room: Bools, precision: float) -> tuple[Floats, Ints]:
    """Steps of the shortest path from each agent to one with room, and the next agent on it.

    An arc has ``floor(cost / precision) + 1`` steps: once prices have risen by the steps, no move
    gains more than the precision, and those on shortest paths gain. Fewer arcs win a tie.
    """
    n_agents = len(room)
    scale = n_agents + 1.0
    lengths = scale * np.maximum(np.floor(costs / precision) + 1.0, 0.0) + 1.0
    distance = np.where(room, 0.0, np.inf)
    following = np.arange(n_agents)
    while True:
        through = lengths + distance
        best = through.argmin(axis=1)
        shorter = through[np.arange(n_agents), best] < distance
        if not shorter.any():
            return np.floor(distance / scale), following
        following[shorter] = best[shorter]
        distance[shorter] = through[shorter, best[shorter]]


def _push(table: Floats, flow: _Flow, excess: Ints, source: int, following: Ints) -> None:
    """Move as many cases along a path as its narrowest arc lets through, in place."""
    path = [source]
    while following[path[-1]] != path[-1]:
        path.append(int(following[path[-1]]))
    amount = int(min(excess[source], -excess[path[-1]]))
    prices, moving = flow.prices, []
    for here, there in pairwise(path):
        at = np.flatnonzero(flow.routes == here)
        gains = (table[at, there] - prices[there]) - (table[at, here] - prices[here])
        at = at[gains > 0]
        unused = int(flow.idle[here]) if prices[there] < prices[here] else 0
        amount = min(amount, len(at) + unused)
        moving.append((here, there, at))
    if amount <= 0:
        return
    for here, there, at in moving:
        flow.routes[at[:amount]] = there
        rest = max(amount - len(at), 0)
        flow.idle[here] -= rest
        flow.idle[there] += rest
    excess[source] -= amount
    excess[path[-1]] += amount


def _shortest(costs: Floats) -> Floats:
    """All shortest distances, ``(A, A)``; below zero on the diagonal if a cycle of moves gains."""
    lengths = costs.copy()
    np.fill_diagonal(lengths, 0.0)
    for through in range(len(lengths)):
        # A cycle that gains lets lengths fall without end; any number below zero says so.
        lengths = np.minimum(lengths, lengths[:, through, None] + lengths[through]).clip(-LOWEST)
    return lengths


def _inner_prices(lengths: Floats) -> Floats:
    """Mean of the prices that distances to, and from, each agent are.

    All are optimal. A move is free at all of them only if it lies on a cycle that costs nothing,
    which is another optimum; so at their mean, ties are between optima only.
    """
    candidates = np.vstack([lengths.T, -lengths])
    candidates = candidates[np.isfinite(candidates).all(axis=1)]
    if not len(candidates):
        candidates = -lengths.min(axis=0, keepdims=True)
    prices = (candidates - candidates.min(axis=1, keepdims=True)).mean(axis=0)
    return np.asarray(prices, dtype=np.float64)
