"""The models of a cascade: what each costs in the cases of a fit, and what its answer reveals."""

from __future__ import annotations

from typing import Any

import numpy as np

from cede._checks import Floats
from cede.costs import cascade_costs, expert_costs
from cede.exceptions import InvalidInput
from cede.routers._models import as_classifier, cross_fitted, log_posterior
from cede.routers._training_cases import TrainingCases

__all__ = ["learn_models", "listed_models", "own_models"]


def listed_models(router: Any) -> list[Any]:
    """The models as they were passed, one or several."""
    return list(router.model) if isinstance(router.model, list | tuple) else [router.model]


def own_models(router: Any) -> list[Any]:
    """The models as classifiers with probabilities."""
    models = [as_classifier(model) for model in listed_models(router)]
    for model in models:
        if not hasattr(model, "predict_proba"):
            raise InvalidInput(
                f"must be classifiers with predict_proba, as a cascade looks at its models' "
                f"probabilities, but got {model!r}; or pass agent costs (n, J + 1) as y",
                argument="model",
            )
    return models


def learn_models(router: Any, cases: TrainingCases) -> tuple[Floats, Floats, list[list[int]]]:
    """Features with what the models said, costs ``(n, J + 1)``, and what each answer reveals."""
    models, labels = own_models(router), cases.labels
    router.models_, parts, columns, revealed = [], [cases.features], [], []
    n_stages = len(models) - 1 + cases.costs.shape[1]
    for k, model in enumerate(models):
        fitted, pi = cross_fitted(model, cases.X, labels, router.cv, "predict_proba", cases.groups)
        if not np.array_equal(fitted.classes_, router.classes_):
            raise InvalidInput(
                f"must all know the classes {router.classes_.tolist()}, but got a "
                f"{type(model).__name__} that knows {fitted.classes_.tolist()}",
                argument="model",
            )
        router.models_.append(fitted)
        columns.append(expert_costs(router.classes_[pi.argmax(axis=1)], labels))
        if k < n_stages:  # after the last agent there is nothing to decide
            start = sum(part.shape[1] for part in parts)
            revealed.append(list(range(start, start + pi.shape[1])))
            parts.append(log_posterior(pi))
    table = cascade_costs(np.hstack([*columns, cases.costs]), router.fees_)
    return np.hstack(parts), table, revealed
