"""Fixed agents at the door of ``fit``: a table of what each one's answers cost, and agent 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from cede._checks import Floats, check_agent_table, check_fees, check_same_length
from cede.costs import expert_costs
from cede.estimators._models import is_fitted, model_answers, unflattered
from cede.estimators._targets import check_targets, expert_names
from cede.exceptions import InvalidInput

__all__ = ["answers_of_agent_0", "learn_agents"]


def learn_agents(router: Any, X: Any, y: Any, experts: Any, costs: Any) -> tuple[Floats, Floats]:
    """Features, and costs of all agents before the router's own fees, ``(n, J + 1)``, maybe NaN.

    ``y`` is such a table, or labels for which the router's ``model`` is agent 0: as it stands if it
    is fitted, and otherwise cross-fitted (parameter ``cv``). Sets ``model_``, ``classes_`` (from
    labels), ``expert_names_`` and ``fees_``.
    """
    given = np.asarray(y)
    if given.ndim == 2 and given.shape[1] > 1:
        if experts is not None or costs is not None or router.fees is not None:
            raise InvalidInput(
                "y is a table of agent costs, which is all there is to know: leave out experts=, "
                "costs= and fees= (add fees to the table)."
            )
        table = check_agent_table("y, as agent costs,", given, allow_missing=True)
        features = validate_data(router, X, dtype=np.float64)
        check_same_length(X=features, y=table)
        router.model_ = router.model
        router.expert_names_ = expert_names(y, table.shape[1] - 1)
        router.fees_ = np.zeros(len(router.expert_names_))
        silent = np.flatnonzero(np.isnan(table).all(axis=0))
        if silent.size:
            names = ", ".join(router.expert_names_[j - 1] for j in silent.tolist())
            raise InvalidInput(
                f"Every cost of {names} is missing, so nothing can be learned of them; leave them "
                f"out."
            )
        return features, table.copy()
    features, labels = validate_data(router, X, y, dtype=np.float64)
    if not hasattr(router.model, "predict"):
        raise InvalidInput(
            f"To compute the model's costs from labels, {type(router).__name__} needs a classifier "
            f"as model=, not {router.model!r}; or pass agent costs (n, J + 1) as y."
        )
    known = router.model.classes_ if is_fitted(router.model) else None
    targets = check_targets(labels, experts, costs, known)
    router.model_, answers = unflattered(router.model, X, labels, router.cv, "predict")
    router.classes_, router.expert_names_ = router.model_.classes_, targets.expert_names
    router.fees_ = check_fees(router.fees, len(router.expert_names_))
    return features, np.hstack([expert_costs(answers, labels), targets.costs])


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
