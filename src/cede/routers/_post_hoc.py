"""The post-hoc router: a fixed model, and an estimate of when each expert is right."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.routers._base import Router
from cede.routers._features import ask, validate_data
from cede.routers._models import (
    as_classifier,
    cross_fitted,
    log_posterior,
    model_answers,
)
from cede.routers._newcomer import Newcomer, known_labels
from cede.routers._targets import centre_and_scale, check_unit_costs
from cede.routers._training_cases import TrainingCases
from cede.routers.heads import in_blocks, products

__all__ = ["PostHocRouter"]

METHODS = ("threshold_correction", "rejector")


class PostHocRouter(Router):
    r"""Wrap a fixed classifier; learn when each expert is right; defer where that beats the model.

    The model's probabilities, sharpened or softened by one temperature, give
    :math:`\pi(x)`; a logistic model per expert, on the features and :math:`\log \pi`, gives the
    expert's accuracy :math:`\hat a_j(x)`. Both are the minimiser of softmax + one-vs-all
    (:func:`cede.losses.softmax_one_vs_all`, errors without fees) with the model frozen. The rule is
    post-hoc threshold correction: defer to the best expert iff

    .. math:: 1 - \max_k \pi_k(x) > \min_j\, [1 - \hat a_j(x) + \beta_j],

    for any fees :math:`\beta`, which ``set_params(fees=…)`` changes without a new fit.

    With ``method="rejector"`` nothing is estimated. One linear score :math:`r_j(x)` per expert, of
    the same inputs, is trained for who costs less (:func:`cede.losses.rejector`, weighted by the
    model's errors and the experts' errors plus fees); the best expert is asked iff its score is
    above zero. Fees enter the loss, and each needs a fit of its own.

    Parameters
    ----------
    model : classifier with ``predict_proba``, or torch.nn.Module
        A network is taken as a fitted classifier of 0..K-1 (:class:`TorchModel`); where only the
        model's probabilities were logged, see :class:`LoggedModel`. If it is fitted, it is used as
        it stands: then fit the router on cases that the model did *not* see, or the model's
        confidence there flatters it (and wrap it in scikit-learn's ``FrozenEstimator`` if the
        router is to be cloned). If not, it is cross-fitted: the router learns from out-of-fold
        probabilities, and the model is then fitted on all cases.
    method : {"threshold_correction", "rejector"}, default="threshold_correction"
        How to learn whom to ask, see above.
    expert_model : classifier with ``predict_proba``, default=None
        Learns each expert's correctness from features and ``log pi``; one copy per expert, fitted
        on the cases that the expert answered. None is the linear one described above, on
        standardised inputs. For threshold correction only.
    fees : float or array of shape (J,), default=None
        What asking each expert costs, in units of one error.
    weight_decay : float, default=1e-2
        L2 penalty of the linear expert models. Raise it for few cases or many features.
    tol, max_iter : default=1e-6, 1000
        When L-BFGS stops.
    cv : int or splitter, default=5
        Folds for cross-fitting a model that is not fitted; a splitter sees the rows as they came,
        so that the router depends on their order.

    Attributes
    ----------
    model_ : classifier
        The model that answers.
    classes_ : array of shape (K,)
    expert_names_ : tuple of str, length J
    fees_ : array of shape (J,)
        Fees at fit; scores follow the parameter ``fees`` from then on.
    temperature_ : float
        What the model's logits are divided by: above 1, the model was overconfident.
    expert_models_ : list of length J, or None
        The fitted copies of ``expert_model``.
    n_features_in_, feature_names_in_, operating_point_
        As in :class:`SingleStageClassifier`.

    References
    ----------
    Narasimhan et al. 2022, equation 11 (rule) and 12 (loss), Theorem 2 (excess risk); for the
    rejector, equation 14 and theorem 4.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from cede.datasets import make_two_specialists
    >>> X, y, experts = make_two_specialists(n=3_000, random_state=0)
    >>> model = LogisticRegression().fit(X[:1000], y[:1000])
    >>> router = PostHocRouter(model, fees=0.02)
    >>> router = router.fit(X[1000:2000], y[1000:2000], experts=experts[1000:2000])
    >>> point = router.tune(X[1000:2000], budget=0.3)
    >>> alone = model.score(X[2000:], y[2000:])
    >>> bool(router.score(X[2000:], y[2000:], experts=experts[2000:]) > alone)
    True
    """

    def __init__(
        self,
        model: Any,
        *,
        method: Literal["threshold_correction", "rejector"] = "threshold_correction",
        expert_model: Any = None,
        fees: ArrayLike | None = None,
        weight_decay: float = 1e-2,
        tol: float = 1e-6,
        max_iter: int = 1000,
        cv: Any = 5,
    ) -> None:
        self.model = model
        self.method = method
        self.expert_model = expert_model
        self.fees = fees
        self.weight_decay = weight_decay
        self.tol = tol
        self.max_iter = max_iter
        self.cv = cv

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression()
        return {
            "post hoc": cls(model),
            "post hoc, expert model": cls(model, expert_model=LogisticRegression()),
            "rejector": cls(model, method="rejector"),
        }

    def _fit(self, cases: TrainingCases) -> None:
        model = as_classifier(self.model)
        self.model_, pi = cross_fitted(
            model, cases.X, cases.labels, self.cv, "predict_proba", cases.groups
        )
        log_pi = log_posterior(pi)
        inputs = np.hstack([cases.features, log_pi])
        self.expert_models_: list[Any] | None = None
        if self.expert_model is not None:
            self.expert_models_ = self._fit_expert_models(inputs, cases.costs)
        if self.method == "rejector":
            self._fit_rejector(inputs, log_pi, cases)
        else:
            self._fit_linear(inputs, log_pi, cases)

    def _estimates_costs(self) -> bool:
        return self.method != "rejector"

    def agent_scores(self, X: Any) -> Floats:
        """The model's confidence, then each expert's accuracy minus fee; ``(n, J + 1)``.

        With rejectors 0, then their scores, which rank the agents.
        """
        check_is_fitted(self)
        fees = self._fees()
        log_pi, inputs = self._inputs(X)
        if self.method == "rejector":
            if not np.array_equal(fees, self.fees_):
                raise InvalidInput(
                    f"Rejectors hold for the fees they were fitted with, {self.fees_.tolist()}, "
                    f"and fees={self.fees!r} now; fit again, or choose "
                    f"method='threshold_correction', whose fees can change."
                )
            return np.hstack([np.zeros((len(inputs), 1)), self._logits(inputs)])
        scaled = log_pi / self.temperature_
        confidence = 1.0 / np.exp(scaled - scaled.max(axis=1, keepdims=True)).sum(axis=1)
        return np.hstack([confidence[:, None], self._accuracy(inputs) - fees])

    def expert_accuracy(self, X: Any) -> Floats:
        """Estimated probability that each expert is right, ``(n, J)``, in [0, 1]."""
        check_is_fitted(self)
        if self.method == "rejector":
            raise InvalidInput(
                "A rejector learns who should answer and estimates no probabilities; for those, "
                "choose method='threshold_correction'."
            )
        return self._accuracy(self._inputs(X)[1])

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        check_is_fitted(self)
        validate_data(self, X, dtype=np.float64, reset=False)
        return model_answers(self.model_, X)

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities of the model, ``(n, K)``, at the temperature learned, if one was."""
        check_is_fitted(self)
        scaled = self._inputs(X)[0] / self.temperature_
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)

    def _check_parameters(self) -> None:
        model = as_classifier(self.model)
        if not hasattr(model, "predict_proba"):
            raise InvalidInput(
                f"{type(model).__name__} has no predict_proba, which threshold correction "
                f"needs; wrap it in sklearn.calibration.CalibratedClassifierCV."
            )
        if self.method not in METHODS:
            raise UnknownName("method", self.method, METHODS)
        if self.method == "rejector" and self.expert_model is not None:
            raise InvalidInput(
                "expert_model= learns when an expert is right, which rejectors do not ask; leave "
                "it out, or choose method='threshold_correction'."
            )

    def _inputs(self, X: Any) -> tuple[Floats, Floats]:
        features = validate_data(self, X, dtype=np.float64, reset=False)
        log_pi = log_posterior(ask(self.model_, "predict_proba", X))
        return log_pi, np.hstack([features, log_pi])

    def _logits(self, inputs: Floats) -> Floats:
        scaled = (inputs - self.center_) / self.scale_
        return in_blocks(lambda rows: products(rows, self.coef_), scaled) + self.intercept_

    def _accuracy(self, inputs: Floats) -> Floats:
        if self.expert_models_ is not None:
            columns = [_probability_right(model, inputs) for model in self.expert_models_]
            return np.column_stack([np.empty((len(inputs), 0)), *columns])
        return np.asarray(1.0 / (1.0 + np.exp(-self._logits(inputs).clip(-500, 500))))

    def _fit_linear(self, inputs: Floats, log_pi: Floats, cases: TrainingCases) -> None:
        """Fit the temperature and the linear expert models, by one loss, to convergence."""
        from cede.routers._post_hoc_fits import fit_correction

        n_experts = 0 if self.expert_models_ is not None else len(self.expert_names_)
        check_unit_costs(cases.costs)
        assert cases.y is not None
        z = self._standardised(inputs)
        fit = fit_correction(self, z, log_pi, cases.y, cases.costs[:, :n_experts])
        # A negative sharpness would turn the model's answers round; that is not calibration.
        self.temperature_ = 1.0 / max(fit.sharpness, 1e-3)
        self.coef_, self.intercept_, self.n_iter_ = fit.line

    def _fit_rejector(self, inputs: Floats, log_pi: Floats, cases: TrainingCases) -> None:
        """Fit one linear score per expert against the model as it stands."""
        from cede.routers._post_hoc_fits import fit_rejector

        wrong = log_pi.argmax(axis=1) != cases.y
        z = self._standardised(inputs)
        self.temperature_ = 1.0
        line = fit_rejector(self, z, wrong, cases.costs + self.fees_)
        self.coef_, self.intercept_, self.n_iter_ = line

    def _standardised(self, inputs: Floats) -> Floats:
        self.center_, self.scale_ = centre_and_scale(inputs, n_features=self.n_features_in_)
        return (inputs - self.center_) / self.scale_

    def _learn_expert(self, newcomer: Newcomer) -> None:
        """Fit its own model on the cases that it answered, the temperature being as it is."""
        log_pi, inputs = self._inputs(newcomer.X)
        y, costs = known_labels(self, newcomer), newcomer.costs[:, None]
        if self.expert_models_ is not None:
            self.expert_models_ += self._fit_expert_models(inputs, costs)
            return
        from cede.routers._post_hoc_fits import fit_rejector, fit_separately

        z = (inputs - self.center_) / self.scale_
        if self.method == "rejector":
            line = fit_rejector(self, z, log_pi.argmax(axis=1) != y, costs + newcomer.fee)
        else:
            check_unit_costs(costs)
            line = fit_separately(self, z, log_pi, y, costs)
        self.coef_ = np.vstack([self.coef_, line.coefficients])
        self.intercept_ = np.append(self.intercept_, line.intercepts)
        self.n_iter_ = line.n_iter

    def _fit_expert_models(self, inputs: Floats, costs: Floats) -> list[Any]:
        """One copy for each column of costs ``(n, J)``."""
        from sklearn.dummy import DummyClassifier

        models = []
        for own in costs.T:
            known = ~np.isnan(own)
            if not np.isin(own[known], (0.0, 1.0)).all():
                odd = float(own[known & ~np.isin(own, (0.0, 1.0))][0])
                raise InvalidInput(
                    f"learns whether an expert is right or wrong, costs of 0 and 1, but got one of "
                    f"{odd:.4g}; leave it out where costs are graded",
                    argument="expert_model",
                )
            right = 1 - own[known].astype(int)
            constant = right.min() == right.max()  # always right or always wrong: nothing to learn
            model = DummyClassifier() if constant else clone(self.expert_model)
            models.append(model.fit(inputs[known], right))
        return models


def _probability_right(model: Any, inputs: Floats) -> Floats:
    """Probability of class 1, also when the expert was always right or always wrong."""
    probabilities = np.asarray(ask(model, "predict_proba", inputs), dtype=np.float64)
    position = np.flatnonzero(np.asarray(model.classes_) == 1)
    return np.asarray(probabilities[:, position].sum(axis=1), dtype=np.float64)
