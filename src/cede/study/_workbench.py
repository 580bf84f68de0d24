"""The prepared matrix and the trained model, on which methods are fitted and looked at."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator

from cede._checks import Floats, Ints
from cede._rows._folds import folds
from cede._rows._order import row_hashes
from cede.logs import Cases, FixedModel
from cede.routers import METHODS, Method, SingleStageClassifier
from cede.routers._models import log_posterior
from cede.routers._targets import FarValueWarning
from cede.study._base_models import CheapestAnswers, fixed_model, trained_model
from cede.study._preparation import prepare, warn_of_far_values
from cede.study._splits import Parts

__all__ = ["FittedMethod", "Workbench"]

#: Of the fit part: each score comes from a fit on nine tenths of it, nearly as large as the last.
_FOLDS = 10


class FittedMethod:
    """A fitted router around the base model, which is agent 0 of every method.

    A single-stage method has a class head of its own. Were it to answer, its curve would not start
    at *model alone*, and part of its gain would not be deferral; so it only says how likely the
    base model's answer is right, or what it costs.

    Parameters
    ----------
    router : Router
    model : classifier
        The base model.
    view : callable
        From the matrix to what the router sees.
    costs : array of shape (K, K), optional
        What the model's answers (columns) cost where labels (rows) are the truth, if that is not
        one error for each that is wrong and the router learned from labels.
    scale : float, default=1.0
        How many errors one unit of the router's costs is.
    """

    def __init__(
        self,
        router: Any,
        model: Any,
        view: Callable[[Floats], Floats],
        costs: Floats | None = None,
        scale: float = 1.0,
    ) -> None:
        self.router, self.model, self.view = router, model, view
        self.costs, self.scale = costs, scale

    def agent_scores(self, X: Floats) -> Floats:
        """As the router's, with the model's column about the base model's answer."""
        scores = self._in_errors(np.asarray(self.router.agent_scores(self.view(X))))
        if self.costs is not None:
            posterior = np.asarray(self.router.predict_proba(self.view(X)))
            expected = posterior @ self.costs
            scores[:, 0] = 1.0 - expected[np.arange(len(expected)), self.predict(X)]
        elif isinstance(self.router, SingleStageClassifier):
            scores[:, 0] = self.router.answer_accuracy(self.view(X), self.predict(X))
        return scores

    def predict(self, X: Floats) -> NDArray[Any]:
        """What the base model answers."""
        return np.asarray(self.model.predict(X))

    def expert_accuracy(self, X: Floats) -> Floats:
        """As the router's, or one minus what it expects each expert's answer to cost."""
        if hasattr(self.router, "expert_accuracy"):
            return self._in_errors(np.asarray(self.router.expert_accuracy(self.view(X))))
        scores = np.asarray(self.router.agent_scores(self.view(X)))
        return self._in_errors(np.asarray(scores[:, 1:] + self.router._fees()))

    def _in_errors(self, scores: Floats) -> Floats:
        """One minus costs in units of one error, of what was learned in units of the dearest."""
        if self.scale == 1.0 or not self._estimates_costs():
            return scores
        return np.asarray(1.0 - self.scale * (1.0 - scores))

    def _estimates_costs(self) -> bool:
        return bool(self.router._estimates_costs())


