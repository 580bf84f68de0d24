"""By how much the costs of two sets of routes would have differed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede._intervals import check_confidence
from cede.evaluation.off_policy._bound import bound_of_difference
from cede.evaluation.off_policy._cost import Weighed, bounded, weigh
from cede.evaluation.off_policy._reading import read_evidence, read_groups, read_policy
from cede.evaluation.off_policy._results import Method, OffPolicyDifference
from cede.evaluation.off_policy._trust import (
    are_few_or_heavy,
    could_be_moved,
    effective_size,
    interval,
    standard_error,
    warn_if_unfit,
    warn_of_few,
)
from cede.evaluation.off_policy._weighting import rare_share, weight_apart
from cede.exceptions import InvalidInput


def off_policy_difference(
    routes: ArrayLike,
    other_routes: ArrayLike,
    agent_costs: ArrayLike,
    propensities: ArrayLike,
    *,
    estimates: ArrayLike | None = None,
    method: Method = "inverse_propensity",
    confidence: float = 0.95,
    clip: float | None = None,
    groups: ArrayLike | None = None,
    cost_range: tuple[float, float] | None = None,
) -> OffPolicyDifference:
    r"""Estimate by how much the mean costs of two sets of routes differ, paired case by case.

    The interval is that of the mean of :math:`\psi_i - \psi'_i`, with :math:`\psi` of each as in
    :mod:`cede.evaluation.off_policy`. Cases that both route alike cancel (up to the normaliser, if
    self-normalised), so it is shorter than two separate intervals suggest. It rests on the cases
    that the two route differently.

    Parameters
    ----------
    routes, other_routes : arrays of shape (n,) or (n, J + 1)
        As in :func:`off_policy_cost`; a value below zero says that ``routes`` cost less.
    agent_costs, propensities, estimates, method, confidence, clip, groups, cost_range
        As in :func:`off_policy_cost`.

    Raises
    ------
    InvalidInput
        As there, and if no known cost tells the two apart.

    Warns
    -----
    UserWarning
        If few or heavy cases decide the difference, or weights do not average 1.

    Examples
    --------
    >>> costs = np.tile([[0.3, np.nan], [np.nan, 0.1], [0.5, np.nan], [np.nan, 0.2]], (50, 1))
    >>> always, never = np.ones(200, dtype=int), np.zeros(200, dtype=int)
    >>> difference = off_policy_difference(
    ...     always, never, costs, np.full((200, 2), 0.5), method="self_normalised"
    ... )
    >>> print(difference)  # doctest: +NORMALIZE_WHITESPACE
    mean cost -0.25 (95 % interval -0.272 to -0.228): 0.15 against 0.4, self normalised on 200
    cases; 200 are routed differently, 200 of them matched, effective sample size 200, largest
    weight 2
    """
    level = check_confidence(confidence)
    evidence = read_evidence(agent_costs, propensities, estimates, method, clip, cost_range)
    ids = read_groups(groups, evidence)
    first = weigh(read_policy("routes", routes, evidence), evidence, level, ids)
    second = weigh(read_policy("other_routes", other_routes, evidence), evidence, level, ids)
    return difference_of(first, second, level)


class Paired(NamedTuple):
    """By how much two sets of routes differ on a log, case by case."""

    value: float
    low: float
    high: float
    influence: Floats
    #: The weight with which each case tells them apart, in how many cases they differ, and in how
    #: many of these a cost is known that does so.
    weight: Floats
    n_differ: int
    n_matched: int
    few_or_heavy: bool


def paired(first: Weighed, second: Weighed, confidence: float) -> Paired:
    """The difference of two estimates on the same log, with its interval."""
    part, other_part, evidence, ids = first.part, second.part, first.evidence, first.groups
    differ, weight = weight_apart(first.policy, second.policy, evidence)
    n_differ, n_matched = int(differ.sum()), int(np.count_nonzero(weight))
    if n_differ and not n_matched:
        raise InvalidInput(
            "must differ from the other routes where a log can tell them apart, but of the "
            f"{n_differ:,} cases routed differently none has a known cost of an agent that only "
            "one of them chooses; judge each alone",
            argument="routes",
        )
    apart = part.influence - other_part.influence
    value = part.value - other_part.value
    low = high = value
    heavy = False
    if n_differ:  # or they are the same
        ends = part.ends[0] - other_part.ends[1], part.ends[1] - other_part.ends[0]
        heavy = are_few_or_heavy(weight, ids)
        low, high = interval(value, apart, ends, ids, confidence, not heavy)
        unseen = rare_share(first.policy, evidence, weight, second.policy)
        unseen *= max(part.most_off, other_part.most_off)
        heavy = heavy or could_be_moved(unseen, low, high)
    return Paired(value, low, high, apart, weight, n_differ, n_matched, heavy)


def difference_of(first: Weighed, second: Weighed, confidence: float) -> OffPolicyDifference:
    """All that a log tells of a difference, its bound too; warn where it is not to be trusted."""
    evidence, ids = first.evidence, first.groups
    apart = paired(first, second, confidence)
    unfit = [
        warn_if_unfit(name, each.part, ids)
        for name, each in (("routes", first), ("other_routes", second))
    ]
    if apart.few_or_heavy and not any(unfit):
        warn_of_few(
            "the difference", apart.weight, apart.n_matched, ids, all_known=evidence.all_known
        )
    bound_low = bound_high = apart.value
    if apart.n_differ:
        bound_low, bound_high = bound_of_difference(
            first.policy, second.policy, evidence, confidence, ids
        )
    return OffPolicyDifference(
        value=apart.value,
        low=apart.low,
        high=apart.high,
        standard_error=standard_error(apart.influence, ids),
        confidence=confidence,
        method=evidence.method,
        n_cases=len(evidence.costs),
        n_differ=apart.n_differ,
        n_matched=apart.n_matched,
        effective_size=effective_size(apart.weight),
        largest_weight=float(apart.weight.max()),
        routes=bounded(first),
        other_routes=bounded(second),
        bound_low=bound_low,
        bound_high=bound_high,
        few_or_heavy=apart.few_or_heavy,
    )
