"""A comparison in a terminal of 100 columns: who is better than the model, and who is worse."""

from __future__ import annotations

from contextlib import suppress
from textwrap import wrap
from typing import TYPE_CHECKING

from cede._text import shown
from cede.evaluation.comparison._export import cells
from cede.evaluation.comparison._verdict import verdict
from cede.exceptions import InvalidInput

if TYPE_CHECKING:
    from cede.evaluation.comparison._result import Comparison, Row

__all__ = ["to_text"]

_WIDTH, _LONGEST_METHOD, _LONGEST_EXPERT = 100, 26, 12


def to_text(comparison: Comparison) -> str:
    """Agents alone, then one block per budget, then what the numbers say."""
    header, found = cells(comparison)
    first_expert = len(header) - len(comparison.expert_names) + 1
    table = [[*header[:3], "", *header[3:]]]
    for cell, row in zip(found, comparison.rows, strict=True):
        table.append([*cell[:3], _call(row), *cell[3:]])
    for cell in table:
        cell[0] = shown(cell[0], _LONGEST_METHOD)
    table[0][first_expert:] = [shown(name, _LONGEST_EXPERT) for name in table[0][first_expert:]]
    n_shown = _columns_that_fit(table, first_expert)
    lines = _aligned([cell[:n_shown] for cell in table])
    text = [*_title(comparison), "", lines[0], "─" * max(map(len, lines))]
    rows = list(zip(lines[1:], comparison.rows, strict=True))
    text += [line for line, row in rows if row.budget is None]
    for budget in comparison.budgets:
        text.append(f"budget {100 * budget:.4g}%")
        text += [line for line, row in rows if row.budget == budget]
    return "\n".join([*text, "", *_notes(comparison, len(table[0]) - n_shown)])


def _call(row: Row) -> str:
    """Say it only where the interval does."""
    if row.method in ("model alone", "oracle") and not row.is_method:
        return ""
    if row.gain_low is not None and row.gain_low > 0:
        return "better"
    return "worse" if row.gain_high is not None and row.gain_high < 0 else ""


def _columns_that_fit(table: list[list[str]], fewest: int) -> int:
    widths = [max(map(len, column)) + 2 for column in zip(*table, strict=True)]
    shown = len(widths)
    while shown > fewest and sum(widths[:shown]) - 2 > _WIDTH:
        shown -= 1
    return shown


def _aligned(table: list[list[str]]) -> list[str]:
    """The first column and the calls to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if i in (0, 3) else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]


def _title(comparison: Comparison) -> list[str]:
    text = f"{comparison.n_cases:,} cases"
    if comparison.n_independent != comparison.n_cases:
        text += f" in {comparison.n_independent:,} groups"
    if comparison.n_left_out:
        text += f" ({comparison.n_left_out:,} more left out: an agent's answer is missing)"
    unit = "costs" if comparison.in_costs else "accuracy and shares in %, cost in errors per case"
    return wrap(f"{text}; {unit}", _WIDTH)


def _notes(comparison: Comparison, left_out: int) -> list[str]:
    notes = []
    if left_out:
        notes.append(f"The shares of {left_out} more experts do not fit; rows holds them.")
    if any(row.gain is not None for row in comparison.rows):
        notes.append(
            f"Intervals: {comparison.n_boot:,} paired resamples, each on its own, not corrected "
            f"for their number; better, worse: the interval of the difference does not hold 0."
        )
    # Without the agents alone, or with few resamples, there is none.
    with suppress(InvalidInput):
        found = verdict(comparison)
        first = (
            "These intervals hold" if found.constant is None else "All but the first interval hold"
        )
        notes.append(f"{found} {first} for all rows together.")
    return [line for note in notes for line in wrap(note, _WIDTH)]
