"""A number with its interval, and the level at which it holds."""

from __future__ import annotations

from typing import NamedTuple

from cede._checks import check_share

__all__ = ["Estimate", "check_confidence"]


class Estimate(NamedTuple):
    """A number and the interval in which it is expected to lie."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval: what stands after the plus-minus sign."""
        return (self.high - self.low) / 2


def check_confidence(confidence: float) -> float:
    """Return the level of an interval as a float strictly between 0 and 1."""
    if type(confidence) is float and 0.0 < confidence < 1.0:  # each interval of a table asks
        return confidence
    return check_share("confidence", confidence, "0.95 for 95 %")
