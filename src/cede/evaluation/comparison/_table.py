"""Rows of numbers on the same cases, and what they rest on: the frozen heart of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints, check_budget
from cede._intervals import Estimate
from cede.evaluation.comparison._currency import Currency
from cede.exceptions import InvalidInput, UnknownName
from cede.operating import DeferralCurve

__all__ = ["Outcome", "Row", "Table"]

#: Who was right in each case: 0 or 1 in one byte, or a share of it, or one minus a cost.
Outcome: TypeAlias = NDArray[np.uint8] | Floats


@dataclass(frozen=True)
class Row:
    """One method at one budget."""

    method: str
    #: False for the rows that are always there: agents, commonest answer, random, oracle.
    is_method: bool
    #: The budget its operating point was chosen for; None for rows without a point.
    budget: float | None
    #: System accuracy on the cases compared, and its interval.
    accuracy: float
    low: float
    high: float
    #: Accuracy minus that of the model alone, with the interval of the paired difference.
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    #: Share of cases the model kept.
    coverage: float
    #: Mean cost: errors, plus the fees of the experts asked.
    cost: float
    #: Share of cases each expert answered.
    shares: tuple[float, ...]
    #: Price per expert of the operating point.
    prices: tuple[float, ...] | None
    #: Interval of the mean cost.
    cost_low: float | None = None
    cost_high: float | None = None
    #: What it costs less than each baseline, fees included: each agent alone, the model first, and
    #: then the commonest answer, if that was compared. These intervals hold together for all
    #: methods, budgets and baselines; empty with fewer than 100 resamples.
    savings: tuple[Estimate, ...] = ()
    #: Interval of ``gain`` that holds together for all methods, budgets and agents, on which a
    #: verdict rests: it may hold 0 where ``gain_low`` to ``gain_high``, of one row alone, does not.
    #: None with fewer than 100 resamples.
    gain_low_simultaneous: float | None = None
    gain_high_simultaneous: float | None = None
    #: The one answer that is given in every case, if the row is of *always* the commonest.
    answer: str | None = None
    #: Share of cases like these that leave the model, in the long run: seen on the cases that the
    #: point was chosen on and on these, Clopper-Pearson. None for rows without a point.
    sent: Estimate | None = None

    @property
    def is_agent(self) -> bool:
        """Whether it is the model alone, or an expert alone."""
        return not self.is_method and self.budget is None and self.answer is None

    @property
    def key(self) -> tuple[str, bool, float | None]:
        """What tells a row from the others of a comparison."""
        return self.method, self.is_method, self.budget

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Row:
        """Read back what :meth:`to_dict` wrote, from JSON too."""
        prices, sent = values["prices"], values.get("sent")
        read = {
            "shares": tuple(values["shares"]),
            "prices": None if prices is None else tuple(prices),
            "savings": tuple(Estimate(*saving) for saving in values.get("savings", ())),
            "sent": None if sent is None else Estimate(*sent),
        }
        return cls(**{**values, **read})


@dataclass(frozen=True)
class Table:
    """All rows, with the curves they lie on."""

    rows: tuple[Row, ...]
    budgets: tuple[float, ...]
    expert_names: tuple[str, ...]
    #: Accuracy against deferral rate of each method (and "oracle"), on errors without fees.
    curves: Mapping[str, DeferralCurve] = field(repr=False)
    n_cases: int
    #: Groups of cases, or cases if none were given: what the intervals rest on.
    n_independent: int
    #: Cases left out because an expert's answer is missing.
    n_left_out: int
    confidence: float
    n_boot: int
    #: Whether costs of any unit were compared, not right and wrong; accuracy is then 1 - cost.
    in_costs: bool = False
    #: The money in which costs are shown; None is units of one error.
    currency: Currency | None = None
    #: Of each row, who was right in each case; empty if it was read from a file.
    outcomes: tuple[Outcome, ...] = field(default=(), repr=False, compare=False)
    #: Number of each case's group, if there are groups.
    groups: Ints | None = field(default=None, repr=False, compare=False)

    @cached_property
    def agents(self) -> tuple[Row, ...]:
        """The rows of the model alone and of each expert alone; none where they were left out."""
        return tuple(row for row in self.rows if row.is_agent)

    @cached_property
    def methods(self) -> tuple[Row, ...]:
        """The rows of the methods, at each budget."""
        return tuple(row for row in self.rows if row.is_method)

    @cached_property
    def constant(self) -> Row | None:
        """The row of the commonest answer in every case, if that was compared."""
        return next((row for row in self.rows if row.answer is not None), None)

    @cached_property
    def by_key(self) -> Mapping[tuple[str, bool, float | None], Row]:
        """Each row by what tells it from the others."""
        return {row.key: row for row in self.rows}

    def at(self, budget: float) -> Self:
        """The rows of one budget."""
        limit = check_budget(budget)
        if limit not in self.budgets:
            raise InvalidInput(
                f"must be one that was compared, but got {budget!r}; choose one of "
                f"{list(self.budgets)}",
                argument="budget",
            )
        places = [i for i, row in enumerate(self.rows) if row.budget in (None, limit)]
        return replace(
            self,
            rows=tuple(self.rows[i] for i in places),
            budgets=(limit,),
            outcomes=tuple(self.outcomes[i] for i in places) if self.outcomes else (),
        )

    def outcome(self, name: str, budget: float | None) -> Outcome:
        """Who was right in each case, of the row of this name at this budget."""
        if not self.outcomes:
            raise InvalidInput(
                "must hold its cases to be tested, but was read from a file, which holds none; "
                "call compare again",
                argument="comparison",
            )
        rows_of_name = [i for i, row in enumerate(self.rows) if row.method == name]
        if not rows_of_name:
            raise UnknownName("row", name, dict.fromkeys(row.method for row in self.rows))
        places = [i for i in rows_of_name if self.rows[i].budget in (None, budget)]
        if budget is None and len(rows_of_name) == 1:
            places = rows_of_name
        if len(places) != 1:
            raise InvalidInput(
                f"must be one at which {name!r} was compared, but got {budget!r}; choose one of "
                f"{[self.rows[i].budget for i in rows_of_name]}",
                argument="budget",
            )
        return self.outcomes[places[0]]
