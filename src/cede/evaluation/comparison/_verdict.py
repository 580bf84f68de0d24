"""What a comparison says to do: defer, ask one expert always, or leave everything as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cede._intervals import Estimate
from cede._text import shown
from cede.evaluation.comparison._savings import FEWEST_RESAMPLES
from cede.evaluation.comparison._table import Row, Table
from cede.exceptions import InvalidInput

__all__ = ["Verdict", "verdict"]

#: With 10 groups, 5 % of verdicts on methods that gain nothing said something; with 3, 16 %.
FEWEST_CASES = 10


@dataclass(frozen=True)
class Verdict:
    """What to do, the row that does it, and why, in sentences."""

    #: "defer" (a method chooses cases), "ask" (one expert answers all), or "keep" (do not defer).
    action: Literal["defer", "ask", "keep"]
    #: The row that is recommended: of a method, of an expert alone, or of the model alone.
    row: Row
    #: The cheapest method shown to be better than the model at a budget below one, for when not
    #: every case can leave the model; None if no method is.
    within_budget: Row | None
    #: What the recommended row saves against the model alone, fees included, with an interval that
    #: holds for all rows together.
    saving: Estimate
    #: The cheapest baseline: an agent alone, or the commonest answer in every case.
    baseline: Row
    #: What the recommended row saves against that, in an interval of the same kind.
    over_baseline: Estimate
    #: The commonest answer in every case, if the model alone is not shown to be better than that,
    #: by the interval of this one difference.
    constant: Row | None
    sentence: str

    def __str__(self) -> str:
        """The sentence."""
        return self.sentence


def verdict(table: Table) -> Verdict:
    """What a table of rows says to do: see :meth:`cede.evaluation.Comparison.verdict`."""
    baselines, methods = _candidates(table)
    model, *experts = table.agents
    constant = table.constant
    best = min(baselines, key=lambda row: row.cost)

    def may_be_chosen(row: Row) -> bool:
        below = constant is not None and row.savings[-1].value < 0
        return row.savings[0].low > 0 and not below

    better = [m for m in methods if may_be_chosen(m)]
    beat_all = [m for m in better if all(s.low > 0 for s in m.savings[: 1 + len(experts)])]
    good_experts = [e for e in experts if may_be_chosen(e)]
    part = [m for m in better if m.budget is None or m.budget < 1]
    within = min(part, key=lambda row: row.cost, default=None)
    words = _Words(table)
    action: Literal["defer", "ask", "keep"]
    if beat_all or (better and not good_experts):
        action, row = "defer", min(beat_all or better, key=lambda r: r.cost)
        sentence = words.defer(row, model)
    elif good_experts:
        action, row = "ask", min(good_experts, key=lambda r: r.cost)
        sentence = words.ask(row, model, methods, baselines.index(row), within)
    else:
        action, row, within = "keep", model, None
        sentence = words.keep(model, [*methods, *experts], constant)
    over = row.savings[baselines.index(best)]
    if action != "keep" and best not in (row, model):
        sentence += words.over(best, over)
    if constant is not None and not _is_beaten(constant):
        sentence = f"{words.below(model, constant)} {sentence}"
    else:
        constant = None
    return Verdict(action, row, within, row.savings[0], best, over, constant, sentence)


def _is_beaten(constant: Row) -> bool:
    """Whether the model alone is better, by the interval of this one difference."""
    return constant.gain_high is not None and constant.gain_high < 0


def _candidates(table: Table) -> tuple[list[Row], list[Row]]:
    """Baselines, the model first and the commonest answer last, and methods at their budgets."""
    baselines = [*table.agents]
    if not baselines:
        raise InvalidInput(
            "must be known for a verdict, which sets methods against the model and each expert "
            "alone, but got none; pass it to compare",
            argument="model",
        )
    if table.n_independent < FEWEST_CASES:
        raise InvalidInput(
            f"must be {FEWEST_CASES} at least for a verdict, independent of each other or in as "
            f"many groups, but got {table.n_independent}; of fewer, intervals say nothing",
            argument="cases",
        )
    if not baselines[0].savings:
        raise InvalidInput(
            f"must be at least {FEWEST_RESAMPLES} for a verdict, but got {table.n_boot}; compare "
            f"with 1000",
            argument="n_boot",
        )
    baselines += [] if table.constant is None else [table.constant]
    return baselines, [*table.methods]


class _Words:
    """Sentences in the unit that was compared."""

    def __init__(self, table: Table) -> None:
        rows = table.rows
        self.experts = table.expert_names
        self.level = f"{table.confidence:.0%}"
        fees = any(abs(r.cost - (1 - r.accuracy)) > 1e-12 for r in rows)
        #: Do shares of right answers say it all, without fees and other costs?
        self.plain = not table.in_costs and not fees
        self.currency = table.currency
        self.unit = ", fees included" if fees else ""
        if not table.in_costs and table.currency is None:
            self.unit = ", fees included, in units of one error"

    def below(self, model: Row, constant: Row) -> str:
        """The model is not better than the commonest answer."""
        low, value, high = (-float(x or 0.0) for x in
                            (constant.gain_high, constant.gain, constant.gain_low))  # fmt: skip
        how = "is worse than" if high < 0 else "is not shown to be better than"
        return (
            f"The model {how} always answering {shown(constant.answer)}: {self._number(model)}, "
            f"instead of {self._number(constant)} {self._interval(Estimate(value, low, high))}."
        )

    def over(self, best: Row, saved: Estimate) -> str:
        """The gain over the best baseline, where that is not the model."""
        level = f"{_named(best)}, {self._number(best)} {self._interval(saved)}"
        if saved.low > 0:
            return f" It is better than the best baseline too: {level}."
        return (
            f" That is a gain over the model, and not one over the best baseline: it is not shown "
            f"to be better than {level}."
        )

    def defer(self, row: Row, model: Row) -> str:
        """A method is better than the model."""
        return (
            f"Defer: {shown(row.method)}{_at(row)} sends {_percent(1 - row.coverage)} of cases to "
            f"{self._receivers(row)}, {self._worth(row)} "
            f"instead of {self._number(model)} by the model alone {self._interval(row.savings[0])}."
        )

    def _receivers(self, row: Row) -> str:
        """Who gets them, the busiest first."""
        shares = sorted(zip(row.shares, self.experts, strict=True), reverse=True)
        names = [f"{shown(name)} {_percent(share)}" for share, name in shares if share > 0]
        if len(self.experts) == 1 or len(names) < 2:
            return shown(shares[0][1]) if names else "nobody"
        return f"experts ({', '.join(names[:4])}{', …' if len(names) > 4 else ''})"

    def ask(
        self, row: Row, model: Row, methods: Sequence[Row], agent: int, within: Row | None
    ) -> str:
        """One expert in every case is better than the model, and no method better than that."""
        name = shown(row.method.removesuffix(" alone"))
        text = (
            f"Ask {name} in every case, {self._worth(row)} instead of {self._number(model)} by "
            f"the model alone {self._interval(row.savings[0])}; no method is shown to be better."
        )
        if methods:
            best = min(methods, key=lambda r: r.cost)
            text += (
                f" The best, {shown(best.method)}{_at(best)}: {self._number(best)}, against {name} "
                f"{self._interval(best.savings[agent])}."
            )
        if within is not None:
            text += (
                f" Where {name} cannot answer every case, defer: {shown(within.method)}"
                f"{_at(within)} is better than the model {self._interval(within.savings[0])}."
            )
        return text

    def keep(self, model: Row, others: Sequence[Row], constant: Row | None) -> str:
        """Nothing is recommended over the model alone."""
        alone = self._worth(model).removeprefix("with ")
        if not others:
            return f"Do not defer: there is nobody to defer to. The model alone: {alone}."
        senders = [row for row in others if row.coverage < 1]
        if not senders:
            return f"Do not defer: no method sends a case away. The model alone: {alone}."
        best = min(senders, key=lambda row: row.cost)
        gains = any(row.savings[0].low > 0 for row in senders)
        if gains and constant is not None:
            return (
                f"Do not defer: what is a gain over the model alone, {alone}, is none over the "
                f"best baseline, {_named(constant)}, {self._number(constant)}. The nearest, "
                f"{shown(best.method)}{_at(best)}, against that: {self._number(best)} "
                f"{self._interval(best.savings[-1])}."
            )
        worse = all(row.savings[0].high < 0 for row in senders)
        harm = "everything else is worse" if worse else "nothing is shown to be better"
        text = (
            f"Do not defer: {harm} than the model alone, {alone}. The nearest, "
            f"{shown(best.method)}{_at(best)}: {self._number(best)} "
            f"{self._interval(best.savings[0])}."
        )
        methods_keep_all = any(r.is_method for r in others) and not any(
            r.is_method for r in senders
        )
        return f"{text} No method sends a case away." if methods_keep_all else text

    def _worth(self, row: Row) -> str:
        if self.plain:
            return f"with {self._number(row)} right"
        return f"at a mean cost of {self._number(row)}{self.unit}"

    def _number(self, row: Row) -> str:
        if self.plain:
            return _percent(row.accuracy)
        return f"{row.cost:.4g}" if self.currency is None else self.currency.amount(row.cost)

    def _interval(self, saving: Estimate) -> str:
        """The difference as people read it: of shares right, or of costs."""
        if self.plain:
            value, low, high = (f"{round(100 * x, 1) + 0.0:+.1f}" for x in saving)
            return f"(difference {value} points, {self.level} interval {low} to {high})"
        scale = 1.0 if self.currency is None else self.currency.per_error
        value, high, low = (f"{-scale * x + 0.0:+.3g}" for x in saving)
        return f"(difference {value}, {self.level} interval {low} to {high})"


def _named(baseline: Row) -> str:
    """A baseline inside a sentence."""
    if baseline.answer is not None:
        return f"always answering {shown(baseline.answer)}"
    return shown(baseline.method)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _at(row: Row) -> str:
    if row.budget is None or row.budget == 1.0:
        return ""  # no limit
    return f" at a budget of {100 * row.budget:.4g}%"
