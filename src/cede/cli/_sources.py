"""The files that a command reads, and how they are written."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from cede.cli._options import pairs
from cede.cli._printing import errors
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import FORMATS, TOOLS, Files, read_export

__all__ = ["reads_files", "source"]

_FLAGS: dict[str, Any] = {
    "delimiter": Annotated[
        str | None,
        typer.Option(
            help="What stands between the columns of a CSV file: one sign, or tab; found if it is "
            "not said.",
            show_default=False,
        ),
    ],
    "decimal": Annotated[
        str | None,
        typer.Option(
            help="Decimal mark of a CSV file: . or , and the other may stand between thousands; "
            "found for each column if it is not said.",
            show_default=False,
        ),
    ],
    "encoding": Annotated[
        str | None,
        typer.Option(
            help="Encoding of a file of text, as cp1252; UTF-8, or by its mark, if it is not said.",
            show_default=False,
        ),
    ],
}


def reads_files(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command whose ``table`` are files the flags that say how these are written."""
    hints = get_type_hints(command, include_extras=True)
    paths = Annotated[list[Path], *get_args(hints["table"])[1:]]

    @wraps(command)
    def run(
        *,
        table: Sequence[Path],
        delimiter: str | None = None,
        decimal: str | None = None,
        encoding: str | None = None,
        quiet: bool = False,
        **others: Any,
    ) -> None:
        def tell(note: str) -> None:
            if not quiet:
                errors.print(f"Read {note}.")

        files = Files(*table, delimiter=delimiter, decimal=decimal, encoding=encoding, tell=tell)
        command(table=files, quiet=quiet, **others)

    known = inspect.signature(command).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    annotations = {**hints, "table": paths, **_FLAGS}
    parameters = [
        *(p.replace(kind=keyword, annotation=annotations[p.name]) for p in known),
        *(
            inspect.Parameter(name, keyword, default=None, annotation=flag)
            for name, flag in _FLAGS.items()
        ),
    ]
    run.__annotations__ = annotations
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def source(
    files: Files, format: str | None, options: Sequence[str] | None
) -> tuple[Any, str | None]:
    """Return what a log is read from, and its format: a table's, None if a tool's files say it.

    Raises
    ------
    InvalidInput
        If the format is neither a table's nor a tool's, or a table has options of a tool.
    """
    if format in TOOLS:
        for argument in ("delimiter", "decimal", "encoding"):
            if getattr(files, argument) is not None:
                raise InvalidInput(
                    f"is for tables, but got {getattr(files, argument)!r} for files of {format}; "
                    f"leave it out",
                    argument=argument,
                )
        return read_export(format, files.paths, pairs("--option", options or [])), None
    if format is not None and format not in FORMATS:
        raise UnknownName("format", format, [*FORMATS, *TOOLS], argument="format")
    if options:
        raise InvalidInput(
            f"--option is for files of a tool, but got {options[0]!r} for a table; name the tool "
            f"(--from), or leave it out."
        )
    return files, format
