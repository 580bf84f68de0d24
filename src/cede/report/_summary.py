"""What a manager reads: a verdict, and one sentence per operating point; all from the numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from cede.evaluation.appraisal import Appraisal
from cede.evaluation.comparison import Row
from cede.exceptions import InvalidInput
from cede.report._numbers import listed, method_name, share
from cede.report._verdict import MOST_NAMED, VerdictWords
from cede.report._wording import Wording

if TYPE_CHECKING:
    from cede.study import Study

__all__ = ["Sentence", "Summary", "check_cases_per_year", "summarise"]


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
    #: How the numbers are written, for pages that show more of them.
    wording: Wording | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """One paragraph per line, the shares before the verdict that holds at them."""
        numbered = [f"{i}. {s.text}" for i, s in enumerate(self.sentences, start=1)]
        return "\n".join([*filter(None, [self.shares]), self.verdict, *numbered, *self.notes])


def summarise(result: Appraisal | Study, cases_per_year: float | None = None) -> Summary:
    """Say in plain words whether to defer, and what each operating point is worth.

    Parameters
    ----------
    result : Appraisal or Study
    cases_per_year : float, optional
        How many cases a year bring; sentences then say how many of them are sent on.
    """
    check_cases_per_year(cases_per_year)
    wording = Wording(result if isinstance(result, Appraisal) else result.appraisal)
    words = _Words(wording, cases_per_year)
    action, verdict = words.verdict()
    notes = tuple(words.notes())
    return Summary(action, verdict, words.sentences(), notes, words.shares(), wording)


def check_cases_per_year(cases_per_year: float | None) -> None:
    """Raise unless it is a number above zero, or not known."""
    if cases_per_year is not None and not 0 < cases_per_year < float("inf"):
        raise InvalidInput(
            f"must be how many cases a year bring, above 0, but got {cases_per_year!r}; write "
            f"12000, or leave it out",
            argument="cases_per_year",
        )


class _Words(VerdictWords):
    """The verdict, the sentences of its points, and what else has to be known."""

    def __init__(self, wording: Wording, cases_per_year: float | None) -> None:
        super().__init__(wording)
        self.wording = wording
        self.a_year = cases_per_year

    def sentences(self) -> tuple[Sentence, ...]:
        """One per point; budgets that are not used up lead to the same point."""
        sentences: dict[tuple[float, ...], Sentence] = {}
        for row in self.appraisal.rows:
            sentences.setdefault((*(row.prices or ()), row.coverage), self._sentence(row))
        return tuple(sentences.values())

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
            text += f", {round((1 - row.coverage) * self.a_year):,} "
            text += f"{self.wording.requests} a year"
        low, high = float(row.gain_low or 0.0), float(row.gain_high or 0.0)
        # Better only where the verdict would call it so, whose margins hold for all rows together.
        in_full = self.appraisal.in_full(row)
        if low > 0 and (not in_full.savings or in_full.savings[0].low > 0):
            return Sentence(f"{text}.", "better", row)
        if high < 0:
            return Sentence(f"{text}. That is worse than {self.model} alone.", "worse", row)
        text += ". The difference may be chance"
        if low > 0:
            text += (
                f": {self.unit.apart_interval(low, high)} {self.unit.apart_header} is the interval "
                f"of it alone, which leaves out 0; the one that holds for all rows together, "
                f"{self._together(in_full)}, does not"
            )
        return Sentence(f"{text}.", "unclear", row)

    def _together(self, row: Row) -> str:
        """What a row saves against the model, by the interval that the verdict rests on."""
        saved = row.savings[0]
        if self.unit.measure == "right" and not self.by_money and not any(self.appraisal.fees):
            return f"{self.unit.apart_interval(saved.low, saved.high)} {self.unit.apart_header}"
        ends = f"{self.in_all.apart_interval(saved.low, saved.high)}"
        return f"{ends} in mean cost{self._price()}"

    def _about_method(self) -> list[str]:
        """Which of several it is that all this is about."""
        if self.appraisal.lead is None or len(self.appraisal.honesty) < 2:
            return []
        return [
            f"Who gets which case is decided by {method_name(self.appraisal.lead.method)}, the "
            f"method in front of {len(self.appraisal.honesty)} compared."
        ]

    def shares(self) -> str:
        """How many cases are sent on, where how many were allowed."""
        rows = [r for r in self.appraisal.rows if r.budget is not None and r.sent is not None]
        if not rows or self.appraisal.point is not None:
            return ""
        texts = [
            f"{share(r.budget or 0.0)} allowed: {share(1 - r.coverage)} of these cases are sent "
            f"on, and {100 * r.sent.low:.1f} to {100 * r.sent.high:.1f} % of cases to come"
            for r in rows
            if r.sent is not None
        ]
        level = f"{100 * self.appraisal.comparison.confidence:.4g} %"
        return f"{'; '.join(texts)} ({level} intervals)."

    def _about_experts(self) -> list[str]:
        """Who would be worse than the model."""
        pairs = zip(self.experts, self.appraisal.alone[1:], strict=True)
        worse = [
            (who, row) for who, row in pairs if row.gain_high is not None and row.gain_high < 0
        ]
        if not worse:
            return []
        levels = [f"{who} ({self.unit.level(row.accuracy)})" for who, row in worse]
        some = listed(levels[:MOST_NAMED])
        if len(levels) > MOST_NAMED:
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
        if self.appraisal.lead is None or not any(self.appraisal.fees):
            return []
        money = self.wording.currency
        fee_texts = [
            f"{f:.4g} for {e}" if money is None else f"{money.amount(f)} for {e}"
            for e, f in zip(self.experts, self.appraisal.fees, strict=True)
        ]
        row, model = (
            self.appraisal.in_full(self._lead_row()),
            self.appraisal.in_full(self.model_row),
        )
        counted = ", counted in wrong answers" if money is None else ""
        unit = "" if money is None else f" {money.unit}"
        both = self.wording.all_that_counts
        return [
            f"Asking has a price{counted}: {listed(fee_texts[:6])}. {both[:1].upper()}{both[1:]} "
            f"together come to {self.wording.per_100(row)}{unit} per 100 cases, instead of "
            f"{self.wording.per_100(model)}, where {share(1 - row.coverage)} of cases are sent on."
        ]

    def _about_money(self) -> list[str]:
        if self.appraisal.lead is None or self.appraisal.money is None:
            return []
        spent = self.appraisal.money_of(self._lead_row())
        before = self.appraisal.money_of(self.model_row)
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
        certificate = self.appraisal.certificate
        if certificate is None:
            return []
        what = {
            "right": f"at most {100 * certificate.risk:.4g} % wrong answers",
            "quality": f"a mean loss of score of at most {certificate.risk:.4g}",
            "cost": f"a mean cost of at most {certificate.risk:.4g}",
        }[self.unit.measure]
        level = f"{100 * (1 - (certificate.delta or 0.0)):.4g} %"
        if certificate.certified:
            return [
                f"Guaranteed with {level} confidence: {what}, with "
                f"{share(certificate.deferral_rate.value)} of cases sent on."
            ]
        more = "; no number of cases would do"
        if certificate.cases_needed is not None:
            more = f"; about {certificate.cases_needed:,} cases like these would do"
        return [f"No guarantee of {what} can be given with {level} confidence{more}."]

    def _lead_row(self) -> Row:
        lead = self.appraisal.lead
        assert lead is not None
        return next(row for row in self.appraisal.rows if row.budget == lead.budget)


def amount(value: float) -> str:
    """An amount of money: three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
