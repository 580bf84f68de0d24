"""By how much the costs of two sets of routes would have differed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._intervals import check_confidence
from cede.evaluation.off_policy._bound import bound_of_difference
from cede.evaluation.off_policy._cost import summary
from cede.evaluation.off_policy._reading import read_groups, read_log, read_policy
from cede.evaluation.off_policy._results import Method, OffPolicyDifference
from cede.evaluation.off_policy._trust import (
    are_few_or_heavy,
    could_be_moved,
    warn_if_unfit,
    warn_of_few,
)
from cede.evaluation.off_policy._weighting import (
    effective_size,
    evaluate,
    interval,
    rare_share,
    standard_error,
    weight_apart,
)
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
    log = read_log(agent_costs, propensities, estimates, method, clip, cost_range)
    ids = read_groups(groups, log)
    first = read_policy("routes", routes, log)
    second = read_policy("other_routes", other_routes, log)
    part, other_part = evaluate(first, log), evaluate(second, log)
    differ, weight = weight_apart(first, second, log)
    n_differ, n_matched = int(differ.sum()), int(np.count_nonzero(weight))
    if n_differ and not n_matched:
        raise InvalidInput(
            "must differ from the other routes where a log can tell them apart, but of the "
            f"{n_differ:,} cases routed differently none has a known cost of an agent that only "
            "one of them chooses; judge each alone",
            argument="routes",
        )
    apart = part.influence - other_part.influence
    unfit = [
        warn_if_unfit(name, each, ids)
        for name, each in (("routes", part), ("other_routes", other_part))
    ]
    value = part.value - other_part.value
    low = high = bound_low = bound_high = value
    heavy = False
    if n_differ:  # or they are the same
        ends = part.ends[0] - other_part.ends[1], part.ends[1] - other_part.ends[0]
        heavy = are_few_or_heavy(weight, ids)
        low, high = interval(value, apart, ends, ids, level, not heavy)
        unseen = rare_share(first, log, weight, second) * max(part.most_off, other_part.most_off)
        heavy = heavy or could_be_moved(unseen, low, high)
        bound_low, bound_high = bound_of_difference(first, second, log, level, ids)
    if heavy and not any(unfit):
        warn_of_few("the difference", weight, n_matched, ids, all_known=log.all_known)
    return OffPolicyDifference(
        value=value,
        low=low,
        high=high,
        standard_error=standard_error(apart, ids),
        confidence=level,
        method=method,
        n_cases=len(log.costs),
        n_differ=n_differ,
        n_matched=n_matched,
        effective_size=effective_size(weight),
        largest_weight=float(weight.max()),
        routes=summary(part, first, log, level, ids),
        other_routes=summary(other_part, second, log, level, ids),
        bound_low=bound_low,
        bound_high=bound_high,
        few_or_heavy=heavy,
    )
