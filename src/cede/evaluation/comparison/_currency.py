"""Costs as money: counted in units of one error inside, and shown in a currency."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Currency"]


@dataclass(frozen=True)
class Currency:
    """The money in which costs are shown.

    Examples
    --------
    >>> Currency("EUR", 200.0).amount(0.127)
    '25.4 EUR'
    """

    #: Such as *EUR*; empty for a money without a name.
    name: str
    #: How much of it one error is.
    per_error: float

    @property
    def unit(self) -> str:
        """What stands behind a number."""
        return self.name or "of money"

    def number(self, cost: float) -> str:
        """A cost in units of one error, as money, with three digits and all before the point."""
        value = cost * self.per_error
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

    @property
    def where(self) -> str:
        """At the end of a column's head: *, EUR*."""
        return f", {self.name}" if self.name else ", money"

    def amount(self, cost: float) -> str:
        """The same with its unit."""
        return f"{self.number(cost)} {self.unit}"
