"""Curves of scores and costs produced anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, check_agent_table, check_groups, check_same_agents
from cede._checks._arrays import as_numbers, to_array
from cede._checks._names import names_of
from cede.costs import add_fees
from cede.exceptions import InvalidInput
from cede.operating._choice import Tables, choose, only_expert
from cede.operating._curve import DeferralCurve

__all__ = ["deferral_curve_from_scores"]


def deferral_curve_from_scores(
    agent_scores: ArrayLike,
    answer_costs: ArrayLike,
    fees: ArrayLike | None = None,
    *,
    charges: ArrayLike | None = None,
    subgroups: ArrayLike | None = None,
) -> DeferralCurve:
    """Compute the curve of scores and outcomes produced anywhere.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    answer_costs : array of shape (n, J + 1)
        What letting each agent answer cost, the model first. Cases in which an expert's cost is
        missing (NaN) are left out.
    fees : float or array, optional
        Paid when an agent is asked, in units of one error; they make ``risk`` differ from
        ``error``. One number, one per expert, per case and expert, or with the model's first: the
        shapes of :mod:`cede.costs`. Costs that hold fees already keep them in ``error``.
    charges : float or array, optional
        What asking costs in any unit of money, in the same shapes; by default the fees. Only
        ``spend`` is made of them.
    subgroups : array of shape (n,), optional
        Adds the curve of each group's cases, under its name.

    Returns
    -------
    DeferralCurve

    Raises
    ------
    InvalidInput
        If shapes disagree, no case has every agent's cost, fees are negative, or a group has no
        name.

    Examples
    --------
    >>> scores, costs = [[0.0, 0.9], [0.0, 0.2]], [[1.0, 0.0], [0.0, 1.0]]
    >>> curve = deferral_curve_from_scores(scores, costs, charges=4.0)
    >>> curve.deferral_rate, curve.accuracy, curve.spend
    (array([0. , 0.5, 1. ]), array([0.5, 1. , 0.5]), array([0., 2., 4.]))
    >>> curve.area, curve.random.area, curve.oracle.area, curve.normalised_area
    (0.75, 0.5, 0.75, 1.0)
    """
    scores = check_agent_table("agent_scores", agent_scores)
    costs, complete = _read_costs(answer_costs)
    check_same_agents(agent_scores=agent_scores, answer_costs=answer_costs)
    if scores.shape != costs.shape:
        raise InvalidInput(
            f"must have the shape of answer_costs, but got {scores.shape} and {costs.shape}; "
            f"pass the same cases and agents in both",
            argument="agent_scores",
        )
    agents = names_of(answer_costs) or names_of(agent_scores)
    tables = {"error": costs}
    for name, amounts in (("fee", fees), ("charge", charges)):
        if amounts is not None:
            tables[name] = _amounts(f"{name}s", amounts, costs.shape, agents)
    check_groups(subgroups, costs, "subgroups", beside="answer_costs")
    names = None if subgroups is None else to_array(subgroups)
    if not complete:
        known = ~np.isnan(costs).any(axis=1)
        scores = scores[known]
        tables = {name: table[known] for name, table in tables.items()}
        names = None if names is None else names[known]
    if len(scores) == 0:
        raise InvalidInput(
            "must have a case that every expert answered, but got none; leave out the experts who "
            "answered least",
            argument="answer_costs",
        )
    curve = _curve(scores, tables)
    return curve if names is None else replace(curve, subgroups=_by_group(scores, tables, names))


def _curve(scores: Floats, tables: Tables) -> DeferralCurve:
    n, n_experts = len(scores), scores.shape[1] - 1
    if n_experts == 0:
        means = {name: table.mean(axis=0) for name, table in tables.items()}
        none = np.zeros(1, dtype=np.int64)
        return DeferralCurve(
            np.array([-np.inf]), means.pop("error"), n, 0, _count=none, _paid=means
        )
    if n_experts == 1:
        choice = best = only_expert(scores, tables)
    else:
        choice = choose(scores, tables)
        best = choose(tables["error"], tables, lowest=True)
    best = replace(best, gain=np.empty(0))  # it is what the error saves, if it is asked for
    return DeferralCurve._of(choice, best, _alone(tables), n_experts)


def _alone(tables: Tables) -> dict[str, tuple[float, float]]:
    """What each table adds up to for the model, and on average over the experts."""
    sums = {}
    for name, table in tables.items():
        rest = table[:, 1] if table.shape[1] == 2 else table[:, 1:]
        sums[name] = (float(table[:, 0].sum()), float(rest.sum()) / (table.shape[1] - 1))
    return sums


def _by_group(scores: Floats, tables: Tables, names: NDArray[Any]) -> dict[Any, DeferralCurve]:
    try:
        each, number = np.unique(names, return_inverse=True)
    except TypeError:  # an array of objects
        raise InvalidInput(
            "must be all texts or all numbers, to be put in order, but got both; write them alike",
            argument="subgroups",
        ) from None
    together = np.argsort(number, kind="stable")
    members = np.split(together, np.bincount(number).cumsum()[:-1])
    return {
        name: _curve(scores[rows], {key: table[rows] for key, table in tables.items()})
        for name, rows in zip(each.tolist(), members, strict=True)
    }


def _read_costs(answer_costs: ArrayLike) -> tuple[Floats, bool]:
    """Costs, and are all of them known? Only if not is it looked where: a sum with NaN is NaN."""
    costs = as_numbers("answer_costs", answer_costs)
    with np.errstate(over="ignore", invalid="ignore"):
        complete = not np.isnan(costs.sum())
    return check_agent_table("answer_costs", costs, allow_missing=not complete), bool(complete)


def _amounts(
    name: str, amounts: ArrayLike, shape: tuple[int, ...], agents: Sequence[str] | None
) -> Floats:
    """Fees or charges as a table ``(n, J + 1)``, without copies of one row."""
    n, n_agents = shape
    rows = n if np.ndim(amounts) == 2 else 1
    try:
        return np.broadcast_to(add_fees(np.zeros((rows, n_agents)), amounts, agents), shape)
    except InvalidInput as error:
        raise InvalidInput(error.message, argument=name) from None
