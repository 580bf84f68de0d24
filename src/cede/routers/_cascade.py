"""The cascade: agents are asked in order of price, each time after seeing the last one's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from cede._checks import Bools, Floats, Ints, check_groups
from cede._checks._names import in_order
from cede._rows._folds import folds
from cede.costs import cascade_costs, is_cost_table
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint
from cede.routers._agents import learn_agents
from cede.routers._base import Router
from cede.routers._cascade_models import learn_models
from cede.routers._features import validate_data
from cede.routers._models import model_answers
from cede.routers._policies import scores_of, unit_of
from cede.routers._repricing import DEFAULT_STAGE, blend_now, policies_of, reachable
from cede.routers._stages import Stages, stages_of
from cede.routers._steady import in_steady_order
from cede.routers._walk import Walk, seen_at, walk_through, what_is_saved, with_answers
from cede.tuning import Blend, Walked

__all__ = ["CascadeRouter"]


class CascadeRouter(Router):
    r"""Ask agents one after the other, and stop at the first answer that is good enough.

    The agents stand in order of price. After agent k has answered, its answer's own features are
    known too (probabilities, length, what a verifier says), and stage k decides whether to let the
    answer stand or to pay for the next one. Every stage is a router between two agents, "stop" and
    "go on", trained from the back:

    .. math::
        c^{stop}_k = c_k + \sum_{i \le k} p_i, \qquad
        c^{on}_k = \text{the cost, prices included, of whom stages } k + 1, \ldots \text{ select}

    so that a stage knows what going on will really cost, and not only what the next agent does.
    What later stages select is decided out of fold, or they would look better than they are.

    The agent scores are 0 for agent 0, what going on saves at stage 0 for the agent at whom the
    later stages stop, and less for the others. A budget, or one price for all, is thus a price on
    leaving agent 0. Unequal prices (of a spend, capacities, shares per expert) act at every stage,
    by what is known there, and change what going on costs before it: the stages are learned anew
    from the same cases, in closed form if they are lines. :meth:`route` is what :meth:`go_on` says
    step by step; who is asked on the way is paid for, and counts.

    Parameters
    ----------
    model : classifier, network or list of these, default=None
        Agents 0, 1, ... in order of price, if ``fit`` is to compute the costs from labels; experts
        come after them. One that is fitted is used as it stands, another is cross-fitted, as in
        :class:`TwoStageRouter`. The log probabilities of agent k are features from stage k on.
    revealed : list of lists of columns, default=None
        For a table of costs: ``revealed[k]`` names the columns of X (or gives their positions) that
        are known only once agent k has answered. All others are known from the start.
    fees : float or array of shape (J,), default=None
        Price of asking each agent after the first, in units of one error; for fits from labels
        only. With a table, prices belong in it: :func:`cede.cascade_costs`.
    router : Router, default=None
        What each stage is a copy of: anything that learns from a table of costs. None is
        :class:`TwoStageRouter` with ``surrogate="cost_regression"``.
    cv : int, default=5
        Folds, for the decisions of later stages and for models that are not fitted.

    Attributes
    ----------
    stages_ : list of length J
        The fitted routers, one per agent that can be left.
    models_ : list
        The models that answer, after a fit from labels.
    columns_ : list of length J of arrays
        Positions of the columns of X that each stage sees.
    learned_from_ : list of arrays
        With two stages or more, the cases of the fit, from which unequal prices are learned; they
        are saved with the router.
    classes_, expert_names_, fees_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`; every agent after the first counts as an expert.

    References
    ----------
    Narasimhan et al. 2022, section 5 (adaptive inference); the backward target is ours, and in a
    simulated cascade of three models with known accuracies it has no regret where looking one step
    ahead has.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.linear_model import LogisticRegression
    >>> from cede.datasets import make_two_specialists
    >>> X, y, _ = make_two_specialists(n=3_000, random_state=0)
    >>> models = [LogisticRegression(), RandomForestClassifier(50, min_samples_leaf=5)]
    >>> cascade = CascadeRouter(models, fees=0.05).fit(X[:2000], y[:2000])
    >>> cascade.answers(X[2000:]).shape
    (1000,)
    >>> bool(cascade.spend(X[2000:]).mean() < 0.05)
    True
    """

    _learns_from_costs = True
    #: Of cascades that were saved before it was kept.
    unit_ = 2.0**-40

    def __init__(
        self,
        model: Any = None,
        *,
        revealed: Sequence[Sequence[Any]] | None = None,
        fees: ArrayLike | None = None,
        router: Router | None = None,
        cv: int = 5,
    ) -> None:
        self.model = model
        self.revealed = revealed
        self.fees = fees
        self.router = router
        self.cv = cv

    @in_steady_order
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> CascadeRouter:
        """Train the stages from the last to the first.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
            Features; those in ``revealed`` may be missing (NaN) where their agent was not asked.
        y : array of shape (n, J + 1), or of shape (n,)
            Two dimensions are agent costs, prices included (:func:`cede.cascade_costs`), the
            agents in order of price; NaN where an agent was not asked. One dimension is labels,
            which need a ``model``.
        experts, costs : optional
            As in :class:`TwoStageRouter`: agents that come after the models.
        groups : array of shape (n,), optional
            Which cases belong together, none of which are parted by the folds.
        """
        self._forget()
        if is_cost_table(y):
            features, table = self._learn_table(X, y, experts, costs, groups)
            revealed = self.revealed
        else:
            features, table, revealed = learn_models(self, X, y, experts, costs, groups)
        names = getattr(self, "feature_names_in_", None)
        self.columns_ = stages_of(features.shape[1], table.shape[1] - 1, revealed, names)
        lost = sum(~np.isfinite(features[:, c]).all(axis=1) for c in self.columns_[:1])
        if np.any(lost):
            raise InvalidInput(
                f"{int(np.sum(lost))} cases lack features that are known from the start or once "
                f"agent 0, who is always asked, has answered; these must be finite."
            )
        template = self.router if self.router is not None else DEFAULT_STAGE
        if not template._learns_from_costs:
            raise InvalidInput(
                f"The stages of a cascade learn from tables of costs, which "
                f"{type(template).__name__} cannot; choose a TwoStageRouter, say."
            )
        own = features[:, : self.n_features_in_]
        cheapest = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
        together = check_groups(groups, own)
        fold = folds(own, self.cv, strata=cheapest, groups=together)
        held_out = np.zeros((len(features), len(self.columns_)))
        cases: list[Any] = [features, table, fold, held_out, together]
        self.stages_ = Stages(template, self.columns_, *cases).fit()
        self.unit_ = unit_of(table)
        several = len(self.stages_) > 1
        self.learned_from_ = cases if several else []
        return self

    def agent_scores(self, X: Any) -> Floats:
        """Zero for agent 0, and what leaving it for each other saves; ``(n, J + 1)``.

        They say where the cascade stops at any one price for all experts. With unequal prices they
        would look ahead, at what only a later answer reveals: call :meth:`route`.
        """
        check_is_fitted(self)
        return scores_of(what_is_saved(self, X, self._validated(X)))

    def route(self, X: Any, available: Any = None) -> Ints:
        """Who answers each case, ``(n,)``: where :meth:`go_on` stops, stage after stage.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
            Columns that are revealed late may be missing (NaN) where a case does not get there.
        available : list of names, or booleans of shape (J,) or (n, J), optional
            The experts who can be asked now. Who is away ends the cascade, and the stages before
            know it: what comes after would decide on what it never said.
        """
        check_is_fitted(self)
        features = self._validated(X)
        routes = np.zeros(len(features), dtype=np.int64)
        for cases, length in reachable(self, len(features), available):
            part = X if len(cases) == len(features) else _safe_indexing(X, cases)
            routes[cases] = walk_through(
                self, part, features[cases], blend_now(self, length)
            ).routes
        return routes

    def _own_experts(self, X: Any) -> Any:
        """Answers of the models after the first, if all agents are models of this cascade."""
        if len(self.models_) != len(self.expert_names_) + 1 or len(self.models_) < 2:
            return None
        return np.column_stack([model_answers(model, X) for model in self.models_[1:]])

    def _estimates_costs(self) -> bool:
        return False

    def go_on(self, X: Any, stage: int, available: Any = None) -> Bools:
        """Whether to ask the next agent after agent ``stage`` has answered, ``(n,)``.

        What a running cascade calls, at the tuned operating point if there is one; columns that are
        revealed later may be missing, and are not looked at. A point that sends on a share of equal
        cases sends them on in turn, in the order of the rows; one that comes alone stays.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
        stage : int
            In 0..J - 1.
        available : optional
            As in :meth:`route`.
        """
        features = self._validated(X)
        if not 0 <= stage < len(self.stages_):
            raise InvalidInput(
                f"This cascade decides at the stages 0..{len(self.stages_) - 1}, not at {stage!r}."
            )
        goes_on = np.zeros(len(features), dtype=np.bool_)
        for cases, length in reachable(self, len(features), available):
            if stage >= length:
                continue
            part = X if len(cases) == len(features) else _safe_indexing(X, cases)
            seen, walk = features[cases], Walk(blend_now(self, length), len(cases))
            everyone = np.arange(len(cases))
            for k in range(stage + 1):
                seen = with_answers(self, k, part, seen, everyone)
                if k < stage and len(walk.shares) > 1:  # by which of the prices it got here
                    walk.decide(k, seen_at(self, k, seen, everyone), everyone, self.unit_)
            here = seen_at(self, stage, seen, everyone)
            walk.decide(stage, here, everyone, self.unit_)
            goes_on[cases] = walk.goes_on(here, everyone)
        return goes_on

    def spend(self, X: Any, money: ArrayLike | None = None) -> Floats:
        """What asking costs in each case at the current operating point, ``(n,)``.

        Parameters
        ----------
        X : array or dataframe of shape (n, d)
        money : array of shape (J + 1,) or (n, J + 1), optional
            Price of a call of each agent, in any currency, all agents up to the one that answers
            being paid. By default, after a fit from labels, the fees, agent 0 being free.
        """
        if money is None and not self.models_:
            raise InvalidInput(
                "This cascade was fitted on costs, in which prices are not apart; pass money=, the "
                "price of a call of each agent."
            )
        routes = self.route(X)
        free = np.zeros((len(routes), len(self.expert_names_) + 1))
        names = ("model", *self.expert_names_)
        paid = cascade_costs(free, self.fees_ if money is None else in_order("money", money, names))
        return np.asarray(paid[np.arange(len(routes)), routes], dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """What agent 0 answers, ``(n,)``."""
        check_is_fitted(self)
        self._validated(X)
        if not self.models_:
            raise InvalidInput(
                "This cascade was fitted on costs and has no model, so it routes and does not "
                "predict; fit it on labels with model= to have one."
            )
        return model_answers(self.models_[0], X)

    def answers(self, X: Any) -> NDArray[Any]:
        """What the cascade answers, ``(n,)``, each case by the model at whom it stops.

        Raises
        ------
        InvalidInput
            If a case is for an expert, whose answer cannot be computed.
        """
        routes = self.route(X)
        n_elsewhere = int((routes >= max(len(self.models_), 1)).sum())
        if n_elsewhere or not self.models_:
            raise InvalidInput(
                f"{n_elsewhere or len(routes)} of {len(routes)} cases are for agents that are not "
                f"models of this cascade; ask route(X) who is to answer."
            )
        found = np.empty(len(routes), dtype=self.classes_.dtype)
        for k, model in enumerate(self.models_):
            cases = np.flatnonzero(routes == k)
            if cases.size:
                found[cases] = model_answers(model, _safe_indexing(X, cases))
        return found

    def _learn_table(
        self, X: Any, y: Any, experts: Any, costs: Any, groups: Any
    ) -> tuple[Floats, Floats]:
        if self.model is not None:
            raise InvalidInput(
                "y is a table of agent costs, and a cascade's models are for labels: leave out "
                "model=, and say in revealed= which columns each agent's answer brings."
            )
        self.models_: list[Any] = []
        finite = "allow-nan" if self.revealed else True
        return learn_agents(self, X, y, experts, costs, groups, finite)

    def _validated(self, X: Any) -> Floats:
        check_is_fitted(self)
        if not np.array_equal(self._fees(), self.fees_):
            raise InvalidInput(
                f"A cascade's stages hold for the fees they were fitted with, "
                f"{self.fees_.tolist()}, however fees={self.fees!r} now; fit it again."
            )
        allowed = "allow-nan" if self.revealed is not None else True
        options = {"ensure_all_finite": allowed, "ensure_min_samples": 0}  # none may get here
        return np.asarray(validate_data(self, X, dtype=np.float64, reset=False, **options))

    def _walk(self, X: Any) -> Callable[[Blend], Walked]:
        features = self._validated(X)
        n_stages = len(self.stages_)
        return lambda blend: walk_through(
            self, X, features, policies_of(self, blend, n_stages), estimate=True
        )

    def _keep_point(self, point: OperatingPoint) -> None:
        """Keep the stages of its prices, which are saved with the router."""
        found = [policy for _, policy in policies_of(self, point.blend, len(self.stages_))]
        self.repriced_ = [list(each) for each in found if each.thresholds[1:].any()]
        self.__dict__.pop("_learned", None)

    def _forget_point(self) -> None:
        super()._forget_point()
        self.__dict__.pop("repriced_", None)

    def _forget(self) -> None:
        super()._forget()
        self.__dict__.pop("_learned", None)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that features may be missing where they are revealed late."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.revealed is not None
        return tags
