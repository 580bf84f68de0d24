"""What is said of each case: as much of one thing as of the other, weights, groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks._arrays import Floats, Ints, as_numbers, check_finite, missing, to_array
from cede._checks._numbers import check_not_negative
from cede.exceptions import InvalidInput

__all__ = [
    "check_groups",
    "check_same_length",
    "check_sample_weight",
    "named_groups",
    "number_groups",
]


def check_same_length(**arrays: Any) -> int:
    """Return the common number of cases; raise if one argument has others than the first."""
    lengths = {name: _length(array) for name, array in arrays.items()}
    first = next(iter(lengths))
    for name, length in lengths.items():
        if length != lengths[first]:
            raise InvalidInput(
                f"must have one row per case, as {first} has, but {first} has {lengths[first]}, "
                f"{name} has {length}; pass the same cases in both",
                argument=name,
            )
    return lengths[first]


def check_sample_weight(sample_weight: Any, n_cases: int) -> Floats | None:
    """Return weights of cases, ``(n,)``, or None: finite, not negative and not all zero.

    One number is the weight of all.
    """
    if sample_weight is None:
        return None
    weights = as_numbers("sample_weight", sample_weight)
    if weights.ndim == 0:
        weights = np.full(n_cases, weights)
    if weights.shape != (n_cases,):
        raise InvalidInput(
            f"must be one number per case, but got shape {weights.shape}; write {n_cases} numbers",
            argument="sample_weight",
        )
    check_finite("sample_weight", weights)
    check_not_negative("sample_weight", weights, "weigh a case 0 to leave it out")
    if n_cases and not weights.any():
        raise InvalidInput(
            "must weigh some case, but got zero in every case; weigh those that count",
            argument="sample_weight",
        )
    return weights


def check_groups(
    groups: Any, cases: Any, name: str = "groups", *, beside: str = "X"
) -> Ints | None:
    """Groups numbered from 0 in the order of their names, one per case; None if there are none.

    ``cases`` has a row per case, and is called ``beside`` where the lengths differ.
    """
    if groups is None:
        return None
    values = to_array(groups)
    if values.ndim != 1:
        raise InvalidInput(
            f"must have shape (n,), the name of a group for each case, but got shape "
            f"{values.shape}; pass one column",
            argument=name,
        )
    check_same_length(**{beside: cases, name: values})
    return number_groups(values, name)


def number_groups(groups: ArrayLike, name: str = "groups") -> Ints:
    """Number the groups from 0, in the order of their names; ``(n,)``."""
    return named_groups(groups, name)[1]


def named_groups(groups: ArrayLike, name: str = "groups") -> tuple[list[Any], Ints]:
    """Name the groups in order, and number them from 0: ``names[numbers[i]]`` is that of case i."""
    values = to_array(groups)
    null = missing(values)
    if null.any():
        raise InvalidInput(
            f"must name a group for each case, but got none for {int(null.sum()):,} of "
            f"{null.size:,} cases, the first at row {int(null.argmax())}; name one, or drop them",
            argument=name,
        )
    texts = values.astype(str) if values.dtype.kind == "O" else values
    _, first, numbers = np.unique(texts, return_index=True, return_inverse=True)
    return values[first].tolist(), numbers.astype(np.int64)


def _length(array: Any) -> int:
    single = np.isscalar(array) or (isinstance(array, np.ndarray) and array.ndim == 0)
    return 0 if single else len(array)
