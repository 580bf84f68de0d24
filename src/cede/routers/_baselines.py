"""What every method must beat: the model alone, an expert alone, chance, and what none can: truth.

All four are routers around a model, so they fit where routers fit. A model that is fitted is used
as it stands; one that is not is fitted on the cases given.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats
from cede.costs import expert_costs
from cede.exceptions import InvalidInput
from cede.routers._base import Router
from cede.routers._draws import own_draws
from cede.routers._features import validate_data
from cede.routers._models import fitted_model, model_answers
from cede.routers._training_cases import TrainingCases

__all__ = ["ExpertAlone", "ModelAlone", "Oracle", "RandomRouter"]


class _Baseline(Router):
    """A router that learns nothing but who the experts are; its scores are no estimates."""

    #: What the common tests call it.
    _example: ClassVar[str]

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        router = cls(LogisticRegression())
        return {cls._example: router}

    def _fit(self, cases: TrainingCases) -> None:
        self.model_ = fitted_model(self.model, cases.X, cases.labels)

    def _feature_checks(self, from_labels: bool) -> dict[str, Any]:
        """Whatever the model reads."""
        return {"dtype": None, "ensure_all_finite": False}

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers."""
        _n_cases(self, X)
        return model_answers(self.model_, X)

    def _estimates_costs(self) -> bool:
        return False


class ModelAlone(_Baseline):
    """Every case stays with the model, whatever the budget."""

    _example = "model alone"

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

    _example = "expert alone"

    def __init__(self, model: Any, expert: int = 1) -> None:
        self.model = model
        self.expert = expert

    def _fit(self, cases: TrainingCases) -> None:
        n_experts = len(self.expert_names_)
        if not 1 <= self.expert <= max(1, n_experts):
            raise InvalidInput(
                f"must be one of the experts 1..{n_experts}, but got {self.expert!r}",
                argument="expert",
            )
        super()._fit(cases)

    def agent_scores(self, X: Any) -> Floats:
        """One for the expert, zero for everybody else."""
        scores = np.zeros((_n_cases(self, X), len(self.expert_names_) + 1))
        scores[:, self.expert : self.expert + 1] = 1.0
        return scores


class RandomRouter(_Baseline):
    """Cases leave the model in random order, each to a random expert.

    With an integer seed, two calls on as many cases give the same scores.
    """

    _example = "random"

    def __init__(self, model: Any, random_state: int | np.random.RandomState | None = None) -> None:
        self.model = model
        self.random_state = random_state

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        return {name: each.set_params(random_state=0) for name, each in super()._examples().items()}

    def agent_scores(self, X: Any) -> Floats:
        """Zero for the model, a uniform number in [0, 1) for every expert."""
        shape = (_n_cases(self, X), len(self.expert_names_) + 1)
        scores: Floats = own_draws(self.random_state).random_sample(shape)
        scores[:, 0] = 0.0
        return scores


class Oracle(_Baseline):
    """Knows what every agent would cost in the very cases it was fitted on: the upper bound.

    It remembers them in the order in which they came.

    Parameters
    ----------
    model : classifier
        Fitted already, or else the oracle's model has seen the answers too.
    fees : float or array of shape (J,), default=None
        What asking each expert costs.
    """

    _reorders = False
    _example = "oracle"

    def __init__(self, model: Any, fees: ArrayLike | None = None) -> None:
        self.model = model
        self.fees = fees

    def _fit(self, cases: TrainingCases) -> None:
        super()._fit(cases)
        self.fitted_on_ = []  # it is judged on the cases that it knows
        wrong = expert_costs(model_answers(self.model_, cases.X), cases.labels)
        paid = cases.with_model_costs(wrong[:, 0]).paid(self.fees_)
        self.agent_costs_ = np.where(np.isnan(paid), 1.0 + paid.shape[1], paid)

    def _estimates_costs(self) -> bool:
        return True

    def agent_scores(self, X: Any) -> Floats:
        """One minus the true cost."""
        if _n_cases(self, X) != len(self.agent_costs_):
            raise InvalidInput(
                f"must be the cases that the oracle was fitted on, as it knows the "
                f"{len(self.agent_costs_)} cases of its fit and no others, but got "
                f"{_n_cases(self, X)}; fit it on the cases to be judged",
                argument="X",
            )
        return 1.0 - self.agent_costs_


def _n_cases(router: Any, X: Any) -> int:
    check_is_fitted(router)
    return len(validate_data(router, X, dtype=None, ensure_all_finite=False, reset=False))
