"""The verdict of a report in one or two sentences; of the commands, too."""

from __future__ import annotations

from typing import Literal

from cede._text import shown
from cede.evaluation.comparison import Row, Verdict
from cede.evaluation.comparison._verdict import FEWEST_CASES
from cede.report._numbers import budget_name, expert_phrase, listed, share
from cede.report._wording import Wording

__all__ = ["VerdictWords"]

MODEL = "model alone"
#: What a point was chosen for, if that bounds how many cases an expert gets.
_LIMITS = {"budget": "the budgets", "spend": "what may be spent", "capacity": "the capacities"}
#: Experts named in one sentence.
MOST_NAMED = 4


class VerdictWords:
    """What to do, and why, in the unit that was compared."""

    def __init__(self, words: Wording) -> None:
        self.appraisal = appraisal = words.appraisal
        self.unit, self.in_all = words.unit, words.in_all
        self.model_row = appraisal.alone[0]
        self.model = "the model" if appraisal.model_name == "model" else shown(appraisal.model_name)
        self.experts = [expert_phrase(name) for name in appraisal.comparison.expert_names]
        self.level = f"{100 * appraisal.comparison.confidence:.4g} %"
        self.by_money = words.by_money

    def verdict(self) -> tuple[Literal["defer", "ask", "keep", "none"], str]:
        """In one or two sentences."""
        alone = self.unit.phrase(self.model_row.accuracy)
        verdict = self.appraisal.verdict
        below = ""
        if verdict is not None and verdict.constant is not None:
            below = f"{self._below(verdict.constant)} "
        if not self.experts:
            return "keep", (
                f"{below}There is nobody to send cases to: {self.model} alone gives {alone}."
            )
        if verdict is None:
            fewest, count = FEWEST_CASES, self.appraisal.comparison.n_independent
            if count < fewest:
                return "none", (
                    f"No verdict: it needs {fewest} cases (or groups of them) at least that are "
                    f"independent of each other, and there are {count}."
                )
            return "none", (
                "No verdict: margins of error that hold for all ways together need at least 100 "
                "resamples."
            )
        row = self._answers_of(verdict.row)
        if verdict.action == "ask":
            return "ask", below + self._ask(row, verdict)
        if verdict.action == "defer":
            return "defer", below + self._defer(row, verdict)
        return "keep", below + self._keep(alone, verdict)

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

    def _keep(self, alone: str, verdict: Verdict) -> str:
        rivals = [
            r for r in self.appraisal.comparison.rows
            if r.savings and r.coverage < 1 and (r.is_method or r.is_agent)
        ]  # fmt: skip
        if verdict.constant is not None and any(r.savings[0].low > 0 for r in rivals):
            return (
                f"Do not defer: what is a gain over {self.model} alone is none over always "
                f"answering {shown(verdict.constant.answer)}; mend {self.model} first."
            )
        worse = bool(rivals) and all(r.savings[0].high < 0 for r in rivals)
        sending = "Sending cases on or asking" if any(r.is_method for r in rivals) else "Asking"
        harm = "Nothing else is shown to be better"
        if worse:
            harm = f"{sending} anybody else in every case makes it worse"
        return f"Do not defer: leave every case to {self.model}, {alone}. {harm}."

    def _receivers(self, row: Row) -> str:
        """Say who gets how much: *to the physician*; *on, 12 % to ann and 6 % to bob*."""
        receivers = [(who, s) for who, s in zip(self.experts, row.shares, strict=True) if s > 0]
        if len(receivers) == 1:
            return f"to {receivers[0][0]}"
        if len(receivers) > MOST_NAMED:
            return f"to {len(receivers)} experts"
        return "on, " + listed([f"{share(s)} to {who}" for who, s in receivers])

    def _ask(self, row: Row, verdict: Verdict) -> str:
        who = expert_phrase(row.method.removesuffix(" alone"))
        text = (
            f"Ask only {who}, in every case: {self._worth(row)} instead of "
            f"{self._short(self.model_row)} from {self.model}. No way of sharing the cases is "
            f"shown to be better{self._price()}."
        )
        limit, within = self._limit(), self._within(verdict)
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
        return text + self._over(verdict)

    def _limit(self) -> str | None:
        """What forbids to ask one expert in every case."""
        point = self.appraisal.point
        if point is not None:
            if point.budget is not None:
                return f"the budget of {budget_name(point.budget)}"
            return _LIMITS.get(point.chosen_by or "")
        rows = [r for r in self.appraisal.comparison.rows if r.is_method and r.budget is not None]
        budgets = sorted({r.budget for r in rows if r.budget is not None})
        if not budgets or budgets[-1] >= 1.0:
            return None
        if len(budgets) == 1:
            return f"the budget of {budget_name(budgets[0])}"
        return f"the budgets of {listed([budget_name(b) for b in budgets])}"

    def _within(self, verdict: Verdict) -> Row | None:
        """The cheapest way of sharing that keeps the limit and is better than the model."""
        if self.appraisal.point is None:
            return verdict.within_budget
        row = next(r for r in self.appraisal.comparison.rows if r.is_method)
        return row if row.savings[0].low > 0 else None

    def _defer(self, row: Row, verdict: Verdict) -> str:
        of_agents = verdict.row.savings[: len(self.appraisal.alone)]
        beats_all = all(saving.low > 0 for saving in of_agents)
        is_single = len(self.experts) == 1
        than = f"{self.model} alone"
        if beats_all:
            than += f" and than {self.experts[0] if is_single else 'any expert'} in every case"
        text = (
            f"Defer: send {share(1 - row.coverage)} of cases {self._receivers(row)}. That is shown "
            f"to be {self._better()} {than}: {self._worth(row)} instead of "
            f"{self._short(self.model_row)}."
        )
        return text + self._over(verdict)

    def _over(self, verdict: Verdict) -> str:
        """What it is over the best baseline, where that is not the model."""
        best = verdict.baseline
        if best.method in (MODEL, verdict.row.method):
            return ""
        baseline = f"always answering {shown(best.answer or '')}"
        if best.answer is None:
            baseline = f"{expert_phrase(best.method.removesuffix(' alone'))} in every case"
            if self._limit() is not None and verdict.over_baseline.low <= 0:
                baseline += f" (over {self._limit()})"
        level = f"{baseline}: {self._worth(self._answers_of(best))}"
        if verdict.over_baseline.low > 0:
            return f" It is shown to be better than the best baseline too, {level}."
        return (
            f" That is a gain over {self.model}, and not shown to be one over the best baseline, "
            f"{level}."
        )

    def _better(self) -> str:
        if self.by_money:
            return "better, money included, than"
        if any(self.appraisal.fees):
            return "better, fees included, than"
        return {"right": "right more often than", "quality": "better than", "cost": "cheaper than"}[
            self.unit.measure
        ]

    def _price(self) -> str:
        """What else counts beside right answers."""
        if self.by_money:
            return ", money included"
        return ", fees included" if any(self.appraisal.fees) else ""

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
        return self.in_all.number(1.0 - self.appraisal.in_full(row).cost)

    def _answers_of(self, row: Row) -> Row:
        return self.appraisal.answers.by_key[row.key]


def _capital(text: str) -> str:
    """Begin a sentence with our own words; a name keeps its letters."""
    return f"T{text[1:]}" if text.startswith("the ") else text
