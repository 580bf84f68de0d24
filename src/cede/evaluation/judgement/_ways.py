"""Ways to answer the cases of a log, each agent alone and the routes; each estimated once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate
from cede.evaluation.judgement._judgement import CONFIDENCE
from cede.evaluation.off_policy import OffPolicyDifference, OffPolicyEstimate
from cede.evaluation.off_policy._cost import Weighed, warn_of_cost, weigh
from cede.evaluation.off_policy._difference import difference_of, paired
from cede.evaluation.off_policy._reading import read_evidence, read_groups, read_policy
from cede.logs import Cases

__all__ = ["Ways"]


class Ways:
    """Way j is agent j alone, and the last one is the routes.

    Parameters
    ----------
    routes : int array of shape (n,)
    cases : Cases
        Where there are no propensities, all costs count alike.
    """

    def __init__(self, routes: Ints, cases: Cases) -> None:
        self.table = cases.agent_costs
        n, self.n_agents = len(cases), len(cases.agent_names)
        sure = np.ones(self.table.shape)
        propensities = sure if cases.propensities is None else cases.propensities
        self._evidence = read_evidence(
            self.table, propensities, None, "self_normalised", None, None
        )
        self._groups = read_groups(cases.groups, self._evidence)
        self.routes = [
            *(np.full(n, agent) for agent in range(self.n_agents)),
            read_policy("routes", routes, self._evidence),
        ]
        self._weighed = cache(self._weigh)

    @property
    def router(self) -> int:
        """The number of the last way."""
        return self.n_agents

    def by(self, table: Floats) -> Ways:
        """The same ways by another table of costs, known where this one is."""
        other = object.__new__(Ways)
        vars(other).update(vars(self), table=table, _evidence=replace(self._evidence, costs=table))
        other._weighed = cache(other._weigh)
        return other

    def shares(self, way: int) -> Floats:
        """Share of cases that each agent gets, ``(J + 1,)``."""
        routes = self.routes[way]
        return np.asarray(np.bincount(routes, minlength=self.n_agents) / len(routes))

    def cost(self, way: int, *, quiet: bool = False) -> OffPolicyEstimate:
        """Mean cost of a way, with its interval; warns where it is not to be trusted."""
        weighed = self._weighed(way)
        if not quiet:
            warn_of_cost(weighed)
        return weighed.estimate

    def means(self, way: int, *tables: Floats) -> list[float]:
        """Means of what else is known where the cost is: quality, money."""
        weight, routes = self._weighed(way).part.weight, self.routes[way]
        cells = np.arange(len(routes)), routes
        return [_mean(table[cells], weight) for table in tables]

    def difference(self, way: int, other: int) -> OffPolicyDifference:
        """What one way costs more than another, paired case by case, with all warnings."""
        return difference_of(self._weighed(way), self._weighed(other), CONFIDENCE)

    def saved(self, way: int, agent: int, confidence: float) -> Estimate:
        """What a way costs less than an agent alone."""
        apart = paired(self._weighed(agent), self._weighed(way), confidence)
        return Estimate(apart.value, apart.low, apart.high)

    def _weigh(self, way: int) -> Weighed:
        return weigh(self.routes[way], self._evidence, CONFIDENCE, self._groups)


def _mean(values: Floats, weight: Floats) -> float:
    """Weighted mean of what is known."""
    known = ~np.isnan(values)
    weight = np.where(known, weight, 0.0)
    return float((np.where(known, values, 0.0) * weight).sum() / weight.sum())
