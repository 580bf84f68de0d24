"""What people see: steps while work goes on, tables that fit the terminal, errors in a sentence."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from cede._text import harmless, one_line, shown
from cede.cli._flags import in_flags
from cede.exceptions import CedeError
from cede.report import Evaluation
from cede.study import Study

__all__ = [
    "Commands",
    "answerable",
    "errors",
    "print_detected",
    "print_evaluation",
    "print_json",
    "print_line",
    "print_shares",
    "print_study",
    "print_table",
    "steps",
    "versions",
]

#: What typer raises of words that are no command, flag or value; it has no name for all of it.
_MISSPELT: Any = typer.BadParameter.__mro__[1]
#: Names of methods in the first column, beside which numbers need the room.
_LONGEST = 30
#: In other tables, where a name may take several lines.
_LONGEST_CELL = 66


class _Errors(Console):
    """Standard error, on which names and messages are shown harmless."""

    def print(self, *texts: Any, **options: Any) -> None:
        """Print sentences of ours as they stand; what else there is (a bar), as rich does."""
        plain = [Text(harmless(text)) if isinstance(text, str) else text for text in texts]
        super().print(*plain, **{**options, "markup": False})


errors = _Errors(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def answerable(**flags: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Turn our own errors into one sentence and exit code 2 (and a JSON object, if asked for).

    An error about an argument names the command's flag of that name, or what ``flags`` says.
    """

    def of(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                command(*args, **kwargs)
            except CedeError as error:
                message = one_line(in_flags(error, command, flags))
                errors.print(f"cede: {message}", markup=False)
                if kwargs.get("as_json"):
                    print(json.dumps({"error": message}))
                raise typer.Exit(2) from None
            except Exception as error:
                if kwargs.get("as_json"):  # a script still gets its object; people, the traceback
                    print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
                raise

        return run

    return of


class Commands(TyperGroup):
    """Commands whose flags may be misspelt: with --json, that is one JSON object, too."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except _MISSPELT as error:
            if as_json:
                print(json.dumps({"error": one_line(error.format_message())}))
            raise


def versions() -> dict[str, str]:
    """Return the versions on which a result depends."""
    used = {"python": platform.python_version()}
    for name in ("cede", "numpy", "scikit-learn", "torch"):
        try:
            used[name] = version(name)
        except PackageNotFoundError:
            used[name] = "unknown"
    return used


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
                print(f"{done:>4.0%}  {step}", file=sys.stderr)
            last = step

        yield line
        return
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        yield lambda step, done: bar.update(task, description=step, completed=done)


def print_study(study: Study) -> None:
    """Print one table per budget to standard output."""
    console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 110)
    comparison = study.comparison
    for budget in comparison.budgets:
        header, rows = comparison.at(budget).cells()
        rows = [[shown(name, _LONGEST), *cells] for name, *cells in rows]
        n_shown = _columns_that_fit([header, *rows], console.width)
        sent = [row.sent for row in comparison.at(budget).rows if row.sent is not None]
        title = f"Budget {100 * budget:.4g}%, chosen on {study.n_tuning:,} other cases"
        if sent:
            low, high = min(one.low for one in sent), max(one.high for one in sent)
            title += (
                f"; of cases to come, {100 * low:.1f} to {100 * high:.1f}% will be sent on "
                f"({100 * comparison.confidence:.4g}% interval, over all methods)"
            )
        money = "errors" if comparison.currency is None else comparison.currency.unit
        title += f" ({'shares' if comparison.in_costs else 'all'} in %, cost in {money} per case)"
        if n_shown < len(header):
            title += f"; too wide to show: {', '.join(header[n_shown:])}"
        table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
        for i, name in enumerate(header[:n_shown]):
            table.add_column(_cell(name), justify="right" if i else "left", no_wrap=True)
        best = max((r.accuracy for r in comparison.at(budget).rows if r.is_method), default=2.0)
        for cells, row in zip(rows, comparison.at(budget).rows, strict=True):
            style = "bold" if row.is_method and row.accuracy == best else ""
            style = style if row.is_method else "dim"
            table.add_row(*map(_cell, cells[:n_shown]), style=style)
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


def print_detected(study: Study) -> None:
    """Print what each row detects, by each target that was asked for."""
    if not study.detected:
        return
    targets = list(dict.fromkeys(one.target for one in study.detected))
    lines: dict[tuple[str, float | None], list[str]] = {}
    for one in study.detected:
        at = "" if one.budget is None else f", {100 * one.budget:.4g}%"
        line = lines.setdefault((one.row, one.budget), [f"{shown(one.row, _LONGEST)}{at}"])
        value, low, high = (f"{100 * end:.1f}" for end in one.value)
        line.append(f"{value} [{low} {high}]")
    print_line(f"Finding {study.positive}, in %:")
    print_table(["", *targets], list(lines.values()))


def _columns_that_fit(lines: Sequence[Sequence[str]], width: int) -> int:
    """How many columns, from the first, fit whole; the first three tell the most."""
    # A blank on either side of a cell, and a line between; at the edges, the line alone.
    needed = [max(map(len, column)) + 3 for column in zip(*lines, strict=True)]
    shown = len(needed)
    while shown > 3 and sum(needed[:shown]) - 1 > width:
        shown -= 1
    return shown


def print_evaluation(evaluation: Evaluation, what: str) -> None:
    """Print what each agent alone and the router would have cost, and what that comes to."""
    print_line(f"{what}: {evaluation.title}")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in evaluation.header[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for cells in evaluation.rows:
        style = "bold" if cells[-1] == "" else ""
        table.add_row(_cell(cells[0]), *map(Text, cells[1:]), style=style)
    _narrow().print(table)
    for sentence in evaluation.sentences:
        print_line(sentence)
    for text in evaluation.warnings:
        print_line(f"Beware: {text}")


def print_shares(names: Sequence[str], counts: Sequence[int], title: str) -> None:
    """Print who gets how many cases."""
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("agent", overflow="fold")
    table.add_column("cases", justify="right", no_wrap=True)
    table.add_column("share, %", justify="right", no_wrap=True)
    for name, count in zip(names, counts, strict=True):
        table.add_row(_cell(name), f"{count:,}", f"{100 * count / sum(counts):.1f}")
    _narrow().print(table)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print names, in the first column, and what is said of each in short strings of ours."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(header):
        table.add_column(Text(name), justify="right" if i else "left", no_wrap=i > 0)
    for cells in rows:
        table.add_row(_cell(cells[0]), *map(Text, cells[1:]))
    _narrow().print(table)


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object that knows the command and the versions it came from."""
    command = shlex.join(["cede", *sys.argv[1:]])
    print(json.dumps({"command": command, "versions": versions(), **content}, indent=2))


def print_line(text: str) -> None:
    """Print a sentence, wrapped as tables are."""
    _narrow().print(Text(harmless(text)))


def _cell(text: str) -> Text:
    """A name or a number in a table, on one line, without markup."""
    return Text(shown(text, _LONGEST_CELL))


def _narrow() -> Console:
    """Make a console as wide as the terminal, or of 80 columns if output goes elsewhere."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 80)
