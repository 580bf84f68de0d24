"""Features for a router that encodes: texts that are named, categories, dates, numbers with holes.

A :class:`Selection` stands wherever a reader takes names of features, and passes through it: no
reader needs to know what is encoded later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

import narwhals as nw

from cede.exceptions import InvalidInput
from cede.logs._columns import Column, Reading, named_feature
from cede.logs._dates import read_dates
from cede.logs._values import Distinct, as_texts, distinct

__all__ = ["Selection", "for_encoding", "of_kind"]

_READ_AS = {
    "number": "numbers",
    "date": "dates, the year first, such as 2024-05-31",
}


@dataclass(frozen=True)
class Selection:
    """Which columns are features, and what they are."""

    #: Names or patterns; None for all that say something of a case.
    named: Sequence[str] | None = None
    #: Columns of texts, used beside these.
    texts: Sequence[str] = ()
    #: What each column is to a router that is fitted, in its order; the others then say nothing.
    kinds: Mapping[str, str] | None = None


def for_encoding(
    frame: nw.DataFrame[Any], readings: Iterable[Reading], texts: Sequence[str], named: bool
) -> list[Reading]:
    """Take texts that are named, and dates; leave out free text that nobody named."""
    return [_for_encoding(frame, reading, texts, named) for reading in readings]


def of_kind(frame: nw.DataFrame[Any], name: str, kind: str) -> Reading:
    """Read a column as a router does to which it was of this kind at the fit.

    Raises
    ------
    InvalidInput
        If it cannot be read so.
    """
    if kind in ("text", "category"):
        return Reading(Column(name, kind), texts=_texts(frame[name]))
    reading: Reading | None = None
    if kind == "date":
        dates = read_dates(frame[name])
        reading = None if dates is None else Reading(Column(name, "date"), dates=dates)
    else:
        found = named_feature(frame, name, texts=True)
        reading = None if found.numbers is None else found
    if reading is None:
        raise InvalidInput(
            f"Feature column {name!r} holds something else here, and was {_READ_AS[kind]} where "
            f"the router was fitted; write it as then."
        )
    return reading


def _for_encoding(
    frame: nw.DataFrame[Any], reading: Reading, texts: Sequence[str], named: bool
) -> Reading:
    column = reading.column
    if column.name in texts:
        read = Column(column.name, "text", warning=column.warning)
        return Reading(read, texts=_texts(frame[column.name]))
    if column.taken_for == "date":
        dates = read_dates(frame[column.name])
        if dates is not None:
            return Reading(replace(column, used=True, why=""), dates=dates)
        why = "dates that may be read in two ways, or as none; write 2024-05-31"
        return replace(reading, column=replace(column, used=False, why=why))
    if column.taken_for == "text":
        if named:
            raise InvalidInput(
                f"Feature column {column.name!r} holds {column.why or 'free text'}; say that it is "
                f"one (--text {quote(column.name)}), or leave it out."
            )
        why = f"{column.why}; --text {quote(column.name)} routes by it"
        return replace(reading, column=replace(column, used=False, why=why))
    return reading


def _texts(series: nw.Series[Any]) -> Distinct:
    values = distinct(series, f"Column {series.name!r}")
    return Distinct(as_texts(values.values), values.codes)
