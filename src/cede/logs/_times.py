"""A column that says when each case came: numbers, dates, or texts that are dates."""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import Any

import narwhals as nw
import numpy as np

from cede._checks import Ints
from cede.exceptions import InvalidInput
from cede.logs._values import distinct

__all__ = ["read_times"]


def read_times(frame: nw.DataFrame[Any], name: str | None) -> tuple[Ints | None, tuple[str, ...]]:
    """Rank the times from 0, ``(n,)``, equal ones alike; and their names in this order."""
    if name is None:
        return None, ()
    times = distinct(frame[name], f"The time column {name!r}")
    if times.n_missing:
        raise InvalidInput(
            f"must hold a time in every case, but {times.n_missing:,} of column {name!r} are "
            f"missing; leave these rows out",
            argument="time",
        )
    try:
        moments = [_moment(value) for value in times.values]
        order = sorted(range(len(moments)), key=moments.__getitem__)
    except (ValueError, TypeError):
        raise InvalidInput(
            f"must hold numbers or dates, such as 2024-05-31, but got {_odd(times.values)!r} in "
            f"column {name!r}; write all of them alike, the year first",
            argument="time",
        ) from None
    firsts = [
        i for i, place in enumerate(order) if not i or moments[order[i - 1]] != moments[place]
    ]
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.searchsorted(firsts, np.arange(len(order)), side="right") - 1
    return ranks[times.codes], tuple(str(times.values[order[i]]) for i in firsts)


def _moment(value: Any) -> Any:
    """What is compared: a number, a date, or the date that a text says."""
    if isinstance(value, bool):
        raise TypeError("truths are no times")
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        number = float(text)
    except ValueError:
        return datetime.fromisoformat(text)
    if not isfinite(number):
        raise ValueError("no time")
    return number


def _odd(values: list[Any]) -> Any:
    """The first value that is no time, or the first of another kind than the one before it."""
    kinds = set()
    for value in values:
        try:
            moment = _moment(value)
        except (ValueError, TypeError):
            return value
        kinds.add((type(moment), getattr(moment, "tzinfo", None) is None))
        if len(kinds) > 1:
            return value
    return values[0]
