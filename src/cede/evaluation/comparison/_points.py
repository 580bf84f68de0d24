"""Methods at their operating points: who answers which case at each budget, whatever that costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate, design_effect, share_estimate
from cede.operating import NEVER
from cede.operating._rule import routes_at
from cede.tuning._choose import prices_of_shares
from cede.tuning._multiplier import price_of_share

__all__ = ["Placed", "Point", "Tuning", "place"]


@dataclass(frozen=True, eq=False)
class Point:
    """A method at one budget."""

    budget: float
    prices: tuple[float, ...]
    #: Who answers each case, ``(n,)``.
    routes: Ints
    #: Share of cases like these that leaves the model in the long run.
    sent: Estimate


@dataclass(frozen=True, eq=False)
class Placed:
    """A method on the cases that are compared, at its points."""

    #: ``(n, J + 1)``
    scores: Floats
    #: What its model answers; None where its costs are known without them.
    answers: Any
    points: tuple[Point, ...]

    def at(self, budget: float | None) -> Point:
        """The point for this budget."""
        return next(point for point in self.points if point.budget == budget)


@dataclass(frozen=True, eq=False)
class Tuning:
    """The cases that points are chosen on, where these are others."""

    scores: Floats
    groups: Ints | None
    #: How much one of them counts for the share to come; less than 1 of another fit's scores.
    weight: float


def place(
    scores: Floats,
    budgets: Sequence[float],
    tuning: Tuning | None,
    groups: Ints | None,
    confidence: float,
    largest_shares: Floats | None = None,
) -> tuple[Point, ...]:
    """Choose a point for each budget, on the scores of these cases or of others.

    Parameters
    ----------
    scores : array of shape (n, J + 1)
    budgets : sequence of float
    tuning : Tuning, optional
    groups : int array of shape (n,), optional
    confidence : float
        Of the interval of the share to come.
    largest_shares : array of shape (J,), optional
        Of the cases that each expert can answer; 1 is no limit.
    """
    scores_to_choose_by = scores if tuning is None else tuning.scores
    least = np.zeros(scores.shape[1] - 1)
    if largest_shares is not None:
        least = prices_of_shares(scores_to_choose_by, least, largest_shares)
    points = []
    for budget in budgets:
        # Added to all prices alike, which takes cases away from experts and gives them none.
        prices = price_of_share(scores_to_choose_by, least, budget)
        routes = routes_at(scores, prices)
        sent = Estimate(0.0, 0.0, 0.0)
        if not (prices == NEVER).all():
            tuning_routes = None if tuning is None else routes_at(tuning.scores, prices)
            sent = _share_to_come(routes, tuning_routes, tuning, groups, confidence)
        points.append(Point(budget, tuple(prices.tolist()), routes, sent))
    return tuple(points)


def _share_to_come(
    routes: Ints,
    tuning_routes: Ints | None,
    tuning: Tuning | None,
    groups: Ints | None,
    confidence: float,
) -> Estimate:
    """Share that leaves the model in the long run, by all cases at hand.

    Given k of the n cases that a point was chosen on, the share is distributed as
    Beta(k + 1, n - k); given as many of others, too, as if all were of one kind. Cases that
    a point was chosen on by the scores of other fits have a weight below one.
    """
    leave = np.asarray(routes > 0, dtype=np.float64)
    weights = np.ones(len(leave))
    if tuning is not None and tuning_routes is not None:
        if groups is not None or tuning.groups is not None:
            first = np.arange(len(tuning_routes)) if tuning.groups is None else tuning.groups
            second = np.arange(len(leave)) if groups is None else groups
            groups = np.append(first, second + 1 + int(first.max(initial=0)))
        weights = np.append(np.full(len(tuning_routes), tuning.weight), weights)
        leave = np.append(np.asarray(tuning_routes > 0, dtype=np.float64), leave)
    effect = design_effect(leave, groups, confidence) * len(leave) / weights.sum()
    n_away = len(leave) * float(np.average(leave, weights=weights))
    return share_estimate(n_away, len(leave), confidence, effect)
