"""How the numbers and names of an appraisal are written: decided once, for page and summary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cede._text import shown
from cede.evaluation.appraisal import Appraisal
from cede.evaluation.comparison import Row
from cede.evaluation.comparison._currency import Currency
from cede.report._numbers import Unit, budget_name, is_model, method_name

__all__ = ["Wording"]


@dataclass(frozen=True, eq=False)
class Wording:
    """An appraisal as people read it: the first page with one digit, the tables with two."""

    appraisal: Appraisal

    @cached_property
    def unit(self) -> Unit:
        """How answers are written, with enough decimals to show one digit of an interval."""
        return self._of_answers(1)

    @cached_property
    def in_all(self) -> Unit:
        """How costs of all that counts are written."""
        return self._of_costs(1)

    @cached_property
    def fine(self) -> Unit:
        """As ``unit``, with two digits."""
        return self._of_answers(2)

    @cached_property
    def fine_in_all(self) -> Unit:
        """As ``in_all``, with two digits."""
        return self._of_costs(2)

    @cached_property
    def agents(self) -> list[str]:
        """The agents, the model first, as tables show them."""
        names = (self.appraisal.model_name, *self.appraisal.comparison.expert_names)
        return [shown(name) for name in names]

    @property
    def by_money(self) -> bool:
        """Whether costs hold more than answers and fees."""
        return self.appraisal.answers is not self.appraisal.comparison

    @property
    def counts_more(self) -> bool:
        """Whether anything but answers counts: fees, or money."""
        return any(self.appraisal.fees) or self.by_money

    @property
    def few_experts(self) -> bool:
        """Whether each has room for a column beside all other numbers."""
        return len(self.appraisal.comparison.expert_names) <= (1 if self.counts_more else 3)

    @property
    def requests(self) -> str:
        """What asking comes to: calls of models, reviews by people."""
        names = self.appraisal.comparison.expert_names
        models = self.appraisal.money is not None or (names and all(map(is_model, names)))
        return "calls" if models else "reviews"

    @property
    def all_that_counts(self) -> str:
        """What fees are added to, and fees."""
        return f"{'answers' if self.appraisal.measure == 'cost' else 'wrong answers'} and fees"

    def per_100(self, row: Row) -> str:
        """What a row costs in 100 cases, all included."""
        cost = 100 * row.cost
        return f"{cost:.1f}" if self.currency is None else self.currency.number(cost)

    def row(self, row: Row) -> str:
        """A row's name: of a method as words, of the model alone by the model's name."""
        if row.is_method:
            return method_name(row.method)
        if not row.is_agent:
            return shown(row.method)
        name = row.method.removesuffix(" alone")
        return f"{shown(self.appraisal.model_name if row.method == 'model alone' else name)} alone"

    def point(self, budget: float | None) -> str:
        """A budget in a column: *20 %*, *no limit*; empty where a point was judged."""
        if self.appraisal.point is not None or budget is None:
            return ""
        return "no limit" if budget == 1.0 else budget_name(budget)

    def _of_answers(self, digits: int) -> Unit:
        return Unit.of(self.appraisal.measure, self.appraisal.answers.rows, digits, self.currency)

    def _of_costs(self, digits: int) -> Unit:
        rows = self.appraisal.comparison.rows
        halves = [(r.cost_high - r.cost_low) / 2 for r in rows if r.cost_high and r.cost_low]
        return Unit.of_costs(halves, digits, self.currency)

    @property
    def currency(self) -> Currency | None:
        """The money in which costs are written."""
        return self.appraisal.comparison.currency

    @cached_property
    def drawn(self) -> Unit:
        """As ``unit``, of costs in units of one error, as figures have them."""
        return Unit.of(self.appraisal.measure, self.appraisal.answers.rows, 1)
