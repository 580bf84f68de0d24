"""What a fit is, for every router: one door, what stands behind it, and who the agents are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import wraps
from inspect import Parameter, signature
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from cede._checks import Floats, check_fees
from cede._checks._arrays import dimensions
from cede._checks._names import by_name
from cede.exceptions import InvalidInput
from cede.logs import Cases
from cede.logs._opened import opened
from cede.routers._models import as_classifier, is_fitted
from cede.routers._reading import read_training_cases
from cede.routers._training_cases import TrainingCases

__all__ = ["Learner"]


class Learner(BaseEstimator, ABC):  # type: ignore[misc]
    """The half of a router that learns: ``fit``, and what children say of theirs."""

    #: What ``fit`` can use beside X and y, by name; "table" is a table of agent costs as y.
    _takes: ClassVar[frozenset[str]] = frozenset({"experts", "costs", "groups"})
    #: Does it learn from any table of agent costs, so that it can be a part of other routers?
    _learns_from_costs: ClassVar[bool] = False
    #: Is a fit to labels warned of that names no experts?
    _asks_for_experts: ClassVar[bool] = True
    #: Does a fit see the cases in an order of their own?
    _reorders: ClassVar[bool] = True
    #: Groups that are passed to a search or a pipeline reach the router without a request.
    __metadata_request__fit: ClassVar = {"groups": True}

    def __init_subclass__(cls, **options: Any) -> None:
        """Let ``fit`` show what this router takes, and refuse another in its place."""
        if "fit" in vars(cls):
            raise TypeError(
                f"{cls.__name__} must not define fit, which checks the cases for every router; "
                f"define _fit, which is given them checked"
            )
        cls.fit = _fit_taking(cls._takes)  # type: ignore[method-assign]
        super().__init_subclass__(**options)

    def fit(
        self,
        X: Any,
        y: ArrayLike | None = None,
        experts: Any = None,
        costs: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        propensities: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        **beside: Any,
    ) -> Self:
        """Learn from cases whose true answers, or whose costs, are known.

        Every router takes labels and what the experts answered; which of the others it takes, its
        own signature shows. An earlier fit is forgotten, with its operating point and the experts
        who were added.

        Parameters
        ----------
        X : array or dataframe of shape (n, d), or Cases
            Features, finite unless the router says otherwise. :class:`cede.logs.Cases` bring all
            the rest, and nothing else but weights is to be said beside them.
        y : array of shape (n,) or (n, J + 1)
            Labels of any kind; or, for routers that learn from costs, a table of agent costs, fees
            included, the model's first, NaN where one is not known (a grid search then wants
            ``cv=KFold(5)``, for it takes whole numbers to be counts of strata).
        experts : array or dataframe of shape (n, J), optional
            Beside labels: the experts' answers, written like these; NaN or None where one is
            missing.
        costs : array of shape (n, J), optional
            Instead of answers, what each costs before fees: 1 - correctness, for example.
        sample_weight : array of shape (n,), optional
            Weight of each case.
        propensities : array of shape (n, J + 1), (n, J) or (n,), optional
            With which probability each cost would be known, in (0, 1], as logged; read where it is.
            One per case if one agent's cost is known in each, as in logs of a running router.
        groups : array of shape (n,), optional
            Which cases belong together, such as one patient's: what is learned out of fold, or
            chosen on cases left out, is then so for whole groups.
        **beside
            What else this router takes of each case, ``(n,)``.

        Returns
        -------
        Router
            Itself.

        Raises
        ------
        InvalidInput
            If something does not fit together, or cannot be used by this router.
        """
        self._forget()
        self._check_parameters()
        if isinstance(X, Cases):
            self.model_name_, self.exchange_rate_ = X.agent_names[0], X.exchange_rate
        X, y, experts, costs, propensities, groups = opened(
            X, y, experts, costs, propensities=propensities, groups=groups
        )
        options = {"sample_weight": sample_weight, "propensities": propensities, "groups": groups}
        return self._learn(read_training_cases(self, X, y, experts, costs, {**beside, **options}))

    def _learn(self, cases: TrainingCases) -> Self:
        """Note who the agents are, and learn from cases that were read and checked."""
        self.expert_names_: tuple[str, ...] = self._names(cases)
        self.fees_: Floats = self._fees()
        self.fitted_on_ = [cases.fingerprint]
        self.n_features_in_: int = cases.features.shape[1]
        if cases.classes is not None:
            self.classes_ = cases.classes
        elif hasattr(self, "classes_"):
            del self.classes_
        self._fit(cases)
        return self

    @abstractmethod
    def _fit(self, cases: TrainingCases) -> None:
        """Learn; who the agents are, their fees and what X looks like is noted already."""

    @classmethod
    def _examples(cls) -> dict[str, Any]:
        """Small ones by name, to be fitted to any cases, for the common tests: one of each kind."""
        from sklearn.linear_model import LogisticRegression

        has_model = "model" in signature(cls).parameters
        return {cls.__name__: cls(model=LogisticRegression()) if has_model else cls()}

    def _check_parameters(self) -> None:
        """Refuse parameters that do not go together, before anything is read."""

    def _feature_checks(self, from_labels: bool) -> dict[str, Any]:
        """How the features of a fit are checked: by default, finite numbers."""
        return {"dtype": np.float64}

    def _as_table(self, X: Any) -> Any:
        """The features as a table of two dimensions, if they may come as something else.

        Raises
        ------
        InvalidInput
            If they have more dimensions, and this router has no network that could see them.
        """
        if dimensions(X) > 2:
            raise InvalidInput(
                f"must have a row of numbers for each case, shape (n, d), but got "
                f"{np.shape(X)}; flatten the cases, or choose a router whose head is your own "
                f"network, head=Network(module)",
                argument="X",
            )
        return X

    def _rows(self, X: Any) -> Any:
        """Cases to be scored as a table, if this router's may come as something else."""
        return X

    def _known_classes(self) -> NDArray[Any] | None:
        """The labels of a model that is fitted; None if those of the cases are all there are."""
        if not hasattr(self, "model"):
            return None
        model = as_classifier(self.model)
        if not hasattr(model, "predict"):
            raise InvalidInput(
                f"must be a classifier where the model's costs are computed from labels, but got "
                f"{self.model!r}; or pass a table of agent costs (n, J + 1) as y",
                argument="model",
            )
        return np.asarray(model.classes_) if is_fitted(model) else None

    def _names(self, cases: TrainingCases) -> tuple[str, ...]:
        """Names of the experts, ``(J,)``."""
        own = self._later_models() if cases.labels is not None else ()
        return (*own, *cases.expert_names)

    def _later_models(self) -> tuple[str, ...]:
        """Names of further models of its own, which answer before the experts do."""
        return ()

    def _fees(self) -> Floats:
        """The fees as they are now, ``(J,)``: the parameter's, and those of experts added later."""
        added = np.asarray(getattr(self, "added_fees_", ()), dtype=np.float64)
        names = self.expert_names_
        fees: Any = getattr(self, "fees", None)
        if fees is None:
            return np.append(np.zeros(len(names) - added.size), added)
        named = by_name(fees, names)
        n_fees = np.size(fees) if named is None else len(named)
        if added.size and n_fees == len(names):
            return check_fees(fees, names)
        return np.append(check_fees(fees, names[: len(names) - added.size]), added)

    def _forget_point(self) -> None:
        """Drop the operating point: it was chosen on scores that are about to be others."""
        if hasattr(self, "operating_point_"):
            del self.operating_point_

    def _forget(self) -> None:
        """Drop what belongs to an earlier fit: point, names, rate, and experts added since."""
        self._forget_point()
        for name in ("added_fees_", "model_name_", "exchange_rate_", "case_shape_"):
            if hasattr(self, name):
                delattr(self, name)


def _fit_taking(takes: frozenset[str]) -> Any:
    """``fit`` with the signature of a router that takes these, for people and scikit-learn."""

    @wraps(Learner.fit)
    def fit(self: Any, *args: Any, **options: Any) -> Any:
        return Learner.fit(self, *args, **options)

    shown = signature(Learner.fit).parameters
    known = [p for name, p in shown.items() if name in ("self", "X", "y") or name in takes]
    further = sorted(takes - shown.keys() - {"table"})
    added = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in further]
    fit.__signature__ = signature(Learner.fit).replace(parameters=[*known, *added])  # type: ignore[attr-defined]
    return fit
