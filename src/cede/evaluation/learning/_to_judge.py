"""The cases on which every fit is judged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_fees, check_groups
from cede._checks._arrays import to_array
from cede._checks._names import expert_names
from cede._intervals import Estimate, cost_range
from cede.costs import (
    check_table_alone,
    expert_costs,
    is_cost_table,
    read_cost_table,
    resolve_costs,
)
from cede.evaluation.learning._interval import mean_over_fits
from cede.exceptions import InvalidInput
from cede.operating import route
from cede.tuning import choose_operating_point

__all__ = ["CasesToJudge"]


class CasesToJudge:
    """The cases on which every fit is judged."""

    def __init__(
        self, X: Any, y: Any, experts: Any, costs: Any, fees: ArrayLike | None, groups: Any
    ) -> None:
        self.X, self.y = X, to_array(y)
        self.is_table = is_cost_table(self.y)
        if self.is_table:
            check_table_alone(experts, costs, fees)
            self.costs = read_cost_table(self.y, "y_test, as agent costs,")
        else:
            errors = resolve_costs(self.y, experts, costs)
            self.costs = errors + check_fees(
                fees, expert_names(costs if experts is None else experts, errors.shape[1])
            )
        #: In which cases every agent's cost is known: only these are judged.
        self.known = ~np.isnan(self.costs).any(axis=1)
        self.n_cases = int(self.known.sum())
        #: Between which ends the cost of any agent lies.
        self.range = self._range()
        if self.n_cases < 2:
            raise InvalidInput(
                f"must tell the cost of every agent in two test cases at least, but got "
                f"{self.n_cases} such cases; pass the experts' answers or costs beside the "
                f"labels, or a table of agent costs",
                argument="y_test",
            )
        numbers = check_groups(groups, self.y, "groups_test")
        self.groups = None if numbers is None else numbers[self.known]

    def _range(self) -> tuple[float, float]:
        costs = self.costs[self.known]
        if not self.is_table:  # the model is right or wrong
            costs = np.hstack([np.arange(len(costs))[:, None] % 2, costs])
        return cost_range(costs)

    def judge(self, router: Any, budget: float) -> tuple[Floats, Floats, float]:
        """Cost of the system and of its model in each case, and the share deferred."""
        scores = np.asarray(router.agent_scores(self.X))[self.known]
        costs = self.costs[self.known]
        if not self.is_table:
            model = expert_costs(np.asarray(router.predict(self.X)), self.y)[self.known]
            costs = np.hstack([model, costs])
        if scores.shape != costs.shape:
            raise InvalidInput(
                f"must score the agents of the test cases, shape {costs.shape}, but gives scores "
                f"of shape {scores.shape}; judge on answers of the same experts",
                argument="router",
            )
        routes: Ints = route(scores, choose_operating_point(scores, budget))
        spent = costs[np.arange(len(costs)), routes]
        return spent, costs[:, 0], float(np.mean(routes > 0))

    def mean_cost(self, costs: Floats, confidence: float) -> Estimate:
        """Mean of costs ``(repeats, n)``."""
        return mean_over_fits(costs, confidence, self.range, self.groups)

    def mean_gain(self, gains: Floats, confidence: float) -> Estimate:
        """Mean of differences of costs, ``(repeats, n)``."""
        width = self.range[1] - self.range[0]
        return mean_over_fits(gains, confidence, (-width, width), self.groups)
