"""The model that answers in a study: trained here, or columns of the matrix that say what it says.

Labels are 0..K-1 throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier

from cede._checks import Floats, Ints
from cede.routers import LoggedModel

__all__ = ["CheapestAnswers", "LoggedAnswers", "fixed_model", "trained_model"]


class LoggedAnswers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model of which only the answers are known: columns of the matrix, 1 where it says so."""

    def __init__(self, columns: Sequence[int]) -> None:
        self.columns = columns

    def predict(self, X: Any) -> Ints:
        """The label that it gives to each case, ``(n,)``."""
        return np.asarray(np.asarray(X)[:, list(self.columns)].argmax(axis=1), dtype=np.int64)

    def __sklearn_is_fitted__(self) -> bool:
        return True


class CheapestAnswers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""A model that answers what it expects to cost least: :math:`\arg\min_a \sum_k p_k C_{ka}`.

    Its probabilities are those of the model inside.
    """

    def __init__(self, model: Any, costs: Floats) -> None:
        self.model = model
        self.costs = costs

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, ``(K,)``."""
        return np.arange(len(self.costs))

    def predict_proba(self, X: Any) -> Floats:
        """As the model's, ``(n, K)``."""
        return np.asarray(self.model.predict_proba(X), dtype=np.float64)

    def predict(self, X: Any) -> Ints:
        """The answer of each case, ``(n,)``."""
        return np.asarray((self.predict_proba(X) @ self.costs).argmin(axis=1), dtype=np.int64)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def fixed_model(n_columns: int, n_labels: int, *, probabilities: bool) -> Any:
    """The model whose word stands in the last columns of the matrix."""
    columns = list(range(n_columns - n_labels, n_columns))
    if probabilities:
        return LoggedModel(columns=columns, classes=list(range(n_labels)))
    return LoggedAnswers(columns)


def trained_model(model: Any, X: Floats, y: Ints, seed: int) -> Any:
    """A copy of the model, or of the default one, fitted on these cases."""
    base = HistGradientBoostingClassifier() if model is None else clone(model)
    if "random_state" in base.get_params():
        base.set_params(random_state=seed)
    return base.fit(X, y)
