"""What an appraisal comes to, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from cede._intervals import Estimate
from cede.evaluation.appraisal._honesty import Honesty
from cede.evaluation.appraisal._lead import Lead
from cede.evaluation.appraisal._suspicion import suspicions
from cede.evaluation.comparison import Comparison, Row, Verdict
from cede.operating import OperatingPoint
from cede.tuning.guarantees import Certificate

__all__ = ["Appraisal", "Measure"]

#: How answers are judged: right or wrong, by a degree from 0 to 1, or by a cost in any unit.
Measure: TypeAlias = Literal["right", "quality", "cost"]


@dataclass(frozen=True)
class Appraisal:
    """Methods on cases that none of them saw, with all that a report tells of them."""

    #: The methods by all that counts: answers, and fees or money beside them.
    comparison: Comparison
    #: The same rows at the same operating points, by their answers alone; ``comparison`` itself
    #: where neither fees nor money count in it.
    answers: Comparison
    measure: Measure
    #: What agent 0 is called, and what asking each expert costs in units of one error.
    model_name: str
    fees: tuple[float, ...]
    #: None where there are too few resamples for one.
    verdict: Verdict | None
    #: The method in front; None without experts or methods.
    lead: Lead | None
    #: Per method, how honest its estimates are for each agent with outcomes, or why none is judged.
    honesty: Mapping[str, tuple[Honesty, ...] | str]
    #: Mean money per case of each row of ``comparison``, in the same order; None where no
    #: money is known.
    money: tuple[Estimate, ...] | None
    #: The point at which the only method was judged; None where points were chosen for budgets.
    point: OperatingPoint | None
    certificate: Certificate | None
    #: Of the features of all these cases, the same in whatever order they come.
    fingerprint: str
    n_features: int | None
    seed: int | None

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is too good to be true."""
        return suspicions(self.comparison)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the method in front, by its answers, from the smallest budget on."""
        if self.lead is None:
            return ()
        of_lead = [row for row in self.answers.methods if row.method == self.lead.method]
        return tuple(sorted(of_lead, key=lambda row: row.budget or 0.0))

    @property
    def alone(self) -> tuple[Row, ...]:
        """The rows of the model alone and of each expert alone, by their answers."""
        return self.answers.agents

    def in_full(self, row: Row) -> Row:
        """The same row in ``comparison``, by all that counts."""
        return self.comparison.by_key[row.key]

    def money_of(self, row: Row) -> Estimate | None:
        """Mean money per case of a row."""
        if self.money is None:
            return None
        return self.money[self.comparison.rows.index(self.in_full(row))]
