"""Fixed agents: what the answers of the first, a model, cost in the cases of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from cede.costs import expert_costs
from cede.exceptions import InvalidInput
from cede.routers._features import validate_data
from cede.routers._models import as_classifier, cross_fitted, model_answers
from cede.routers._training_cases import TrainingCases

__all__ = ["answers_of_agent_0", "known_model", "with_model"]


def with_model(router: Any, cases: TrainingCases) -> TrainingCases:
    """The cases with what agent 0 costs in them; sets ``model_``.

    Of a table, nothing is left to do. With labels, the router's ``model`` answers: as it stands if
    it is fitted, and otherwise cross-fitted (parameter ``cv``), whole groups at a time.
    """
    if cases.labels is None:
        router.model_ = router.model
        return cases
    model = as_classifier(router.model)
    router.model_, answers = cross_fitted(
        model, cases.X, cases.labels, router.cv, "predict", cases.groups
    )
    return cases.with_model_costs(expert_costs(answers, cases.labels)[:, 0])


def answers_of_agent_0(router: Any, X: Any) -> NDArray[Any]:
    """What the model of a fitted router answers, ``(n,)``."""
    check_is_fitted(router)
    validate_data(router, X, dtype=np.float64, reset=False)
    return model_answers(known_model(router), X)


def known_model(router: Any) -> Any:
    """The model of a fitted router, which must have one."""
    if router.model_ is None:
        raise InvalidInput(
            "This router was fitted on costs and has no model, so it routes and does not predict; "
            "pass model= to have one."
        )
    return router.model_
