"""Refusals of what the theory cannot use: each sentence says what was wanted and what came."""

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
    check_not_negative(name, costs)
    return costs


def check_number(name: str, value: float) -> float:
    """Return a finite number as a float."""
    if not _is_number(value):
        raise InvalidInput(f"{name} must be finite, however {name}={value!r}.")
    return float(value)


def check_at_least(name: str, value: float, least: float) -> float:
    """Return a finite number of at least ``least`` as a float."""
    if not (_is_number(value) and value >= least):
        raise InvalidInput(
            f"{name} must be finite and at least {least:g}, however {name}={value!r}."
        )
    return float(value)


def check_above_zero(name: str, value: float) -> float:
    """Return a finite number above 0 as a float."""
    if not (_is_number(value) and value > 0.0):
        raise InvalidInput(f"{name} must be finite and above 0, however {name}={value!r}.")
    return float(value)


def check_count(name: str, value: float) -> int:
    """Return a whole number of at least 2: agents or actions to choose from."""
    if not (_is_number(value) and value >= 2 and value % 1 == 0):
        raise InvalidInput(f"{name} must be whole and at least 2, however {name}={value!r}.")
    return int(value)


def _is_number(value: object) -> bool:
    """Tell whether a value is one finite number, and not an array of them or text."""
    number = np.asarray(value)
    return number.ndim == 0 and number.dtype.kind in "fiub" and bool(np.isfinite(number))
