"""The two-stage router: agents are fixed, and who is the cheapest is learned from a cost table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput
from cede.losses import Surrogate, find_surrogate, names_of
from cede.routers._agents import answers_of_agent_0, with_model
from cede.routers._base import Router
from cede.routers._features import validate_data
from cede.routers._least_squares import fit_costs, least_squares, score_of
from cede.routers._newcomer import Newcomer
from cede.routers._ridge import chosen_penalty
from cede.routers._scorers import (
    classified,
    fit_classifier,
    fit_regressors,
    is_scikit_learn,
    regressed,
    regresses,
)
from cede.routers._training_cases import TrainingCases
from cede.routers.heads import (
    USUAL_DECAY,
    Head,
    Headed,
    Linear,
    Mlp,
    Objective,
    own_head,
    routed_risk,
)

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["TwoStageRouter"]

#: What linear heads and networks are trained with unless the user says otherwise.
DEFAULT = "cost_regression"


class TwoStageRouter(Headed, Router):
    r"""Route among fixed agents, whatever their task: learned from what each one's answers cost.

    One score :math:`r_j(x)` per agent, the model's first, learned from the table of agent costs; a
    case goes to the agent with the largest. It needs to know neither classes nor answers, so agents
    may classify, predict numbers, detect or do several tasks at once: :mod:`cede.costs` turns their
    answers into costs. Scores are of one of two kinds:

    - estimates, one minus the expected cost (``surrogate="cost_regression"``, or a scikit-learn
      regressor as head): each agent is learned from the cases that it answered, fees can change
      after the fit, and :meth:`tune` ranks cases by what deferring them saves;
    - ranks (every other surrogate, or a scikit-learn classifier as head): trained for who is the
      cheapest only, which a head that cannot follow the costs may still find. Fees belong in the
      table, and missing costs need propensities (with one known cost per case the variance is
      high). Differences of scores follow ratios of expected costs: for a tight budget, fit with
      fees at which about that share is worth deferring.

    With propensities, regressions weigh each known cost by the inverse; other losses, which are
    linear in the costs, take the cost divided by it, and zero where it is missing. With groups, a
    model that is not fitted, the penalty of a linear head and the epochs of a network are judged on
    cases of other groups than those learned from.

    Parameters
    ----------
    model : classifier or torch.nn.Module, default=None
        Agent 0, if ``fit`` is to compute the costs from labels. If it is fitted, it is used as it
        stands: then fit the router on cases that it did *not* see, or its costs there flatter it
        (and wrap it in scikit-learn's ``FrozenEstimator`` if the router is to be cloned). If not,
        it is cross-fitted: its costs are out of fold, and it is then fitted on all cases. A network
        is taken as a fitted classifier of 0..K-1, see :class:`TorchModel`.
    surrogate : str or Surrogate, default=None
        A two-stage row of ``cede.losses.SURROGATES`` or its name, for a head that is trained here;
        None is "cost_regression", whose scores are estimates. At zero price "complement" did better
        on a line (``benchmarks/quality``), most of all where a line can route perfectly but cannot
        follow the costs; over all budgets it did not (``papers/league``).
    head : Linear, Mlp, Network, {"linear", "mlp"}, regressor or classifier, default="linear"
        What maps features to agent scores, as in :class:`SingleStageClassifier`. A scikit-learn
        regressor is fitted to the costs, one copy per agent; a classifier to the agents, each
        case counting for each agent by what the others cost more than the cheapest (the loss
        "aggregated"). A forest (100 trees, leaves of 5 cases) did better than a line on most
        problems, and costs seconds; boosting has to be kept small (60 trees of 8 leaves).
    fees : float or array of shape (J,), default=None
        What asking each expert costs, in units of one error; for fits from labels only, where the
        experts' costs are error plus fee. Where scores are estimates a new fee needs no new fit.
    cv : int or splitter, default=5
        Folds for cross-fitting a model that is not fitted; a splitter sees the rows as they came,
        so that the router depends on their order.
    random_state
        As in :class:`SingleStageClassifier`; not used by scikit-learn heads, nor by linear ones.

    Attributes
    ----------
    model_ : classifier or None
        The model that answers.
    classes_ : array of shape (K,)
        The model's classes, after a fit from labels.
    expert_names_ : tuple of str, length J
        Columns of ``experts``, or of the cost table after the first, if they had names.
    fees_ : array of shape (J,)
        Fees at fit.
    scorers_ : list
        Fitted copies of a scikit-learn head.
    added_ : list
        Heads of experts who were added later.
    cost_scale_ : float
        What a network takes as a cost of one: the root of the mean square.
    head_, module_, history_, n_iter_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`SingleStageClassifier`.

    References
    ----------
    Mao et al. 2023, "Two-stage learning to defer with multiple experts"; Montreuil et al. 2025, "A
    two-stage learning-to-defer approach for multi-task learning"; see
    ``SURROGATES[name].reference``.

    Examples
    --------
    >>> from cede.datasets import make_two_specialists
    >>> X, y, experts = make_two_specialists(n=2_000, random_state=0)
    >>> from sklearn.linear_model import LogisticRegression
    >>> model = LogisticRegression().fit(X[:500], y[:500])
    >>> router = TwoStageRouter(model).fit(X[500:1500], y[500:1500], experts=experts[500:1500])
    >>> alone = model.score(X[1500:], y[1500:])
    >>> bool(router.score(X[1500:], y[1500:], experts=experts[1500:]) > alone)
    True

    From a cost table, of any task:

    >>> import cede
    >>> table = cede.agent_costs(model.predict(X), experts, y, fees=0.05)     # (n, J + 1)
    >>> router = TwoStageRouter().fit(X[500:1500], table[500:1500])
    >>> routes = router.route(X[1500:])
    """

    _learns_from_costs = True
    _takes = Router._takes | {"table", "sample_weight", "propensities"}

    def __init__(
        self,
        model: Any = None,
        *,
        surrogate: str | Surrogate | None = None,
        head: Head = "linear",
        fees: ArrayLike | None = None,
        cv: Any = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.model = model
        self.surrogate = surrogate
        self.head = head
        self.fees = fees
        self.cv = cv
        self.random_state = random_state

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.ensemble import ExtraTreesRegressor
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures

        model = LogisticRegression()
        trees = ExtraTreesRegressor(30, min_samples_leaf=10, random_state=0)
        classifier = make_pipeline(PolynomialFeatures(2), LogisticRegression())
        return {
            **{name: cls(model, surrogate=name) for name in names_of("two_stage")},
            "two stages, trees": cls(model, head=trees),
            "two stages, classifier": cls(model, head=classifier),
            "two stages, mlp": cls(model, head=Mlp(epochs=30), random_state=0),
        }

    def _check_parameters(self) -> None:
        self._row()

    def _fit(self, cases: TrainingCases) -> None:
        cases, row = with_model(self, cases), self._row()
        table, chance = cases.answer_costs, cases.propensities
        if not self._gives_estimates(row):
            table, chance = self._filled(cases.paid(self.fees_), chance, row), None
        self.added_: list[Any] = []
        self.cost_scale_ = 1.0
        if row is not None:
            self._fit_surrogate(row, cases, table, chance)
        elif regresses(self.head):
            self.scorers_ = fit_regressors(self.head, cases.features, table, chance, cases.weight)
        else:
            self.scorers_ = [fit_classifier(self.head, cases.features, table, cases.weight)]

    def agent_scores(self, X: Any) -> Floats:
        """One minus each agent's estimated cost, or a rank of the agents; ``(n, J + 1)``."""
        check_is_fitted(self)
        fees, row = self._fees(), self._row()
        if row is None:
            features = validate_data(self, X, dtype=np.float64, reset=False)
            if regresses(self.head):
                scores = regressed(self.scorers_, features)
            else:
                scores = classified(self.scorers_[0], features, len(self.expert_names_) + 1)
        else:
            scores = self._head_scores(X)
            if self.cost_scale_ != 1.0:
                scores = 1.0 - self.cost_scale_ * (1.0 - scores)
        if self.added_:
            features = validate_data(self, X, dtype=np.float64, reset=False)
            scores = np.hstack([scores, *(score_of(head, features) for head in self.added_)])
        if self._gives_estimates(row):
            if fees.any():
                scores[:, 1:] -= fees
        elif not np.array_equal(fees, self.fees_):
            raise InvalidInput(
                f"This router ranks the agents at the fees it was fitted with, "
                f"{self.fees_.tolist()}, and fees={self.fees!r} now; fit it again, or choose "
                f"surrogate={DEFAULT!r}, whose fees can change."
            )
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        return answers_of_agent_0(self, X)

    def _learn_expert(self, newcomer: Newcomer) -> None:
        if not self._estimates_costs():
            raise InvalidInput(
                f"This surrogate learns who is the cheapest of all agents together; fit it again "
                f"with the new one, or choose surrogate={DEFAULT!r}, which learns each apart."
            )
        self.added_.append(fit_costs(self, newcomer.features, newcomer.costs))

    def _row(self) -> Surrogate | None:
        """The surrogate that a head of our own is trained with; scikit-learn's have theirs."""
        if not is_scikit_learn(self.head):
            return find_surrogate(self.surrogate or DEFAULT, "two_stage")
        if self.surrogate is not None:
            raise InvalidInput(
                f"A scikit-learn head is fitted by its own loss, on costs or as a weighted "
                f"classifier, so surrogate={self.surrogate!r} cannot be used; leave it None."
            )
        return None

    def _estimates_costs(self) -> bool:
        return self._gives_estimates(self._row())

    def _gives_estimates(self, row: Surrogate | None) -> bool:
        return regresses(self.head) if row is None else row.estimates_costs

    def _filled(self, table: Floats, chance: Floats | None, row: Surrogate | None) -> Floats:
        """A complete table with the same expectation, given who would have answered how often."""
        gone = np.isnan(table)
        if chance is None and not gone.any():
            return table
        if chance is None:
            raise InvalidInput(
                f"This loss needs what every agent costs in each case, but {gone.sum()} of "
                f"{table.size} costs are missing; choose surrogate={DEFAULT!r} or a "
                f"regressor as head, which learn from those that are known, or pass propensities."
            )
        filled = np.where(gone, 0.0, table / chance)
        if row is not None and row.unit_costs and filled.max(initial=0.0) > 1.0:
            raise InvalidInput(
                f"{row.name} takes costs of at most 1, but a cost divided by its propensity is "
                f"{filled.max():.4g}; choose another surrogate, such as {DEFAULT!r}."
            )
        return filled

    def _fit_surrogate(
        self, row: Surrogate, cases: TrainingCases, table: Floats, chance: Floats | None
    ) -> None:
        known = ~np.isnan(table)
        mask = None if known.all() else known
        if row.estimates_costs and not isinstance(own_head(self.head), Linear):
            # A network starts near zero and takes steps of a fixed length: in units of the costs.
            self.cost_scale_ = float(np.sqrt(np.nanmean(table**2))) or 1.0
        targets = (np.where(known, table / self.cost_scale_, 0.0), mask, chance, cases.weight)
        objective = least_squares() if row.least_squares else _objective(row)
        self._fit_head(table.shape[1], cases.features, targets, objective, cases.groups)


def _objective(row: Surrogate) -> Objective:
    loss, check = partial(_loss, row.per_case), partial(_check, row.loss)
    return Objective(loss, routed_risk, decay=partial(_decay, row), check=check)


def _decay(row: Surrogate, X: Floats, groups: Ints | None, costs: Floats, *rest: Any) -> float:
    """What a regression of the costs wants, for a loss whose curvature follows the mean cost."""
    mean, n_agents = float(costs.mean()), costs.shape[1]
    if n_agents == 1 or mean == 0.0:
        return USUAL_DECAY
    penalty = chosen_penalty(X, costs - costs.mean(axis=1, keepdims=True), groups)
    return float(0.5 * penalty / len(X) * row.curvature(mean, n_agents))


def _loss(
    per_case: Callable[..., Tensor],
    scores: Tensor,
    costs: Tensor,
    mask: Tensor | None,
    propensities: Tensor | None,
) -> Tensor:
    if mask is None and propensities is None:
        return per_case(scores, costs)
    return per_case(scores, costs, mask, propensities)


def _check(
    loss: Callable[..., Tensor],
    scores: Tensor,
    costs: Tensor,
    mask: Tensor | None,
    propensities: Tensor | None,
) -> None:
    """Let the loss say what it cannot take."""
    options = {"mask": mask, "propensities": propensities}
    loss(scores, costs, **{name: value for name, value in options.items() if value is not None})
