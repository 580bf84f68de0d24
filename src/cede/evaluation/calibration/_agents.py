"""Reliability of what a router estimates of its agents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_agent_table, check_fees
from cede._checks._names import expert_names
from cede._rows._fingerprint import check_unseen
from cede.costs import is_cost_table, read_outcomes
from cede.evaluation.calibration._bins import Bins, NBins
from cede.evaluation.calibration._reliability import Reliability, reliability
from cede.exceptions import InvalidInput

__all__ = [
    "agent_reliability",
    "check_estimates",
    "costs_before_fees",
    "estimated_accuracy",
    "own_fees",
    "without_fees",
]


def agent_reliability(
    router: Any,
    X: Any,
    y: ArrayLike,
    experts: Any = None,
    costs: ArrayLike | None = None,
    fees: ArrayLike | None = None,
    *,
    n_bins: NBins = 15,
    bins: Bins = "width",
) -> dict[str, Reliability]:
    """Compare every agent's estimated accuracy with how often it was right, on unseen cases.

    Parameters
    ----------
    router : object with ``agent_scores(X)`` and ``predict(X)``
        Its scores estimate costs: one minus the expected cost, fees included.
    X
        Features of ``n`` cases that it was not fitted on.
    y : array of shape (n,) or (n, J + 1)
        True answers; or a table of agent costs, fees included.
    experts : array of shape (n, J), optional
        The experts' answers; each expert is judged on the cases it answered.
    costs : array of shape (n, J), optional
        Instead of answers, what each expert's answer costs before fees, in [0, 1].
    fees : float or array of shape (J,), optional
        Fees that the scores and a table of costs include; they are taken out of both. By default
        the router's own. It does not know the fees inside a table that it was fitted on.
    n_bins, bins
        As in :func:`reliability`.

    Returns
    -------
    dict of name to Reliability
        The model's first, as "model", then each expert's by name.

    Raises
    ------
    InvalidInput
        If the router only ranks its agents, was fitted on most of these cases, or costs before fees
        leave [0, 1].

    Examples
    --------
    >>> from cede import TwoStageRouter
    >>> from cede.datasets import load_llm_routing
    >>> logs = load_llm_routing()
    >>> train, test = (logs.extras["split"] == part for part in ("train", "test"))
    >>> router = TwoStageRouter().fit(logs.X[train], logs.answer_costs[train])
    >>> by_agent = agent_reliability(router, logs.X[test], logs.answer_costs[test])
    >>> {name: round(each.ece, 2) for name, each in by_agent.items()}
    {'model': 0.04, 'expert 1': 0.04}
    """
    check_estimates(router)
    check_unseen(router, X, "Reliability")
    accuracy = estimated_accuracy(router, X, fees)
    before = costs_before_fees(router, X, y, experts, costs, fees)
    if accuracy.shape != before.shape:
        raise InvalidInput(
            f"must tell what each of the {accuracy.shape[1]} agents scored by the router did, but "
            f"got {before.shape[1]} of them; pass the answers or costs of all its experts",
            argument="experts",
        )
    names = ("model", *_names(router, accuracy.shape[1] - 1))
    by_agent = {}
    for name, guess, cost in zip(names, accuracy.T, before.T, strict=True):
        if np.isnan(cost).all():
            raise InvalidInput(
                f"must hold some answer of each expert, but got none of {name}; leave its column "
                "out",
                argument="experts",
            )
        # Taking a fee out leaves a rounding error, which is no degree between 0 and 1.
        by_agent[name] = reliability(guess, _rounded(1.0 - cost), n_bins, bins)
    return by_agent


def check_estimates(router: Any) -> None:
    """Refuse a router of cede whose scores only rank the agents.

    Scores of anybody else's router are taken to be estimates.
    """
    estimates = getattr(router, "_estimates_costs", None)
    if estimates is not None and not estimates():
        raise InvalidInput(
            "must estimate how often each agent is right, but its scores only rank the agents; "
            "choose a router that estimates costs, such as TwoStageRouter() or "
            "SingleStageClassifier('softmax_one_vs_all')",
            argument="router",
        )


def estimated_accuracy(router: Any, X: Any, fees: ArrayLike | None = None) -> Floats:
    """One minus each agent's estimated cost before fees, ``(n, J + 1)``."""
    check_estimates(router)
    if fees is None and hasattr(router, "expert_accuracy"):
        of_experts = np.asarray(router.expert_accuracy(X), dtype=np.float64)
        scores = check_agent_table("agent_scores", router.agent_scores(X))
        return np.hstack([scores[:, :1], of_experts])
    scores = check_agent_table("agent_scores", router.agent_scores(X)).copy()
    scores[:, 1:] += own_fees(router, scores.shape[1] - 1, fees)
    return scores


def own_fees(router: Any, n_experts: int, fees: ArrayLike | None = None) -> Floats:
    """Fees that a router's scores include, ``(J,)``: ``fees``, or those that it knows of."""
    if fees is not None:
        return check_fees(fees, getattr(router, "expert_names_", n_experts))
    if getattr(router, "fees_in", "rule") == "loss":
        return check_fees(router.fees_, n_experts)
    known = getattr(router, "_fees", None)
    return check_fees(None if known is None else known(), n_experts)


def costs_before_fees(
    router: Any, X: Any, y: Any, experts: Any, costs: Any, fees: ArrayLike | None = None
) -> Floats:
    """What each agent's answer cost before fees, ``(n, J + 1)``; NaN where it is missing."""
    table = read_outcomes(router, X, y, experts, costs)
    if not is_cost_table(y):
        return table
    return without_fees(table, own_fees(router, table.shape[1] - 1, fees))


def without_fees(agent_costs: Floats, fees: Floats) -> Floats:
    """Take the fees, ``(J,)``, out of agent costs ``(n, J + 1)``."""
    table = agent_costs.copy()
    table[:, 1:] -= fees
    if np.nanmin(table) < -1e-9:
        raise InvalidInput(
            "must include the fees if it is a table of agent costs, but taking them out leaves a "
            f"cost of {np.nanmin(table):.4g}; add the fees to the table, or say which fees it "
            "holds",
            argument="y",
        )
    return table


def _names(router: Any, n_experts: int) -> tuple[str, ...]:
    return tuple(getattr(router, "expert_names_", None) or expert_names(None, n_experts))


def _rounded(values: Floats) -> Floats:
    """Move values that rounding put outside [0, 1] back inside."""
    near = (np.abs(values - values.clip(0.0, 1.0)) < 1e-9) & ~np.isnan(values)
    return np.where(near, values.clip(0.0, 1.0), values)
