"""Numbers: finite, not negative, in the range that they are said to have."""

from __future__ import annotations

from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

from cede._checks._arrays import Floats
from cede.exceptions import InvalidInput

__all__ = [
    "check_budget",
    "check_not_negative",
    "check_number",
    "check_share",
    "difference",
    "without_rounding",
]

#: How far rounding may take a share or a probability out of [0, 1], as it does in float32 sums.
_ROUNDING = 1e-6


def without_rounding(shares: ArrayLike) -> Floats:
    """Return shares or probabilities with 1 for ``1 + rounding`` and 0 for ``0 - rounding``.

    What lies further outside [0, 1], and NaN, is left as it is, for the caller to refuse.
    """
    values = np.asarray(shares, dtype=np.float64)
    values = np.where((values > 1.0) & (values <= 1.0 + _ROUNDING), 1.0, values)
    return np.where((values < 0.0) & (values >= -_ROUNDING), 0.0, values)


def difference(a: Floats, b: Floats, out: Floats | None = None) -> Floats:
    """``a - b``, or the largest float of either sign where that would be infinite."""
    try:
        with np.errstate(over="raise"):
            return np.asarray(np.subtract(a, b, out=out), dtype=np.float64)
    except FloatingPointError:
        with np.errstate(over="ignore"):
            gap = np.asarray(np.subtract(a, b, out=out), dtype=np.float64)
        largest = np.finfo(np.float64).max
        return np.asarray(np.clip(gap, -largest, largest, out=gap))


def check_not_negative(name: str, values: Floats, advice: str = "look where it comes from") -> None:
    """Raise if a number is below zero; missing ones (NaN) are not."""
    if (values < 0).any():
        raise InvalidInput(
            f"cannot be negative, but got {np.nanmin(values):.4g}; {advice}", argument=name
        )


def check_number(name: str, value: object, example: str) -> float:
    """Return one number as a float; say how it is written if it is none."""
    if isinstance(value, bool | str | bytes) or not isinstance(value, SupportsFloat):
        raise InvalidInput(f"must be a number, but got {value!r}; write {example}", argument=name)
    return float(value)


def check_share(name: str, value: object, example: str) -> float:
    """Return a share or a probability strictly between 0 and 1 as a float."""
    share = check_number(name, value, example)
    if not 0.0 < share < 1.0:
        raise InvalidInput(
            f"must be strictly between 0 and 1, but got {share:g}; write {example}", argument=name
        )
    return share


def check_budget(budget: object) -> float:
    """Return the budget as a float in [0, 1]: the largest share of cases that leave the model."""
    example = "0.2 for 20 %"
    share = float(without_rounding(check_number("budget", budget, example)))
    if not 0.0 <= share <= 1.0:
        raise InvalidInput(
            f"must be in [0, 1], but got {share:g}; write {example}", argument="budget"
        )
    return share
