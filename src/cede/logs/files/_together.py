"""Tables of several files, one below the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cede.exceptions import UnreadableFile

__all__ = ["put_together"]


def put_together(tables: Sequence[tuple[str, Any]], texts: Collection[str] = ()) -> Any:
    """One table of the rows of all, which have the same columns in any order.

    Parameters
    ----------
    tables : sequence of name and table
    texts : collection of str
        Columns that are compared as texts, so that 1 in one file and "1" in another are one.

    Raises
    ------
    UnreadableFile
        If one lacks a column that another one has, or a column is of kinds that have none in
        common.
    """
    import pyarrow as pa

    (first_name, first), *others = tables
    if not others:
        return first
    for name, table in others:
        _check_names(first_name, first.column_names, name, table.column_names)
    columns = {}
    for column in first.column_names:
        chunks = [(name, _plain(table.column(column))) for name, table in tables]
        kind = _common_kind(column, chunks, as_text=column in texts)
        columns[column] = pa.chunked_array(
            [chunk for _, cells in chunks for chunk in cells.cast(kind).chunks], kind
        )
    return pa.table(columns, metadata=first.schema.metadata)


def _check_names(first_name: str, first: list[str], name: str, names: list[str]) -> None:
    for one, other, here, there in (
        (first_name, name, first, names),
        (name, first_name, names, first),
    ):
        lacking = [column for column in here if column not in there]
        if lacking:
            raise UnreadableFile(
                f"{other} has no column {lacking[0]!r}, which {one} has; files that are read "
                f"together have the same columns."
            )


def _plain(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _common_kind(column: str, chunks: Sequence[tuple[str, Any]], *, as_text: bool) -> Any:
    import pyarrow as pa

    kinds = {cells.type for _, cells in chunks}
    if len(kinds) == 1:
        return kinds.pop()
    try:
        schemas = [pa.schema([(column, kind)]) for kind in kinds]
        kind = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
        for _, cells in chunks:
            cells.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        if as_text:
            return pa.large_string()
        (first_name, first), *others = chunks
        name, cells = next((n, c) for n, c in others if c.type != first.type)
        raise UnreadableFile(
            f"Column {column!r} holds {_kind(first.type)} in {first_name} and {_kind(cells.type)} "
            f"in {name}; write it alike in all files, or say how they are written (--decimal)."
        ) from None
    return kind


def _kind(kind: Any) -> str:
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "texts"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "numbers"
    return "truths" if pa.types.is_boolean(kind) else str(kind)
