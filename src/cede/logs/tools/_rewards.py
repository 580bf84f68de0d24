"""Costs and rewards of bandits as outcomes in [0, 1]."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cede.exceptions import InvalidInput

__all__ = ["Scale"]


@dataclass(frozen=True)
class Scale:
    """What is worth 1, what is worth 0, and what the number is called."""

    best: float
    worst: float
    what: str

    @classmethod
    def of(cls, best: str | float, worst: str | float, what: str) -> Scale:
        """Read the two ends of a scale.

        Raises
        ------
        InvalidInput
            If one is no number, or both are the same.
        """
        try:
            ends = float(best), float(worst)
        except ValueError:
            ends = math.nan, math.nan
        if not all(map(math.isfinite, ends)) or ends[0] == ends[1]:
            raise InvalidInput(
                f"must be the {what} of a perfect answer and another one of a useless answer, but "
                f"got {best!r} and {worst!r}; write numbers, as best=-1 and worst=0",
                argument="best",
            )
        return cls(*ends, what)

    def outcome(self, value: float, whose: str) -> float:
        """What a cost or reward is worth.

        Raises
        ------
        InvalidInput
            If it lies outside of the scale.
        """
        outcome = (self.worst - value) / (self.worst - self.best)
        if not 0.0 <= outcome <= 1.0:
            low, high = sorted((self.best, self.worst))
            raise InvalidInput(
                f"must lie in [{low:g}, {high:g}], but got {value:g} for {whose}; say which "
                f"{self.what} is best and which is worst (--option best=… --option worst=…)",
                argument=self.what,
            )
        return outcome
