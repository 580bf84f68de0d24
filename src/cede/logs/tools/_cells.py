"""What is known of each case, as columns of plain values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cede.exceptions import MissingExtra

__all__ = ["as_table", "as_text", "columns_of", "free_name", "nested"]

#: Texts of so many words on average are measured, too.
_WORDS = 2.0

Cells = list[Any]


def as_text(value: Any) -> str | None:
    """Write an answer or a truth as text, None where there is none: 1.0 is 1, True is true."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def as_table(columns: Mapping[str, Cells]) -> Any:
    """Put columns into a table of pyarrow; one without any value is one of texts."""
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtra("pyarrow", "cli", "Reading files of a tool") from None
    return pa.table(
        {
            name: pa.array(cells, None if any(c is not None for c in cells) else pa.string())
            for name, cells in columns.items()
        }
    )


def free_name(name: str, taken: Iterable[str], what: str) -> str:
    """Return a name for a column: ``name``, or with what it is if that is taken."""
    others = set(taken)
    while name in others:
        name = f"{name} ({what})"
    return name


def nested(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of what holds records, or lists of anything but numbers."""
    names: dict[str, None] = {}
    for record in records:
        for name, value in record.items():
            if isinstance(value, dict) or (isinstance(value, list) and not _numbers(value)):
                names[name] = None
    return list(names)


def columns_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Cells]:
    """Put records in columns of one type each, and the lengths of texts beside them.

    What is nested is left out.
    """
    out = set(nested(records))
    names = dict.fromkeys(name for record in records for name in record if name not in out)
    columns: dict[str, Cells] = {}
    for name in names:
        cells = _of_one_type([_cell(record.get(name)) for record in records])
        columns[name] = cells
        columns |= {n: values for n, values in _lengths(name, cells).items() if n not in names}
    return columns


def _lengths(name: str, cells: Cells) -> dict[str, Cells]:
    """How long texts are, in characters and words, unless they are names of few things."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    n_words = sum(len(text.split()) for text in texts)
    if not texts or n_words < _WORDS * len(texts) or 2 * len(set(texts)) <= len(texts):
        return {}
    return {
        f"{name}_chars": [None if cell is None else len(cell) for cell in cells],
        f"{name}_words": [None if cell is None else len(cell.split()) for cell in cells],
    }


def _numbers(value: Sequence[Any]) -> bool:
    return bool(value) and all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in value
    )


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    return None if isinstance(value, float) and math.isnan(value) else value


def _of_one_type(cells: Cells) -> Cells:
    """Numbers, truths, lists of numbers, or else texts."""
    kinds = {type(cell) for cell in cells if cell is not None}
    exact = not any(isinstance(cell, int) and abs(cell) >= 2**53 for cell in cells)
    if kinds == {list}:
        return [None if cell is None else [float(item) for item in cell] for cell in cells]
    if kinds == {int, float} and exact:
        return [None if cell is None else float(cell) for cell in cells]
    if len(kinds) <= 1 and exact:
        return cells
    return [as_text(cell) for cell in cells]
