"""Ways to answer the cases of a log, each agent alone and the routes; each estimated once."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede.evaluation.judgement._judgement import CONFIDENCE
from cede.evaluation.off_policy import (
    OffPolicyDifference,
    OffPolicyEstimate,
    off_policy_cost,
    off_policy_difference,
)

__all__ = ["Ways"]


class Ways:
    """Way j is agent j alone, and the last one is the routes.

    Parameters
    ----------
    routes : int array of shape (n,)
    table : array of shape (n, J + 1)
        What an answer costs, or is worth, or takes; NaN where it is not known.
    propensities : array of shape (n, J + 1), optional
        Where there are none, all costs count alike.
    groups : int array of shape (n,), optional
    """

    def __init__(
        self, routes: Ints, table: Floats, propensities: Floats | None, groups: Ints | None
    ) -> None:
        n, n_agents = table.shape
        self.table, self.n_agents = table, int(n_agents)
        self.routes = [*(np.full(n, agent) for agent in range(n_agents)), routes]
        self._propensities = np.ones(table.shape) if propensities is None else propensities
        self._options: dict[str, Any] = {"method": "self_normalised", "groups": groups}
        self.cost = cache(self._cost)

    @property
    def router(self) -> int:
        """The number of the last way."""
        return self.n_agents

    def shares(self, way: int) -> Floats:
        """Share of cases that each agent gets, ``(J + 1,)``."""
        routes = self.routes[way]
        return np.asarray(np.bincount(routes, minlength=self.n_agents) / len(routes))

    def difference(
        self, way: int, other: int, confidence: float = CONFIDENCE
    ) -> OffPolicyDifference:
        """What one way costs more than another, paired case by case."""
        return off_policy_difference(
            self.routes[way], self.routes[other], self.table, self._propensities,
            confidence=confidence, **self._options,
        )  # fmt: skip

    def _cost(self, way: int) -> OffPolicyEstimate:
        """Mean cost of a way, with its interval."""
        return off_policy_cost(
            self.routes[way], self.table, self._propensities, confidence=CONFIDENCE,
            **self._options,
        )  # fmt: skip
