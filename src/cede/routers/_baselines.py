"""What every method must beat: the model alone, an expert alone, chance, and what none can: truth.

All four are routers around a model, so they fit where routers fit. A model that is fitted is used
as it stands; one that is not is fitted on the cases given.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats, check_fees, check_groups
from cede._checks._arrays import to_array
from cede._rows._fingerprint import fingerprint
from cede.costs import expert_costs
from cede.exceptions import InvalidInput
from cede.routers._base import Router
from cede.routers._draws import own_draws
from cede.routers._features import validate_data
from cede.routers._models import model_answers, settled_model
from cede.routers._steady import in_steady_order
from cede.routers._targets import Targets, check_targets

__all__ = ["ExpertAlone", "ModelAlone", "Oracle", "RandomRouter"]


class _Baseline(Router):
    """A router that learns nothing but who the experts are; its scores are no estimates."""

    @in_steady_order
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Note who the experts are."""
        _settle(self, X, y, experts, costs, groups)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers."""
        return _answers(self, X)

    def _estimates_costs(self) -> bool:
        return False


class ModelAlone(_Baseline):
    """Every case stays with the model, whatever the budget."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def agent_scores(self, X: Any) -> Floats:
        """One for the model, zero for every expert."""
        scores = np.zeros((_n_cases(self, X), len(self.expert_names_) + 1))
        scores[:, 0] = 1.0
        return scores


class ExpertAlone(_Baseline):
    """Every case goes to one expert, where the budget allows all of them; else to the model.

    Parameters
    ----------
    model : classifier
    expert : int, default=1
        Which expert, counted from 1 as in ``routes``.
    """

    def __init__(self, model: Any, expert: int = 1) -> None:
        self.model = model
        self.expert = expert

    @in_steady_order
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> ExpertAlone:
        """Note who the experts are."""
        targets = _settle(self, X, y, experts, costs, groups)
        if not 1 <= self.expert <= max(1, len(targets.expert_names)):
            raise InvalidInput(
                f"expert={self.expert!r} is not one of the experts 1..{len(targets.expert_names)}."
            )
        return self

    def agent_scores(self, X: Any) -> Floats:
        """One for the expert, zero for everybody else."""
        scores = np.zeros((_n_cases(self, X), len(self.expert_names_) + 1))
        scores[:, self.expert : self.expert + 1] = 1.0
        return scores


class RandomRouter(_Baseline):
    """Cases leave the model in random order, each to a random expert.

    With an integer seed, two calls on as many cases give the same scores.
    """

    def __init__(self, model: Any, random_state: int | np.random.RandomState | None = None) -> None:
        self.model = model
        self.random_state = random_state

    def agent_scores(self, X: Any) -> Floats:
        """Zero for the model, a uniform number in [0, 1) for every expert."""
        shape = (_n_cases(self, X), len(self.expert_names_) + 1)
        scores: Floats = own_draws(self.random_state).random_sample(shape)
        scores[:, 0] = 0.0
        return scores


class Oracle(Router):
    """Knows what every agent would cost in the very cases it was fitted on: the upper bound.

    Parameters
    ----------
    model : classifier
        Fitted already, or else the oracle's model has seen the answers too.
    fees : float or array of shape (J,), default=None
        Price of asking each expert.
    """

    def __init__(self, model: Any, fees: ArrayLike | None = None) -> None:
        self.model = model
        self.fees = fees

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Oracle:
        """Remember the cost of every agent in every case, in order."""
        targets = _settle(self, X, y, experts, costs, groups)
        paid = targets.costs + check_fees(self.fees, targets.expert_names)
        self.fitted_on_ = []  # it is judged on the cases that it knows
        model = expert_costs(model_answers(self.model_, X), to_array(y))
        self.agent_costs_ = np.hstack([model, np.where(np.isnan(paid), 2.0 + paid.shape[1], paid)])
        return self

    def agent_scores(self, X: Any) -> Floats:
        """One minus the true cost."""
        if _n_cases(self, X) != len(self.agent_costs_):
            raise InvalidInput(
                f"The oracle knows the {len(self.agent_costs_)} cases it was fitted on and no "
                f"others, however it got {_n_cases(self, X)}; fit it on the cases to be judged."
            )
        return 1.0 - self.agent_costs_

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers."""
        return _answers(self, X)


def _settle(
    router: Any, X: Any, y: ArrayLike, experts: Any, costs: ArrayLike | None, groups: Any
) -> Targets:
    router._forget()
    features, labels = validate_data(router, X, y, dtype=None, ensure_all_finite=False)
    router.fitted_on_ = [fingerprint(features)]
    check_groups(groups, features)
    router.model_ = settled_model(router.model, X, labels)
    targets = check_targets(labels, experts, costs, router.model_.classes_)
    router.classes_, router.expert_names_ = targets.classes, targets.expert_names
    return targets


def _n_cases(router: Any, X: Any) -> int:
    check_is_fitted(router)
    return len(validate_data(router, X, dtype=None, ensure_all_finite=False, reset=False))


def _answers(router: Any, X: Any) -> NDArray[Any]:
    _n_cases(router, X)
    return model_answers(router.model_, X)
