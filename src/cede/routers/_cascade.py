"""The cascade: agents are asked from cheap to dear, each after seeing the last one's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from cede._checks import Bools, Floats, Ints
from cede._checks._names import in_order
from cede._rows._folds import folds
from cede.costs import cascade_costs
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint
from cede.routers._base import Router
from cede.routers._cascade_models import learn_models, listed_models, own_models
from cede.routers._features import validate_data
from cede.routers._models import is_fitted, model_answers
from cede.routers._policies import scores_of, unit_of
from cede.routers._repricing import DEFAULT_STAGE, blend_now, policies_of, reachable
from cede.routers._stages import Stages, stages_of
from cede.routers._training_cases import TrainingCases
from cede.routers._walk import Walk, seen_at, walk_through, what_is_saved, with_answers
from cede.tuning import Blend, Walked

__all__ = ["CascadeRouter"]


class CascadeRouter(Router):
    r"""Ask agents one after the other, and stop at the first answer that is good enough.

    The agents stand in order of their fees. After agent k has answered, its answer's own features
    are known too (probabilities, length, what a verifier says), and stage k decides whether to let
    the answer stand or to pay for the next one. Every stage is a router between two agents, "stop"
    and "go on", trained from the back:

    .. math::
        c^{stop}_k = c_k + \sum_{i \le k} p_i, \qquad
        c^{on}_k = \text{the cost, fees included, of whom stages } k + 1, \ldots \text{ select}

    with :math:`p_i` the fee of agent i, so that a stage knows what going on will really cost, and
    not only what the next agent does. What later stages select is decided out of fold, or they
    would look better than they are.

    The agent scores are 0 for agent 0, what going on saves at stage 0 for the agent at whom the
    later stages stop, and less for the others. A budget, or one price for all, is thus a price on
    leaving agent 0. Unequal prices (of a spend, capacities, shares per expert) act at every stage,
    by what is known there, and change what going on costs before it: the stages are learned anew
    from the same cases, in closed form if they are lines. :meth:`route` is what :meth:`go_on` says
    step by step; who is asked on the way is paid for, and counts.

    Parameters
    ----------
    model : classifier, network or list of these, default=None
        Agents 0, 1, ... in order of their fees, if ``fit`` is to compute the costs from labels;
        experts come after them. One that is fitted is used as it stands, another is cross-fitted,
        as in :class:`TwoStageRouter`. The log probabilities of agent k are features from stage k
        on.
    revealed : list of lists of columns, default=None
        For a table of costs: ``revealed[k]`` names the columns of X (or gives their positions) that
        are known only once agent k has answered. All others are known from the start.
    fees : float or array of shape (J,), default=None
        Fee of asking each agent after the first, in units of one error; for fits from labels
        only. A table must include the fees: :func:`cede.cascade_costs`.
    router : Router, default=None
        What each stage is a copy of: anything that learns from a table of costs. None is
        :class:`TwoStageRouter` as it comes.
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
    _takes = Router._takes | {"table"}
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

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        from cede.routers._neighbor import NeighborRouter

        return {"cascade": cls(LogisticRegression(), router=NeighborRouter(n_neighbors=30))}

    def _check_parameters(self) -> None:
        template = self._template()
        if not template._learns_from_costs:
            raise InvalidInput(
                f"must learn from tables of costs, as the stages of a cascade do, but got a "
                f"{type(template).__name__}; choose a TwoStageRouter, say",
                argument="router",
            )

    def _fit(self, cases: TrainingCases) -> None:
        if cases.labels is None:
            features, table, revealed = cases.features, cases.answer_costs, self.revealed
            self.models_: list[Any] = []
        else:
            features, table, revealed = learn_models(self, cases)
        names = getattr(self, "feature_names_in_", None)
        self.columns_ = stages_of(features.shape[1], table.shape[1] - 1, revealed, names)
        lost = sum(~np.isfinite(features[:, c]).all(axis=1) for c in self.columns_[:1])
        if np.any(lost):
            raise InvalidInput(
                f"must hold finite features known from the start, or once agent 0, who is always "
                f"asked, has answered, but {int(np.sum(lost))} cases lack some; fill them in, or "
                f"leave those cases out",
                argument="X",
            )
        cheapest = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
        fold = folds(cases.features, self.cv, strata=cheapest, groups=cases.groups)
        held_out = np.zeros((len(features), len(self.columns_)))
        known: list[Any] = [features, table, fold, held_out, cases.groups]
        self.stages_ = Stages(self._template(), self.columns_, *known).fit()
        self.unit_ = unit_of(table)
        self.learned_from_ = known if len(self.stages_) > 1 else []

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
            What a call of each agent takes, in any currency, all agents up to the one that answers
            being paid. By default, after a fit from labels, the fees, agent 0 being free.
        """
        if money is None and not self.models_:
            raise InvalidInput(
                "must say what a call of each agent takes, but got none, and this cascade was "
                "fitted on costs, which hold it already; pass a number per agent",
                argument="money",
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
        answers = np.empty(len(routes), dtype=self.classes_.dtype)
        for k, model in enumerate(self.models_):
            cases = np.flatnonzero(routes == k)
            if cases.size:
                answers[cases] = model_answers(model, _safe_indexing(X, cases))
        return answers

    def _template(self) -> Router:
        return self.router if self.router is not None else DEFAULT_STAGE

    def _feature_checks(self, from_labels: bool) -> dict[str, Any]:
        """Columns that are revealed late may be missing."""
        if from_labels:
            if self.revealed is not None:
                raise InvalidInput(
                    "is for tables of costs, but y holds labels: what a model's answer brings are "
                    "its probabilities, which are added by themselves; leave it out",
                    argument="revealed",
                )
        elif self.model is not None:
            raise InvalidInput(
                "is for labels, but y is a table of agent costs; leave it out, and say with "
                "revealed which columns each agent's answer brings",
                argument="model",
            )
        return {"dtype": np.float64, "ensure_all_finite": "allow-nan" if self.revealed else True}

    def _known_classes(self) -> NDArray[Any] | None:
        """The labels of the first model, if it is fitted."""
        models = own_models(self)
        return np.asarray(models[0].classes_) if is_fitted(models[0]) else None

    def _later_models(self) -> tuple[str, ...]:
        """Names of the models after the first."""
        return tuple(f"model {k}" for k in range(1, len(listed_models(self))))

    def _validated(self, X: Any) -> Floats:
        check_is_fitted(self)
        if not np.array_equal(self._fees(), self.fees_):
            raise InvalidInput(
                f"must be those that the stages were fitted with, {self.fees_.tolist()}, but got "
                f"{self.fees!r}; fit the cascade again",
                argument="fees",
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
        policies = [policy for _, policy in policies_of(self, point.blend, len(self.stages_))]
        self.repriced_ = [list(each) for each in policies if each.thresholds[1:].any()]
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
