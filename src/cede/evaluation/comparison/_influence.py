"""What each case adds to a deferral curve, or to the difference of two, at every rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import cost_range
from cede.operating import deferral_curve_from_scores, deferral_gain

__all__ = ["EstimatedRisk", "ScoredCosts", "estimate_risk"]

#: Agent scores and agent costs of the same cases, ``(n, J + 1)`` each.
ScoredCosts: TypeAlias = tuple[Floats, Floats]


class EstimatedRisk(NamedTuple):
    """The risk at each of ``m`` rates, or the difference of two methods' risks."""

    value: Floats
    #: What each case adds to it, centred, ``(n, m)``.
    influence: Floats
    #: Between which ends what a case adds must lie, whatever the case.
    bounds: tuple[float, float]
    #: At which rates it is known for sure.
    certain: Bools


def estimate_risk(judged: Sequence[ScoredCosts], rates: Floats) -> EstimatedRisk:
    """The risk of one method, or of the first less the second, at these deferral rates."""
    curves = [_curve(scores, costs, rates) for scores, costs in judged]
    low, high = _range_of_costs(judged)
    if len(curves) == 1:
        nowhere = np.zeros(len(rates), dtype=np.bool_)
        return EstimatedRisk(curves[0].risk, curves[0].influence, (low, high), nowhere)
    first, second = curves
    return EstimatedRisk(
        first.risk - second.risk,
        first.influence - second.influence,
        (low - high, high - low),
        _certain_rates(first, second, judged[0][1], judged[1][1]),
    )


class _Curve(NamedTuple):
    """Risk at each rate; what each case adds to it, centred, and how much of it is deferred."""

    risk: Floats
    influence: Floats
    deferred: Floats
    #: Who gets a case if it is deferred, ``(n,)``.
    expert: Ints


def _curve(scores: Floats, costs: Floats, rates: Floats) -> _Curve:
    curve = deferral_curve_from_scores(scores, costs)
    n, risk = len(scores), curve.risk_at(rates)
    if scores.shape[1] == 1:
        influence = np.broadcast_to(costs - costs.mean(), (n, len(rates))).copy()
        return _Curve(risk, influence, np.zeros_like(influence), np.zeros(n, dtype=np.int64))
    # A slope of the estimated curve over a window that closes as cases come.
    reach = 0.5 * n**-0.25
    ends = (rates - reach).clip(0.0), (rates + reach).clip(max=1.0)
    slope = (curve.risk_at(ends[1]) - curve.risk_at(ends[0])) / (ends[1] - ends[0])
    expert = scores[:, 1:].argmax(axis=1) + 1
    of_expert = costs[np.arange(n), expert]
    _, place, count = np.unique(-deferral_gain(scores), return_inverse=True, return_counts=True)
    before = (count.cumsum() - count)[place]
    deferred = ((rates * n - before[:, None]) / count[place][:, None]).clip(0.0, 1.0)
    influence = deferred * ((of_expert - costs[:, 0])[:, None] - slope) + costs[:, :1]
    return _Curve(risk, influence - influence.mean(axis=0), deferred, expert)


def _range_of_costs(judged: Sequence[ScoredCosts]) -> tuple[float, float]:
    """Between which ends the costs of either method lie."""
    ends = [cost_range(costs) for _, costs in judged]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _certain_rates(first: _Curve, second: _Curve, costs: Floats, other_costs: Floats) -> Bools:
    """At which rates two methods send the same cases to the same agents, so that none gains."""
    if not np.array_equal(costs[:, 0], other_costs[:, 0]):
        return np.zeros(first.deferred.shape[1], dtype=np.bool_)
    all_stay = ~(first.deferred.any(axis=0) | second.deferred.any(axis=0))
    if not np.array_equal(costs, other_costs):
        return np.asarray(all_stay)
    differ = (first.deferred != second.deferred).any(axis=0)
    elsewhere = (first.deferred[first.expert != second.expert] > 0).any(axis=0)
    return np.asarray(all_stay | ~(differ | elsewhere))
