"""What a manager reads: a verdict, and one sentence per operating point; all from the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cede._text import shown
from cede.appraisal import Appraisal
from cede.comparison import Row, Verdict
from cede.comparison._verdict import FEWEST_CASES
from cede.exceptions import InvalidInput
from cede.report._numbers import budget_name, expert_phrase, listed, method_name, share, units
from cede.study import Study

__all__ = ["Sentence", "Summary", "check_cases_per_year", "summarise"]

MODEL = "model alone"
#: What a point was chosen for, if that bounds how many cases an expert gets.
_LIMITS = {"budget": "the budgets", "spend": "what may be spent", "capacity": "the capacities"}
#: Experts named in one sentence.
_MOST_NAMED = 4


@dataclass(frozen=True)
class Sentence:
    """What sending some cases on is worth."""

    text: str
    #: What the interval of the difference to the model alone says.
    call: Literal["better", "worse", "unclear"]
    #: The row of the comparison it is of.
    row: Row


@dataclass(frozen=True)
class Summary:
    """The first page, in words; ``print`` shows them line by line."""

    #: "defer", "ask" or "keep", as of a verdict; "none" without one.
    action: Literal["defer", "ask", "keep", "none"]
    verdict: str
    sentences: tuple[Sentence, ...]
    notes: tuple[str, ...]
    #: How many cases will be sent on where how many were allowed; empty where nobody set a limit.
    shares: str = ""

    def __str__(self) -> str:
        """One paragraph per line, the shares before the verdict that holds at them."""
        numbered = [f"{i}. {s.text}" for i, s in enumerate(self.sentences, start=1)]
        return "\n".join([*filter(None, [self.shares]), self.verdict, *numbered, *self.notes])


def summarise(found: Appraisal | Study, cases_per_year: float | None = None) -> Summary:
    """Say in plain words whether to defer, and what each operating point is worth.

    Parameters
    ----------
    found : Appraisal or Study
    cases_per_year : float, optional
        How many cases a year bring; sentences then say how many of them are sent on.
    """
    check_cases_per_year(cases_per_year)
    words = _Words(found.appraisal if isinstance(found, Study) else found, cases_per_year)
    action, verdict = words.verdict()
    return Summary(action, verdict, words.sentences(), tuple(words.notes()), words.shares())


def check_cases_per_year(cases_per_year: float | None) -> None:
    """Raise unless it is a number above zero, or not known."""
    if cases_per_year is not None and not 0 < cases_per_year < float("inf"):
        raise InvalidInput(
            f"cases_per_year is how many cases a year bring, above 0, not {cases_per_year!r}."
        )


class _Words:
    def __init__(self, appraisal: Appraisal, cases_per_year: float | None) -> None:
        self.found, self.a_year = appraisal, cases_per_year
        self.unit, self.in_all = units(appraisal)
        self.model_row = appraisal.alone[0]
        self.model = "the model" if appraisal.model_name == "model" else shown(appraisal.model_name)
        self.experts = [expert_phrase(name) for name in appraisal.comparison.expert_names]
        self.level = f"{100 * appraisal.comparison.confidence:.4g} %"
        self.by_money = appraisal.answers is not appraisal.comparison

    def verdict(self) -> tuple[Literal["defer", "ask", "keep", "none"], str]:
        """In one or two sentences."""
        alone = self.unit.phrase(self.model_row.accuracy)
        found = self.found.verdict
        below = ""
        if found is not None and found.constant is not None:
            below = f"{self._below(found.constant)} "
        if not self.experts:
            return "keep", (
                f"{below}There is nobody to send cases to: {self.model} alone gives {alone}."
            )
        if found is None:
            fewest, count = FEWEST_CASES, self.found.comparison.n_independent
            if count < fewest:
                return "none", (
                    f"No verdict: it needs {fewest} cases (or groups of them) at least that are "
                    f"independent of each other, and there are {count}."
                )
            return "none", (
                "No verdict: margins of error that hold for all ways together need at least 100 "
                "resamples."
            )
        row = self._answers_of(found.row)
        if found.action == "ask":
            return "ask", below + self._ask(row, found)
        if found.action == "defer":
            return "defer", below + self._defer(row, found)
        return "keep", below + self._keep(alone, found)

    def _below(self, constant: Row) -> str:
        """The model is not better than the commonest answer."""
        worse = (constant.gain_low or 0.0) > 0
        how = "is worse than" if worse else "is not shown to be better than"
        ends = -(constant.gain_high or 0.0), -(constant.gain_low or 0.0)
        return (
            f"{_capital(self.model)} {how} always answering {shown(constant.answer)}: "
            f"{self.unit.phrase(self.model_row.accuracy)} instead of "
            f"{self.unit.level(constant.accuracy)} (difference "
            f"{self.unit.apart(-(constant.gain or 0.0))} {self.unit.apart_header}, "
            f"{self.level} interval {self.unit.apart_interval(*ends)})."
        )

    def _keep(self, alone: str, found: Verdict) -> str:
        rivals = [
            r for r in self.found.comparison.rows
            if r.savings and r.coverage < 1 and (r.is_method or r.is_agent)
        ]  # fmt: skip
        if found.constant is not None and any(r.savings[0].low > 0 for r in rivals):
            return (
                f"Do not defer: what is a gain over {self.model} alone is none over always "
                f"answering {shown(found.constant.answer)}; mend {self.model} first."
            )
        worse = bool(rivals) and all(r.savings[0].high < 0 for r in rivals)
        sending = "Sending cases on or asking" if any(r.is_method for r in rivals) else "Asking"
        harm = "Nothing else is shown to be better"
        if worse:
            harm = f"{sending} anybody else in every case makes it worse"
        return f"Do not defer: leave every case to {self.model}, {alone}. {harm}."

    def sentences(self) -> tuple[Sentence, ...]:
        """One per point; budgets that are not used up lead to the same point."""
        seen: dict[tuple[float, ...], Sentence] = {}
        for row in self.found.rows:
            seen.setdefault((*(row.prices or ()), row.coverage), self._sentence(row))
        return tuple(seen.values())

    def notes(self) -> list[str]:
        """What else has to be known before anybody decides."""
        return [
            *self._about_method(),
            *self._about_experts(),
            *self._about_fees(),
            *self._about_money(),
            *self._about_guarantee(),
        ]

    def _sentence(self, row: Row) -> Sentence:
        alone = self.unit.level(self.model_row.accuracy)
        if row.coverage == 1.0:
            text = f"Send nothing on: {self.unit.phrase(row.accuracy)}, as {self.model} alone."
            return Sentence(text, "unclear", row)
        text = (
            f"Send {share(1 - row.coverage)} of cases {self._receivers(row)}: "
            f"{self.unit.with_margin(row)} instead of {alone}"
        )
        if self.a_year is not None:
            text += f", {round((1 - row.coverage) * self.a_year):,} reviews a year"
        low, high = float(row.gain_low or 0.0), float(row.gain_high or 0.0)
        # Better only where the verdict would call it so, whose margins hold for all rows together.
        paid = self._in_all(row)
        if low > 0 and (not paid.savings or paid.savings[0].low > 0):
            return Sentence(f"{text}.", "better", row)
        if high < 0:
            return Sentence(f"{text}. That is worse than {self.model} alone.", "worse", row)
        text += ". The difference may be chance"
        if low > 0:
            text += (
                f": {self.unit.apart_interval(low, high)} {self.unit.apart_header} is the interval "
                f"of it alone, which leaves out 0; the one that holds for all rows together, "
                f"{self._together(paid)}, does not"
            )
        return Sentence(f"{text}.", "unclear", row)

    def _together(self, row: Row) -> str:
        """What a row saves against the model, by the interval that the verdict rests on."""
        saved = row.savings[0]
        if self.unit.measure == "right" and not self.by_money and not any(self.found.fees):
            return f"{self.unit.apart_interval(saved.low, saved.high)} {self.unit.apart_header}"
        ends = f"{self.in_all.apart_interval(saved.low, saved.high)}"
        return f"{ends} in mean cost{self._price()}"

    def _receivers(self, row: Row) -> str:
        """Say who gets how much: *to the physician*; *on, 12 % to ann and 6 % to bob*."""
        asked = [(who, s) for who, s in zip(self.experts, row.shares, strict=True) if s > 0]
        if len(asked) == 1:
            return f"to {asked[0][0]}"
        if len(asked) > _MOST_NAMED:
            return f"to {len(asked)} experts"
        return "on, " + listed([f"{share(s)} to {who}" for who, s in asked])

    def _ask(self, row: Row, found: Verdict) -> str:
        who = expert_phrase(row.method.removesuffix(" alone"))
        text = (
            f"Ask only {who}, in every case: {self._worth(row)} instead of "
            f"{self._short(self.model_row)} from {self.model}. No way of sharing the cases is "
            f"shown to be better{self._price()}."
        )
        limit, within = self._limit(), self._within(found)
        gain = f"sharing is still better than {self.model} alone"
        if within is not None:
            gain += f": {self._worth(self._answers_of(within))}"
        if limit is not None:
            no_gain = f"no gain over {self.model} alone is shown"
            text += (
                f" Asking {who} in every case is over {limit}; within it, "
                f"{no_gain if within is None else gain}."
            )
        elif within is not None:
            text += f" If {who} cannot answer every case, {gain}."
        return text + self._over(found)

    def _limit(self) -> str | None:
        """What forbids to ask one expert in every case."""
        point = self.found.point
        if point is not None:
            if point.budget is not None:
                return f"the budget of {budget_name(point.budget)}"
            return _LIMITS.get(point.chosen_by or "")
        rows = [r for r in self.found.comparison.rows if r.is_method and r.budget is not None]
        budgets = sorted({r.budget for r in rows if r.budget is not None})
        if not budgets or budgets[-1] >= 1.0:
            return None
        if len(budgets) == 1:
            return f"the budget of {budget_name(budgets[0])}"
        return f"the budgets of {listed([budget_name(b) for b in budgets])}"

    def _within(self, found: Verdict) -> Row | None:
        """The cheapest way of sharing that keeps the limit and is better than the model."""
        if self.found.point is None:
            return found.within_budget
        row = next(r for r in self.found.comparison.rows if r.is_method)
        return row if row.savings[0].low > 0 else None

    def _defer(self, row: Row, found: Verdict) -> str:
        of_agents = found.row.savings[: len(self.found.alone)]
        beats_all = all(saving.low > 0 for saving in of_agents)
        one = len(self.experts) == 1
        than = f"{self.model} alone"
        if beats_all:
            than += f" and than {self.experts[0] if one else 'any expert'} in every case"
        text = (
            f"Defer: send {share(1 - row.coverage)} of cases {self._receivers(row)}. That is shown "
            f"to be {self._better()} {than}: {self._worth(row)} instead of "
            f"{self._short(self.model_row)}."
        )
        return text + self._over(found)

    def _over(self, found: Verdict) -> str:
        """What it is over the best baseline, where that is not the model."""
        best = found.baseline
        if best.method in (MODEL, found.row.method):
            return ""
        baseline = f"always answering {shown(best.answer or '')}"
        if best.answer is None:
            baseline = f"{expert_phrase(best.method.removesuffix(' alone'))} in every case"
            if self._limit() is not None and found.over_baseline.low <= 0:
                baseline += f" (over {self._limit()})"
        level = f"{baseline}: {self._worth(self._answers_of(best))}"
        if found.over_baseline.low > 0:
            return f" It is shown to be better than the best baseline too, {level}."
        return (
            f" That is a gain over {self.model}, and not shown to be one over the best baseline, "
            f"{level}."
        )

    def _better(self) -> str:
        if self.by_money:
            return "better, money included, than"
        if any(self.found.fees):
            return "better, fees included, than"
        return {"right": "right more often than", "quality": "better than", "cost": "cheaper than"}[
            self.unit.measure
        ]

    def _price(self) -> str:
        """What else counts beside right answers."""
        if self.by_money:
            return ", money included"
        return ", fees included" if any(self.found.fees) else ""

    def _worth(self, row: Row) -> str:
        """By the answers; and by all that counts where that is more."""
        text = self.unit.phrase(row.accuracy)
        if self.by_money:
            text += f" and a mean cost, money included, of {self._cost(row)}"
        return text

    def _short(self, row: Row) -> str:
        text = self.unit.level(row.accuracy)
        return f"{text} and {self._cost(row)}" if self.by_money else text

    def _cost(self, row: Row) -> str:
        return self.in_all.number(1.0 - self._in_all(row).cost)

    def _about_method(self) -> list[str]:
        """Which of several it is that all this is about."""
        if self.found.lead is None or len(self.found.honesty) < 2:
            return []
        return [
            f"Who gets which case is decided by {method_name(self.found.lead.method)}, the method "
            f"in front of {len(self.found.honesty)} compared."
        ]

    def shares(self) -> str:
        """How many cases the methods named send on, by how many were allowed."""
        rows = [r for r in self.found.rows if r.budget is not None and r.sent is not None]
        if not rows or self.found.point is not None:
            return ""
        told = [
            f"{share(r.budget or 0.0)} allowed: {share(1 - r.coverage)} of these cases are sent "
            f"on, and {100 * r.sent.low:.1f} to {100 * r.sent.high:.1f} % of cases to come"
            for r in rows
            if r.sent is not None
        ]
        level = f"{100 * self.found.comparison.confidence:.4g} %"
        return f"{'; '.join(told)} ({level} intervals)."

    def _about_experts(self) -> list[str]:
        """Who would be worse than the model."""
        pairs = zip(self.experts, self.found.alone[1:], strict=True)
        worse = [
            (who, row) for who, row in pairs if row.gain_high is not None and row.gain_high < 0
        ]
        if not worse:
            return []
        levels = [f"{who} ({self.unit.level(row.accuracy)})" for who, row in worse]
        some = listed(levels[:_MOST_NAMED])
        if len(levels) > _MOST_NAMED:
            some = f"{len(levels)} of {len(self.experts)} experts, among them {some},"
        many = len(levels) > 1
        how = {
            "right": f"{'are' if many else 'is'} right less often",
            "quality": f"answer{'' if many else 's'} worse",
            "cost": f"cost{'' if many else 's'} more",
        }[self.unit.measure]
        return [
            f"Asked in every case, {some} {how} than {self.model} "
            f"({self.unit.level(self.model_row.accuracy)})."
        ]

    def _about_fees(self) -> list[str]:
        if self.found.lead is None or not any(self.found.fees):
            return []
        named = [f"{f:.4g} for {e}" for e, f in zip(self.experts, self.found.fees, strict=True)]
        row, model = self._in_all(self._lead_row()), self._in_all(self.model_row)
        return [
            f"Asking has a price, counted in wrong answers: {listed(named[:6])}. Wrong answers and "
            f"fees together come to {100 * row.cost:.1f} per 100 cases, instead of "
            f"{100 * model.cost:.1f}, where {share(1 - row.coverage)} of cases are sent on."
        ]

    def _about_money(self) -> list[str]:
        if self.found.lead is None or self.found.money is None:
            return []
        spent = self.found.money_of(self._lead_row())
        before = self.found.money_of(self.model_row)
        assert spent is not None
        assert before is not None
        text = (
            f"Where {share(1 - self._lead_row().coverage)} of cases are sent on, "
            f"{amount(spent.value)} is spent per case instead of {amount(before.value)}"
        )
        if self.a_year is not None:
            yearly = self.a_year * spent.value, self.a_year * before.value
            text += f"; a year, {amount(yearly[0])} instead of {amount(yearly[1])}"
        return [f"{text}."]

    def _about_guarantee(self) -> list[str]:
        found = self.found.certificate
        if found is None:
            return []
        what = {
            "right": f"at most {100 * found.risk:.4g} % wrong answers",
            "quality": f"a mean loss of quality of at most {found.risk:.4g}",
            "cost": f"a mean cost of at most {found.risk:.4g}",
        }[self.unit.measure]
        level = f"{100 * (1 - (found.delta or 0.0)):.4g} %"
        if found.certified:
            return [
                f"Guaranteed with {level} confidence: {what}, with "
                f"{share(found.deferral_rate.value)} of cases sent on."
            ]
        more = "; no number of cases would do"
        if found.cases_needed is not None:
            more = f"; about {found.cases_needed:,} cases like these would do"
        return [f"No guarantee of {what} can be given with {level} confidence{more}."]

    def _lead_row(self) -> Row:
        lead = self.found.lead
        assert lead is not None
        return next(row for row in self.found.rows if row.budget == lead.budget)

    def _in_all(self, row: Row) -> Row:
        return self.found.in_full(row)

    def _answers_of(self, row: Row) -> Row:
        wanted = row.method, row.is_method, row.budget
        rows = self.found.answers.rows
        return next(r for r in rows if (r.method, r.is_method, r.budget) == wanted)


def _capital(text: str) -> str:
    """Begin a sentence with our own words; a name keeps its letters."""
    return f"T{text[1:]}" if text.startswith("the ") else text


def amount(value: float) -> str:
    """An amount of money: three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
