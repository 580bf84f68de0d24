"""What wrong answers cost, and in which money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

import numpy as np

from cede._checks import Floats
from cede.evaluation.comparison._currency import Currency
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Cases
from cede.logs._answers import written

__all__ = ["Stakes", "price_experts"]

#: Of a truth and an answer to it, what it costs.
Cells = Mapping[tuple[Any, Any], float]


@dataclass(frozen=True)
class Stakes:
    """What wrong answers cost, and in which money.

    Parameters
    ----------
    wrong : dict of (truth, answer) to cost
        What it costs to answer so where that is the truth, whoever answers. Wrong answers that are
        not named cost one error, right ones nothing.
    of : dict of expert name to such a dict, optional
        What it costs where this expert answers; cells that are not named are those of ``wrong``.
    error_cost : float, optional
        What one error costs in money. Fees and all costs here are then in money, too; without it,
        they are in units of one error.
    currency : str, default=""
        The name of the money.

    Raises
    ------
    InvalidInput
        If a cost is negative or no number, or a currency stands without the cost of an error.

    Examples
    --------
    >>> Stakes({("fraud", "ok"): 10}).table(["fraud", "ok"])
    array([[ 0., 10.],
           [ 1.,  0.]])
    """

    wrong: Cells = field(default_factory=dict)
    of: Mapping[str, Cells] = field(default_factory=dict)
    error_cost: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        if self.error_cost is not None and not 0.0 < self.error_cost < float("inf"):
            raise InvalidInput(
                f"must be what one error costs in money, above 0, but got {self.error_cost!r}; "
                f"write 200, say",
                argument="error_cost",
            )
        if self.currency and self.error_cost is None:
            raise InvalidInput(
                f"must stand beside what one error costs, but got {self.currency!r} alone; say the "
                f"cost of an error, too",
                argument="currency",
            )
        for cells in (self.wrong, *self.of.values()):
            for cell, cost in cells.items():
                if not (isfinite(cost) and cost >= 0.0):
                    raise InvalidInput(
                        f"must be at least 0, but got {cost!r} for {cell[1]} where {cell[0]} is "
                        f"the truth; count from the cheapest answer",
                        argument="cost",
                    )

    @property
    def money(self) -> Currency | None:
        """The money in which costs are shown; None if they are not money."""
        return None if self.error_cost is None else Currency(self.currency, self.per_error)

    @property
    def per_error(self) -> float:
        """Money per unit of one error; 1 where there is no money."""
        return 1.0 if self.error_cost is None else float(self.error_cost)

    @property
    def count_alike(self) -> bool:
        """Whether all wrong answers cost one error."""
        return not self.wrong and not any(self.of.values())

    def table(self, labels: Iterable[Any], expert: str | None = None) -> Floats:
        """Cost in units of one error of each truth (rows) and answer, ``(K, K)``.

        Of the model, or of an expert.
        """
        places = {written(value): place for place, value in enumerate(labels)}
        costs = 1.0 - np.eye(len(places))
        cells = [self.wrong, self.of.get(expert, {})] if expert is not None else [self.wrong]
        for (truth, answer), cost in ((c, v) for some in cells for c, v in some.items()):
            for value in (truth, answer):
                if written(value) not in places:
                    raise UnknownName("label", value, map(str, labels), argument="cost")
            costs[places[written(truth)], places[written(answer)]] = cost / self.per_error
        return costs

    def check_experts(self, names: Sequence[str]) -> None:
        """Raise if costs are of somebody who does not answer."""
        for name in self.of:
            if name not in names:
                raise UnknownName("expert", name, names, argument="cost")


def price_experts(problem: Cases, stakes: Stakes) -> Cases:
    """The same cases with what the experts' answers cost.

    Raises
    ------
    InvalidInput
        If it is only known that an answer was wrong, and not which of several it was.
    """
    stakes.check_experts(problem.expert_names)
    if stakes.count_alike:
        return problem
    assert problem.answers is not None
    labels, truth = np.unique(problem.y, return_inverse=True)
    table = problem.agent_costs.copy()
    for j, name in enumerate(problem.expert_names, start=1):
        answers, known = problem.answers[:, j], ~np.isnan(table[:, j])
        if (answers[known] < 0).any():
            raise InvalidInput(
                f"must be of answers that are known, but of {name!r} it is only known which were "
                f"wrong; name the column of its answers (--expert)",
                argument="cost",
            )
        costs = stakes.table(labels, name)
        table[known, j] = costs[truth[known], answers[known]]
    return replace(problem, agent_costs=table)
