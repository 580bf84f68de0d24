"""Scikit-learn estimators as scorers of agents: regressions of costs, or a weighted classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.utils.validation import has_fit_parameter

from cede._checks import Floats
from cede.exceptions import InvalidInput
from cede.routers._features import ask

__all__ = [
    "classified",
    "contrasted",
    "fit_classifier",
    "fit_contrast",
    "fit_regressors",
    "is_scikit_learn",
    "regressed",
    "regresses",
]


def is_scikit_learn(head: Any) -> bool:
    """Tell a regressor or classifier (or a pipeline that ends in one) from other heads."""
    return regresses(head) or (isinstance(head, BaseEstimator) and is_classifier(head))


def regresses(head: Any) -> bool:
    """Tell a scikit-learn regressor (or a pipeline that ends in one) from other heads."""
    return isinstance(head, BaseEstimator) and is_regressor(head)


def fit_regressors(
    regressor: Any, X: Floats, costs: Floats, chance: Floats | None, weight: Any
) -> list[Any]:
    """One copy for each agent, fitted to its known costs, by least squares or whatever it does."""
    from sklearn.dummy import DummyRegressor

    models = []
    for j, column in enumerate(costs.T):
        known = ~np.isnan(column)
        weights = np.ones(len(column)) if weight is None else np.asarray(weight, dtype=np.float64)
        if chance is not None:
            weights = weights / chance[:, j]
        target = column[known]
        # Nothing to learn of a constant, at which some regressors stumble.
        model = DummyRegressor() if np.ptp(target) == 0.0 else clone(regressor)
        plain = weight is None and chance is None
        models.append(_fit(model, X[known], target, None if plain else weights[known]))
    return models


def regressed(models: list[Any], X: Floats) -> Floats:
    """One minus the estimated cost of each agent, ``(n, J + 1)``."""
    return 1.0 - np.column_stack(
        [np.asarray(ask(m, "predict", X), dtype=np.float64) for m in models]
    )


def fit_classifier(classifier: Any, X: Floats, costs: Floats, weight: Any) -> Any:
    r"""One classifier of the agents, of which each is the right one to a degree.

    Case i counts for agent j with weight :math:`\tau_{ij} = \sum_{k \neq j} (c_{ik} - \min_l
    c_{il})`: the logarithmic loss of the classifier is then the loss ``aggregated`` (u = 1), after
    subtracting from all costs of a case the smallest, which no decision depends on.
    """
    from sklearn.dummy import DummyClassifier

    above = costs - costs.min(axis=1, keepdims=True)
    tau = above.sum(axis=1, keepdims=True) - above
    if weight is not None:
        tau = tau * np.asarray(weight, dtype=np.float64)[:, None]
    case, agent = np.nonzero(tau > 0.0)
    if len(np.unique(agent)) < 2:  # one agent is the best in every case; or all are, then the model
        return DummyClassifier().fit(X[:1], agent[:1] if case.size else [0])
    weights = tau[case, agent]
    return _fit(clone(classifier), X[case], agent, weights / weights.mean())


def classified(model: Any, X: Floats, n_agents: int) -> Floats:
    """Logarithm of the share of each agent, ``(n, J + 1)``; never asked, it is very small."""
    shares = np.full((len(X), n_agents), 1e-12)
    shares[:, np.asarray(model.classes_)] = np.clip(ask(model, "predict_proba", X), 1e-12, None)
    return np.asarray(np.log(shares), dtype=np.float64)


def fit_contrast(classifier: Any, X: Floats, for_model: Floats, for_expert: Floats) -> Any:
    """A classifier that tells cases that count for the model (1) from those for the expert (0)."""
    weights = np.concatenate([for_model, for_expert])
    cases = np.vstack([X, X])
    side = np.repeat([1, 0], len(X))
    counts = weights > 0.0
    return _fit(clone(classifier), cases[counts], side[counts], weights[counts])


def contrasted(models: list[Any], X: Floats) -> Floats:
    """Log odds of counting for the model, one column per classifier of :func:`fit_contrast`."""
    shares = np.column_stack([ask(model, "predict_proba", X)[:, 1] for model in models])
    shares = shares.clip(1e-12, 1.0 - 1e-12)
    return np.asarray(np.log(shares) - np.log1p(-shares), dtype=np.float64)


def _fit(model: Any, X: Floats, target: Any, weights: Any) -> Any:
    """Fit a model, or a pipeline that ends in it, to weighted cases; None is no weights."""
    if weights is None:
        return model.fit(X, target)
    last = model.steps[-1] if hasattr(model, "steps") else (None, model)
    if not has_fit_parameter(last[1], "sample_weight"):
        raise InvalidInput(
            f"{type(last[1]).__name__} takes no sample_weight, which this fit needs; choose "
            f"another head, such as sklearn.ensemble.HistGradientBoostingRegressor."
        )
    name = "sample_weight" if last[0] is None else f"{last[0]}__sample_weight"
    return model.fit(X, target, **{name: weights})
