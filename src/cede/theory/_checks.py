"""Refusals of numbers that the theory cannot use."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite, check_not_negative
from cede._checks._arrays import as_numbers
from cede.exceptions import InvalidInput

__all__ = ["check_above_zero", "check_at_least", "check_costs", "check_count", "check_number"]


def check_costs(name: str, values: ArrayLike) -> Floats:
    """Return ``values`` as an array of floats, all of them finite and at least 0."""
    costs = as_numbers(name, values)
    check_finite(name, costs)
    check_not_negative(name, costs, "bounds are for numbers of at least 0")
    return costs


def check_number(name: str, value: float) -> float:
    """Return a finite number as a float."""
    if not _is_number(value):
        raise InvalidInput(f"must be finite, but got {value!r}; write a number", argument=name)
    return float(value)


def check_at_least(name: str, value: float, least: float) -> float:
    """Return a finite number of at least ``least`` as a float."""
    if not (_is_number(value) and value >= least):
        raise InvalidInput(
            f"must be finite and at least {least:g}, but got {value!r}; write a larger number",
            argument=name,
        )
    return float(value)


def check_above_zero(name: str, value: float) -> float:
    """Return a finite number above 0 as a float."""
    if not (_is_number(value) and value > 0.0):
        raise InvalidInput(
            f"must be finite and above 0, but got {value!r}; write a number above 0", argument=name
        )
    return float(value)


def check_count(name: str, value: float) -> int:
    """Return a whole number of at least 2: agents or actions to choose from."""
    if not (_is_number(value) and value >= 2 and value % 1 == 0):
        raise InvalidInput(
            f"must be whole and at least 2, but got {value!r}; count all there are to choose from",
            argument=name,
        )
    return int(value)


def _is_number(value: object) -> bool:
    """Tell whether a value is one finite number, and not an array of them or text."""
    number = np.asarray(value)
    return number.ndim == 0 and number.dtype.kind in "fiub" and bool(np.isfinite(number))
