"""The models of a cascade at the door of ``fit``: what each costs, and what its answer reveals."""

from __future__ import annotations

from typing import Any

import numpy as np

from cede._checks import Floats, check_fees
from cede._rows._fingerprint import fingerprint
from cede.costs import cascade_costs, expert_costs
from cede.exceptions import InvalidInput
from cede.routers._features import validate_data
from cede.routers._models import as_classifier, is_fitted, log_posterior, unflattered
from cede.routers._targets import check_targets

__all__ = ["learn_models"]


def learn_models(
    router: Any, X: Any, y: Any, experts: Any, costs: Any, groups: Any
) -> tuple[Floats, Floats, list[list[int]]]:
    """Features with what the models said, costs ``(n, J + 1)``, and what each answer reveals."""
    if router.revealed is not None:
        raise InvalidInput(
            "revealed= is for tables of costs; with labels, what a model's answer brings are "
            "its probabilities, which are added by themselves."
        )
    features, labels = validate_data(router, X, y, dtype=np.float64)
    router.fitted_on_ = [fingerprint(features)]
    listed = router.model if isinstance(router.model, list | tuple) else [router.model]
    models = [as_classifier(model) for model in listed]
    for model in models:
        if not hasattr(model, "predict_proba"):
            raise InvalidInput(
                f"A cascade looks at its models' probabilities, so model= must be classifiers "
                f"with predict_proba, not {model!r}; or pass agent costs (n, J + 1) as y."
            )
    classes = models[0].classes_ if is_fitted(models[0]) else None
    alone = experts is None and costs is None and len(models) > 1
    none = np.empty((len(labels), 0)) if alone else experts
    targets = check_targets(labels, none, costs, classes)
    router.classes_ = targets.classes
    router.models_, parts, columns, revealed = [], [features], [], []
    n_stages = len(models) - 1 + targets.costs.shape[1]
    for k, model in enumerate(models):
        fitted, pi = unflattered(model, X, labels, router.cv, "predict_proba", groups)
        if not np.array_equal(fitted.classes_, router.classes_):
            raise InvalidInput(
                f"All models must know the classes {router.classes_.tolist()}, however "
                f"{type(model).__name__} knows {fitted.classes_.tolist()}."
            )
        router.models_.append(fitted)
        columns.append(expert_costs(router.classes_[pi.argmax(axis=1)], labels))
        if k < n_stages:  # after the last agent there is nothing to decide
            start = sum(part.shape[1] for part in parts)
            revealed.append(list(range(start, start + pi.shape[1])))
            parts.append(log_posterior(pi))
    later = tuple(f"model {k}" for k in range(1, len(models)))
    router.expert_names_ = (*later, *targets.expert_names)
    router.fees_ = check_fees(router.fees, router.expert_names_)
    table = cascade_costs(np.hstack([*columns, targets.costs]), router.fees_)
    return np.hstack(parts), table, revealed
