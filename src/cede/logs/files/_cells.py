"""Records whose cells may hold anything, as columns of one kind each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

__all__ = ["table_of"]

#: Records that are held as such at a time.
_ROWS = 10_000


def table_of(records: Iterable[Mapping[str, Any]], names: Sequence[str] = ()) -> Any:
    """Columns of records; a field that a record lacks is missing.

    Cells of several kinds become texts, as JSON writes them: 1 beside "1", a list beside a number.
    Whole numbers beside others become floats where that loses no digit.

    Parameters
    ----------
    records : iterable of dict
    names : sequence of str
        Columns that are there without any record, too.
    """
    import pyarrow as pa

    parts: dict[str, list[Any]] = {name: [] for name in names}
    iterator, n = iter(records), 0
    while some := list(islice(iterator, _ROWS)):
        for name in dict.fromkeys(name for record in some for name in record):
            parts.setdefault(name, [pa.nulls(n)] if n else [])
        for name, chunks in parts.items():
            chunks.append(_array([record.get(name) for record in some]))
        n += len(some)
    columns = {name: _together(chunks) for name, chunks in parts.items()}
    return pa.table(columns)


def _array(cells: list[Any]) -> Any:
    import pyarrow as pa

    kinds = {type(cell) for cell in cells} - {type(None)}
    if len(kinds) < 2 or kinds == {int, float}:
        try:
            return pa.array(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            pass
    return pa.array([_written(cell) for cell in cells], pa.string())


def _written(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return json.dumps(cell, ensure_ascii=False, default=str)


def _together(chunks: list[Any]) -> Any:
    import pyarrow as pa

    if len({chunk.type for chunk in chunks}) > 1:
        schemas = [pa.schema([("", chunk.type)]) for chunk in chunks]
        try:
            kind = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
            chunks = [chunk.cast(kind) for chunk in chunks]
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            chunks = [
                pa.array([_written(cell) for cell in chunk.to_pylist()], pa.string())
                for chunk in chunks
            ]
    return pa.chunked_array(chunks, None if chunks else pa.null())
