"""Files of a tool, and the JSON records in them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs.files import records_in
from cede.logs.files._content import Content, content_of

__all__ = ["Record", "files_of", "read_records", "records_of", "varying"]

_ENDINGS = (".json", ".jsonl", ".ndjson")

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
    return records_of(content_of(str(file)))


def records_of(content: Content) -> list[Record]:
    """Records in the bytes of a file."""
    if content.ending not in _ENDINGS:
        raise UnreadableFile(
            f"{content} is no JSON file: its name should end in {', '.join(_ENDINGS)}."
        )
    records = _of_columns(content) or list(records_in(content))
    if not records:
        raise UnreadableFile(f"{content} holds no records.")
    return records


def varying(records: Sequence[Record], key: str, but: Collection[str]) -> list[str]:
    """Fields in which records of one case differ, other than ``key`` and those in ``but``."""
    first: dict[Any, Record] = {}
    names: dict[str, None] = {}
    for record in records:
        other = first.setdefault(record[key], record)
        fields = [name for name in {**other, **record} if name != key and name not in but]
        names |= {name: None for name in fields if other.get(name) != record.get(name)}
    return list(names)


def _of_columns(content: Content) -> list[Record]:
    """The records of one object that holds equally long lists; none of anything else."""
    if content.ending != ".json" or not content.head(64).lstrip().startswith(b"{"):
        return []
    try:
        whole = json.loads(content.whole())
    except ValueError:
        return []
    columns = list(whole.values())
    lists = bool(columns) and all(isinstance(column, list) for column in columns)
    if not lists or len({len(column) for column in columns}) > 1:
        return []
    return [dict(zip(whole, cells, strict=True)) for cells in zip(*columns, strict=True)]
