"""Routes on a log as a report judges them, so that every command has one verdict."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate
from cede.cli._log import Cases
from cede.evaluation.appraisal import Appraisal
from cede.evaluation.appraisal._reading import are_bits, measure_of
from cede.evaluation.comparison import Comparison, Row, Verdict, compare
from cede.evaluation.off_policy import off_policy_cost, off_policy_difference
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint

__all__ = ["CONFIDENCE", "ROUTER", "judged"]

#: What a router is called among the agents.
ROUTER = "router"
CONFIDENCE = 0.95


def judged(routes: Ints, cases: Cases, point: OperatingPoint | None) -> Appraisal:
    """What a report rests its verdict on; nothing else of it.

    Where every cost is known, by :func:`cede.compare`; else by self-normalised weights, and
    differences whose intervals, by Bonferroni's rule, hold for all comparisons of the verdict.
    """
    known = ~np.isnan(cases.agent_costs)
    errors = np.where(known, 1.0 - cases.outcomes, np.nan)
    apart = not np.allclose(errors, cases.agent_costs, rtol=0.0, atol=1e-12, equal_nan=True)
    comparison = _comparison(routes, cases, cases.agent_costs)
    verdict: Verdict | None
    try:
        verdict = comparison.verdict()
    except InvalidInput:  # too few cases
        verdict = None
    return Appraisal(
        comparison=comparison,
        answers=_comparison(routes, cases, errors) if apart else comparison,
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


def _comparison(routes: Ints, cases: Cases, table: Floats) -> Comparison:
    in_costs = not are_bits(table[~np.isnan(table)])
    # Beside the row of the model alone, an expert who is called so has another name.
    experts = tuple("agent 'model'" if n == "model" else n for n in cases.agent_names[1:])
    if cases.propensities is None:
        found = compare(
            {ROUTER: _Decided(routes, table.shape[1])}, cases.X, table, budgets=(1.0,),
            expert_names=experts, groups=cases.groups, confidence=CONFIDENCE,
        )  # fmt: skip
        rows = tuple(r for r in found.rows if r.is_method or r.is_agent or r.method == "oracle")
        n_cases, n_independent = found.n_cases, found.n_independent
    else:
        rows = _Weighed(cases, table, routes, experts).rows()
        n_cases = n_independent = len(routes)
        if cases.groups is not None:
            n_independent = len(np.unique(cases.groups))
    return Comparison(
        rows=rows,
        budgets=(1.0,),
        expert_names=experts,
        curves={},
        n_cases=n_cases,
        n_independent=n_independent,
        n_left_out=0,
        confidence=CONFIDENCE,
        n_boot=0,
        in_costs=in_costs,
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


class _Weighed:
    """Rows of a log that is read by its propensities."""

    def __init__(self, cases: Cases, table: Floats, routes: Ints, experts: tuple[str, ...]) -> None:
        self.experts, self.table = experts, table
        self.chances: Any = cases.propensities
        n_agents = len(self.experts) + 1
        self.ways = [*(np.full(len(routes), agent) for agent in range(n_agents)), routes]
        self.options: Any = {"method": "self_normalised", "groups": cases.groups}
        #: The router against each agent, and each expert against the model.
        self.level = 1.0 - (1.0 - CONFIDENCE) / (2 * n_agents - 1)

    def rows(self) -> tuple[Row, ...]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # those of the printed table say it
            return tuple(self._row(way) for way in range(len(self.ways)))

    def _row(self, way: int) -> Row:
        n_agents = len(self.experts) + 1
        cost = off_policy_cost(
            self.ways[way], self.table, self.chances, confidence=CONFIDENCE, **self.options
        )
        gain = self._saved(way, 0, CONFIDENCE)
        shares = np.bincount(self.ways[way], minlength=n_agents)[1:] / len(self.ways[way])
        is_method = way == n_agents
        name = (
            ROUTER if is_method else "model alone" if way == 0 else f"{self.experts[way - 1]} alone"
        )
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
            savings=tuple(self._saved(way, agent, self.level) for agent in range(n_agents)),
        )

    def _saved(self, way: int, agent: int, level: float) -> Estimate:
        """What one way costs less than an agent alone; unbounded where the log cannot tell."""
        if way == agent:
            return Estimate(0.0, 0.0, 0.0)
        try:
            found = off_policy_difference(
                self.ways[agent], self.ways[way], self.table, self.chances, confidence=level,
                **self.options,
            )  # fmt: skip
        except InvalidInput:  # no case in which they differ is matched
            return Estimate(0.0, -np.inf, np.inf)
        return Estimate(found.value, found.low, found.high)
