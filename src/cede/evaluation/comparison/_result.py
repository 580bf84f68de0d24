"""What a comparison says: its rows, the verdict on them, tests, and how they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cached_property
from typing import Any

from cede.evaluation.comparison._currency import Currency
from cede.evaluation.comparison._export import cells, to_csv, to_latex, to_markdown
from cede.evaluation.comparison._paired import McNemar, PairedTests, mcnemar, paired_tests
from cede.evaluation.comparison._print import to_text
from cede.evaluation.comparison._table import Row, Table
from cede.evaluation.comparison._verdict import Verdict, verdict
from cede.exceptions import InvalidInput

__all__ = ["Comparison"]

_PLAIN = ("n_cases", "n_independent", "n_left_out", "confidence", "n_boot", "in_costs")


class Comparison(Table):
    """All rows, with the curves they lie on. ``print`` shows them in a terminal."""

    def verdict(self) -> Verdict:
        """What to do, fees included: defer, ask one expert in every case, or keep everything.

        A row is better than a baseline (an agent alone, or the commonest answer in every case) if
        the interval of what it saves lies above 0; these intervals hold for all methods, budgets
        and baselines together, so that picking the best of them is allowed. In this order,

        1. a method that is better than every agent alone: defer, with the cheapest of them;
        2. an expert who is better than the model: ask the cheapest of them in every case, as no
           method is shown to be better than that;
        3. a method that is better than the model: defer;
        4. do not defer.

        Nobody is recommended who costs more than the commonest answer. If the model is not better
        than that answer, the first sentence says so. If a method gains over the model but not over
        the best baseline, that is said, too. ``within_budget`` says what can be done where not
        every case can leave the model. Narrow the budgets by :meth:`at`.

        Raises
        ------
        InvalidInput
            If agents alone were not compared (pass ``model``) or resamples were fewer than 100.
        """
        return self._verdict

    def mcnemar(self, first: str, second: str, budget: float | None = None) -> McNemar:
        """McNemar's exact test of two rows on the same cases: see :func:`cede.evaluation.mcnemar`.

        Parameters
        ----------
        first, second : str
            Names of methods, or of rows that are always there.
        budget : float, optional
            Which of their rows; may be left out if only one budget was compared.

        Raises
        ------
        InvalidInput
            If outcomes are not right or wrong, or cases come in groups; :meth:`against` tests both.
        """
        if self.groups is not None:
            raise InvalidInput(
                "McNemar's test takes cases to be independent, but these come in groups; use "
                "against(), which tests the mean over groups"
            )
        return mcnemar(self.outcome(first, budget), self.outcome(second, budget))

    def against(self, baseline: str = "model alone", budget: float | None = None) -> PairedTests:
        """Test every method against one row, with Holm's correction for their number.

        Parameters
        ----------
        baseline : str, default="model alone"
            Name of a row. One that has budgets is compared at each of them.
        budget : float, optional
            Only this one. By default methods are tested at all budgets, and corrected for all.

        Returns
        -------
        PairedTests
            One test per method and budget; groups, if there are any, are the units.

        Raises
        ------
        UnknownName
            If there is no such row.
        """
        scope = self if budget is None else self.at(budget)
        tested = [row for row in scope.methods if row.method != baseline]
        pairs = [
            (
                row.method,
                row.budget,
                scope.outcome(row.method, row.budget),
                scope.outcome(baseline, row.budget),
            )
            for row in tested
        ]
        return paired_tests(baseline, pairs, self.groups, self.confidence)

    def __str__(self) -> str:
        """A table that fits a terminal of 100 columns, and what it says."""
        return to_text(self, self.verdict_or_none)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows as short strings, for any kind of table: in per cent, or in costs."""
        return cells(self)

    def to_markdown(self) -> str:
        """One table per budget, in Markdown."""
        return to_markdown(self)

    def to_latex(self) -> str:
        """One table for all budgets, in LaTeX; it needs the package booktabs."""
        return to_latex(self)

    def to_csv(self) -> str:
        """One line per row with all digits, and a header.

        A name that a spreadsheet would take for a formula begins with an apostrophe.
        """
        return to_csv(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON (curves and cases left out)."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name in _PLAIN}
        return {
            **values,
            "experts": list(self.expert_names),
            "budgets": list(self.budgets),
            "rows": [row.to_dict() for row in self.rows],
            **({} if self.currency is None else {"currency": asdict(self.currency)}),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Comparison:
        """Read back what :meth:`to_dict` wrote, from JSON too; it has no curves and no cases."""
        try:
            return cls(
                **{name: values[name] for name in _PLAIN},
                expert_names=tuple(values["experts"]),
                budgets=tuple(values["budgets"]),
                rows=tuple(Row.from_dict(row) for row in values["rows"]),
                curves={},
                currency=Currency(**values["currency"]) if "currency" in values else None,
            )
        except (KeyError, TypeError) as error:
            raise InvalidInput(
                f"must be what to_dict() of a comparison wrote, but cannot be read ({error}); "
                f"write it again",
                argument="values",
            ) from None

    @cached_property
    def verdict_or_none(self) -> Verdict | None:
        """The verdict; None without the agents alone, or with few cases or resamples."""
        try:
            return self._verdict
        except InvalidInput:
            return None

    @cached_property
    def _verdict(self) -> Verdict:
        return verdict(self)
