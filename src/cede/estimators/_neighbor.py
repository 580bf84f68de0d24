"""The neighbour router: what the agents cost on the nearest cases is what they will cost here."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data

from cede._checks import Floats, check_fees, check_propensities
from cede.estimators._agents import answers_of_agent_0, learn_agents
from cede.estimators._base import Router
from cede.estimators._newcomer import Newcomer
from cede.estimators._targets import centre_and_scale
from cede.exceptions import InvalidInput

__all__ = ["NeighborRouter"]


class NeighborRouter(Router):
    r"""Estimate every agent's cost by its mean over the k nearest cases; ask the cheapest.

    .. math:: \hat C_j(x) = \frac{\sum_{i \in N_j} c_{ij} / e_{ij}}{\sum_{i \in N_j} 1 / e_{ij}},
              \qquad
              N_j = \{i \text{ among the k nearest of } x: \text{agent j answered}\}

    with :math:`e_{ij}` the propensity, the probability that j would answer i, or one.

    The agent scores are one minus these estimates, so new fees need no new fit. It trains nothing,
    takes missing answers as they come and any task's costs: the baseline to beat, which in routing
    among language models often wins. An agent who answered none of the neighbours is taken at its
    mean cost over all cases.

    Parameters
    ----------
    model : classifier, default=None
        Agent 0, if ``fit`` is to compute the costs from labels, as in :class:`TwoStageRouter`.
    n_neighbors : int, default=50
        k. Raising it steadies the estimates and blurs regions; one at most as large as the data.
    fees : float or array of shape (J,), default=None
        Price of asking each expert, in units of one error; for fits from labels only.
    cv : int or splitter, default=5
        Folds for cross-fitting a model that is not fitted.

    Attributes
    ----------
    model_, classes_, expert_names_, fees_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`; scores follow the parameter ``fees``.
    center_, scale_ : arrays of shape (d,)
        By which features are standardised before distances are taken.
    cases_ : array of shape (n, d)
        The standardised cases.
    costs_, counts_ : arrays of shape (n, J + 1)
        What the agents cost there, before fees, NaN where missing; and for how many cases each of
        these counts.
    added_ : list of pairs of arrays
        Cases and costs of experts who were added later.

    Examples
    --------
    >>> from cede.datasets import load_llm_routing
    >>> logs = load_llm_routing()
    >>> train, test = (logs.extras["split"] == part for part in ("train", "test"))
    >>> costs = logs.agent_costs + [0.0, 0.15]
    >>> router = NeighborRouter().fit(logs.X[train], costs[train])
    >>> bool(1 - router.score(logs.X[test], costs[test]) < costs[test].mean(axis=0).min())
    True
    """

    def __init__(
        self,
        model: Any = None,
        *,
        n_neighbors: int = 50,
        fees: ArrayLike | None = None,
        cv: Any = 5,
    ) -> None:
        self.model = model
        self.n_neighbors = n_neighbors
        self.fees = fees
        self.cv = cv

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        experts: Any = None,
        costs: ArrayLike | None = None,
        propensities: ArrayLike | None = None,
    ) -> NeighborRouter:
        """Keep the cases and what the agents cost there; parameters as in :class:`TwoStageRouter`.

        Costs may be missing (NaN). Propensities matter where who answered depends on more than x.
        """
        self._forget_point()
        if not isinstance(self.n_neighbors, Integral) or self.n_neighbors < 1:
            raise InvalidInput(
                f"n_neighbors must be a whole number of at least 1, not {self.n_neighbors!r}."
            )
        features, table = learn_agents(self, X, y, experts, costs)
        known = ~np.isnan(table)
        chance = 1.0 if propensities is None else check_propensities(propensities, known)
        self.costs_: Floats = table
        self.counts_: Floats = known / chance
        self.added_: list[tuple[Floats, Floats]] = []
        center, scale = centre_and_scale(features)
        self.center_: Floats = center
        self.scale_: Floats = scale
        self.cases_: Floats = (features - center) / scale
        return self

    def agent_scores(self, X: Any) -> Floats:
        """One minus each agent's estimated cost, fees included, ``(n, J + 1)``."""
        check_is_fitted(self)
        features = validate_data(self, X, dtype=np.float64, reset=False)
        places = (features - self.center_) / self.scale_
        of_all = self._mean_costs(places, self.cases_, self.costs_, self.counts_)
        apart = [self._mean_costs(places, cases, c, np.ones_like(c)) for cases, c in self.added_]
        scores = 1.0 - np.hstack([of_all, *apart])
        scores[:, 1:] -= check_fees(self.fees, len(self.expert_names_))
        return np.asarray(scores, dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        return answers_of_agent_0(self, X)

    def _mean_costs(self, places: Floats, cases: Floats, costs: Floats, counts: Floats) -> Floats:
        """Mean costs over the nearest of these cases, each counting for so many."""
        index = NearestNeighbors(n_neighbors=min(self.n_neighbors, len(cases)), algorithm="brute")
        nearest = index.fit(cases).kneighbors_graph(places)  # sparse, 0-1
        weighted = np.nan_to_num(costs) * counts
        overall = weighted.sum(axis=0) / counts.sum(axis=0)
        count = nearest @ counts  # zero, or at least one
        mean = nearest @ weighted / np.maximum(count, 1.0)
        return np.asarray(np.where(count > 0, mean, overall), dtype=np.float64)

    def _learn_expert(self, newcomer: Newcomer) -> None:
        """Keep its cases apart: mixed with the others', they would push those away."""
        places = (newcomer.features - self.center_) / self.scale_
        self.added_.append((places, newcomer.costs[:, None]))
