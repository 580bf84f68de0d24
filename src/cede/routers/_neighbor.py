"""The neighbour router: what the agents cost on the nearest cases is what they will cost here."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.routers._agents import answers_of_agent_0, with_model
from cede.routers._base import Router
from cede.routers._features import validate_data
from cede.routers._newcomer import Newcomer
from cede.routers._targets import centre_and_scale
from cede.routers._training_cases import TrainingCases

__all__ = ["NeighborRouter"]

#: Cases at a time.
BLOCK = 4096
WEIGHTS = ("kernel", "uniform")


class NeighborRouter(Router):
    r"""Estimate every agent's cost by its mean over the nearest cases; ask the cheapest.

    .. math:: \hat C_j(x) = \frac{\sum_{i \in N_j} w_i\, c_{ij} / e_{ij}}
              {\sum_{i \in N_j} w_i / e_{ij}}, \qquad
              N_j = \{i \text{ among the k nearest of } x: \text{agent j answered}\}

    with :math:`w_i = e^{-4 d_i^2 / m}`, where d is the distance and m the median squared distance
    of training cases to their k nearest, or one; and :math:`e_{ij}` the propensity, the probability
    that j would answer i, or one.

    The agent scores are one minus these estimates, so new fees need no new fit. It trains nothing,
    takes missing answers as they come (propensities matter where who answered depends on more than
    x) and any task's costs: the baseline to beat, which in routing
    among language models often wins. An agent who answered none of the neighbours is taken at its
    mean cost over all cases.

    Parameters
    ----------
    model : classifier, default=None
        Agent 0, if ``fit`` is to compute the costs from labels, as in :class:`TwoStageRouter`.
    n_neighbors : int, default=200
        k. Raising it steadies the estimates and blurs regions; one at most as large as the data.
        Neighbours count whether agents answered them or not: if they answered a share s, divide
        the k you would like by s.
    weights : {"kernel", "uniform"}, default="kernel"
        Whether nearer neighbours count for more. With "uniform", 50 to 100 are enough.
    standardise : bool, default=True
        Whether to divide each feature by its standard deviation first. Not for embeddings, whose
        directions are comparable as they are.
    fees : float or array of shape (J,), default=None
        What asking each expert costs, in units of one error; for fits from labels only.
    cv : int or splitter, default=5
        Folds for cross-fitting a model that is not fitted; a splitter sees the rows as they came,
        so that the router depends on their order.

    Attributes
    ----------
    model_, classes_, expert_names_, fees_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`; scores follow the parameter ``fees``.
    center_, scale_ : arrays of shape (d,)
        By which features are standardised before distances are taken.
    bandwidth_ : float
        m, or infinity with uniform weights.
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
    >>> costs = logs.answer_costs + [0.0, 0.15]
    >>> router = NeighborRouter().fit(logs.X[train], costs[train])
    >>> bool(1 - router.score(logs.X[test], costs[test]) < costs[test].mean(axis=0).min())
    True
    """

    _learns_from_costs = True
    _takes = Router._takes | {"table", "propensities"}

    def __init__(
        self,
        model: Any = None,
        *,
        n_neighbors: int = 200,
        weights: Literal["kernel", "uniform"] = "kernel",
        standardise: bool = True,
        fees: ArrayLike | None = None,
        cv: Any = 5,
    ) -> None:
        self.model = model
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.standardise = standardise
        self.fees = fees
        self.cv = cv

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        return {"neighbours": cls(LogisticRegression(), n_neighbors=30)}

    def _check_parameters(self) -> None:
        if not isinstance(self.n_neighbors, Integral) or self.n_neighbors < 1:
            raise InvalidInput(
                f"must be a whole number of at least 1, but got {self.n_neighbors!r}",
                argument="n_neighbors",
            )
        if self.weights not in WEIGHTS:
            raise UnknownName("kind of weights", self.weights, WEIGHTS)

    def _fit(self, cases: TrainingCases) -> None:
        table = with_model(self, cases).answer_costs
        known, features = ~np.isnan(table), cases.features
        self.costs_: Floats = table
        self.counts_: Floats = known / (1.0 if cases.propensities is None else cases.propensities)
        self.added_: list[tuple[Floats, Floats]] = []
        centre, scale = np.zeros(features.shape[1]), np.ones(features.shape[1])
        if self.standardise:
            names = getattr(self, "feature_names_in_", None)
            centre, scale = centre_and_scale(features, names=names)
        self.center_: Floats = centre
        self.scale_: Floats = scale
        self.cases_: Floats = (features - centre) / scale
        self.bandwidth_: float = self._bandwidth() if self.weights == "kernel" else float("inf")

    def agent_scores(self, X: Any) -> Floats:
        """One minus each agent's estimated cost, fees included, ``(n, J + 1)``."""
        check_is_fitted(self)
        features = validate_data(self, X, dtype=np.float64, reset=False)
        scores = np.empty((len(features), len(self.expert_names_) + 1))
        for rows in gen_batches(len(features), BLOCK):  # neighbours take kilobytes a case
            places = (features[rows] - self.center_) / self.scale_
            of_all = self._mean_costs(places, self.cases_, self.costs_, self.counts_)
            apart = [
                self._mean_costs(places, known, c, np.ones_like(c)) for known, c in self.added_
            ]
            scores[rows] = 1.0 - np.hstack([of_all, *apart])
        scores[:, 1:] -= self._fees()
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        return answers_of_agent_0(self, X)

    def _bandwidth(self) -> float:
        """Median squared distance of (at most a thousand) cases to their nearest neighbours."""
        # Evenly spaced in sorted order, so that the order of cases does not matter.
        order = np.lexsort(self.cases_.T) if self.cases_.shape[1] else np.arange(len(self.cases_))
        some = order[:: max(1, len(order) // 1000)]
        near = self._nearest(self.cases_[some], self.cases_).data
        middle = float(np.median(near**2))
        return middle if middle > 0.0 else float("inf")

    def _nearest(self, places: Floats, cases: Floats) -> Any:
        """Sparse distances ``(n, m)`` from each place to its nearest cases."""
        from sklearn.neighbors import NearestNeighbors

        index = NearestNeighbors(n_neighbors=min(self.n_neighbors, len(cases)), algorithm="brute")
        return index.fit(cases).kneighbors_graph(places, mode="distance")

    def _mean_costs(self, places: Floats, cases: Floats, costs: Floats, counts: Floats) -> Floats:
        """Mean costs over the nearest of these cases, each counting for so many."""
        nearest = self._nearest(places, cases)
        squares = (nearest.data**2).reshape(len(places), -1)
        # Of the nearest it is one: far from all cases, they still count.
        squares -= squares.min(axis=1, keepdims=True)
        nearest.data = np.exp(-4.0 * squares / self.bandwidth_).ravel()
        weighted = np.nan_to_num(costs) * counts
        overall = weighted.sum(axis=0) / counts.sum(axis=0)
        count = nearest @ counts
        mean = (nearest @ weighted) / np.where(count > 0.0, count, 1.0)
        return np.asarray(np.where(count > 0.0, mean, overall), dtype=np.float64)

    def _learn_expert(self, newcomer: Newcomer) -> None:
        """Keep its cases apart: mixed with the others', they would push those away."""
        places = (newcomer.features - self.center_) / self.scale_
        self.added_.append((places, newcomer.costs[:, None]))
