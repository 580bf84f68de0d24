"""Tables of answers, and of cases beside them, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs.files import read_table
from cede.logs.tools._cells import as_text
from cede.logs.tools._people import Annotations

__all__ = ["add_cases", "first_name", "rows_of"]

Row = dict[str, Any]


def rows_of(file: str | Path, texts: Iterable[str]) -> list[Row]:
    """Read the rows of a table; in ``texts`` stand ids and answers, as they are written."""
    rows: list[Row] = read_table(file, texts=texts).to_arrow().to_pylist()
    return rows


def first_name(rows: list[Row], names: Iterable[str], file: str | Path, what: str) -> str:
    """Return which of some names a table uses."""
    wanted = list(names)
    name = next((name for name in wanted if rows and name in rows[0]), None)
    if name is None:
        raise InvalidInput(
            f"must have a column of {what} ({' or '.join(wanted)}), but {str(file)!r} has "
            f"{', '.join(rows[0]) if rows else 'no row'}; rename it",
            argument="paths",
        )
    return name


def add_cases(
    annotations: Annotations, file: str | None, names: Iterable[str], needed: bool
) -> None:
    """Add what a table knows of the cases that were answered, joined by their names."""
    if file is None:
        if needed and not any(annotations.data.values()):
            raise InvalidInput(
                "must say cases, as the files hold nothing of a case but its name, and a model "
                "needs something to see; write cases=TABLE, with a row per case",
                argument="option",
            )
        return
    names = list(names)
    rows = rows_of(file, names)
    key = first_name(rows, names, file, "cases")
    known = {as_text(row[key]): {n: v for n, v in row.items() if n != key} for row in rows}
    if len(known) < len(rows):
        raise InvalidInput(
            f"must name a table with a row per case for cases, but {file!r} has {len(rows):,} rows "
            f"of {len(known):,} cases; leave one of each",
            argument="option",
        )
    absent = [case for case in annotations.data if case not in known]
    if absent:
        raise InvalidInput(
            f"must name a table of all cases for cases, but {file!r} lacks {len(absent):,} that "
            f"were answered, {absent[0]!r} among them; add them",
            argument="option",
        )
    for case, data in annotations.data.items():
        data.update(known[case])
