"""The prepared matrix and the trained model, on which methods are fitted and looked at."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cede._checks import Floats, Ints
from cede._rows._folds import folds
from cede._rows._order import row_hashes
from cede.logs import Cases
from cede.routers import METHODS, Method, SingleStageClassifier
from cede.routers._models import log_posterior
from cede.routers._targets import FarValueWarning, centre_and_scale
from cede.study._splits import Parts

__all__ = ["FittedMethod", "Workbench"]

#: Of the fit part: each score comes from a fit on nine tenths of it, nearly as large as the last.
_FOLDS = 10


class FittedMethod:
    """A fitted router around the base model, which is agent 0 of every method.

    A single-stage method has a class head of its own. Were it to answer, its curve would not start
    at *model alone*, and part of its gain would not be deferral; so it only says how likely the
    base model's answer is right.
    """

    def __init__(self, router: Any, model: Any, view: Callable[[Floats], Floats]) -> None:
        self.router, self.model, self.view = router, model, view

    def agent_scores(self, X: Floats) -> Floats:
        """As the router's, with the model's column about the base model's answer."""
        scores = np.asarray(self.router.agent_scores(self.view(X)))
        if isinstance(self.router, SingleStageClassifier):
            scores[:, 0] = self.router.answer_accuracy(self.view(X), self.predict(X))
        return scores

    def predict(self, X: Floats) -> NDArray[Any]:
        """What the base model answers."""
        return np.asarray(self.model.predict(X))

    def expert_accuracy(self, X: Floats) -> Floats:
        """As the router's, or one minus what it expects each expert's answer to cost."""
        if hasattr(self.router, "expert_accuracy"):
            return np.asarray(self.router.expert_accuracy(self.view(X)))
        scores = np.asarray(self.router.agent_scores(self.view(X)))
        return np.asarray(scores[:, 1:] + self.router._fees())

    def _estimates_costs(self) -> bool:
        return bool(self.router._estimates_costs())


