"""Columns of a log by name: ids, numbers, features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede.costs._tables import read_numbers
from cede.exceptions import InvalidInput
from cede.logs._frames import check_columns
from cede.logs._numbers import read_numbers as read_texts
from cede.logs._values import Distinct, column_values, distinct, names_in
from cede.logs.files import open_table


def open_log(
    table: Any,
    names: Mapping[str, str | None],
    numbers: Mapping[str, str | Iterable[str] | None],
) -> nw.DataFrame[Any]:
    """Read a table that has columns of names and of numbers, each by the argument that says so."""
    frame = open_table(table, names.values())
    check_columns(frame, {**names, **numbers})
    if len(frame) == 0:
        raise InvalidInput("The table has a header but no rows; a log needs one case at least.")
    return frame


def check_group(group: str | None, case: str | None) -> None:
    """Refuse groups of one case each."""
    if group is not None and group == case:
        raise InvalidInput(
            f"must be another column than that of the cases, whose rows stay together anyway, but "
            f"got {group!r}; leave it out",
            argument="group",
        )


def numbers(frame: nw.DataFrame[Any], column: str) -> Floats:
    """Numbers of a column, NaN where missing; texts that all are numbers, or truths, do."""
    values = column_values(frame[column], f"Column {column!r}")
    if values.dtype.kind == "O":
        texts = distinct(frame[column], f"Column {column!r}")
        if all(isinstance(value, str) for value in texts.values):
            return numbers_of_texts(texts, column)
    return read_numbers(f"Values of column {column!r}", values)


def numbers_of_texts(texts: Distinct, column: str) -> Floats:
    """Read texts; an odd one is refused, as an outcome that is missing is a loss."""
    truths = [text.strip().casefold() for text in texts.values]
    if truths and set(truths) <= {"true", "false"}:
        return texts.spread([float(text == "true") for text in truths], np.nan)
    read = read_texts(texts.values)
    if "%" in read.written:
        raise InvalidInput(
            f"Values of column {column!r} must be numbers, but hold percentages such as "
            f"{texts.values[0]!r}; write 0.2 for 20 %."
        )
    odd = [text for text, bad in zip(texts.values, read.odd | read.nothing, strict=True) if bad]
    if read.ambiguous or odd:
        what = read.ambiguous or f"hold {odd[0]!r}"
        todo = (
            "say the decimal mark of the file (--decimal , or --decimal .)"
            if read.ambiguous
            else "mend these cells, or empty them where nothing is known"
        )
        raise InvalidInput(f"Values of column {column!r} must be numbers, but {what}; {todo}.")
    return texts.spread(read.values.tolist(), np.nan)


def ids(frame: nw.DataFrame[Any], column: str, what: str = "Column") -> Distinct:
    """What names cases, agents or groups: texts in order, none missing."""
    return names_in(frame[column], f"{what} {column!r}")


def rows(frame: nw.DataFrame[Any]) -> Distinct:
    """Let every row be a case of its own, named by its number from 0."""
    numbers = np.arange(len(frame), dtype=np.int64)
    return Distinct(numbers.tolist(), numbers)


def array_of(values: Sequence[Any]) -> NDArray[Any]:
    """Names as an array: whole numbers as such, texts as objects."""
    whole = all(type(value) is int and abs(value) < 2**63 for value in values)
    return np.array(values, dtype=np.int64 if whole else object)


def read_groups(frame: nw.DataFrame[Any], name: str | None) -> tuple[Ints | None, tuple[str, ...]]:
    """Number the groups from 0 in the order of their names, ``(n,)``; and their names as texts."""
    if name is None:
        return None, ()
    names = ids(frame, name, "The group column")
    return names.codes, tuple(names.values)


def as_text(name: Any) -> str | None:
    """Return the name of a column as frames have it here."""
    return None if name is None else str(name)


def as_texts(columns: Mapping[Any, Any]) -> dict[str, str]:
    """Return names of agents and of their columns as texts."""
    return {str(agent): str(column) for agent, column in columns.items()}
