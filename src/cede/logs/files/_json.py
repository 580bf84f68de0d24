"""Records in JSON, one a line or all in a list."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs.files._cells import table_of
from cede.logs.files._content import Content
from cede.logs.files._writing import Writing

__all__ = ["read_json", "records_in"]


def read_json(content: Content, writing: Writing) -> Any:
    """Read records as columns; an object in a field becomes columns of its own, as ``a.b``."""
    objects: dict[str, str] = {}

    def flat(record: dict[str, Any]) -> dict[str, Any]:
        for name, value in record.items():
            if isinstance(value, dict) and value:
                objects.setdefault(name, f"{name}.{next(iter(value))}")
        return _flattened(record, content)

    table = table_of(map(flat, records_in(content, writing)))
    if not table.column_names:
        raise UnreadableFile(f"{content} holds no records; a table has one per case.")
    if objects:
        names = ", ".join(map(repr, list(objects)[:8]))
        column = next(iter(objects.values()))
        writing.note(f"{content}: objects in {names} as columns of their own, as {column!r}")
    return table


def records_in(content: Content, writing: Writing | None = None) -> Iterable[dict[str, Any]]:
    """Records as they are: one a line, those of a list, or of the one list in an object.

    Raises
    ------
    UnreadableFile
        If it is no JSON, or holds no records or several lists of them.
    """
    writing = writing or Writing()
    start = content.head(1 << 16)
    if not start.strip():
        raise UnreadableFile(f"{content} is empty; a table has a record per case.")
    encoding = writing.encoding_of(start)
    if content.ending != ".json" and not start.decode(encoding, "ignore").lstrip().startswith("["):
        return _lines(content, encoding)
    text = _decoded(content, lambda: content.whole().decode(encoding))
    try:
        whole = _loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return _lines(content, encoding)
        raise UnreadableFile(
            f"{content} is no JSON: {error.msg}, at line {error.lineno:,}."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{content} cannot be read: {error}.") from None
    return _records(whole, content, writing)


def _lines(content: Content, encoding: str) -> Iterator[dict[str, Any]]:
    with content.open() as stream:
        lines = io.TextIOWrapper(stream, encoding=encoding)
        for number, line in enumerate(_decoding(content, lines), start=1):
            if not line.strip():
                continue
            try:
                record = _loads(line)
            except (ValueError, RecursionError) as error:
                why = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                raise UnreadableFile(f"{content}: line {number:,} is no JSON: {why}.") from None
            if not isinstance(record, dict):
                raise UnreadableFile(
                    f"{content}: line {number:,} holds no record but {_kind(record)}; a record is "
                    f"written as {{...}}, with names for its values."
                )
            yield record


def _records(whole: Any, content: Content, writing: Writing) -> list[dict[str, Any]]:
    """The records of a list, or those of the one list in an object."""
    if isinstance(whole, dict):
        lists = [name for name, value in whole.items() if _are_records(value)]
        if len(lists) != 1:
            what = f"lists of records in {', '.join(map(repr, lists))}" if lists else "no list"
            raise UnreadableFile(
                f"{content} must hold one list of records, but it holds {what}; write one, as "
                f"pandas does by to_json(path, orient='records')."
            )
        writing.note(f"{content}: records of {lists[0]!r}")
        whole = whole[lists[0]]
    if not _are_records(whole):
        raise UnreadableFile(
            f"{content} holds {_kind(whole)} where records are wanted, as in [{{...}}, {{...}}]; "
            f"give its values names."
        )
    return list(whole)


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a text", dict: "an object", type(None): "null"}
    return kinds.get(type(value), "a number")


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object each of whose names stands once: of two, one would count for nothing."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has {twice!r} twice")
    return fields


def _flattened(record: dict[str, Any], content: Content, before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            fields = _flattened(value, content, f"{before}{name}.")
        else:
            fields = {before + name: value}
        for column in fields:
            if column in flat:
                raise UnreadableFile(
                    f"{content}: a record has {column!r} twice, as a name and as an object in an "
                    f"object; rename one."
                )
        flat |= fields
    return flat


def _decoding(content: Content, lines: Iterable[str]) -> Iterator[str]:
    iterator = iter(lines)
    while (line := _decoded(content, lambda: next(iterator, None))) is not None:
        yield line


def _decoded(content: Content, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"must be said of {content}, which is not {error.encoding.upper()} (it holds the byte "
            f"0x{error.object[error.start]:02x}), but got none that fits; JSON should be UTF-8",
            argument="encoding",
        ) from None
