"""What a column was taken for, whether it is a feature by default, and why not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from shlex import quote
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.exceptions import InvalidInput
from cede.logs._identity import MANY, counts_cases, is_id, left_behind, resembles_rows
from cede.logs._late import known_late
from cede.logs._numbers import count_numbers, is_code, is_nothing, read_numbers
from cede.logs._values import Distinct, column_values, distinct, holds_lists

#: Texts are called different everywhere above this share of different ones.
_MOSTLY = 0.5
#: Cells that are no numbers are taken for missing up to this share, and refused beyond it.
_FEW_ODD = 0.05
#: A category whose commonest values make up less than this says nothing.
_COVERED = 0.05
#: Free text has so many words and more.
_PROSE = 5.0
_MANY_ROWS = 10_000
#: So many names are listed.
_SHOWN = 8

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|"
    r"\d{1,2}[ -.]*[a-z]{3,9}\.?,?[ -]*\d{2,4}|[a-z]{3,9}\.? \d{1,2},? \d{4})"
    r"([T ,]+\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Column:
    """One column: what it was taken for, and whether the model or router sees it."""

    name: str
    #: ``number``, ``flag``, ``category``, ``text`` (free text), ``id``, ``date``, ``row number``,
    #: ``index``, ``empty``, ``constant``, ``list`` or ``other``.
    taken_for: str
    #: Whether it is a feature.
    used: bool = True
    #: How it was read, or why it is left out; empty if there is nothing to say.
    why: str = ""
    #: What to beware of, in a sentence; empty if nothing.
    warning: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def column_warnings(columns: Iterable[Column]) -> list[str]:
    """Return what to beware of: once for all columns of which the same is to be said."""
    by_warning: dict[str, list[Column]] = {}
    for column in columns:
        if column.warning:
            said = column.warning.replace(repr(column.name), "{}", 1)
            exclude = f"(--exclude {quote(column.name)})"
            by_warning.setdefault(said.replace(exclude, "{}"), []).append(column)
    return [
        first.warning
        + (f" The same holds for {some_of([repr(c.name) for c in others])}." if others else "")
        for first, *others in by_warning.values()
    ]


def some_of(texts: Sequence[str]) -> str:
    """List the first ones, and say how many more there are."""
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"{', '.join(texts[:_SHOWN])}{more}"


@dataclass(frozen=True)
class Reading:
    """A column as a feature."""

    column: Column
    #: One of the three; none if no model reads it.
    numbers: Floats | None = None
    texts: Distinct | None = None
    dates: NDArray[np.datetime64] | None = None

    @property
    def values(self) -> NDArray[Any] | None:
        """Numbers as floats (NaN where missing), texts as objects (None), dates; None if none."""
        if self.texts is None:
            return self.numbers if self.dates is None else self.dates
        return self.texts.spread([text.strip() for text in self.texts.values])


def read_columns(
    frame: nw.DataFrame[Any], names: Iterable[str], agents: Sequence[str] = ()
) -> Iterator[Reading]:
    """Look at columns; ``used`` says which of them are features unless others are named."""
    indices = _indices(frame)
    for name in names:
        if _is_prose(frame[name], name):
            yield Reading(Column(name, "text", False, "free text"))
        else:
            yield _read(frame, name, indices, agents)


def _is_prose(series: nw.Series[Any], name: str) -> bool:
    """Tell free text by its first rows, so that a long column of prompts need not be copied."""
    if series.dtype != nw.String or len(series) <= _MANY_ROWS:
        return False
    texts = distinct(series.head(2_000), f"Column {name!r}")
    return len(texts) > 1_000 and _words_each(texts.values) >= _PROSE


def named_feature(
    frame: nw.DataFrame[Any], name: str, agents: Sequence[str] = (), *, texts: bool = False
) -> Reading:
    """Look at a column that somebody named as a feature: it is used, or refused.

    With ``texts``, ids and free texts are accepted as they are, for somebody else to encode.
    """
    reading = _read(frame, name, (), agents)
    column = reading.column
    readable = texts or column.taken_for not in ("id", "text")
    if reading.numbers is None and (reading.texts is None or not readable):
        raise InvalidInput(
            f"Feature column {name!r} holds {column.why}, which no model here reads; turn it into "
            f"numbers or into categories, or leave it out (--exclude {quote(name)})."
        )
    warning = column.warning
    if not column.used and not warning and column.taken_for in ("row number", "id", "index"):
        warning = (
            f"Column {name!r} looks like {column.why}: it says which case this is, and nothing "
            f"that holds for others."
        )
    return replace(reading, column=replace(column, used=True, why="", warning=warning))


def _read(
    frame: nw.DataFrame[Any], name: str, indices: Sequence[str], agents: Sequence[str]
) -> Reading:
    series = frame[name]
    reading = _of_type(series, name)
    column = reading.column
    if column.used and name in indices:
        column = replace(column, taken_for="index", used=False, why="the index of a pandas frame")
    rows = left_behind(name, reading.numbers) if column.used else ""
    if rows:
        column = replace(column, taken_for="row number", used=False, why=rows, warning="")
    late = known_late(name, agents) if column.used else ""
    warning = " ".join(filter(None, (column.warning, late)))
    return replace(reading, column=replace(column, warning=warning))


def _of_type(series: nw.Series[Any], name: str) -> Reading:
    what, kind = f"Column {name!r}", series.dtype
    if holds_lists(series):
        return Reading(Column(name, "list", False, "lists or records in its cells"))
    if kind.is_temporal():
        return Reading(Column(name, "date", False, "dates or times"))
    if kind.is_numeric() or kind == nw.Boolean:
        return _number(name, column_values(series, what), flag=kind == nw.Boolean)
    try:
        values = distinct(series, what)
    except InvalidInput:
        return Reading(Column(name, "other", False, "bytes that are no text"))
    kinds = values.kinds
    if len(values) == 0:
        return _number(name, np.full(len(series), np.nan), flag=False)
    if kinds <= {bool, int, float}:
        return _number(name, column_values(series, what), flag=kinds == {bool})
    if kinds <= {str, bool, int, float}:
        if kinds != {str}:
            values = Distinct([str(value) for value in values.values], values.codes)
        return _text(name, values)
    unreadable = sorted(kind.__name__ for kind in kinds - {bool, int, float, str})
    return Reading(Column(name, "other", False, f"values of type {unreadable[0]}"))


def _number(name: str, values: NDArray[Any], *, flag: bool, why: str = "") -> Reading:
    numbers = values.astype(np.float64)
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise InvalidInput(
            f"Feature column {name!r} has {infinite:,} infinite values; make them missing or leave "
            f"the column out (--exclude {quote(name)})."
        )
    column = Column(name, "flag" if flag else "number", why=why)
    left_out = None if flag else counts_cases(name, values)
    known = numbers[~np.isnan(numbers)]
    if known.size == 0:
        left_out = ("empty", "no value at all")
    elif left_out is None and known.size == len(values) > 1 and (values == values[0]).all():
        left_out = ("constant", f"{known[0]:g} everywhere")
    if left_out is not None:
        column = replace(column, taken_for=left_out[0], used=False, why=left_out[1])
    elif not flag:
        column = replace(column, warning=resembles_rows(name, values))
    return Reading(column, numbers)


def _text(name: str, values: Distinct) -> Reading:
    """Texts: numbers written otherwise, truths, dates, categories, ids, free text."""
    some = values.head(2_000)
    texts = [text for text in some if not is_nothing(text)]
    folded = {text.strip().casefold() for text in texts}
    if folded and folded <= {"true", "false"} and len(some) <= MANY:
        truths = [_truth(text) for text in values.values]
        return _number(name, values.spread(truths, np.nan), flag=True)
    if count_numbers(texts) >= _MOSTLY * len(texts) > 0 and not _are_codes(texts):
        reading = _numbers(name, values)
        if reading is not None:
            return reading
    if texts and sum(_DATE.fullmatch(text.strip()) is not None for text in texts) > 0.9 * len(
        texts
    ):
        return Reading(Column(name, "date", False, f"dates or times, such as {texts[0]!r}"))
    return _words(name, values, texts)


def _are_codes(texts: Sequence[str]) -> bool:
    return sum(map(is_code, texts)) > _FEW_ODD * len(texts)


def _truth(text: str) -> float:
    return {"true": 1.0, "false": 0.0}.get(text.strip().casefold(), np.nan)


def _numbers(name: str, values: Distinct) -> Reading | None:
    """Texts most of which are numbers; None if they are better kept as categories."""
    read = read_numbers(values.values)
    counts = values.counts
    is_value = ~(read.nothing | read.odd)
    n_odd, n_nothing = int(counts[read.odd].sum()), int(counts[read.nothing].sum())
    n_values = int(counts[is_value].sum())
    n_different, total = int(is_value.sum()), n_odd + n_values
    few = n_different + int(read.odd.sum()) <= MANY
    if read.odd.sum() > 3 and len(values) * 10 <= total:
        return None  # codes such as V57 beside 250, each in many rows
    plainly = not (n_odd or n_nothing or read.written or read.ambiguous)
    if few and plainly:
        return None  # digits kept as texts on purpose
    odd = [values.values[i] for i in np.flatnonzero(read.odd)[:3]]
    share = f"texts, of which {n_values:,} of {total + n_nothing:,} are numbers"
    if read.ambiguous:
        if few:
            return None
        raise InvalidInput(
            f"Feature column {name!r} holds texts that may be numbers in two ways: "
            f"{read.ambiguous}; say the decimal mark of the file (--decimal , or --decimal .), or "
            f"leave the column out (--exclude {quote(name)})."
        )
    if n_odd > (0.01 if few else _FEW_ODD) * total:
        if few:
            return None
        raise InvalidInput(
            f"Feature column {name!r} holds {share}; {_are_not(odd)}. Mend these cells, "
            f"empty them, or leave the column out (--exclude {quote(name)})."
        )
    why = f"read from texts{' ' + read.written if read.written else ''}"
    reading = _number(name, values.spread(read.values.tolist(), np.nan), flag=False, why=why)
    if not (n_odd or n_nothing):
        return reading
    gone = [*odd, *(values.values[i] for i in np.flatnonzero(read.nothing)[:3])]
    warning = f"Column {name!r} holds {share}; {_are_not(gone)}, and taken for missing."
    return replace(reading, column=replace(reading.column, warning=warning))


def _words(name: str, values: Distinct, texts: Sequence[str]) -> Reading:
    """Categories, ids, free text."""
    n, different = int((values.codes >= 0).sum()), len(values)
    count = f"{different:,} different in {n:,} cells"
    if different > MANY:
        words = _words_each(texts)
        column = None
        if words >= _PROSE or (different > _MOSTLY * n and words >= 2.0):
            column = Column(name, "text", False, f"free text ({count})")
        elif (
            different > _MOSTLY * n
            or np.sort(values.counts)[-MANY:].sum() < _COVERED * n
            or is_id(name, different, n)
        ):
            column = Column(name, "id", False, f"texts that name something, as ids do ({count})")
        if column is not None:
            return Reading(column, texts=values)
    if different == 1 and not values.n_missing and len(values.codes) > 1:
        return Reading(
            Column(name, "constant", False, f"{values.values[0]!r} everywhere"), texts=values
        )
    why = f"{different:,} values, of which the {MANY} commonest are told apart"
    warning = ""
    odd = [text for text in texts if not count_numbers([text])]
    if 0 < 4 * len(odd) <= len(texts):
        warning = (
            f"Column {name!r} holds {different:,} different texts, most of which are numbers; "
            f"{_are_not(odd[:3])}, so it is taken for a category."
        )
    return Reading(
        Column(name, "category", why=why if different > MANY else "", warning=warning),
        texts=values,
    )


def _words_each(texts: Sequence[str]) -> float:
    return sum(len(text.split()) for text in texts) / max(len(texts), 1)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(repr(text if len(text) <= 30 else f"{text[:30]}…") for text in texts)


def _are_not(texts: Sequence[str]) -> str:
    return f"{_listed(texts)} {'is' if len(texts) == 1 else 'are'} not"


def _indices(frame: nw.DataFrame[Any]) -> tuple[str, ...]:
    """Columns that were the index of the pandas frame that was written to this file."""
    if not frame.implementation.is_pyarrow():
        return ()
    stored = (frame.to_native().schema.metadata or {}).get(b"pandas")
    try:
        named = json.loads(stored)["index_columns"] if stored else []
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(name for name in named if isinstance(name, str))
