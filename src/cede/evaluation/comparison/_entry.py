"""A row of a comparison before it has intervals: its outcomes in every case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cede._checks import Floats
from cede._intervals import Estimate
from cede.evaluation.comparison._table import Outcome

__all__ = ["Entry"]


@dataclass(frozen=True, eq=False)
class Entry:
    """In which cases the row was right, and which fees it paid."""

    method: str
    is_method: bool
    budget: float | None
    #: In each case, one minus the cost before fees, and the fees, ``(n,)``.
    right: Floats
    spent: Floats
    #: Share of cases that each expert answers, ``(J,)``.
    shares: Floats
    prices: tuple[float, ...] | None = None
    answer: str | None = None
    sent: Estimate | None = None

    @property
    def cost(self) -> float:
        """Mean cost, fees included."""
        return float(1 - self.right.mean() + self.spent.mean())

    @property
    def coverage(self) -> float:
        """Share of cases that the model keeps."""
        return float(1 - self.shares.sum())

    def plain(self) -> dict[str, Any]:
        """The fields of a row that need no interval."""
        return {
            "method": self.method,
            "is_method": self.is_method,
            "budget": self.budget,
            "cost": self.cost,
            "coverage": self.coverage,
            "shares": tuple(map(float, self.shares)),
            "prices": self.prices,
            "answer": self.answer,
            "sent": self.sent,
        }

    def outcome(self) -> Outcome:
        """What was right in each case; one byte each, if it is only right or wrong."""
        bits = self.right.astype(np.uint8)
        return bits if np.array_equal(bits, self.right) else self.right
