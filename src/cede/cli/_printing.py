"""What people see: steps while work goes on, tables that fit the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cede.study import Study

__all__ = ["errors", "print_study", "steps"]

errors = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def steps(quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Show each step: a bar on a terminal, a line elsewhere, nothing if quiet."""
    if quiet:
        yield lambda step, done: None
        return
    if not sys.stderr.isatty():
        last = ""

        def line(step: str, done: float) -> None:
            nonlocal last
            if step != last:
                errors.print(f"{done:>4.0%}  {step}", markup=False)
            last = step

        yield line
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda step, done: bar.update(task, description=step, completed=done)


def print_study(study: Study) -> None:
    """Print one table per budget to standard output."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    comparison = study.comparison
    for budget in comparison.budgets:
        header, rows = comparison.at(budget).cells()
        title = (
            f"Budget {100 * budget:.4g}%, met on {len(study.parts.tune):,} other cases "
            f"(all in %, cost in errors per case)"
        )
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for i, name in enumerate(header):
            table.add_column(escape(name), justify="right" if i else "left", no_wrap=i == 0)
        best = max((r.accuracy for r in comparison.at(budget).rows if r.is_method), default=2.0)
        for cells, row in zip(rows, comparison.at(budget).rows, strict=True):
            style = "bold" if row.is_method and row.accuracy == best else ""
            style = style if row.is_method else "dim"
            table.add_row(*map(escape, cells), style=style)
        console.print(table)
    console.print(
        f"{comparison.n_cases:,} unseen cases"
        + (
            f" ({comparison.n_left_out:,} more left out: an expert's answer is missing)"
            if comparison.n_left_out
            else ""
        )
        + f"; intervals from {comparison.n_boot:,} paired resamples.",
        markup=False,
    )