@dataclass(frozen=True)
class Workbench:
    """The prepared matrix and the model, on which methods are fitted and judged."""

    problem: Cases
    parts: Parts
    X: Floats
    #: Labels as 0..K-1, which every model can read.
    y: Ints
    names: tuple[str, ...]
    model: Any
    #: What the model's answers (columns) cost where labels (rows) are the truth, ``(K, K)``; None
    #: where each that is wrong costs one error.
    costs: Floats | None = None

    @classmethod
    def build(
        cls, problem: Cases, parts: Parts, model: Any, seed: int, costs: Floats | None = None
    ) -> Workbench:
        """Prepare the features and train the base model, both on the model part alone.

        A :class:`FixedModel` is used as it stands; features are then prepared on the fit part.
        """
        warn_of_far_values(problem, parts.fit)
        y = np.unique(problem.y, return_inverse=True)[1].astype(np.int64)
        n_labels = int(y.max()) + 1
        fixed = model if isinstance(model, FixedModel) else None
        said = None if fixed is None else _said(problem, n_labels)
        matrix = prepare(problem, parts.learned, said, () if fixed is None else fixed.columns)
        X = matrix.X
        if fixed is None:
            base = trained_model(model, X[parts.model], y[parts.model], seed)
        else:
            has_chances = problem.probabilities is not None
            base = fixed_model(X.shape[1], n_labels, probabilities=has_chances)
        if costs is not None and hasattr(base, "predict_proba"):
            base = CheapestAnswers(base, costs)
        return cls(problem, parts, X, y, matrix.names, base, costs)

    def fit(self, method: str, fees: Floats) -> FittedMethod:
        """Fit one method on cases that the base model has not seen."""
        row = METHODS[method]
        view = self._view(row)
        from_labels = "labels" in row.needs
        learn = self._learn if from_labels else self._learn_costs
        scale = self._scale(row, fees)
        with warnings.catch_warnings():
            # Of columns as they were prepared, which nobody gave and nobody knows by number.
            warnings.simplefilter("ignore", FarValueWarning)
            router = learn(row, view(self.X[self.parts.fit]), fees, scale)
        return FittedMethod(router, self.model, view, self.costs if from_labels else None, scale)

    def model_costs(self, rows: Ints) -> Floats:
        """What the model's answers cost in these cases, ``(m,)``."""
        answers = self.model.predict(self.X[rows])
        if self.costs is None:
            return np.asarray(answers != self.y[rows], dtype=np.float64)
        return np.asarray(self.costs[self.y[rows], answers])

    def _scale(self, row: Method, fees: Floats) -> float:
        """How many errors the dearest answer costs, for a method that wants costs up to one."""
        if self.costs is None or not row.needs & {"unit_costs", "unit_agent_costs"}:
            return 1.0
        paid = self.problem.costs + (fees if "unit_agent_costs" in row.needs else 0.0)
        return max(1.0, float(self.costs.max()), float(np.nanmax(paid, initial=0.0)))

    def _learn(self, row: Method, X: Floats, fees: Floats, scale: float) -> Any:
        """Learn from labels and what the experts' answers cost."""
        # Frozen, so that it counts as fitted whatever attributes it has.
        beside = {"model": FrozenEstimator(self.model)} if "probabilities" in row.needs else {}
        rows = self.parts.fit
        router = row.make(fees=fees / scale, **beside)
        return router.fit(X, self.y[rows], costs=self.problem.costs[rows] / scale)

    def _learn_costs(self, row: Method, X: Floats, fees: Floats, scale: float) -> Any:
        """Learn from a table: what the base model's answers cost, out of sample, and the experts'.

        Where nothing is estimated fees must be in the table; else they are taken off later.
        """
        rows, later = self.parts.fit, "estimates" in row.gives
        paid = self.problem.costs[rows] + (0.0 if later else fees)
        table = np.column_stack([self.model_costs(rows), paid]) / scale
        groups = None if self.problem.groups is None else self.problem.groups[rows]
        router = row.make().fit(X, table, groups=groups)
        return router.set_params(fees=fees / scale) if later else router

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

        Without them a line of costs does not know how sure the model is. Where answers cost more
        or less than one error, what the model's is expected to cost stands beside.
        """
        probabilities = self.model.predict_proba(X)
        ordered = np.sort(log_posterior(probabilities), axis=1)
        lead = ordered[:, -1] - ordered[:, -2]
        columns = [self._with_log_posterior(X), ordered[:, -1], lead]
        if self.costs is not None:
            columns.append((probabilities @ self.costs).min(axis=1))
        return np.column_stack(columns)


def _said(problem: Cases, n_labels: int) -> Floats:
    """What a fixed model says of each label, ``(n, K)``: probabilities, or 1 where it says so."""
    if problem.probabilities is not None:
        return problem.probabilities
    assert problem.answers is not None
    return np.eye(n_labels)[problem.answers[:, 0]]


def _unchanged(X: Floats) -> Floats:
    return X
