"""Which columns a router may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from shlex import quote
from typing import Any

import narwhals as nw
import numpy as np

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Column
from cede.logs._columns import Reading, read_columns

__all__ = ["check_complete", "check_none_missing", "choose_features"]


def choose_features(
    frame: nw.DataFrame[Any],
    patterns: Sequence[str] | None,
    exclude: Iterable[str] = (),
    taken: Iterable[str] = (),
    agents: Sequence[str] = (),
) -> tuple[list[str], list[Column]]:
    """Names of the feature columns: those that patterns with ``*`` match, in the table's order.

    Without patterns, all columns of numbers and flags that say something of a case; the second
    result then holds what every free column was taken for. What other flags name (``taken``)
    matches no pattern.
    """
    left_out = {*taken, *_expand(frame, exclude)}
    columns: list[Column] = []
    if patterns is None:
        free = [name for name in frame.columns if name not in left_out]
        columns = [_numeric(found) for found in read_columns(frame, free, agents)]
        chosen = [column.name for column in columns if column.used]
    else:
        chosen = _expand(frame, patterns, left_out)
    if not chosen:
        why = "; ".join(f"{column.name!r}: {column.why}" for column in columns[:8])
        raise InvalidInput(
            f"No feature column is left{f' ({why})' if why else ''}; a router needs one at least: "
            f"name columns by --features, as in 'e_*,length'."
        )
    return chosen, columns


def check_complete(X: Floats, columns: Sequence[Column]) -> None:
    """Refuse missing features: no router here reads them, and nothing is made up."""
    check_none_missing(np.isnan(X).sum(axis=0), columns)


def check_none_missing(gone: Ints, columns: Sequence[Column]) -> None:
    """Refuse columns of which so many values are missing."""
    if gone.any():
        first = int(gone.argmax())
        column = columns[first]
        note = " ".join(filter(None, (column.why and f"({column.why})", column.warning)))
        raise InvalidInput(
            f"Feature column {column.name!r} has {gone[first]:,} missing values, which routers do "
            f"not read; fill them, or leave the column out (cede fit --exclude "
            f"{quote(column.name)}).{f' {note}' if note else ''}"
        )


def _numeric(found: Reading) -> Column:
    """Leave texts out: routers read numbers."""
    column = found.column
    if column.used and found.numbers is None:
        return replace(
            column, used=False, warning="", why="a category; a router reads numbers, so encode it"
        )
    return column


def _expand(
    frame: nw.DataFrame[Any], patterns: Iterable[str], left_out: Iterable[str] = ()
) -> list[str]:
    """Columns that each pattern matches; a name without ``*`` is taken as it stands."""
    found: dict[str, None] = {}
    candidates = [name for name in frame.columns if name not in set(left_out)]
    for pattern in patterns:
        if pattern in frame.columns:
            found[pattern] = None
            continue
        if "*" not in pattern:
            raise UnknownName("column", pattern, frame.columns)
        wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), flags=re.DOTALL)
        matching = [name for name in candidates if wanted.fullmatch(name)]
        if not matching:
            raise InvalidInput(
                f"No column that is free to be used matches {pattern!r}; there are "
                f"{', '.join(candidates[:40]) or 'none'}."
            )
        found |= dict.fromkeys(matching)
    return list(found)
