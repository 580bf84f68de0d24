"""Routes on a log as a report judges them, so that every command has one verdict."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cede._checks import Floats
from cede._intervals import Estimate
from cede.evaluation.appraisal import Appraisal
from cede.evaluation.appraisal._reading import are_bits, measure_of
from cede.evaluation.comparison import Comparison, Row
from cede.evaluation.comparison._compare import truth_of
from cede.evaluation.comparison._judge import judged_rows
from cede.evaluation.comparison._points import Placed, place
from cede.evaluation.comparison._references import RANDOM
from cede.evaluation.comparison._truth import Truth
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
    with_money = not np.allclose(errors, cases.agent_costs, rtol=0.0, atol=1e-12, equal_nan=True)
    comparison, answers = _comparisons(costs, errors if with_money else None, cases)
    return Appraisal(
        comparison=comparison,
        answers=comparison if answers is None else answers,
        measure=measure_of(errors[known]),
        model_name=cases.agent_names[0],
        fees=(0.0,) * (len(cases.agent_names) - 1),
        verdict=comparison.verdict_or_none,
        lead=None,
        honesty={},
        money=None,
        point=point,
        certificate=None,
        fingerprint="",
        n_features=None,
        seed=0,
    )


def _comparisons(
    costs: Ways, errors: Floats | None, cases: Cases
) -> tuple[Comparison, Comparison | None]:
    """By all that counts, and by the answers alone where that is less."""
    # Beside the row of the model alone, an expert who is called so has another name.
    experts = tuple("agent 'model'" if n == "model" else n for n in cases.agent_names[1:])
    if cases.propensities is not None:
        by_all = _comparison_of(_weighed_rows(costs, experts), costs.table, experts, cases)
        if errors is None:
            return by_all, None
        weighed = _weighed_rows(costs.by(errors), experts)
        return by_all, _comparison_of(weighed, errors, experts, cases)
    table, scores = costs.table, np.eye(costs.n_agents)[costs.routes[costs.router]]
    truth = truth_of(None, table[:, 1:], table[:, 0], experts, None, cases.groups)
    points = place(scores, (1.0,), None, truth.groups, CONFIDENCE)
    placed = {ROUTER: Placed(scores, None, points)}

    def comparison_by(truth: Truth, table: Floats) -> Comparison:
        rows, _ = judged_rows(
            truth, placed, {ROUTER: table}, table, budgets=(1.0,), confidence=CONFIDENCE
        )
        kept = [row for row in rows if row.method != RANDOM]
        return _comparison_of(kept, table, experts, cases)

    by_answers = None if errors is None else comparison_by(truth.by(errors), errors)
    return comparison_by(truth, table), by_answers


def _comparison_of(
    rows: Iterable[Row], table: Floats, experts: tuple[str, ...], cases: Cases
) -> Comparison:
    """A comparison that holds rows and nothing else."""
    return Comparison(
        rows=tuple(rows),
        budgets=(1.0,),
        expert_names=experts,
        curves={},
        n_cases=len(table),
        n_independent=len(table) if cases.groups is None else len(np.unique(cases.groups)),
        n_left_out=0,
        confidence=CONFIDENCE,
        n_boot=0,
        in_costs=not are_bits(table[~np.isnan(table)]),
    )


def _weighed_rows(ways: Ways, experts: tuple[str, ...]) -> tuple[Row, ...]:
    """Rows of a log that is read by its propensities: each agent alone, then the router."""
    return tuple(_weighed_row(ways, way, experts) for way in range(ways.n_agents + 1))


def _weighed_row(ways: Ways, way: int, experts: tuple[str, ...]) -> Row:
    cost, gain = ways.cost(way, quiet=True), _saved(ways, way, 0, CONFIDENCE)
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
        return ways.saved(way, agent, level)
    except InvalidInput:  # no case in which they differ is matched
        return Estimate(0.0, -np.inf, np.inf)
