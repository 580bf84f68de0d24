"""Fixed agents at the door of ``fit``: a table of what each one's answers cost, and agent 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from cede._checks import (
    Floats,
    check_fees,
    check_propensities,
    check_same_length,
)
from cede._checks._names import check_names_at_fit, expert_names
from cede._rows._fingerprint import fingerprint
from cede.costs import check_table_alone, expert_costs, is_cost_table, read_cost_table
from cede.exceptions import InvalidInput
from cede.routers._features import validate_data
from cede.routers._models import as_classifier, is_fitted, model_answers, unflattered
from cede.routers._targets import check_targets, warn_of_few

__all__ = ["answers_of_agent_0", "chances_of", "learn_agents"]


def learn_agents(
    router: Any,
    X: Any,
    y: Any,
    experts: Any,
    costs: Any,
    groups: Any = None,
    finite: bool | str = True,
) -> tuple[Floats, Floats]:
    """Features, and costs of all agents before the router's own fees, ``(n, J + 1)``, maybe NaN.

    ``y`` is such a table, or labels for which the router's ``model`` is agent 0: as it stands if it
    is fitted, and otherwise cross-fitted (parameter ``cv``), whole groups at a time. Sets
    ``model_``, ``classes_`` (from labels), ``expert_names_``, ``fees_`` and ``fitted_on_``.
    ``finite="allow-nan"`` lets features be missing.
    """
    one_column = (
        np.asarray(y).ndim == 2 and router.model is None
    )  # of the model's costs, without experts
    if not (is_cost_table(y) or one_column):
        return _learn_from_labels(router, X, y, experts, costs, groups)
    check_table_alone(experts, costs, router.fees)
    table = read_cost_table(y)
    if (table < 0).any():
        raise InvalidInput(
            f"y, as agent costs, cannot be negative, however the smallest is "
            f"{np.nanmin(table):.4g}; add a constant to every agent's cost, which changes no "
            f"decision."
        )
    features = validate_data(router, X, dtype=np.float64, ensure_all_finite=finite)
    check_same_length(X=features, y=table)
    router.fitted_on_ = [fingerprint(features)]
    router.model_ = router.model
    router.expert_names_ = expert_names(y, table.shape[1] - 1)
    router.fees_ = np.zeros(len(router.expert_names_))
    names = ("the model", *router.expert_names_)
    silent = [name for name, column in zip(names, table.T, strict=True) if np.isnan(column).all()]
    if silent:
        raise InvalidInput(
            f"Every cost of {', '.join(silent)} is missing, so nothing can be learned of them; "
            f"leave them out."
        )
    warn_of_few(names, table)
    return features, table.copy()


def chances_of(router: Any, propensities: Any, table: Floats) -> Floats | None:
    """Propensities of the known costs, ``(n, J + 1)``, whose columns must name the same experts."""
    if propensities is None:
        return None
    check_names_at_fit(router.expert_names_, propensities)
    return check_propensities(propensities, ~np.isnan(table))


def answers_of_agent_0(router: Any, X: Any) -> NDArray[Any]:
    """What the model of a fitted router answers, ``(n,)``."""
    check_is_fitted(router)
    validate_data(router, X, dtype=np.float64, reset=False)
    if router.model_ is None:
        raise InvalidInput(
            "This router was fitted on costs and has no model, so it routes and does not predict; "
            "pass model= to have one."
        )
    return model_answers(router.model_, X)


def _learn_from_labels(
    router: Any, X: Any, y: Any, experts: Any, costs: Any, groups: Any
) -> tuple[Floats, Floats]:
    features, labels = validate_data(router, X, y, dtype=np.float64)
    model = as_classifier(router.model)
    if not hasattr(model, "predict"):
        raise InvalidInput(
            f"To compute the model's costs from labels, {type(router).__name__} needs a classifier "
            f"as model=, not {model!r}; or pass agent costs (n, J + 1) as y."
        )
    known = model.classes_ if is_fitted(model) else None
    targets = check_targets(labels, experts, costs, known)
    router.fitted_on_ = [fingerprint(features)]
    router.model_, answers = unflattered(model, X, labels, router.cv, "predict", groups)
    router.classes_, router.expert_names_ = router.model_.classes_, targets.expert_names
    router.fees_ = check_fees(router.fees, router.expert_names_)
    return features, np.hstack([expert_costs(answers, labels), targets.costs])
