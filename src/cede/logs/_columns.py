"""Columns of a log by name: ids, numbers, features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.costs import missing
from cede.costs._tables import read_numbers
from cede.exceptions import InvalidInput, UnknownName
from cede.tables import column_values, open_frame, read_feature


def open_log(
    table: Any, columns: Iterable[str | None], features: Sequence[str]
) -> nw.DataFrame[Any]:
    """Read a table whose columns are these, and whose features are none of them."""
    frame = open_frame(table)
    named = [column for column in columns if column is not None]
    for name in [*named, *features]:
        if name not in frame.columns:
            raise UnknownName("column", name, frame.columns)
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
    """Numbers of a column, NaN where missing."""
    return read_numbers(f"Values of column {column!r}", column_values(frame[column]))


def ids(frame: nw.DataFrame[Any], column: str) -> NDArray[Any]:
    """What names cases or agents: of one type, none missing."""
    values = column_values(frame[column])
    absent = int(missing(values).sum())
    if absent:
        raise InvalidInput(
            f"Column {column!r} has {absent} missing values, so that it is not known which case or "
            f"agent these rows are about; fill them or leave the rows out."
        )
    if values.dtype.kind == "O":
        types = sorted({type(value).__name__ for value in values.tolist()})
        if len(types) > 1:
            raise InvalidInput(
                f"Column {column!r} mixes values of types {', '.join(types)}, so that it is not "
                f"known which of them name the same; write all as texts."
            )
        try:
            np.unique(values[:2])
        except TypeError:
            raise InvalidInput(
                f"Column {column!r} holds values of type {types[0]}, which have no order; name "
                f"cases and agents by texts or numbers."
            ) from None
    return values


def feature(frame: nw.DataFrame[Any], column: str) -> NDArray[Any]:
    """Values of a feature: numbers as floats (NaN where missing), texts as objects (None)."""
    return read_feature(frame, column)
