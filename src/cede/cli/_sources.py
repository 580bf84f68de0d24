"""The files that a command reads, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cede.cli._options import pairs
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import FORMATS, TOOLS, read_export

__all__ = ["source"]


def source(
    paths: Sequence[Path], format: str | None, options: Sequence[str] | None
) -> tuple[Any, str | None]:
    """Return what a log is read from, and its format: a table's, None if a tool's files say it.

    Raises
    ------
    InvalidInput
        If the format is neither a table's nor a tool's, or a table has options of a tool.
    """
    if format in TOOLS:
        return read_export(format, paths, pairs("--option", options or [])), None
    if format is not None and format not in FORMATS:
        raise UnknownName("format", format, [*FORMATS, *TOOLS], argument="format")
    if options:
        raise InvalidInput(
            f"--option is for files of a tool, but got {options[0]!r} for a table; name the tool "
            f"(--from), or leave it out."
        )
    return (paths[0] if len(paths) == 1 else tuple(paths)), format
