"""The calibrated router: a fitted one, and a map per agent from what it says to what is so."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats, check_fees
from cede._checks._names import check_same_names
from cede._rows._fingerprint import check_unseen
from cede.costs import expert_costs
from cede.evaluation.calibration._agents import (
    check_estimates,
    estimated_accuracy,
    without_fees,
)
from cede.evaluation.calibration._agents import own_fees as fees_of
from cede.exceptions import InvalidInput, UnknownName
from cede.routers._base import Router
from cede.routers._models import is_fitted
from cede.routers._monotone import fit_line, fit_sigmoid, fit_temperature, log_odds, sigmoid
from cede.routers._training_cases import TrainingCases

__all__ = ["CalibratedRouter"]

METHODS = ("isotonic", "sigmoid", "temperature", "linear")
#: What keeping the order adds to scores at most, in units of the largest.
_TILT = 1e-9


class CalibratedRouter(Router):
    r"""Recalibrate a fitted router's estimates, so that fees and prices mean what they say.

    For each agent j with estimated accuracy :math:`s_j(x)`, a non-decreasing map is learned from
    cases that the router has not seen, and that the agent answered,

    .. math:: g_j(s) \approx E[1 - C_j \mid s_j(x) = s],

    and the agent scores are :math:`g_j(s_j(x))`, less fees. The router itself is not fitted again.
    If each :math:`s_j` is any increasing function of the truth, the calibrated scores are the
    truth, and the rule is optimal at every fee. Otherwise each agent's estimate is right on average
    over the cases for which it is the same, though not for every pair of estimates.

    Parameters
    ----------
    router : Router
        Fitted, and one that estimates costs; a clone of this keeps it fitted. What only ranks its
        agents is refused.
    method : {"isotonic", "sigmoid", "temperature", "linear"}, default="isotonic"
        - "isotonic": any non-decreasing map by least squares, constant beyond the estimates seen.
          Costs of any unit. From about a thousand answers per agent on.
        - "sigmoid": :math:`\sigma(a \,\mathrm{logit}\, s + b)` by log loss, with Platt's targets.
        - "temperature": the same with b = 0, without Platt's targets: a is one over the
          temperature. Mends over- and underconfidence, and nothing else.
        - "linear": a line by least squares. Costs of any unit; steady on few answers.

        The two on log-odds need costs in [0, 1], and clip estimates to [0.001, 0.999]. Where an
        agent's estimates rank its cases no better than chance, sigmoid and line are flat.
    fees : float or array of shape (J,), default=None
        What asking each expert costs; None is the router's own. They may change after the fit.
    keep_order : bool, default=True
        Isotonic maps have steps, so cases tie that the router tells apart. Ties at the threshold
        all stay with the model, and a budget may be spent by much less than it allows. This orders
        them as the router does, by additions below 1e-9 (times the largest score) that make nobody
        leave the model whom calibrated scores keep. Without it, the ties stand.

    Attributes
    ----------
    thresholds_, values_ : lists of arrays, one per agent
        Of isotonic maps: corners, between which lines are drawn.
    coef_, intercept_ : arrays of shape (J + 1,)
        Of the other maps: a and b.
    method_ : str
        The method of the fit.
    fees_ : array of shape (J,)
        Fees at fit; scores follow the parameter from then on.
    fitted_on_ : list of Fingerprint
        Of the cases the router was fitted on, and of those it was calibrated on.
    classes_, expert_names_, n_features_in_, feature_names_in_, operating_point_
        As the router's.

    References
    ----------
    Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass probability
    estimates" (isotonic); Platt 1999, "Probabilistic outputs for support vector machines"
    (sigmoid); Guo et al. 2017, "On calibration of modern neural networks" (temperature); Niculescu-
    Mizil and Caruana 2005, "Predicting good probabilities with supervised learning" (how many
    cases).

    Examples
    --------
    >>> from cede import SingleStageClassifier
    >>> from cede.evaluation.calibration import agent_reliability
    >>> from cede.datasets import make_two_specialists
    >>> X, y, experts = make_two_specialists(n=6_000, random_state=0)
    >>> fit, held_out, test = slice(0, 2000), slice(2000, 4000), slice(4000, 6000)
    >>> router = SingleStageClassifier("cost_sensitive_softmax")
    >>> router = router.fit(X[fit], y[fit], experts=experts[fit])
    >>> calibrated = CalibratedRouter(router, fees=0.05)
    >>> calibrated = calibrated.fit(X[held_out], y[held_out], experts=experts[held_out])
    >>> for each in (router, calibrated):
    ...     found = agent_reliability(each, X[test], y[test], experts[test])
    ...     print({name: round(agent.ece, 2) for name, agent in found.items()})
    {'model': 0.12, 'expert 1': 0.07, 'expert 2': 0.07}
    {'model': 0.03, 'expert 1': 0.03, 'expert 2': 0.03}
    """

    _takes = Router._takes | {"table", "propensities"}
    _asks_for_experts = False  # who they are, its router knows

    def __init__(
        self,
        router: Router,
        *,
        method: Literal["isotonic", "sigmoid", "temperature", "linear"] = "isotonic",
        fees: ArrayLike | None = None,
        keep_order: bool = True,
    ) -> None:
        self.router = router
        self.method = method
        self.fees = fees
        self.keep_order = keep_order

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from cede.datasets import make_two_specialists
        from cede.routers._single_stage import SingleStageClassifier

        earlier = make_two_specialists(n=1_000, random_state=7)
        router = SingleStageClassifier("one_vs_all")
        return {"calibrated": cls(router.fit(earlier.X, earlier.y, experts=earlier.experts))}

    def _fit(self, cases: TrainingCases) -> None:
        check_unseen(self.router, cases.X, "Recalibration")
        self._take_over()
        table = self._costs_before_fees(cases)
        estimates = estimated_accuracy(self.router, cases.X)
        self._check_scale(table)
        chance = cases.propensities
        weights = np.ones_like(table) if chance is None else 1.0 / chance
        self._fit_maps(estimates, 1.0 - table, weights)
        self.fitted_on_ = [*getattr(self.router, "fitted_on_", []), *self.fitted_on_]

    def _costs_before_fees(self, cases: TrainingCases) -> Floats:
        """What each agent's answer cost, ``(n, J + 1)``, the router's own fees being left out."""
        if cases.labels is None:
            return without_fees(cases.answer_costs, fees_of(self.router, cases.costs.shape[1]))
        answers = np.asarray(self.router.predict(cases.X))
        return cases.with_model_costs(expert_costs(answers, cases.labels)[:, 0]).answer_costs

    def _names(self, cases: TrainingCases) -> tuple[str, ...]:
        """The router's, who must be those of the cases."""
        known: tuple[str, ...] = self.router.expert_names_
        if len(known) != len(cases.expert_names):
            raise InvalidInput(
                f"must be of the router's {len(known)} experts, but got {len(cases.expert_names)}; "
                f"pass the answers of each, or what these cost",
                argument="experts",
            )
        check_same_names(known, cases.expert_names)
        return known

    def _known_classes(self) -> NDArray[Any] | None:
        """The router's."""
        return getattr(self.router, "classes_", None)

    def agent_scores(self, X: Any) -> Floats:
        """One minus each agent's calibrated cost, fees included, ``(n, J + 1)``."""
        scores = self._calibrated(X)
        scores[:, 1:] -= self._fees()
        return scores

    def expert_accuracy(self, X: Any) -> Floats:
        """Calibrated probability that each expert is right, ``(n, J)``; one minus its cost."""
        return self._calibrated(X)[:, 1:]

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        check_is_fitted(self)
        return np.asarray(self.router.predict(X))

    def _fees(self) -> Floats:
        n_experts = len(self.expert_names_)
        if self.fees is None:
            return fees_of(self.router, n_experts)
        return check_fees(self.fees, self.expert_names_)

    def _calibrated(self, X: Any) -> Floats:
        check_is_fitted(self)
        estimates = estimated_accuracy(self.router, X)
        if estimates.shape[1] != len(self.expert_names_) + 1:
            raise InvalidInput(
                f"The router has {estimates.shape[1] - 1} experts now and was calibrated with "
                f"{len(self.expert_names_)}; fit the calibration again."
            )
        if self.method_ == "isotonic":
            return self._stepped(estimates)
        if self.method_ == "linear":
            return np.asarray(estimates * self.coef_ + self.intercept_, dtype=np.float64)
        return sigmoid(log_odds(estimates) * self.coef_ + self.intercept_)

    def _check_parameters(self) -> None:
        if self.method not in METHODS:
            raise UnknownName("method", self.method, METHODS)
        if not isinstance(self.router, Router):
            raise InvalidInput(
                f"must be a fitted router, but got {self.router!r}", argument="router"
            )
        if not is_fitted(self.router):
            raise InvalidInput(
                f"must be fitted, but got a {type(self.router).__name__} that is not; fit it "
                f"first, and calibrate it on cases that it has not seen",
                argument="router",
            )
        check_estimates(self.router)

    def _take_over(self) -> None:
        """Take the attributes by which callers know a router from the one inside."""
        for name in ("classes_", "n_features_in_", "feature_names_in_"):
            if hasattr(self.router, name):
                setattr(self, name, getattr(self.router, name))
            elif hasattr(self, name):
                delattr(self, name)

    def _check_scale(self, table: Floats) -> None:
        """Refuse costs that are not in the unit of the method."""
        largest = float(np.nanmax(table))
        if self.method in ("sigmoid", "temperature") and largest > 1.0 + 1e-9:
            raise InvalidInput(
                f"{self.method!r} maps to probabilities and needs costs before fees in [0, 1], but "
                f"got {largest:.4g}; choose 'isotonic' or 'linear', which take costs of any unit",
                argument="method",
            )

    def _fit_maps(self, estimates: Floats, worth: Floats, weights: Floats) -> None:
        """One map per agent, from the cases in which its answer is known."""
        self.method_ = self.method
        known = [~np.isnan(column) for column in worth.T]
        agents = [
            (estimates[k, j], worth[k, j], weights[k, j] / weights[k, j].mean())
            for j, k in enumerate(known)
        ]
        if self.method == "isotonic":
            from sklearn.isotonic import IsotonicRegression

            maps = [IsotonicRegression(out_of_bounds="clip").fit(*agent) for agent in agents]
            self.thresholds_: list[Floats] = [np.asarray(each.X_thresholds_) for each in maps]
            self.values_: list[Floats] = [np.asarray(each.y_thresholds_) for each in maps]
            largest = max(float(np.abs(values).max()) for values in self.values_)
            self.tilt_: float = _TILT * max(largest, 1e-300) if self.keep_order else 0.0
            return
        fit = {"sigmoid": fit_sigmoid, "temperature": fit_temperature, "linear": fit_line}
        lines = np.array([fit[self.method](*agent) for agent in agents])
        self.coef_, self.intercept_ = lines[:, 0], lines[:, 1]

    def _stepped(self, estimates: Floats) -> Floats:
        """Apply the isotonic maps; within a step, the order of the estimates breaks ties."""
        scores = np.empty_like(estimates)
        pieces = zip(estimates.T, self.thresholds_, self.values_, strict=True)
        for j, (column, knots, values) in enumerate(pieces):
            scores[:, j] = np.interp(column, knots, values)
            if self.tilt_:
                reach = float(knots[-1] - knots[0]) or 1.0
                place = np.arctan((column - knots[0]) / reach - 0.5) / np.pi + 0.5  # in (0, 1)
                # Never in an expert's favour: a tie with the model stays with the model.
                scores[:, j] += self.tilt_ * (place if j == 0 else place - 1.0)
        return scores

    def __sklearn_clone__(self) -> CalibratedRouter:
        """Keep the router fitted, as there is nothing to calibrate otherwise."""
        return type(self)(**self.get_params(deep=False))
