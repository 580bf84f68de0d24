"""Tables in databases, which are files: SQLite and DuckDB."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from cede.exceptions import InvalidInput, MissingExtra, UnknownName, UnreadableFile
from cede.logs.files._arrow import flattened
from cede.logs.files._cells import table_of
from cede.logs.files._content import Content
from cede.logs.files._writing import Writing

__all__ = ["read_database"]

_SQLITE, _DUCKDB = b"SQLite format 3\0", b"DUCK"
#: Rows that are fetched at a time.
_ROWS = 10_000


def read_database(content: Content, writing: Writing) -> Any:
    """Read the table that ``path::table`` names, or the only one there is."""
    if content.plain_path is None:
        raise UnreadableFile(f"{content} is a database, which is read from a file as it is.")
    start = content.head(16)
    if start == _SQLITE:
        return _read_sqlite(content)
    if start[8:12] == _DUCKDB:
        return _read_duckdb(content, writing)
    raise UnreadableFile(f"{content} is no database of SQLite or DuckDB.")


def _read_sqlite(content: Content) -> Any:
    assert content.path is not None
    place = f"{content.path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(place, uri=True)) as connection:
            listed = connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
            )
            table = _table(content, [name for (name,) in listed])
            cursor = connection.execute(f"SELECT * FROM {_quoted(table)}")
            names = [column[0] for column in cursor.description]
            return table_of(_records(cursor, names), names)
    except sqlite3.Error as error:
        raise UnreadableFile(f"{content} cannot be read as SQLite: {error}.") from error


def _records(cursor: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    while rows := cursor.fetchmany(_ROWS):
        for row in rows:
            yield dict(zip(names, row, strict=True))


def _read_duckdb(content: Content, writing: Writing) -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtra("duckdb", "duckdb", "Reading a DuckDB file") from None
    # A view may name files and addresses: reading a table reads nothing else.
    config: dict[str, Any] = {"enable_external_access": "false"}
    try:
        with duckdb.connect(str(content.path), read_only=True, config=config) as connection:
            listed = connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_catalog = current_database() ORDER BY ALL"
            ).fetchall()
            names = {
                name if schema == "main" else f"{schema}.{name}": (schema, name)
                for schema, name in listed
            }
            place = ".".join(map(_quoted, names[_table(content, list(names))]))
            table = connection.sql(f"SELECT * FROM {place}").to_arrow_table()
            return flattened(table, content, writing)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise UnreadableFile(f"{content} cannot be read as DuckDB: {first}") from error


def _table(content: Content, names: Sequence[str]) -> str:
    if content.table is not None:
        if content.table not in names:
            raise UnknownName(f"table in {content} named", content.table, names)
        return content.table
    if len(names) != 1:
        listed = ", ".join(names[:20]) or "none"
        raise InvalidInput(
            f"must name one of the tables in {content}, which are {listed}; write it behind the "
            f"path, as PATH::{names[0] if names else 'TABLE'}",
            argument="table",
        )
    return names[0]


def _quoted(name: str) -> str:
    """A name as SQL has it, whatever signs it holds."""
    return '"' + name.replace('"', '""') + '"'
