"""Flags that several commands share, and what an argument is called on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import OptionInfo

from cede.exceptions import CedeError, InvalidInput
from cede.logs import FORMATS, TOOLS, Files

__all__ = [
    "Abstain",
    "AbstainPays",
    "Agent",
    "AsJson",
    "Budget",
    "Case",
    "Cost",
    "ExchangeRate",
    "Force",
    "Format",
    "Group",
    "LogFiles",
    "LogModel",
    "NewFiles",
    "Outcome",
    "OutcomeValues",
    "Propensity",
    "Quiet",
    "RouterFolder",
    "Seed",
    "TableFiles",
    "Text",
    "ToolFormat",
    "ToolOptions",
    "in_flags",
]

Seed = Annotated[int, typer.Option(min=0, help="Seed of splits, model and resampling.")]
Force = Annotated[
    bool,
    typer.Option("--force", help="Replace what stands at --out; else it is kept beside."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing while working.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object; everything else on standard error.")
]

#: Files that ``reads_files`` makes of paths.
_KINDS = "Parquet, CSV, JSON, Arrow, SQLite::table, a folder of parts, - for standard input"
TableFiles = Annotated[Files, typer.Argument(help=f"The table: {_KINDS}; or what --from reads.")]
LogFiles = Annotated[Files, typer.Argument(help=f"The log: {_KINDS}; or what --from reads.")]
NewFiles = Annotated[
    Files, typer.Argument(help="Cases to route, with the columns of the fit; files as of cede fit.")
]
RouterFolder = Annotated[Path, typer.Argument(help="Folder that cede fit wrote.")]
Outcome = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=COL: column of an agent's quality, 0 to 1, or right or wrong (repeat); with "
        "--agent, the one column of qualities.",
        show_default=False,
    ),
]
Cost = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=COL: column of the money its call took (repeat); with --agent, COL.",
        show_default=False,
    ),
]
ExchangeRate = Annotated[
    float | None,
    typer.Option(
        help="Quality that one unit of money must buy: 0.5 if 0.01 of quality is worth 2 cents and "
        "money is in dollars. Goes with --cost.",
        show_default=False,
    ),
]
Propensity = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME=COL: column of the probability that this outcome would be logged (repeat); with "
        "--agent, COL.",
        show_default=False,
    ),
]
OutcomeValues = Annotated[
    str | None,
    typer.Option(
        help="What words are worth in columns of outcomes: C=1,P=0.5,I=0. Numbers, true and false, "
        "yes and no, right and wrong, pass and fail are understood.",
        show_default=False,
    ),
]
Abstain = Annotated[
    str | None,
    typer.Option(
        help="Words of those who were asked and did not answer, as unsure,skip; a missing answer.",
        show_default=False,
    ),
]
AbstainPays = Annotated[
    bool,
    typer.Option(
        "--abstain-pays",
        help="Who abstains is paid for asking all the same, and the model's answer stands.",
    ),
]
Agent = Annotated[
    str | None,
    typer.Option(
        help="Column that names the agent, in a log with a row per case and agent.",
        show_default=False,
    ),
]
Text = Annotated[
    list[str] | None,
    typer.Option(help="Column of texts to route by: prompts, notes (repeat).", show_default=False),
]
Case = Annotated[str | None, typer.Option(help="Column that names the case.", show_default=False)]
Format = Annotated[
    str | None,
    typer.Option(
        "--from",
        help=f"How the log is written: {', '.join(FORMATS)} [default: long with --agent, else "
        f"wide]; or the tool that wrote it: {', '.join(TOOLS)}.",
        show_default=False,
    ),
]
ToolFormat = Annotated[
    str | None,
    typer.Option(
        "--from",
        help=f"The tool that wrote the files: {', '.join(TOOLS)} [default: they are a table]",
        show_default=False,
    ),
]
ToolOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        help="KEY=VALUE: what the reader of a tool's files is to know (repeat).",
        show_default=False,
    ),
]
Group = Annotated[
    str | None,
    typer.Option(
        help="Column whose equal values belong together: a user, a conversation.",
        show_default=False,
    ),
]
LogModel = Annotated[
    str | None,
    typer.Option(
        help="What the log calls the model; by default as at the fit.", show_default=False
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        help="Largest share of these cases that may leave the model, 0 to 1; by default as the "
        "router was tuned, or wherever another agent is expected to cost less.",
        show_default=False,
    ),
]


def in_flags(error: CedeError, command: Callable[..., Any], named: Mapping[str, str]) -> str:
    """Return the message of an error, which begins with the flag if it is about an argument.

    ``named`` says what arguments are called whose flags have other names, or which have none.
    """
    if not isinstance(error, InvalidInput) or error.argument is None:
        return str(error)
    flag = named.get(error.argument) or _flag(error.argument, command)
    return f"{flag} {error.message}"


def _flag(argument: str, command: Callable[..., Any]) -> str:
    """The flag of this name if the command has one; else the name."""
    hint = get_type_hints(command, include_extras=True).get(argument)
    options = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, OptionInfo)]
    if not options:
        return argument
    declared = [text for text in options[0].param_decls or () if text.startswith("--")]
    return declared[0] if declared else f"--{argument.replace('_', '-')}"
