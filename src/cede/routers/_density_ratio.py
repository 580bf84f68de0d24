"""The density-ratio router: where the model does better than an expert, as one ratio per expert."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput, UnknownName
from cede.losses import SURROGATES, names_of
from cede.routers._agents import answers_of_agent_0, with_model
from cede.routers._base import Router
from cede.routers._features import validate_data
from cede.routers._ideals import Observed
from cede.routers._least_squares import least_squares
from cede.routers._newcomer import Newcomer
from cede.routers._ridge import chosen_penalty
from cede.routers._scorers import (
    contrasted,
    fit_contrast,
    fit_regressors,
    is_scikit_learn,
    regressed,
    regresses,
)
from cede.routers._training_cases import TrainingCases
from cede.routers.heads import Head, Headed, Objective, routed_risk

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DensityRatioRouter"]

_PROPER = ("log", "square", "exponential")


class DensityRatioRouter(Headed, Router):
    r"""Route by the ratio of two distributions: the cases that suit the model, and the expert.

    An agent's ideal at temperature :math:`\lambda` is the distribution of cases of least
    :math:`E_Q[l] + \lambda\,\mathrm{KL}(Q\|P)`. The router learns, once, the ratio
    :math:`\rho_j = dQ_0/dQ_j` of the model's ideal to each expert's, and defers where it is small;
    any deferral rate is then a threshold (:meth:`tune`), without a new fit.

    - ``ideals="joint"`` reweighs cases and outcomes together, by :math:`w_j = e^{-c_j/\lambda}/Z_j`
      with the cost :math:`c_j` that was observed. One scorer per expert learns
      :math:`\log E[w_0|x]/E[w_j|x]` by :func:`cede.losses.density_ratio`. The agent scores are 0
      for the model and :math:`\lambda (\log(Z_j/Z_0) - \log\rho_j)`: for costs of 0 and 1 an expert
      is asked at zero price exactly where it is right more often, whatever the temperature.
    - ``ideals="marginal"`` reweighs cases only, by their expected costs :math:`C_j(x)`, so that
      :math:`\log\rho_j = (C_j - C_0)/\lambda + \log(Z_j/Z_0)`. This needs estimates of the
      costs and no ratio: the router is a regression of costs, with agent scores
      :math:`1 - \hat C_j`, and the temperature changes :meth:`log_ratios` only.

    Without propensities, an expert is learned from the cases in which its cost and the model's are
    both known.

    Parameters
    ----------
    model : classifier or torch.nn.Module, default=None
        Agent 0, if ``fit`` is to compute the costs from labels; as in :class:`TwoStageRouter`.
    temperature : float, default=1.0
        :math:`\lambda > 0`, in units of costs. Raising it ranks cases by the difference of expected
        costs, as a budget wants, and shrinks the signal; lowering it ranks by their ratio and looks
        at cheap cases only, with high variance: for costs of 0 and 1, stay above 0.2.
    proper : {"log", "square", "exponential"}, default="log"
        The strictly proper loss of joint ideals; all have the same optimum.
    ideals : {"joint", "marginal"}, default="joint"
    head : Linear, Mlp, Network, {"linear", "mlp"}, classifier or regressor, default="linear"
        As in :class:`SingleStageClassifier`. A scikit-learn classifier tells the ideals apart by
        its own loss (joint), a regressor learns the costs (marginal).
    fees : float or array of shape (J,), default=None
        What asking each expert costs, in units of one error; for fits from labels only. With
        marginal ideals a new fee needs no new fit.
    cv, random_state
        As in :class:`TwoStageRouter`.

    Attributes
    ----------
    log_normalizers_ : array of shape (J, 2)
        :math:`(\log Z_0, \log Z_j)` of each expert, over the training cases that both answered.
    added_ : list of DensityRatioRouter
        Experts who were added later, each beside the model.
    model_, classes_, expert_names_, fees_, scorers_, head_, module_, history_, n_iter_, \
