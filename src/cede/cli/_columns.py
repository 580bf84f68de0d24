"""What each column was taken for: printed, and in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cede.cli._printing import errors
from cede.logs import Column
from cede.logs._column_words import column_lines
from cede.logs._columns import column_warnings

__all__ = ["column_dicts", "print_columns"]


def column_dicts(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """Plain values for JSON."""
    return [column.to_dict() for column in columns]


def print_columns(columns: Sequence[Column], quiet: bool, *, beware: bool = True) -> None:
    """Print it on standard error, unless nothing is to be said."""
    if quiet:
        return
    lines = column_lines(columns)
    if beware:
        lines += [f"Beware: {text}" for text in column_warnings(columns)]
    for line in lines:
        errors.print(line, markup=False)
