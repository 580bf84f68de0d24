"""What a comparison found: rows of numbers, what they say, and how they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints, check_budget
from cede._intervals import Estimate
from cede.evaluation.comparison import _export, _print, _verdict
from cede.evaluation.comparison._paired import McNemar, PairedTests, mcnemar, paired_tests
from cede.exceptions import InvalidInput, UnknownName
from cede.operating import DeferralCurve

__all__ = ["Comparison", "Outcome", "Row"]

#: Who was right in each case: 0 or 1 in one byte, or a share of it, or one minus a cost.
Outcome: TypeAlias = NDArray[np.uint8] | Floats


@dataclass(frozen=True)
class Row:
    """One method at one budget."""

    method: str
    #: False for the rows that are always there: agents, commonest answer, random, oracle.
    is_method: bool
    #: The budget its operating point was chosen for; None if it has no choice.
    budget: float | None
    #: System accuracy on the cases compared, and its interval.
    accuracy: float
    low: float
    high: float
    #: Accuracy minus that of the model alone, with the interval of the paired difference.
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    #: Share of cases the model kept.
    coverage: float
    #: Mean cost: errors, plus the fees of the experts asked.
    cost: float
    #: Share of cases each expert answered.
    shares: tuple[float, ...]
    #: Price per expert of the operating point.
    prices: tuple[float, ...] | None
    #: Interval of the mean cost.
    cost_low: float | None = None
    cost_high: float | None = None
    #: What it costs less than each baseline, fees included: each agent alone, the model first, and
    #: then the commonest answer, if that was compared. These intervals hold together for all
    #: methods, budgets and baselines; empty with fewer than 100 resamples.
    savings: tuple[Estimate, ...] = ()
    #: Interval of ``gain`` that holds together for all methods, budgets and agents, on which a
    #: verdict rests: it may hold 0 where ``gain_low`` to ``gain_high``, of one row alone, does not.
    #: None with fewer than 100 resamples.
    gain_low_simultaneous: float | None = None
    gain_high_simultaneous: float | None = None
    #: The one answer that is given in every case, if the row is of *always* the commonest.
    answer: str | None = None
    #: Share of cases like these that leave the model, in the long run: seen on the cases that the
    #: point was chosen on and on these, Clopper-Pearson. None where there is no choice.
    sent: Estimate | None = None

    @property
    def is_agent(self) -> bool:
        """Whether it is the model alone, or an expert alone."""
        return not self.is_method and self.budget is None and self.answer is None


@dataclass(frozen=True)
class Comparison:
    """All rows, with the curves they lie on. ``print`` shows them in a terminal."""

    rows: tuple[Row, ...]
    budgets: tuple[float, ...]
    expert_names: tuple[str, ...]
    #: Accuracy against deferral rate of each method (and "oracle"), on errors without fees.
    curves: Mapping[str, DeferralCurve] = field(repr=False)
    n_cases: int
    #: Groups of cases, or cases if none were given: what the intervals rest on.
    n_independent: int
    #: Cases left out because an expert's answer is missing.
    n_left_out: int
    confidence: float
    n_boot: int
    #: Were costs compared, of any unit, rather than right and wrong? Accuracy is then 1 - cost.
    in_costs: bool = False
    #: Of each row, who was right in each case; empty if it was read from a file.
    outcomes: tuple[Outcome, ...] = field(default=(), repr=False, compare=False)
    #: Number of each case's group, if there are groups.
    groups: Ints | None = field(default=None, repr=False, compare=False)

    def at(self, budget: float) -> Comparison:
        """The rows of one budget."""
        wanted = check_budget(budget)
        if wanted not in self.budgets:
            raise InvalidInput(f"No budget {budget!r} was compared, only {list(self.budgets)}.")
        kept = [i for i, row in enumerate(self.rows) if row.budget in (None, wanted)]
        return replace(
            self,
            rows=tuple(self.rows[i] for i in kept),
            budgets=(wanted,),
            outcomes=tuple(self.outcomes[i] for i in kept) if self.outcomes else (),
        )

    def verdict(self) -> _verdict.Verdict:
        """What to do: defer, ask one expert in every case, or keep everything; at cost with fees.

        A row is better than a baseline (an agent alone, or the commonest answer in every case) if
        the interval of what it saves lies above 0; these intervals hold for all methods, budgets
        and baselines together, so that picking the best of them is allowed. In this order,

        1. a method that is better than every agent alone: defer, with the cheapest of them;
        2. an expert who is better than the model: ask the cheapest of them in every case, as no
           method is shown to be better than that;
        3. a method that is better than the model: defer;
        4. do not defer.

        Whoever costs more than the commonest answer is not recommended. If the model is
        not better than that answer, the first sentence says so; if a gain over the model is none
        over the best baseline, that is said too. What can be done where not every case can leave
        the model is in ``within_budget``. Narrow the budgets by :meth:`at`.

        Raises
        ------
        InvalidInput
            If agents alone were not compared (pass ``model``) or resamples were fewer than 100.
        """
        return _verdict.verdict(self)

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
                "McNemar's test takes cases to be independent, however these come in groups; "
                "use against(), which tests the mean over groups."
            )
        return mcnemar(self._outcome(first, budget), self._outcome(second, budget))

    def against(self, baseline: str = "model alone", budget: float | None = None) -> PairedTests:
        """Test every method against one row, with Holm's correction for their number.

        Parameters
        ----------
        baseline : str, default="model alone"
            Name of a row. One that has budgets is compared at each of them.
        budget : float, optional
            Only this one. By default methods are tested at all budgets, and corrected for all.
        """
        scope = self if budget is None else self.at(budget)
        tested = [r for r in scope.rows if r.is_method and r.method != baseline]
        pairs = [
            (
                row.method,
                row.budget,
                scope._outcome(row.method, row.budget),
                scope._outcome(baseline, row.budget),
            )
            for row in tested
        ]
        return paired_tests(baseline, pairs, self.groups, self.confidence)

    def _outcome(self, name: str, budget: float | None) -> Outcome:
        """Who was right in each case, of the row of this name at this budget."""
        if not self.outcomes:
            raise InvalidInput(
                "A comparison read from a file holds no cases, so nothing can be tested; call "
                "compare again."
            )
        named = [i for i, row in enumerate(self.rows) if row.method == name]
        if not named:
            raise UnknownName("row", name, dict.fromkeys(row.method for row in self.rows))
        found = [i for i in named if self.rows[i].budget in (None, budget)]
        if budget is None and len(named) == 1:
            found = named
        if len(found) != 1:
            raise InvalidInput(
                f"{name} was compared at the budgets {[self.rows[i].budget for i in named]}, "
                f"however budget={budget!r}; name one of them."
            )
        return self.outcomes[found[0]]

    def __str__(self) -> str:
        """A table that fits a terminal of 100 columns, and what it says."""
        return _print.to_text(self)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Header and rows as short strings, for any kind of table: in per cent, or in costs."""
        return _export.cells(self)

    def to_markdown(self) -> str:
        """One table per budget, in Markdown."""
        return _export.to_markdown(self)

    def to_latex(self) -> str:
        """One table for all budgets, in LaTeX; it needs the package booktabs."""
        return _export.to_latex(self)

    def to_csv(self) -> str:
        """One line per row with all digits, and a header.

        A name that a spreadsheet would take for a formula begins with an apostrophe.
        """
        return _export.to_csv(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON (curves and cases left out)."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name in _PLAIN}
        return {
            **values,
            "experts": list(self.expert_names),
            "budgets": list(self.budgets),
            "rows": [asdict(row) for row in self.rows],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Comparison:
        """Read back what :meth:`to_dict` wrote, from JSON too; it has no curves and no cases."""
        try:
            return cls(
                **{name: values[name] for name in _PLAIN},
                expert_names=tuple(values["experts"]),
                budgets=tuple(values["budgets"]),
                rows=tuple(_read_row(row) for row in values["rows"]),
                curves={},
            )
        except (KeyError, TypeError) as error:
            raise InvalidInput(
                f"These are not the values that to_dict() of a comparison wrote: {error}."
            ) from None


_PLAIN = ("n_cases", "n_independent", "n_left_out", "confidence", "n_boot", "in_costs")


def _read_row(values: Mapping[str, Any]) -> Row:
    prices = values["prices"]
    return Row(
        **{
            **values,
            "shares": tuple(values["shares"]),
            "prices": None if prices is None else tuple(prices),
            "savings": tuple(Estimate(*found) for found in values.get("savings", ())),
            "sent": None if values.get("sent") is None else Estimate(*values["sent"]),
        }
    )
