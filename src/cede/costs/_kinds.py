"""Whether answers and labels are written alike, so that some can be equal."""

from __future__ import annotations

from datetime import date
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede.exceptions import InvalidInput

__all__ = ["check_kinds"]

_TYPES: dict[str, tuple[type, ...]] = {
    "texts": (str,),
    "numbers": (Number, np.bool_),
    "bytes": (bytes,),
    "dates": (date, np.datetime64),
}


def check_kinds(answers: NDArray[Any], y: NDArray[Any]) -> None:
    """Refuse answers of a kind that no label has, such as texts beside numbers: none is right.

    Both are known values, ``(m,)``, none of them missing.
    """
    kinds, known = _kinds(answers), _kinds(y)
    if known and not set(kinds) <= set(known):
        raise InvalidInput(
            f"must be written like the labels, {_shown(known)}, but got {_shown(kinds)}; convert "
            f"them",
            argument="answers",
        )


def _shown(kinds: dict[str, Any]) -> str:
    return " and ".join(f"{kind} ({example!r})" for kind, example in kinds.items())


def _kinds(array: NDArray[Any]) -> dict[str, Any]:
    """Kinds of values, each with an example: numbers (booleans among them), texts, bytes, dates."""
    if array.dtype.kind != "O":
        example = array[:1]
        name = {"U": "texts", "S": "bytes", "M": "dates", "m": "durations"}
        shown = example.astype(str) if array.dtype.kind in "mM" else example
        return {name.get(array.dtype.kind, "numbers"): value for value in shown.tolist()}
    examples = {type(value): value for value in array.tolist()}
    return {_name_of(kind): value for kind, value in examples.items()}


def _name_of(kind: type) -> str:
    """Name a type; types whose values may be equal have one name."""
    for name, types in _TYPES.items():
        if issubclass(kind, types):
            return name
    return kind.__name__
