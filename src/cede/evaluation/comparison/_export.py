"""A comparison as cells, Markdown, LaTeX and comma-separated values."""

from __future__ import annotations

import csv
from io import StringIO

from cede._text import for_latex, for_markdown, for_spreadsheet, one_line, shown
from cede.evaluation.comparison._currency import Currency
from cede.evaluation.comparison._table import Row, Table

__all__ = ["cells", "difference", "to_csv", "to_latex", "to_markdown"]


def cells(table: Table) -> tuple[list[str], list[list[str]]]:
    """Header and rows as short strings, for any kind of table: in per cent, or in costs.

    Names are on one line, without signs that are not seen, and no longer than a table bears.
    """
    level = f"[{table.confidence:.0%}]"
    names = [shown(name) for name in table.expert_names]
    unit = "" if table.currency is None else table.currency.where
    if table.in_costs:
        paid = [f"with fees{unit}"] if _fees_count(table) else []
        header = ["method", f"mean cost{unit} {level}", f"vs model {level}", *paid, "kept, %"]
        return [*header, *names], [_cost_cells(row, table, bool(paid)) for row in table.rows]
    header = ["method", f"accuracy {level}", f"vs model {level}", "kept", f"cost{unit}"]
    return [*header, *names], [_cells(row, table.currency) for row in table.rows]


def _fees_count(table: Table) -> bool:
    """Whether any row of costs pays fees beside them."""
    return any(abs(row.cost - (1 - row.accuracy)) > 1e-12 for row in table.rows)


def to_markdown(table: Table) -> str:
    """One table per budget, in Markdown."""
    blocks: list[str] = []
    n_experts = len(table.expert_names)
    if table.n_left_out:
        total = table.n_cases + table.n_left_out
        blocks.append(
            f"{table.n_cases:,} of {total:,} cases compared: those with every agent's answer"
        )
    for budget in table.budgets:
        header, rows = cells(table.at(budget))
        header = [
            *header[: len(header) - n_experts],
            *map(for_markdown, header[len(header) - n_experts :]),
        ]
        rows = [[for_markdown(line[0]), *line[1:]] for line in rows]
        lines = [f"**budget {100 * budget:.4g}%**", "", "| " + " | ".join(header) + " |"]
        lines += ["|" + " --- |" * len(header)]
        lines += ["| " + " | ".join(line) + " |" for line in rows]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def to_latex(table: Table) -> str:
    """One table for all budgets, in LaTeX; it needs the package booktabs."""
    header, rows = cells(table)
    columns = "l" + "r" * (len(header) - 1)
    lines = ["% \\usepackage{booktabs}", f"\\begin{{tabular}}{{{columns}}}", "\\toprule"]
    lines += [_latex_line(header), "\\midrule"]
    blocks = dict.fromkeys(row.budget for row in table.rows)
    for number, budget in enumerate(sorted(blocks, key=lambda b: -1.0 if b is None else b)):
        if budget is not None:
            title = f"budget {100 * budget:.4g}\\%"
            lines += ["\\addlinespace"] if number else []
            lines.append(f"\\multicolumn{{{len(header)}}}{{l}}{{\\emph{{{title}}}}} \\\\")
        pairs = zip(table.rows, rows, strict=True)
        lines += [_latex_line(line) for row, line in pairs if row.budget == budget]
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}"])


def to_csv(table: Table) -> str:
    """One line per row with all digits, and a header; a name that is a formula begins with '."""
    numbers = ["accuracy", "low", "high", "gain", "gain_low", "gain_high", "coverage"]
    numbers += ["cost", "cost_low", "cost_high"]
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    shares = [f"share {one_line(name)}" for name in table.expert_names]
    writer.writerow(["method", "is_method", "budget", *numbers, *shares])
    for row in table.rows:
        writer.writerow(
            [
                for_spreadsheet(row.method),
                row.is_method,
                row.budget,
                *(getattr(row, name) for name in numbers),
                *row.shares,
            ]
        )
    return out.getvalue()


def difference(row: Row, in_costs: bool, currency: Currency | None = None) -> str:
    """What sets a row apart from the model alone, with its interval; empty for the model."""
    if row.gain is None or row.method == "model alone":
        return ""
    low, high = row.gain_low or 0.0, row.gain_high or 0.0
    if in_costs:
        scale = 1.0 if currency is None else currency.per_error
        return f"{-scale * row.gain:+.3g} [{-scale * high:+.3g} {-scale * low:+.3g}]"
    return f"{_points(row.gain)} [{_points(low)} {_points(high)}]"


def _label(row: Row) -> str:
    """The name of a row, cut before its last word."""
    if row.is_agent and row.method.endswith(" alone"):
        return f"{shown(row.method.removesuffix(' alone'))} alone"
    return shown(row.method)


def _cells(row: Row, currency: Currency | None) -> list[str]:
    return [
        _label(row),
        f"{100 * row.accuracy:.1f} [{100 * row.low:.1f} {100 * row.high:.1f}]",
        difference(row, in_costs=False),
        f"{100 * row.coverage:.1f}",
        f"{row.cost:.3f}" if currency is None else currency.number(row.cost),
        *(f"{100 * share:.1f}" for share in row.shares),
    ]


def _cost_cells(row: Row, table: Table, with_fees: bool) -> list[str]:
    currency = table.currency
    number = "{:.4g}".format if currency is None else currency.number
    return [
        _label(row),
        f"{number(1 - row.accuracy)} [{number(1 - row.high)} {number(1 - row.low)}]",
        difference(row, in_costs=True, currency=currency),
        *([number(row.cost)] if with_fees else []),
        f"{100 * row.coverage:.1f}",
        *(f"{100 * share:.1f}" for share in row.shares),
    ]


def _points(apart: float) -> str:
    """A difference in percentage points, with its sign; never -0.0."""
    return f"{round(100 * apart, 1) + 0.0:+.1f}"


def _latex_line(line: list[str]) -> str:
    words = [for_latex(cell) for cell in line]
    # A line that begins with a bracket would be read as an option of the line before.
    return ("{}" if words[0].startswith("[") else "") + " & ".join(words) + r" \\"
