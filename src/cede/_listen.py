"""Warnings as sentences beside a result, for whoever shows both."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

__all__ = ["listen"]

_Result = TypeVar("_Result")


def listen(ask: Callable[[], _Result]) -> tuple[_Result, list[str]]:
    """Call a function, and return what it warns of, each once; other kinds of warnings pass on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        result = ask()
    heard = [w for w in caught if issubclass(w.category, UserWarning)]
    for other in caught:
        if other not in heard:
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return result, list(dict.fromkeys(str(warning.message) for warning in heard))
