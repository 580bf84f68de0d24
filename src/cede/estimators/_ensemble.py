"""The ensemble: several routers that estimate costs, and the mean of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted, validate_data

from cede._checks import Floats
from cede.estimators._base import Router
from cede.exceptions import InvalidInput

__all__ = ["EnsembleRouter"]


class EnsembleRouter(Router):
    r"""Route by the weighted mean of several routers' agent scores.

    Errors of different kinds of estimate cancel: a line and neighbours, say. The mean is taken of
    numbers, so all routers should estimate costs (regressions, neighbours, threshold correction,
    marginal ideals), with the same fees; ranks of different surrogates have no common unit.

    Parameters
    ----------
    routers : list of Router
        Copies are fitted, each on all cases. A ``model`` inside them should be fitted already, or
        each is cross-fitted anew.
    weights : sequence of float, default=None
        Of each router, not negative; equal if None.

    Attributes
    ----------
    routers_ : list of Router
        The fitted copies.
    classes_, expert_names_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`.

    Examples
    --------
    >>> from cede import NeighborRouter, TwoStageRouter
    >>> from cede.datasets import load_llm_routing
    >>> logs = load_llm_routing()
    >>> train, test = (logs.extras["split"] == part for part in ("train", "test"))
    >>> costs = logs.agent_costs + [0.0, 0.15]
    >>> router = EnsembleRouter([TwoStageRouter(), NeighborRouter()], weights=[1, 2])
    >>> router = router.fit(logs.X[train], costs[train])
    >>> bool(1 - router.score(logs.X[test], costs[test]) < costs[test].mean(axis=0).min())
    True
    """

    def __init__(
        self, routers: Sequence[Router], *, weights: Sequence[float] | None = None
    ) -> None:
        self.routers = routers
        self.weights = weights

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        **options: Any,
    ) -> EnsembleRouter:
        """Fit every router; parameters are theirs (``propensities``, ``sample_weight``)."""
        self._forget_point()
        self._shares()
        validate_data(self, X, dtype=np.float64)
        self.routers_ = [
            self._copy(router).fit(X, y, experts=experts, costs=costs, **options)
            for router in self.routers
        ]
        self.expert_names_ = self.routers_[0].expert_names_
        if hasattr(self.routers_[0], "classes_"):
            self.classes_ = self.routers_[0].classes_
        return self

    def agent_scores(self, X: Any) -> Floats:
        """The weighted mean of the routers' agent scores, ``(n, J + 1)``."""
        check_is_fitted(self)
        scores = np.stack([router.agent_scores(X) for router in self.routers_])
        return np.asarray(np.tensordot(self._shares(), scores, axes=1), dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model of the first router answers, ``(n,)``."""
        check_is_fitted(self)
        return np.asarray(self.routers_[0].predict(X))

    def _shares(self) -> Floats:
        if not len(self.routers):
            raise InvalidInput("An ensemble needs one router at least, not none.")
        given = np.ones(len(self.routers)) if self.weights is None else self.weights
        shares = np.asarray(given, dtype=np.float64)
        if shares.shape != (len(self.routers),) or not (shares >= 0).all() or not shares.sum() > 0:
            raise InvalidInput(
                f"weights must be one number per router ({len(self.routers)}), not negative and "
                f"not all zero, however weights={self.weights!r}."
            )
        return np.asarray(shares / shares.sum())

    def _copy(self, router: Any) -> Any:
        """A copy with the same parameters; a fitted model inside it stays that model."""
        if not isinstance(router, Router):
            raise InvalidInput(f"routers must hold routers, not {router!r}.")
        parameters = router.get_params(deep=False)
        model = parameters.pop("model", None)
        fresh = clone(type(router)(**{**parameters, **({"model": None} if model else {})}))
        return fresh.set_params(model=model) if model is not None else fresh
