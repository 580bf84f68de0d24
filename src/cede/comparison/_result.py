"""What a comparison found: rows of numbers, and how they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from cede._checks import check_budget
from cede.curves import DeferralCurve
from cede.exceptions import InvalidInput

__all__ = ["Comparison", "Row"]


@dataclass(frozen=True)
class Row:
    """One method at one budget."""

    method: str
    #: False for the rows that are always there: model, experts, random, oracle.
    is_method: bool
    #: The budget its operating point was chosen for; None if it has no choice.
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


@dataclass(frozen=True)
class Comparison:
    """All rows, with the curves they lie on."""

    rows: tuple[Row, ...]
    budgets: tuple[float, ...]
    expert_names: tuple[str, ...]
    #: Accuracy against deferral rate of each method (and "oracle"), on errors without fees.
    curves: Mapping[str, DeferralCurve]
    n_cases: int
    #: Groups of cases, or cases if none were given: what the intervals rest on.
    n_independent: int
    #: Cases left out because an expert's answer is missing.
    n_left_out: int
    confidence: float
    n_boot: int
    #: Were costs compared, of any unit, rather than right and wrong? Accuracy is then 1 - cost.
    in_costs: bool = False

    def at(self, budget: float) -> Comparison:
        """The rows of one budget."""
        wanted = check_budget(budget)
        if wanted not in self.budgets:
            raise InvalidInput(f"No budget {budget!r} was compared, only {list(self.budgets)}.")
        rows = tuple(row for row in self.rows if row.budget in (None, wanted))
        return replace(self, rows=rows, budgets=(wanted,))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON (curves left out)."""
        return {
            "n_cases": self.n_cases,
            "n_independent": self.n_independent,
            "n_left_out": self.n_left_out,
            "confidence": self.confidence,
            "n_boot": self.n_boot,
            "in_costs": self.in_costs,
            "experts": list(self.expert_names),
            "budgets": list(self.budgets),
            "rows": [asdict(row) for row in self.rows],
        }

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows as short strings, for any kind of table: in per cent, or in costs."""
        level = f"[{self.confidence:.0%}]"
        if self.in_costs:
            header = ["method", f"mean cost {level}", f"vs model {level}", "kept, %"]
            return [*header, *self.expert_names], [_cost_cells(row) for row in self.rows]
        header = ["method", f"accuracy {level}", f"vs model {level}", "kept", "cost"]
        return [*header, *self.expert_names], [_cells(row) for row in self.rows]

    def to_markdown(self) -> str:
        """One table per budget, in Markdown."""
        blocks: list[str] = []
        if self.n_left_out:
            total = self.n_cases + self.n_left_out
            blocks.append(
                f"{self.n_cases:,} of {total:,} cases compared: those with every agent's answer"
            )
        for budget in self.budgets:
            header, rows = self.at(budget).cells()
            lines = [f"**budget {100 * budget:.4g}%**", "", "| " + " | ".join(header) + " |"]
            lines += ["|" + " --- |" * len(header)]
            lines += ["| " + " | ".join(cells) + " |" for cells in rows]
            blocks.append("\n".join(lines))
        return "\n\n".join(blocks)


def _cells(row: Row) -> list[str]:
    apart = ""
    if row.gain is not None and row.method != "model alone":
        low, high = row.gain_low or 0.0, row.gain_high or 0.0
        apart = f"{_points(row.gain)} [{_points(low)} {_points(high)}]"
    return [
        row.method,
        f"{100 * row.accuracy:.1f} [{100 * row.low:.1f} {100 * row.high:.1f}]",
        apart,
        f"{100 * row.coverage:.1f}",
        f"{row.cost:.3f}",
        *(f"{100 * share:.1f}" for share in row.shares),
    ]


def _cost_cells(row: Row) -> list[str]:
    apart = ""
    if row.gain is not None and row.method != "model alone":
        low, high = -(row.gain_high or 0.0), -(row.gain_low or 0.0)
        apart = f"{-row.gain:+.3g} [{low:+.3g} {high:+.3g}]"
    return [
        row.method,
        f"{1 - row.accuracy:.4g} [{1 - row.high:.4g} {1 - row.low:.4g}]",
        apart,
        f"{100 * row.coverage:.1f}",
        *(f"{100 * share:.1f}" for share in row.shares),
    ]


def _points(difference: float) -> str:
    """A difference in percentage points, with its sign; never -0.0."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"