@dataclass(frozen=True)
class Workbench:
    """The prepared matrix and the trained model, on which methods are fitted and judged."""

    problem: Cases
    parts: Parts
    X: Floats
    #: Labels as 0..K-1, which every model can read.
    y: Ints
    names: tuple[str, ...]
    model: Any

    @classmethod
    def build(cls, problem: Cases, parts: Parts, model: Any, seed: int) -> Workbench:
        """Prepare the features and train the base model, both on the model part alone."""
        _warn_of_far_values(problem, parts.fit)
        prepare = _preparation(problem)
        columns = np.empty((len(problem), len(problem.features)), dtype=object)
        for i, values in enumerate(problem.features.values()):
            columns[:, i] = values
        prepare.fit(columns[parts.model])
        X = np.asarray(prepare.transform(columns), dtype=np.float64)
        base = HistGradientBoostingClassifier() if model is None else clone(model)
        if "random_state" in base.get_params():
            base.set_params(random_state=seed)
        y = np.unique(problem.y, return_inverse=True)[1].astype(np.int64)
        base.fit(X[parts.model], y[parts.model])
        names = _readable(prepare.get_feature_names_out(list(problem.features)))
        return cls(problem, parts, X, y, names, base)

    def fit(self, method: str, fees: Floats) -> FittedMethod:
        """Fit one method on cases that the base model has not seen."""
        row = METHODS[method]
        view, learn = self._view(row), self._learn if "labels" in row.needs else self._learn_costs
        with warnings.catch_warnings():
            # Of columns as they were prepared, which nobody gave and nobody knows by number.
            warnings.simplefilter("ignore", FarValueWarning)
            router = learn(row, view(self.X[self.parts.fit]), fees)
        return FittedMethod(router, self.model, view)

    def _learn(self, row: Method, X: Floats, fees: Floats) -> Any:
        """Learn from labels and what the experts' answers cost."""
        # Frozen, so that it counts as fitted whatever attributes it has.
        beside = {"model": FrozenEstimator(self.model)} if "probabilities" in row.needs else {}
        rows = self.parts.fit
        return row.make(fees=fees, **beside).fit(X, self.y[rows], costs=self.problem.costs[rows])

    def _learn_costs(self, row: Method, X: Floats, fees: Floats) -> Any:
        """Learn from a table: what the base model's answers cost, out of sample, and the experts'.

        Where nothing is estimated fees must be in the table; else they are taken off later.
        """
        rows, later = self.parts.fit, "estimates" in row.gives
        wrong = self.model.predict(self.X[rows]) != self.y[rows]
        table = np.column_stack([wrong, self.problem.costs[rows] + (0.0 if later else fees)])
        groups = None if self.problem.groups is None else self.problem.groups[rows]
        router = row.make().fit(X, table, groups=groups)
        return router.set_params(fees=fees) if later else router

    def tuning_scores(self, method: str, fees: Floats, fitted: FittedMethod) -> Floats:
        """Agent scores of the cases at :attr:`tuning_rows`, each by a fit that did not see it.

        Those of the tune part are the fitted method's; those of the fit part come from fits on its
        other folds. The tune part alone, a tenth of the table, is too small to set a share by.
        Cases equal to one of the tune part have its scores, so that equal cases stay together.
        """
        scores = np.empty((len(self.problem), self.problem.costs.shape[1] + 1))
        scores[self.parts.tune] = fitted.agent_scores(self.X[self.parts.tune])
        if self._fold is not None:
            for k in range(int(self._fold.max()) + 1):
                left_out, to_fit = self.parts.fit[self._fold == k], self.parts.fit[self._fold != k]
                others = replace(self, parts=replace(self.parts, fit=to_fit))
                scores[left_out] = others.fit(method, fees).agent_scores(self.X[left_out])
            equal = np.isin(row_hashes(self.X[self.parts.fit]), row_hashes(self.X[self.parts.tune]))
            if equal.any():
                twins = self.parts.fit[equal]
                scores[twins] = fitted.agent_scores(self.X[twins])
        return scores[self.tuning_rows]

    @property
    def tuning_rows(self) -> Ints:
        """The tune part and, if it can be folded, the fit part, where every expert answered."""
        parts = [self.parts.tune] if self._fold is None else [self.parts.fit, self.parts.tune]
        return self.complete(np.concatenate(parts))

    @cached_property
    def _fold(self) -> Ints | None:
        """A fold of each case of the fit part; None if one has all of a label or an expert."""
        rows, costs = self.parts.fit, self.problem.costs
        groups = None if self.problem.groups is None else self.problem.groups[rows]
        n_units = len(rows if groups is None else np.unique(groups))
        if n_units < 2 or not costs.shape[1]:
            return None
        y = self.y[rows]
        fold = folds(self.X[rows], min(_FOLDS, n_units), strata=y, groups=groups)
        for k in range(int(fold.max()) + 1):
            to_fit = fold != k
            silent = np.isnan(costs[rows[to_fit]]).all(axis=0).any()
            if silent or len(np.unique(y[to_fit])) < len(np.unique(y)):
                return None
        return fold

    def complete(self, rows: Ints) -> Ints:
        """Those of the rows in which every expert answered."""
        return rows[~np.isnan(self.problem.costs[rows]).any(axis=1)]

    def _view(self, row: Method) -> Callable[[Floats], Floats]:
        """What a method sees: the features and, unless it asks the model itself, what that says."""
        if "probabilities" in row.needs or not hasattr(self.model, "predict_proba"):
            return _unchanged
        return self._with_log_posterior if "labels" in row.needs else self._with_confidence

    def _with_log_posterior(self, X: Floats) -> Floats:
        log_pi = log_posterior(self.model.predict_proba(X))
        return np.hstack([X, log_pi - log_pi.mean(axis=1, keepdims=True)])

    def _with_confidence(self, X: Floats) -> Floats:
        """The largest log probability, too, and its lead: a line cannot take a maximum.

        Without them a line of costs does not know how sure the model is.
        """
        ordered = np.sort(log_posterior(self.model.predict_proba(X)), axis=1)
        lead = ordered[:, -1] - ordered[:, -2]
        return np.column_stack([self._with_log_posterior(X), ordered[:, -1], lead])


def _warn_of_far_values(problem: Cases, rows: Ints) -> None:
    """Warn of the columns of the table in which one value is far from all others, by name."""
    for name, column in problem.features.items():
        values = column[rows]
        if values.dtype.kind == "f" and not np.isnan(values).all():
            centre_and_scale(values[~np.isnan(values), None], names=[name])


def _preparation(problem: Cases) -> ColumnTransformer:
    """Numbers: median, missing flag, unit variance. Texts: one-hot, rare values together."""
    kinds = [values.dtype.kind for values in problem.features.values()]
    numbers = [i for i, kind in enumerate(kinds) if kind == "f"]
    texts = [i for i, kind in enumerate(kinds) if kind != "f"]
    return ColumnTransformer(
        [
            (
                "number",
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
                    StandardScaler(),
                ),
                numbers,
            ),
            (
                "text",
                make_pipeline(
                    SimpleImputer(strategy="constant", fill_value="(missing)", missing_values=None),
                    OneHotEncoder(
                        handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False
                    ),
                ),
                texts,
            ),
        ]
    )


def _readable(names: NDArray[Any]) -> tuple[str, ...]:
    return tuple(
        str(name).split("__", 1)[-1].replace("missingindicator_", "missing: ") for name in names
    )


def _unchanged(X: Floats) -> Floats:
    return X
