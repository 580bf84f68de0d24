"""Regression of the agents' costs by a head: the objective, and the closed form of a linear one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.losses import SURROGATES
from cede.routers._ridge import ridge
from cede.routers._scorers import fit_regressors, regressed, regresses
from cede.routers.heads import Objective, fit_head, routed_risk

__all__ = ["fit_costs", "least_squares", "score_of"]


@cache
def least_squares() -> Objective:
    """The objective of the loss that has a closed form.

    Targets are costs, 0 where not known, which are known, with what probability, and weights.
    """
    row = next(row for row in SURROGATES.values() if row.least_squares)

    return Objective(loss=row.per_case, risk=routed_risk, solve=_solve)


def _solve(
    X: Floats,
    weight_decay: float | None,
    groups: Ints | None,
    costs: Floats,
    mask: Bools | None,
    chance: Floats | None,
    weight: Floats | None,
) -> tuple[Floats, Floats]:
    """Minimum of the mean loss plus the penalty on coefficients, for all agents or one by one."""
    counts = np.ones((len(X), 1)) if weight is None else weight[:, None]
    # Ours is a mean, with half of the penalty.
    penalty = None if weight_decay is None else 0.5 * weight_decay * counts.sum()
    counts = counts if chance is None else counts / chance
    counts = counts if mask is None else counts * mask
    if counts.shape[1] == 1:
        return ridge(X, 1.0 - costs, counts[:, 0], penalty, groups)
    lines = []
    for own, column in zip(counts.T, (1.0 - costs).T, strict=True):
        known = own > 0.0
        those = None if groups is None else groups[known]
        lines.append(ridge(X[known], column[known, None], own[known], penalty, those))
    return np.vstack([c for c, _ in lines]), np.concatenate([i for _, i in lines])


def fit_costs(router: Any, features: Floats, costs: Floats) -> Any:
    """Fit a head of the router's own kind to what one agent's answers cost, ``(m,)``."""
    if regresses(router.head):
        return fit_regressors(router.head, features, costs[:, None], None, None)[0]
    targets = (costs[:, None], None, None, None)
    return fit_head(router, 1, features, targets, least_squares()).head


def score_of(head: Any, features: Floats) -> Floats:
    """One minus the cost that such a head estimates, ``(n, 1)``."""
    if regresses(head):
        return regressed([head], features)
    scores: Floats = head.scores(features)
    return scores
