"""The ensemble: several routers that estimate costs, and the mean of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats
from cede._checks._arrays import as_numbers
from cede._checks._names import in_order
from cede._rows._order import steady_order
from cede.exceptions import InvalidInput
from cede.routers._agents import answers_of_agent_0, with_model
from cede.routers._base import Router
from cede.routers._features import validate_data
from cede.routers._neighbor import NeighborRouter
from cede.routers._newcomer import Newcomer
from cede.routers._training_cases import TrainingCases
from cede.routers._two_stage import DEFAULT, TwoStageRouter

__all__ = ["EnsembleRouter"]


#: What is fitted unless the user says otherwise: a line and neighbours.
_OURS = (TwoStageRouter, NeighborRouter)


class EnsembleRouter(Router):
    r"""Route by the weighted mean of several routers' agent scores.

    Errors of different kinds of estimate cancel: a line and neighbours, say. The mean is taken of
    numbers, so all routers should estimate costs (regressions, neighbours, marginal ideals): ranks
    of different surrogates have no common unit. Fees are subtracted from the mean, and new ones
    need no new fit. Weights of cases and propensities go to every router, which must take them.

    Parameters
    ----------
    routers : list of Router, default=None
        Each learns from one table of costs, so they have no model and no fees of their own. Copies
        are fitted. None is a line and neighbours, ``[TwoStageRouter(), NeighborRouter()]``.
    weights : sequence of float, default=None
        Of each router, not negative; equal if None.
    model, fees, cv
        As in :class:`TwoStageRouter`, once for all.

    Attributes
    ----------
    routers_ : list of Router
        The fitted copies.
    model_, classes_, expert_names_, fees_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`.

    Examples
    --------
    >>> from cede.datasets import load_llm_routing
    >>> logs = load_llm_routing()
    >>> train, test = (logs.extras["split"] == part for part in ("train", "test"))
    >>> costs = logs.answer_costs + [0.0, 0.15]
    >>> router = EnsembleRouter(weights=[1, 2]).fit(logs.X[train], costs[train])
    >>> bool(1 - router.score(logs.X[test], costs[test]) < costs[test].mean(axis=0).min())
    True
    """

    _learns_from_costs = True
    _takes = Router._takes | {"table", "sample_weight", "propensities"}

    def __init__(
        self,
        routers: Sequence[Router] | None = None,
        *,
        weights: Sequence[float] | None = None,
        model: Any = None,
        fees: ArrayLike | None = None,
        cv: Any = 5,
    ) -> None:
        self.routers = routers
        self.weights = weights
        self.model = model
        self.fees = fees
        self.cv = cv

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        return {"ensemble": cls(model=LogisticRegression())}

    def _fit(self, cases: TrainingCases) -> None:
        parts = self._parts()
        for name, value in (("sample_weight", cases.weight), ("propensities", cases.propensities)):
            blind = [r for r in parts if value is not None and name not in r._takes]
            if blind:
                raise InvalidInput(
                    f"must be left out, as the {type(blind[0]).__name__} of this ensemble cannot "
                    f"use it",
                    argument=name,
                )
        table = with_model(self, cases).as_table()
        if cases.labels is not None:  # of equal cases, costs now say which comes first
            beside = table.answer_costs, table.weight, table.propensities, table.groups
            table = table.take(steady_order(table.features, *(b for b in beside if b is not None)))
        alone = not self.expert_names_  # nobody to defer to
        self.routers_: list[Any] = [] if alone else [self._fitted(r, table) for r in parts]

    def _fitted(self, part: Router, table: TrainingCases) -> Router:
        router: Any = clone(part)
        if hasattr(self, "feature_names_in_"):
            router.feature_names_in_ = self.feature_names_in_
        del router._learn(table).fitted_on_  # this ensemble tells which cases were seen
        return router  # type: ignore[no-any-return]

    def agent_scores(self, X: Any) -> Floats:
        """The weighted mean of the routers' agent scores, fees included, ``(n, J + 1)``."""
        check_is_fitted(self)
        if not self.routers_:
            return np.zeros((len(validate_data(self, X, dtype=np.float64, reset=False)), 1))
        each = np.stack([router.agent_scores(X) for router in self.routers_])
        shares = self._shares(len(self.routers_))
        scores = np.asarray(np.tensordot(shares, each, axes=1), dtype=np.float64)
        scores[:, 1:] -= self._fees()
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        return answers_of_agent_0(self, X)

    def _learn_expert(self, newcomer: Newcomer) -> None:
        if not self.routers_:
            raise InvalidInput(
                "This ensemble was fitted without experts, so its routers have learned nothing; "
                "fit it again with the new one."
            )
        table = np.column_stack([newcomer.model_costs, newcomer.costs])
        for router in self.routers_:
            router.add_expert(newcomer.X, table)

    def _parts(self) -> list[Router]:
        return [kind() for kind in _OURS] if self.routers is None else list(self.routers)

    def _shares(self, n_parts: int) -> Floats:
        if self.weights is None:
            return np.full(n_parts, 1.0 / n_parts)
        shares = as_numbers("weights", in_order("weights", self.weights, None))
        if shares.shape != (n_parts,) or not (shares >= 0).all() or not shares.sum() > 0:
            raise InvalidInput(
                f"must be one number per router ({n_parts}), not negative and not all zero, but "
                f"got {self.weights!r}; leave them out for equal ones",
                argument="weights",
            )
        return np.asarray(shares / shares.sum())

    def _check_parameters(self) -> None:
        if self.routers is None:  # ours go together
            self._shares(len(_OURS))
            return
        parts = self._parts()
        if not parts:
            raise InvalidInput("An ensemble needs one router at least, not none.")
        self._shares(len(parts))
        for router in parts:
            check_part(router, "routers", "ensemble")


def check_part(router: Any, argument: str, whole: str) -> None:
    """Refuse what cannot be a part of a router that learns one table of costs for all of them."""
    if not isinstance(router, Router):
        raise InvalidInput(f"must hold routers, but got {router!r}", argument=argument)
    if not router._learns_from_costs:
        raise InvalidInput(
            f"must learn from one table of costs, which {type(router).__name__} cannot; choose a "
            f"TwoStageRouter or a NeighborRouter, say",
            argument=argument,
        )
    if not router._estimates_costs():
        raise InvalidInput(
            f"must estimate costs, but {router!r} only ranks the agents; choose "
            f"surrogate={DEFAULT!r}, a regressor as head, or ideals='marginal'",
            argument=argument,
        )
    taken = [k for k in ("model", "fees") if getattr(router, k, None) is not None]
    if taken:
        raise InvalidInput(
            f"must learn from one table of costs, so {taken[0]}= is to be given to the {whole}, "
            f"not to its {type(router).__name__}",
            argument=argument,
        )
    router._check_parameters()
