"""Which columns of a table are features."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from shlex import quote
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints
from cede.exceptions import InvalidInput, UnknownName
from cede.logs._cases import Cases
from cede.logs._columns import Column, Reading, named_feature, read_columns
from cede.logs._frames import check_columns
from cede.logs._selection import Selection, for_encoding, of_kind

__all__ = ["check_complete", "check_none_missing", "choose_features", "features_of"]


def choose_features(
    frame: nw.DataFrame[Any],
    named: Sequence[str] | Selection | None,
    exclude: Iterable[str] = (),
    *,
    taken: Collection[str] = (),
    shared: Collection[str | None] = (),
    agents: Sequence[str] = (),
    encoded: bool = False,
    may_be_none: bool = False,
) -> list[Reading]:
    """Read the columns that may be features; ``column.used`` says which of them are.

    Parameters
    ----------
    frame : DataFrame
    named : sequence of str, Selection or None
        Features by name, or by patterns with ``*``, in the table's order; an empty one for none.
        None takes all columns that say something of a case. A selection says so, too, and which of
        them are texts, for a router that encodes them.
    exclude : iterable of str
        Columns, or patterns, that are none unless they are named.
    taken : collection of str
        Columns that say which case it is or what was found, and can be no features.
    shared : collection of str
        Columns with another role that are features only if they are named: the group.
    agents : sequence of str
        Who answers: a column that bears such a name may be known too late.
    encoded : bool
        Whether texts become categories later. Otherwise texts are features only if they are named,
        for somebody else to encode.
    may_be_none : bool
        Whether other columns, that are taken, do where no feature is left.
    """
    if isinstance(named, Selection):
        return _selected(frame, named, exclude, taken, shared, agents)
    left_out = {*taken, *shared, *_expand(frame, exclude, argument="exclude")}
    if named is None:
        free = [name for name in frame.columns if name not in left_out]
        readings = list(read_columns(frame, free, agents))
        readings = readings if encoded else [_numeric(reading) for reading in readings]
    else:
        names = _expand(frame, named, left_out, argument="features")
        _check_free("features", names, taken)
        readings = [named_feature(frame, name, agents, texts=not encoded) for name in names]
        if encoded:  # a column without any value says nothing, and no model could be told so
            readings = [r if r.column.taken_for != "empty" else _unused(r) for r in readings]
        if not named and not encoded:
            return []
    if not may_be_none:
        _check_some(readings)
    return readings


def _selected(
    frame: nw.DataFrame[Any],
    selection: Selection,
    exclude: Iterable[str],
    taken: Collection[str],
    shared: Collection[str | None],
    agents: Sequence[str],
) -> list[Reading]:
    """Read the columns for a router that encodes them; of one that is fitted, as it did."""
    if selection.kinds is not None:
        check_columns(frame, {"features": list(selection.kinds)})
        _check_free("features", selection.kinds, taken)
        return [of_kind(frame, name, kind) for name, kind in selection.kinds.items()]
    check_columns(frame, {"texts": selection.texts})
    _check_free("texts", selection.texts, taken)
    left_out = {*taken, *shared, *_expand(frame, exclude, argument="exclude")}
    if selection.named is None:
        free = [n for n in frame.columns if n not in left_out or n in selection.texts]
        readings = list(read_columns(frame, free, agents))
    else:
        chosen = _expand(frame, selection.named, left_out, argument="features")
        names = list(dict.fromkeys([*chosen, *selection.texts]))
        _check_free("features", names, taken)
        readings = [named_feature(frame, name, agents, texts=True) for name in names]
    named = selection.named is not None
    readings = for_encoding(frame, readings, selection.texts, named)
    _check_some(readings)
    return readings


def _check_free(argument: str, names: Iterable[str], taken: Collection[str]) -> None:
    """Refuse features that say which case it is, or what was found."""
    for name in names:
        if name in taken:
            raise InvalidInput(
                f"cannot have {name!r} among them, as this column says which case it is or how "
                f"it was answered; leave it out",
                argument=argument,
            )


def _check_some(readings: Sequence[Reading]) -> None:
    if not any(reading.column.used for reading in readings):
        why = "; ".join(f"{r.column.name!r}: {r.column.why}" for r in readings[:8])
        raise InvalidInput(
            f"must be one column at least, but none is left{f' ({why})' if why else ''}; name "
            f"columns, as in 'e_*,length', if they are to be used all the same",
            argument="features",
        )


def features_of(readings: Iterable[Reading]) -> dict[str, NDArray[Any]]:
    """Return the columns that are features by name, as :class:`cede.logs.Cases` holds them."""
    return {
        reading.column.name: reading.values
        for reading in readings
        if reading.column.used and reading.values is not None
    }


def check_complete(cases: Cases) -> None:
    """Refuse missing features: no router here reads them, and nothing is made up."""
    used = [column for column in cases.columns if column.used]
    check_none_missing(np.isnan(cases.X).sum(axis=0), used)


def check_none_missing(counts: Ints, columns: Sequence[Column]) -> None:
    """Refuse columns of which so many values are missing."""
    if counts.any():
        first = int(counts.argmax())
        column = columns[first]
        note = " ".join(filter(None, (column.why and f"({column.why})", column.warning)))
        raise InvalidInput(
            f"Feature column {column.name!r} has {counts[first]:,} missing values, which routers "
            f"do not read; fill them, or leave the column out (cede fit --exclude "
            f"{quote(column.name)}).{f' {note}' if note else ''}"
        )


def _numeric(reading: Reading) -> Reading:
    """Leave texts out: routers read numbers."""
    column = reading.column
    if not column.used or reading.numbers is not None:
        return reading
    why = "a category; a router reads numbers, so encode it"
    return replace(reading, column=replace(column, used=False, warning="", why=why))


def _unused(reading: Reading) -> Reading:
    column = reading.column
    return replace(reading, column=replace(column, used=False, why="no value at all"))


def _expand(
    frame: nw.DataFrame[Any],
    patterns: Iterable[str],
    left_out: Iterable[str | None] = (),
    *,
    argument: str,
) -> list[str]:
    """Columns that each pattern matches; a name without ``*`` is taken as it stands.

    A column of lists was spread over columns, and its name stands for all of them.
    """
    names: dict[str, None] = {}
    candidates = [name for name in frame.columns if name not in set(left_out)]
    for pattern in map(str, patterns):
        if pattern in frame.columns:
            names[pattern] = None
            continue
        spread = [name for name in frame.columns if _is_place_of(name, pattern)]
        if f"{pattern}_0" in spread:
            names |= dict.fromkeys(spread)
            continue
        if "*" not in pattern:
            raise UnknownName("column", pattern, frame.columns, argument=argument)
        wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), flags=re.DOTALL)
        matching = [name for name in candidates if wanted.fullmatch(name)]
        if not matching:
            raise InvalidInput(
                f"must match a column that is free to be used, but none is like {pattern!r}; there "
                f"are {', '.join(candidates[:40]) or 'none'}",
                argument=argument,
            )
        names |= dict.fromkeys(matching)
    return list(names)


def _is_place_of(column: str, lists: str) -> bool:
    """Tell ``emb_3`` of ``emb``."""
    place = column.removeprefix(f"{lists}_")
    return len(place) < len(column) and place.isdecimal()
