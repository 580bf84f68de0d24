"""A comparison as text of 100 columns: who is better than the model, and who is worse."""

from __future__ import annotations

from textwrap import wrap

from cede._text import shown
from cede.evaluation.comparison._export import cells
from cede.evaluation.comparison._table import Row, Table
from cede.evaluation.comparison._verdict import Verdict

__all__ = ["to_text"]

_WIDTH, _LONGEST_METHOD, _LONGEST_EXPERT = 100, 26, 12


def to_text(table: Table, conclusion: Verdict | None) -> str:
    """Agents alone, then one block per budget, then what the numbers say."""
    header, body = cells(table)
    first_expert = len(header) - len(table.expert_names) + 1
    grid = [[*header[:3], "", *header[3:]]]
    for cell, row in zip(body, table.rows, strict=True):
        grid.append([*cell[:3], _call(row), *cell[3:]])
    for cell in grid:
        cell[0] = shown(cell[0], _LONGEST_METHOD)
    grid[0][first_expert:] = [shown(name, _LONGEST_EXPERT) for name in grid[0][first_expert:]]
    n_shown = _columns_that_fit(grid, first_expert)
    lines = _aligned([cell[:n_shown] for cell in grid])
    text = [*_title(table), "", lines[0], "─" * max(map(len, lines))]
    rows = list(zip(lines[1:], table.rows, strict=True))
    text += [line for line, row in rows if row.budget is None]
    for budget in table.budgets:
        text.append(f"budget {100 * budget:.4g}%")
        text += [line for line, row in rows if row.budget == budget]
    return "\n".join([*text, "", *_notes(table, len(grid[0]) - n_shown, conclusion)])


def _call(row: Row) -> str:
    """Better or worse than the model, only where the interval of the difference says so."""
    if row.method in ("model alone", "oracle") and not row.is_method:
        return ""
    if row.gain_low is not None and row.gain_low > 0:
        return "better"
    return "worse" if row.gain_high is not None and row.gain_high < 0 else ""


def _columns_that_fit(table: list[list[str]], fewest: int) -> int:
    widths = [max(map(len, column)) + 2 for column in zip(*table, strict=True)]
    count = len(widths)
    while count > fewest and sum(widths[:count]) - 2 > _WIDTH:
        count -= 1
    return count


def _aligned(table: list[list[str]]) -> list[str]:
    """Put the first column, and better or worse, to the left, and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if i in (0, 3) else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]


def _title(table: Table) -> list[str]:
    text = f"{table.n_cases:,} cases"
    if table.n_independent != table.n_cases:
        text += f" in {table.n_independent:,} groups"
    if table.n_left_out:
        text += f" ({table.n_left_out:,} more left out: an agent's answer is missing)"
    money = "errors" if table.currency is None else table.currency.unit
    unit = "costs" if table.in_costs else f"accuracy and shares in %, cost in {money} per case"
    return wrap(f"{text}; {unit}", _WIDTH)


def _notes(table: Table, left_out: int, conclusion: Verdict | None) -> list[str]:
    notes = []
    if left_out:
        notes.append(f"The shares of {left_out} more experts do not fit; rows holds them.")
    if any(row.gain is not None for row in table.rows):
        notes.append(
            f"Intervals: {table.n_boot:,} paired resamples, each on its own, not corrected "
            f"for their number; better, worse: the interval of the difference does not hold 0."
        )
    if conclusion is not None:
        which = "All but the first interval hold" if conclusion.constant else "These intervals hold"
        notes.append(f"{conclusion} {which} for all rows together.")
    return [line for note in notes for line in wrap(note, _WIDTH)]
