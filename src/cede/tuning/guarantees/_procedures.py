"""Which prices are tested, in which order, and which one is returned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.operating import NEVER
from cede.tuning.guarantees._path import PathCases, Tally, below_all

__all__ = ["PROCEDURES", "cheapest", "draw_scouts", "front", "least_deferral"]

PROCEDURES = ("fixed_sequence", "bonferroni")

#: Bonferroni divides delta by the number of tests; more than these only cost power.
_MOST_TESTS = 20


def draw_scouts(group: Ints, n_groups: int, share: float, random_state: int | None) -> Bools:
    """Draw this share of each group as scouts, one case at least."""
    # Drawn from a stream of its own: cases made up with the same seed are not sorted by it.
    seed = np.random.SeedSequence(random_state, spawn_key=(len("scouts"),))
    key = np.random.default_rng(seed).random(len(group))
    order = np.lexsort((key, group))
    sizes = np.bincount(group, minlength=n_groups)
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    n_scouts = np.maximum(1, (share * sizes).astype(np.int64))
    return np.asarray(rank < n_scouts[group], dtype=np.bool_)


def front(scouts: Tally, delta: float, largest_cost: float) -> Ints:
    r"""Order the prices worth testing, from the least risk on the scouts to the fewest deferrals.

    A price is worth testing if no other one defers fewer scouts at the same risk or less. The risk
    is that of the worst group, at Chernoff's upper bound in closed form,
    :math:`\hat r + \sqrt{2 \hat r L / n} + 2 L / n` with :math:`L = -\log \delta`. An order needs
    no guarantee, but the bound keeps prices back whose few kept cases happen to have no error.

    References
    ----------
    Laufer-Goldshtein, Fisch, Barzilay and Jaakkola 2023, "Efficiently controlling multiple risks
    with Pareto testing".
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, slack = scouts.mean / largest_cost, -np.log(delta) / scouts.n
        bound = mean + np.sqrt(2.0 * mean * slack) + 2.0 * slack
    worst = np.where(scouts.n > 0, bound, np.inf).max(axis=0)
    before = np.append(np.minimum.accumulate(worst[::-1])[::-1][1:], np.inf)
    return np.flatnonzero(worst < before)


def cheapest(p: Floats, delta: float, procedure: str) -> int | None:
    r"""Return the position of the certified price with the fewest deferrals; None if none is.

    ``p`` are the p-values of prices in the order of :func:`front`, deferring less and less.

    ``fixed_sequence`` tests one after the other at level :math:`\delta` and stops at the first
    that is not rejected. A false certificate needs a false rejection of the *first* true null
    hypothesis in the order, whose probability is :math:`\delta` at most. ``bonferroni`` tests up
    to 20 of them at :math:`\delta / m` each, in any order: it gets past a hump of the risk that the
    scouts did not see, but needs more cases everywhere else.
    """
    if procedure == "fixed_sequence":
        rejected = int(np.argmin(np.append(p <= delta, False)))
        return rejected - 1 if rejected else None
    tested = bonferroni_tests(len(p))
    passed = tested[p[tested] <= delta / len(tested)]
    return int(passed[-1]) if passed.size else None


def bonferroni_tests(n_prices: int) -> Ints:
    """Positions of the prices that Bonferroni tests, spread evenly."""
    return np.unique(np.linspace(0, n_prices - 1, min(n_prices, _MOST_TESTS)).round()).astype(int)


def least_deferral(cases: PathCases, holds: Callable[[Floats, Floats], Bools]) -> float:
    r"""Return the highest price at which ``holds(loss, n)`` in every group; all points are tried.

    For kept costs only, which cannot fall when the price rises. Let :math:`t_0` be where the
    risk of some group first exceeds the claimed one. That price or a higher one is returned only
    if the observed costs at :math:`t_0` pass, as they are no larger there: one test, of one group,
    at level :math:`\delta`, however many points are tried, and no scouts are needed.
    """
    order = np.lexsort((cases.gain, cases.group))
    sizes = cases.group_sizes
    start = np.cumsum(sizes) - sizes
    total = np.append(0.0, np.cumsum(cases.kept_cost[order]))
    # Where the first failure of each group stands, by halving, as all after it fail.
    first, end = np.zeros_like(sizes), sizes.copy()
    while (first < end).any():
        middle = (first + end) // 2
        upto = start + np.minimum(middle + 1, sizes)
        fine = holds(np.maximum(total[upto] - total[start], 0.0), sizes.astype(np.float64))
        first, end = (
            np.where((first < end) & fine, middle + 1, first),
            np.where((first < end) & ~fine, middle, end),
        )
    failing = (start + first)[first < sizes]
    if not failing.size:
        return NEVER
    # Equal gains are kept together, so the price must be below the first one that fails.
    allowed = cases.gain[cases.gain < cases.gain[order][failing].min()]
    return float(allowed.max()) if allowed.size else below_all(cases.gain)
