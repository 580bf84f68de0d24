"""Regression of the agents' costs by a head: the objective, and the closed form of a linear one."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import Ridge
from torch import Tensor

from cede._checks import Bools, Floats
from cede.estimators._fitting import Objective, fit_head, head_scores, routed_risk
from cede.estimators._scorers import fit_regressors, regressed, regresses
from cede.losses import cost_regression

__all__ = ["LEAST_SQUARES", "fit_costs", "score_of"]


def _loss(
    scores: Tensor,
    costs: Tensor,
    mask: Tensor | None,
    chance: Tensor | None,
    weight: Tensor | None,
) -> Tensor:
    return cost_regression(scores, costs, mask=mask, propensities=chance, sample_weight=weight)


def _solve(
    X: Floats,
    weight_decay: float,
    costs: Floats,
    mask: Bools | None,
    chance: Floats | None,
    weight: Floats | None,
) -> tuple[Floats, Floats]:
    """Minimum of the mean loss plus the penalty on coefficients: one ridge per agent."""
    per_case = np.ones(len(X)) if weight is None else weight
    # Ours is a mean, Ridge's a sum.
    ridge = Ridge(
        alpha=0.5 * weight_decay * per_case.sum(), solver="auto" if weight_decay else "svd"
    )
    if mask is None and chance is None:
        ridge.fit(X, 1.0 - costs, sample_weight=per_case)
        return ridge.coef_.reshape(costs.shape[1], -1), np.atleast_1d(ridge.intercept_)
    counts = np.broadcast_to(per_case[:, None], costs.shape)
    counts = counts if chance is None else counts / chance
    counts = counts if mask is None else counts * mask
    coefficients, intercepts = [], []
    for j in range(costs.shape[1]):
        known = counts[:, j] > 0.0
        ridge.fit(X[known], 1.0 - costs[known, j], sample_weight=counts[known, j])
        coefficients.append(ridge.coef_)
        intercepts.append(ridge.intercept_)
    return np.array(coefficients), np.array(intercepts)


#: Targets are costs, 0 where not known, which are known, with what probability, and weights.
LEAST_SQUARES = Objective(loss=_loss, risk=routed_risk, solve=_solve)


def fit_costs(router: Any, features: Floats, costs: Floats) -> Any:
    """Fit a head of the router's own kind to what one agent's answers cost, ``(m,)``."""
    if regresses(router.head):
        return fit_regressors(router.head, features, costs[:, None], None, None)[0]
    targets = (costs[:, None], None, None, None)
    return fit_head(router, 1, features, targets, LEAST_SQUARES).module


def score_of(head: Any, features: Floats) -> Floats:
    """One minus the cost that such a head estimates, ``(n, 1)``."""
    if regresses(head):
        return regressed([head], features)
    return np.asarray(head_scores(head, features).cpu().numpy(), dtype=np.float64)