n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`.

    References
    ----------
    After Soen et al. 2026, arXiv 2605.19557; several experts, missing answers and the scale of the
    scores are ours.

    Examples
    --------
    >>> from cede.datasets import load_llm_routing
    >>> logs = load_llm_routing()
    >>> train, test = (logs.extras["split"] == part for part in ("train", "test"))
    >>> router = DensityRatioRouter(temperature=2.0).fit(logs.X[train], logs.answer_costs[train])
    >>> point = router.tune(logs.X[train], budget=0.2)        # any rate, of the one fit
    >>> share = (router.route(logs.X[test]) == 1).mean()
    >>> bool(0.15 < share < 0.25)
    True
    """

    _learns_from_costs = True
    _takes = Router._takes | {"table", "sample_weight", "propensities"}

    def __init__(
        self,
        model: Any = None,
        *,
        temperature: float = 1.0,
        proper: Literal["log", "square", "exponential"] = "log",
        ideals: Literal["joint", "marginal"] = "joint",
        head: Head = "linear",
        fees: ArrayLike | None = None,
        cv: Any = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.model = model
        self.temperature = temperature
        self.proper = proper
        self.ideals = ideals
        self.head = head
        self.fees = fees
        self.cv = cv
        self.random_state = random_state

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression()
        return {"density ratio": cls(model), "marginal ideals": cls(model, ideals="marginal")}

    def _fit(self, cases: TrainingCases) -> None:
        cases = with_model(self, cases)
        joint = self.ideals == "joint"
        table = cases.paid(self.fees_) if joint else cases.answer_costs
        observed = Observed(table, cases.propensities, cases.weight)
        if joint and cases.propensities is not None and table.shape[1] > 1:
            _warn_of_few_in_common(observed)
        self.added_: list[DensityRatioRouter] = []
        if joint and table.shape[1] > 1:
            self._fit_ratios(cases.features, observed, cases.groups)
        else:
            self._fit_costs(cases.features, observed, cases.groups)

    def agent_scores(self, X: Any) -> Floats:
        """Zero and the experts' advantages (joint), or one minus costs (marginal); ``(n, J + 1)``.

        Differences are comparable with costs: with joint ideals nearly, as the temperature grows.
        """
        check_is_fitted(self)
        fees = self._fees()
        apart = [router.agent_scores(X)[:, 1:] for router in self.added_]
        if self.ideals == "marginal" or not len(fees):
            scores = np.hstack([self._one_minus_costs(X), *apart])
            scores[:, 1:] -= fees
            return scores
        if not np.array_equal(fees, self.fees_):
            raise InvalidInput(
                f"must be those that ratios of joint ideals were fitted with, "
                f"{self.fees_.tolist()}, but got {self.fees!r}; fit again, or choose marginal "
                f"ideals, whose fees can change",
                argument="fees",
            )
        shift = self.log_normalizers_[:, 1] - self.log_normalizers_[:, 0]
        advantage = self.temperature * (shift - self._log_ratios(X))
        return np.hstack([np.zeros((len(advantage), 1)), advantage, *apart])

    def log_ratios(self, X: Any) -> Floats:
        r""":math:`\log \rho_j(x)`, ``(n, J)``: an expert suits the cases where it is small.

        With marginal ideals it is that of the costs before fees.
        """
        check_is_fitted(self)
        apart = [router.log_ratios(X) for router in self.added_]
        if self.ideals == "joint" and self.expert_names_:
            return np.hstack([self._log_ratios(X), *apart])
        scores = self._one_minus_costs(X)
        shift = self.log_normalizers_[:, 1] - self.log_normalizers_[:, 0]
        return np.hstack([(scores[:, :1] - scores[:, 1:]) / self.temperature + shift, *apart])

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        return answers_of_agent_0(self, X)

    def _estimates_costs(self) -> bool:
        return self.ideals == "marginal"

    def _learn_expert(self, newcomer: Newcomer) -> None:
        """Learn its ratio to the model, on the cases that it answered, by a router of its own."""
        if len(self.expert_names_) == len(self.added_) == 0 and self.ideals == "joint":
            raise InvalidInput(
                "This router was fitted without experts, and so without ratios; fit it again with "
                "the new one."
            )
        if np.isnan(newcomer.model_costs).any():
            raise InvalidInput(
                "A density ratio is that of the model to the expert, so what the model's answers "
                "cost must be known: pass y of shape (m, 2), the model's cost and the expert's."
            )
        own = newcomer.costs + (newcomer.fee if self.ideals == "joint" else 0.0)
        router: Any = clone(self).set_params(model=None, fees=None)
        self.added_.append(router.fit(newcomer.X, np.column_stack([newcomer.model_costs, own])))

    def _check_parameters(self) -> None:
        if self.ideals not in ("joint", "marginal"):
            raise UnknownName("kind of ideals", self.ideals, ("joint", "marginal"))
        if self.proper not in _PROPER:
            raise UnknownName("proper loss", self.proper, _PROPER)
        wanted = regresses if self.ideals == "marginal" else is_classifier
        if is_scikit_learn(self.head) and not wanted(self.head):
            kind = "regressor, of the costs" if self.ideals == "marginal" else "classifier, of both"
            raise InvalidInput(
                f"must be a {kind}, if it is scikit-learn's and ideals are {self.ideals}, but got "
                f"{type(self.head).__name__}; choose another, or 'linear'",
                argument="head",
            )
        if not (isinstance(self.temperature, Real) and 0 < self.temperature < np.inf):
            raise InvalidInput(f"temperature must be above zero, not {self.temperature!r}.")

    def _fit_ratios(self, features: Floats, seen: Observed, groups: Ints | None) -> None:
        """Fit one scorer per expert to the weights of both ideals."""
        losses = np.where(seen.known, seen.table, 0.0)
        normalisers, shifts = seen.normalisers(self.temperature)
        self.log_normalizers_: Floats = normalisers
        n_experts = losses.shape[1] - 1
        if is_scikit_learn(self.head):
            exponents = -losses / self.temperature
            of_model = np.exp(exponents[:, :1] - shifts[0])
            of_expert = np.exp(exponents[:, 1:] - shifts[1])
            if seen.weight is not None:
                of_model *= seen.weight[:, None]
                of_expert *= seen.weight[:, None]
            self.scorers_: list[Any] = [
                fit_contrast(self.head, features, of_model[:, j], of_expert[:, j])
                for j in range(n_experts)
            ]
            return
        mask = None if seen.known.all() else seen.known
        targets = (losses, *shifts, mask, seen.chance, seen.weight)
        row = SURROGATES[names_of("density_ratio")[0]]
        loss, check = partial(self._loss, row.per_case), partial(self._loss, row.loss)
        objective = Objective(loss, self._risk, decay=self._decay, check=check)
        self._fit_head(n_experts, features, targets, objective, groups)

    def _fit_costs(self, features: Floats, seen: Observed, groups: Ints | None) -> None:
        """Fit a regression of every agent's cost."""
        if is_scikit_learn(self.head):
            self.scorers_ = fit_regressors(self.head, features, *seen)
        else:
            mask = None if seen.known.all() else seen.known
            targets = (np.where(seen.known, seen.table, 0.0), mask, seen.chance, seen.weight)
            n_agents = seen.table.shape[1]
            self._fit_head(n_agents, features, targets, least_squares(), groups)
        exponents = (self._scores_of(features) - 1.0) / self.temperature
        each = logsumexp(exponents, axis=0) - np.log(len(exponents))
        self.log_normalizers_ = np.column_stack([np.broadcast_to(each[0], len(each) - 1), each[1:]])

    def _log_ratios(self, X: Any) -> Floats:
        features = validate_data(self, X, dtype=np.float64, reset=False)
        if is_scikit_learn(self.head):
            return contrasted(self.scorers_, features)
        return self.head_.scores(features)

    def _one_minus_costs(self, X: Any) -> Floats:
        return self._scores_of(validate_data(self, X, dtype=np.float64, reset=False))

    def _scores_of(self, features: Floats) -> Floats:
        if is_scikit_learn(self.head):
            return regressed(self.scorers_, features)
        return self.head_.scores(features)

    def _decay(
        self,
        X: Floats,
        groups: Ints | None,
        losses: Floats,
        of_model: Floats,
        of_expert: Floats,
        *rest: Any,
    ) -> float:
        """What a regression of the difference of weights wants, at the loss's curvature of 1/2."""
        exponents = -losses / self.temperature
        apart = np.exp(exponents[:, :1] - of_model) - np.exp(exponents[:, 1:] - of_expert)
        return 0.5 * chosen_penalty(X, apart, groups) / len(X)

    def _loss(
        self,
        ratio_loss: Callable[..., Tensor],
        scores: Tensor,
        losses: Tensor,
        log_z_model: Tensor,
        log_z_expert: Tensor,
        mask: Tensor | None,
        propensities: Tensor | None,
    ) -> Tensor:
        each = ratio_loss(
            scores,
            losses[..., :1].expand_as(scores),
            losses[..., 1:],
            temperature=self.temperature,
            proper=self.proper,
            log_normalizers=(log_z_model, log_z_expert),
        )
        return each.sum(-1) if each.ndim else each

    def _risk(
        self,
        scores: Tensor,
        losses: Tensor,
        log_z_model: Tensor,
        log_z_expert: Tensor,
        mask: Tensor | None,
        chance: Tensor | None,
        weight: Tensor | None,
    ) -> float:
        shift = self.log_normalizers_[:, 1] - self.log_normalizers_[:, 0]
        advantage = scores.new_tensor(shift) - scores
        agents = advantage.new_zeros(len(advantage), 1 + advantage.shape[1])
        agents[:, 1:] = advantage
        return routed_risk(agents, losses, mask, chance, weight)


def _warn_of_few_in_common(observed: Observed) -> None:
    together = observed.known[:, :1] & observed.known[:, 1:]
    if together.mean() < 0.5:
        warnings.warn(
            f"The model's cost and an expert's are both known in {together.mean():.1%} of all "
            f"cells, so joint ideals compare different cases, and a ratio learned from few of them "
            f"is mostly noise; ideals='marginal' learns each agent apart.",
            UserWarning,
            stacklevel=6,
        )
