"""Routes on a log as a report judges them, so that every command has one verdict."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate
from cede.evaluation.appraisal import Appraisal
from cede.evaluation.appraisal._reading import are_bits, measure_of
from cede.evaluation.comparison import Comparison, Row, Verdict, compare
from cede.evaluation.judgement._judgement import CONFIDENCE, ROUTER
from cede.evaluation.judgement._ways import Ways
from cede.exceptions import InvalidInput
from cede.logs import Cases
from cede.operating import OperatingPoint

__all__ = ["appraisal_of"]


def appraisal_of(costs: Ways, cases: Cases, point: OperatingPoint | None) -> Appraisal:
    """What a report rests its verdict on; nothing else of it.

    Where every cost is known, by :func:`cede.compare`; else by self-normalised weights, and
    differences whose intervals, by Bonferroni's rule, hold for all comparisons of the verdict.
    """
    known = ~np.isnan(cases.agent_costs)
    assert cases.outcomes is not None
    errors = np.where(known, 1.0 - cases.outcomes, np.nan)
    apart = not np.allclose(errors, cases.agent_costs, rtol=0.0, atol=1e-12, equal_nan=True)
    comparison = _comparison(costs, cases)
    answers = comparison
    if apart:
        routes = costs.routes[costs.router]
        answers = _comparison(Ways(routes, errors, cases.propensities, cases.groups), cases)
    verdict: Verdict | None
    try:
        verdict = comparison.verdict()
    except InvalidInput:  # too few cases
        verdict = None
    return Appraisal(
        comparison=comparison,
        answers=answers,
        measure=measure_of(errors[known]),
        model_name=cases.agent_names[0],
        fees=(0.0,) * (len(cases.agent_names) - 1),
        verdict=verdict,
        lead=None,
        honesty={},
        money=None,
        point=point,
        certificate=None,
        fingerprint="",
        n_features=None,
        seed=0,
    )


def _comparison(ways: Ways, cases: Cases) -> Comparison:
    # Beside the row of the model alone, an expert who is called so has another name.
    experts = tuple("agent 'model'" if n == "model" else n for n in cases.agent_names[1:])
    table, n_boot = ways.table, 0
    if cases.propensities is None:
        decided = _Decided(ways.routes[ways.router], ways.n_agents)
        found = compare(
            {ROUTER: decided}, cases.X, table, budgets=(1.0,),
            expert_names=experts, groups=cases.groups, confidence=CONFIDENCE,
        )  # fmt: skip
        rows = tuple(r for r in found.rows if r.is_method or r.is_agent or r.method == "oracle")
    else:
        rows = _weighed_rows(ways, experts)
    return Comparison(
        rows=rows,
        budgets=(1.0,),
        expert_names=experts,
        curves={},
        n_cases=len(cases),
        n_independent=len(cases) if cases.groups is None else len(np.unique(cases.groups)),
        n_left_out=0,
        confidence=CONFIDENCE,
        n_boot=n_boot,
        in_costs=not are_bits(table[~np.isnan(table)]),
    )


class _Decided:
    """A method that has decided."""

    def __init__(self, routes: Ints, n_agents: int) -> None:
        self._scores = np.eye(n_agents)[routes]

    def agent_scores(self, X: Any) -> Floats:
        return self._scores

    def predict(self, X: Any) -> Any:
        """Refuse: a log says what answers were worth, not what they were."""
        raise NotImplementedError


def _weighed_rows(ways: Ways, experts: tuple[str, ...]) -> tuple[Row, ...]:
    """Rows of a log that is read by its propensities: each agent alone, then the router."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # those of the printed table say it
        return tuple(_weighed_row(ways, way, experts) for way in range(ways.n_agents + 1))


def _weighed_row(ways: Ways, way: int, experts: tuple[str, ...]) -> Row:
    cost, gain = ways.cost(way), _saved(ways, way, 0, CONFIDENCE)
    shares = ways.shares(way)[1:]
    is_method = way == ways.router
    name = ROUTER if is_method else "model alone" if way == 0 else f"{experts[way - 1]} alone"
    #: The router against each agent, and each expert against the model.
    level = 1.0 - (1.0 - CONFIDENCE) / (2 * ways.n_agents - 1)
    return Row(
        method=name,
        is_method=is_method,
        budget=1.0 if is_method else None,
        accuracy=1.0 - cost.value,
        low=1.0 - cost.high,
        high=1.0 - cost.low,
        gain=gain.value,
        gain_low=gain.low,
        gain_high=gain.high,
        coverage=float(1.0 - shares.sum()),
        cost=cost.value,
        shares=tuple(map(float, shares)),
        prices=None,
        cost_low=cost.low,
        cost_high=cost.high,
        savings=tuple(_saved(ways, way, agent, level) for agent in range(ways.n_agents)),
    )


def _saved(ways: Ways, way: int, agent: int, level: float) -> Estimate:
    """What one way costs less than an agent alone; unbounded where the log cannot tell."""
    if way == agent:
        return Estimate(0.0, 0.0, 0.0)
    try:
        saved = ways.difference(agent, way, level)
    except InvalidInput:  # no case in which they differ is matched
        return Estimate(0.0, -np.inf, np.inf)
    return Estimate(saved.value, saved.low, saved.high)
