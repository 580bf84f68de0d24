"""Columns of a log by name: ids, numbers, features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.costs._tables import read_numbers
from cede.exceptions import InvalidInput
from cede.logs._columns import Column, named_feature
from cede.logs._files import open_table
from cede.logs._frames import check_columns
from cede.logs._numbers import read_numbers as read_texts
from cede.logs._values import Distinct, column_values, distinct, names_in


def open_log(
    table: Any,
    names: Iterable[str | None],
    numbers: Iterable[str | None],
    features: Sequence[str],
    group: str | None,
) -> nw.DataFrame[Any]:
    """Read a table with columns of names and of numbers, and features that are none of them.

    What cases share may be a feature, too.
    """
    named = [column for column in (*names, *numbers) if column is not None]
    frame = open_table(table, [*names, group])
    check_columns(frame, [*named, *features, group])
    leaking = [name for name in features if name in named]
    if leaking:
        raise InvalidInput(
            f"Column {leaking[0]!r} says which case it is or what the log found, and cannot be a "
            f"feature too."
        )
    if len(frame) == 0:
        raise InvalidInput("The table has no rows; a log needs one case at least.")
    return frame


def numbers(frame: nw.DataFrame[Any], column: str) -> Floats:
    """Numbers of a column, NaN where missing; texts that all are numbers, or truths, do."""
    values = column_values(frame[column], f"Column {column!r}")
    if values.dtype.kind == "O":
        found = distinct(frame[column], f"Column {column!r}")
        if all(isinstance(value, str) for value in found.values):
            return _from_texts(found, column)
    return read_numbers(f"Values of column {column!r}", values)


def _from_texts(found: Distinct, column: str) -> Floats:
    """Read texts; an odd one is refused, as an outcome that is missing is a loss."""
    truths = [text.strip().casefold() for text in found.values]
    if truths and set(truths) <= {"true", "false"}:
        return found.spread([float(text == "true") for text in truths], np.nan)
    read = read_texts(found.values)
    odd = [text for text, bad in zip(found.values, read.odd | read.nothing, strict=True) if bad]
    if read.ambiguous or odd:
        what = read.ambiguous or f"hold {odd[0]!r}"
        raise InvalidInput(
            f"Values of column {column!r} must be numbers, but {what}; mend these cells, or empty "
            f"them where nothing is known."
        )
    return found.spread(read.values.tolist(), np.nan)


def ids(frame: nw.DataFrame[Any], column: str, what: str = "Column") -> Distinct:
    """What names cases, agents or groups, sorted: of one type, none missing."""
    found = names_in(frame[column], f"{what} {column!r}")
    try:
        return found.sorted()
    except TypeError:
        kind = type(found.values[0]).__name__
        raise InvalidInput(
            f"{what} {column!r} holds values of type {kind}, which have no order; name cases, "
            f"agents and groups by texts or numbers."
        ) from None


def rows(frame: nw.DataFrame[Any]) -> Distinct:
    """Let every row be a case of its own, named by its number from 0."""
    numbers = np.arange(len(frame), dtype=np.int64)
    return Distinct(numbers.tolist(), numbers)


def array_of(values: Sequence[Any]) -> NDArray[Any]:
    """Names as an array: whole numbers as such, texts as objects."""
    whole = all(type(value) is int and abs(value) < 2**63 for value in values)
    return np.array(values, dtype=np.int64 if whole else object)


def each(names: Distinct) -> NDArray[Any]:
    """Return the name in every row, ``(n,)``."""
    return array_of(names.values)[names.codes]


def as_text(name: Any) -> str | None:
    """Return the name of a column as frames have it here."""
    return None if name is None else str(name)


def as_texts(columns: Mapping[Any, Any]) -> dict[str, str]:
    """Return names of agents and of their columns as texts."""
    return {str(agent): str(column) for agent, column in columns.items()}


def feature(
    frame: nw.DataFrame[Any], column: str, agents: Sequence[str] = ()
) -> tuple[Column, NDArray[Any]]:
    """Read a feature: numbers as floats (NaN where missing), texts as objects (None)."""
    found = named_feature(frame, column, agents, texts=True)
    values = found.values
    assert values is not None  # or it would have been refused
    return found.column, values
