"""On which terms answers are judged: what they cost, in which money, how many one may give."""

from __future__ import annotations

from dataclasses import dataclass

from cede._checks import Floats
from cede.evaluation.comparison._currency import Currency

__all__ = ["Terms"]


@dataclass(frozen=True, eq=False)
class Terms:
    """What counts beside right and wrong, fees and budgets.

    Parameters
    ----------
    class_costs : array of shape (K, K), optional
        What an answer of the model (columns) costs where each of the labels 0..K-1 (rows) is the
        truth, in units of one error; without it, one error for each that is wrong.
    largest_shares : array of shape (J,), optional
        Share of the cases that each expert can answer at most; 1 is no limit.
    currency : Currency, optional
        In which costs are shown.
    """

    class_costs: Floats | None = None
    largest_shares: Floats | None = None
    currency: Currency | None = None
