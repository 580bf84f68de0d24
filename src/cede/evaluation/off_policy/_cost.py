"""The mean cost that routes would have had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from numpy.typing import ArrayLike, NDArray

from cede._checks import Ints
from cede._intervals import check_confidence
from cede.evaluation.off_policy._bound import bound_of_cost
from cede.evaluation.off_policy._reading import Evidence, read_evidence, read_groups, read_policy
from cede.evaluation.off_policy._results import Method, OffPolicyEstimate
from cede.evaluation.off_policy._trust import summary, warn_if_unfit, warn_of_few
from cede.evaluation.off_policy._weighting import Part, evaluate


def off_policy_cost(
    routes: ArrayLike,
    agent_costs: ArrayLike,
    propensities: ArrayLike,
    *,
    estimates: ArrayLike | None = None,
    method: Method = "inverse_propensity",
    confidence: float = 0.95,
    clip: float | None = None,
    groups: ArrayLike | None = None,
    cost_range: tuple[float, float] | None = None,
) -> OffPolicyEstimate:
    r"""Estimate the mean cost of routes from a log; for the formulas, see the module.

    Parameters
    ----------
    routes : array of shape (n,) or (n, J + 1)
        Who would answer, in 0..J; or, if that is drawn, the probability of each agent. They must
        not have been learned from these cases.
    agent_costs : array of shape (n, J + 1)
        What letting each agent answer costs, fees included, as nothing is added here; NaN where it
        is not known, in any column.
    propensities : array of shape (n, J + 1), (n, J) or (n,)
        The probability that the cell would be observed, in (0, 1], wherever the cost is known.
        Where the cost is not known it is optional, and only used to warn of heavy cells that may be
        missing. Columns of experts suffice if the model's costs are always known; one number per
        case, if one cost of each case is.
        An expert who answered one case in twenty, drawn at random, has 0.05; what is always
        observed has 1.
    estimates : array of shape (n, J + 1), optional
        For ``"doubly_robust"``: every cell's estimated cost, from a fit that has not seen these
        cases, such as ``1 - router.agent_scores(X)``.
    method : {"inverse_propensity", "self_normalised", "doubly_robust"}
    confidence : float, default=0.95
        How often the interval holds the truth, where the log is large enough for a normal one.
    clip : float, optional
        Largest weight of a cell, at least 1; larger weights are cut to it. Lowering it shortens the
        interval and adds a bias that the interval ignores. With inverse propensity, costs in [0, C]
        are underestimated, on average by at most C times the mean weight that is lost
        (``clipped_weight``); doubly robust estimates are off in either direction, by at most the
        largest error of an estimate times that weight.
    groups : array of shape (n,), optional
        Cases of the same group are not independent of each other (a user, a conversation); the
        groups are.
    cost_range : tuple of two numbers, optional
        The least and the most that any answer can cost. The default is read off the known costs:
        0 to 1 if they are 0 and 1, at least one error wide if each agent's take two values, and
        else from zero to the largest. Intervals of few errors and the bound rest on it.

    Returns
    -------
    OffPolicyEstimate
        With a normal interval, not cut to the range that costs can have, or an exact one where
        costs hardly vary; and a bound that holds at any weights.

    Raises
    ------
    InvalidInput
        If shapes disagree, the propensity of a known cost is not in (0, 1], or no cost is known of
        any agent that the routes choose.

    Warns
    -----
    UserWarning
        If few or heavy cases decide, or weights do not average 1.

    Examples
    --------
    Two agents, of whom a coin called one in each case. What would it cost to always call agent 1?

    >>> import numpy as np
    >>> costs = np.tile([[0.3, np.nan], [np.nan, 0.1], [0.5, np.nan], [np.nan, 0.2]], (50, 1))
    >>> estimate = off_policy_cost(np.ones(200, dtype=int), costs, np.full((200, 2), 0.5))
    >>> print(estimate)  # doctest: +NORMALIZE_WHITESPACE
    mean cost 0.15 (95 % interval 0.127 to 0.173), inverse propensity on 200 cases: 100 matched,
    effective sample size 100, largest weight 2
    """
    level = check_confidence(confidence)
    evidence = read_evidence(agent_costs, propensities, estimates, method, clip, cost_range)
    ids = read_groups(groups, evidence)
    weighed = weigh(read_policy("routes", routes, evidence), evidence, level, ids)
    warn_of_cost(weighed)
    return bounded(weighed)


class Weighed(NamedTuple):
    """Routes on a log: what each case contributes to their mean cost, and its estimate."""

    policy: NDArray[Any]
    evidence: Evidence
    groups: Ints | None
    part: Part
    #: Before its bound.
    estimate: OffPolicyEstimate


def weigh(
    policy: NDArray[Any], evidence: Evidence, confidence: float, groups: Ints | None
) -> Weighed:
    """Estimate the mean cost of routes from a log; both have been read."""
    part = evaluate(policy, evidence)
    return Weighed(
        policy, evidence, groups, part, summary(part, policy, evidence, confidence, groups)
    )


def warn_of_cost(weighed: Weighed) -> None:
    """Warn where the estimate is not to be trusted."""
    part, estimate, evidence = weighed.part, weighed.estimate, weighed.evidence
    # Wrong propensities would not tell what is rare.
    if not warn_if_unfit("routes", part, weighed.groups) and estimate.few_or_heavy:
        warn_of_few(
            "the mean cost", part.weight, estimate.n_matched, weighed.groups,
            all_known=evidence.all_known,
        )  # fmt: skip


def bounded(weighed: Weighed) -> OffPolicyEstimate:
    """The estimate with its bound."""
    estimate = weighed.estimate
    low, high = bound_of_cost(weighed.policy, weighed.evidence, estimate.confidence, weighed.groups)
    return replace(estimate, bound_low=low, bound_high=high)
