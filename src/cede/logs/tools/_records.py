"""JSON files to records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile

__all__ = ["files_of", "parse_records", "read_records"]

_LINES, _WHOLE = (".jsonl", ".ndjson"), (".json",)

Record = dict[str, Any]


def files_of(paths: Sequence[str | Path] | str | Path) -> list[Path]:
    """Return one or several paths as a list of at least one, once each."""
    files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not files:
        raise InvalidInput("must name a file, but got none; name one", argument="paths")
    twice = sorted({str(file) for file in files if files.count(file) > 1})
    if twice:
        raise InvalidInput(
            f"must name each file once, but got {twice[0]!r} twice; name it once", argument="paths"
        )
    return files


def read_records(file: Path) -> list[Record]:
    """Read a file with a JSON object a line, or one JSON list of objects, or of columns.

    Raises
    ------
    UnreadableFile
        If it is not there or no such file.
    """
    if not file.is_file():
        raise UnreadableFile(f"There is no file {str(file)!r}.")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{str(file)!r} is not UTF-8; export it anew.") from error
    return parse_records(str(file), text)


def parse_records(name: str, text: str) -> list[Record]:
    """Parse the text of a file of that name."""
    kind = Path(name).suffix.lower()
    if kind not in (*_LINES, *_WHOLE):
        raise UnreadableFile(
            f"{name!r} is no JSON file: its name should end in {', '.join((*_WHOLE, *_LINES))}."
        )
    records = _lines(name, text) if kind in _LINES else _list(_parsed(name, text))
    if not all(isinstance(record, dict) for record in records):
        raise UnreadableFile(f"{name!r} holds something else than JSON objects.")
    if not records:
        raise UnreadableFile(f"{name!r} holds no record.")
    return records


def _lines(name: str, text: str) -> list[Record]:
    lines = enumerate(text.split("\n"), start=1)
    return [_parsed(name, line, number) for number, line in lines if line.strip()]


def _parsed(name: str, text: str, line: int | None = None) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        where = f" in line {line:,}" if line else ""
        raise UnreadableFile(f"{name!r} cannot be read as JSON{where}: {error}") from error


def _list(value: Any) -> list[Record]:
    """The records of a list, of columns that are equally long, or of one object."""
    if not isinstance(value, dict):
        return list(value) if isinstance(value, list) else [value]
    columns = list(value.values())
    lists = bool(columns) and all(isinstance(column, list) for column in columns)
    if lists and len({len(column) for column in columns}) == 1:
        return [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return [value]
