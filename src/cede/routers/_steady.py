"""Cases in an order of their own at the door of ``fit``, so that a permuted table fits alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from numbers import Integral, Number
from typing import Any, ParamSpec, TypeVar

import numpy as np

from cede._rows._order import steady_order, take_rows
from cede.exceptions import InvalidInput

__all__ = ["in_steady_order"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


def in_steady_order(learn: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a method ``learn(self, X, ...)`` see the cases as their content orders them.

    Folds, mini-batches, bootstraps, sums and ties then fall the same way however the rows came:
    the same router from a sorted and from a shuffled table. Every argument that has a row per case
    is reordered. A splitter of the user's own (parameter ``cv``) means the rows as they came, so
    that they stay so for it.
    """
    called_with = signature(learn)

    @wraps(learn)
    def steady(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            given = called_with.bind(*args, **kwargs)
        except TypeError:
            return learn(*args, **kwargs)  # which says what is missing
        ordered = _ordered(given.arguments)
        if ordered is None:
            return learn(*args, **kwargs)
        given.arguments |= ordered
        try:
            return learn(*given.args, **given.kwargs)
        except InvalidInput:
            learn(*args, **kwargs)  # which says at which row, as they came
            raise

    return steady


def _ordered(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """Those arguments that have rows, in order; None where they are no tables of one length."""
    (_, router), *others = arguments.items()
    if not isinstance(getattr(router, "cv", 5), Integral | None):
        return None
    tables = {
        name: value
        for name, value in others
        if value is not None and not isinstance(value, str | Number | np.generic)
    }
    try:
        order = steady_order(*tables.values())
        return {name: take_rows(table, order) for name, table in tables.items()}
    except (TypeError, ValueError, IndexError):
        return None  # the method is to say what is wrong with them
