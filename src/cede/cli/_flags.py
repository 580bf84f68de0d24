"""Flags that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Agent",
    "AsJson",
    "Budget",
    "Case",
    "Cost",
    "ExchangeRate",
    "Force",
    "Group",
    "LogFile",
    "LogModel",
    "Outcome",
    "Propensity",
    "Quiet",
    "RouterFolder",
    "Seed",
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

LogFile = Annotated[Path, typer.Argument(help="The log: a Parquet, CSV, Arrow or Feather file.")]
RouterFolder = Annotated[Path, typer.Argument(help="Folder that cede fit wrote.")]
Outcome = Annotated[
    list[str],
    typer.Option(
        help="NAME=COL: column of an agent's quality, 0 to 1, or right or wrong (repeat); with "
        "--agent, the one column of qualities."
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
Agent = Annotated[
    str | None,
    typer.Option(
        help="Column that names the agent, in a log with a row per case and agent.",
        show_default=False,
    ),
]
Case = Annotated[str | None, typer.Option(help="Column that names the case.", show_default=False)]
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
