"""The method in front: at which budget, on which curve, deferring which cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cede.evaluation.appraisal._areas import Areas
from cede.evaluation.appraisal._contrast import Contrast
from cede.evaluation.comparison import Band, Verdict

if TYPE_CHECKING:
    from cede.evaluation.comparison import Comparison, Row

__all__ = ["Lead", "leading_row"]


@dataclass(frozen=True)
class Lead:
    """The method in front, looked at closely."""

    method: str
    #: The budget at which the verdict recommends it, or else the middle one.
    budget: float
    #: How often it is right at every deferral rate, and how much more often than the model alone,
    #: each with a band that holds for the whole curve.
    band: Band
    gain: Band
    areas: Areas
    #: At the budget above.
    contrast: Contrast


def leading_row(comparison: Comparison, verdict: Verdict | None) -> Row | None:
    """The row a verdict recommends; else the cheapest method at the middle budget."""
    if not comparison.expert_names:
        return None
    if verdict is not None:
        for row in (verdict.row, verdict.within_budget):
            if row is not None and row.is_method:
                return row
    middle = sorted(comparison.budgets)[len(comparison.budgets) // 2]
    rows = comparison.at(middle).methods
    return min(rows, key=lambda row: row.cost, default=None)
