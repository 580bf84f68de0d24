"""Decimal commas: what they say of a file, and numbers in the notation that somebody named."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs._numbers import in_plain_notation, read_numbers
from cede.logs.files._content import Content

__all__ = ["check_points", "in_plain_numbers"]

#: What is a thousand with one notation and one with the other.
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
#: Different texts of a column that are looked at to tell its notation.
_SAMPLE = 2_000


def in_plain_numbers(table: Any, decimal: str, texts: Collection[str]) -> Any:
    """Columns of texts that are numbers with this decimal mark, as numbers where all are some."""
    import pyarrow as pa

    for place, name in _columns_of_texts(table, texts):
        encoded = table.column(place).combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        plain = in_plain_notation(encoded.dictionary.to_pylist(), decimal)
        if plain is None:
            continue
        column = pa.array(plain, pa.string()).take(encoded.indices)
        with suppress(pa.ArrowInvalid):  # an odd cell, which whoever reads the column judges
            column = column.cast(pa.float64())
        table = table.set_column(place, name, column)
    return table


def check_points(
    table: Any, content: Content, texts: Collection[str], read: Callable[..., Any]
) -> None:
    """Refuse 1.234 beside 12,5: in such a file, it may be a thousand.

    ``read`` reads some columns again as they are written.
    """
    import pyarrow as pa

    floats = [
        name
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if pa.types.is_floating(kind)
    ]
    comma = _with_decimal_commas(table, texts) if floats else None
    if comma is None:
        return
    written = read(dict.fromkeys(floats, "text"), only=floats)
    for name in floats:
        cells = written.column(name).drop_null().unique().to_pylist()
        if cells and all(map(_GROUPED.fullmatch, cells)):
            raise InvalidInput(
                f"must be said of {content}, where column {comma!r} has decimal commas and "
                f"{cells[0]!r} in column {name!r} may be {cells[0].replace('.', '')} or "
                f"{cells[0]}, but got none; say ',' or '.'",
                argument="decimal",
            )


def _with_decimal_commas(table: Any, texts: Collection[str]) -> str | None:
    """The first column that has decimal commas for sure."""
    for place, name in _columns_of_texts(table, texts):
        some = table.column(place).drop_null().slice(0, 10 * _SAMPLE).unique()
        cells = some.to_pylist()[:_SAMPLE]
        numbers = read_numbers(cells)
        if "decimal commas" in numbers.written and 2 * numbers.odd.sum() < len(cells):
            return str(name)
    return None


def _columns_of_texts(table: Any, texts: Collection[str]) -> Iterator[tuple[int, str]]:
    import pyarrow as pa

    for place, (name, kind) in enumerate(zip(table.column_names, table.schema.types, strict=True)):
        if name not in texts and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            yield place, name
