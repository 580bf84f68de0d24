"""Numbers as people read them: shares in per cent, costs with as many digits as are known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isnan, log10

from cede._intervals import Estimate
from cede._text import shown
from cede.evaluation.appraisal import Measure
from cede.evaluation.comparison import Row
from cede.evaluation.comparison._currency import Currency

__all__ = [
    "Unit",
    "budget_name",
    "decimals",
    "expert_phrase",
    "is_model",
    "listed",
    "method_name",
    "p_value",
    "share",
]


@dataclass(frozen=True)
class Unit:
    """How the worth of answers (one minus their cost) is written."""

    measure: Measure
    decimals: int = 1
    #: The money in which costs are written, if they are.
    currency: Currency | None = None

    @classmethod
    def of(
        cls, measure: Measure, rows: Sequence[Row], digits: int, currency: Currency | None = None
    ) -> Unit:
        """With enough decimals to show this many digits of half the shortest interval."""
        if measure == "right":
            return cls(measure)
        halves = [(row.high - row.low) / 2 for row in rows]
        if measure != "cost":
            return cls(measure, decimals(halves, digits))
        return cls.of_costs(halves, digits, currency)

    @classmethod
    def of_costs(
        cls, halves: Sequence[float], digits: int, currency: Currency | None = None
    ) -> Unit:
        """Of costs, with enough decimals to show this many digits of the shortest of these."""
        scale = 1.0 if currency is None else currency.per_error
        return cls("cost", decimals([scale * half for half in halves], digits), currency)

    @property
    def _scale(self) -> float:
        """What a number is multiplied by before it is written, but for per cents."""
        return 1.0 if self.currency is None else self.currency.per_error

    @property
    def in_costs(self) -> bool:
        """Whether lower is better."""
        return self.measure == "cost"

    @property
    def header(self) -> str:
        """Above a column."""
        money = "" if self.currency is None else self.currency.where
        cost = f"mean cost{money}"
        return {"right": "right, %", "quality": "mean score", "cost": cost}[self.measure]

    @property
    def apart_header(self) -> str:
        """What a difference is counted in."""
        return "points" if self.measure == "right" else self.header

    def number(self, worth: float) -> str:
        """A level, without its unit."""
        if isnan(worth):
            return "unknown"
        if self.measure == "right":
            return f"{100 * worth:.1f}"
        value = self._scale * (1.0 - worth) if self.in_costs else worth
        return signless(value, self.decimals)

    def level(self, worth: float) -> str:
        """A level with its unit: *76.1 %*."""
        if isnan(worth):
            return "an unknown share" if self.measure == "right" else "an unknown number"
        unit = " %" if self.measure == "right" else ""
        return self.number(worth) + (unit if self.currency is None else f" {self.currency.unit}")

    def phrase(self, worth: float) -> str:
        """A level inside a sentence: *76.1 % right*, *a mean cost of 12.3*."""
        text = self.level(worth)
        if self.measure == "right":
            return f"{text} right"
        what = "cost" if self.in_costs else "score"
        return f"a mean {what} of {text}"

    def with_margin(self, row: Row) -> str:
        """The same with half the length of its interval: *76.1 % ± 1.2 right*."""
        half = (row.high - row.low) / 2
        if self.measure == "right":
            return f"{self.level(row.accuracy)} ± {100 * half:.1f} right"
        return f"{self.phrase(row.accuracy)} ± {self._scale * half:,.{self.decimals}f}"

    def interval(self, low: float, high: float) -> str:
        """Of a level: *65.3 to 69.6*."""
        ends = (high, low) if self.in_costs else (low, high)
        return " to ".join(map(self.number, ends))

    def apart(self, difference: float) -> str:
        """A difference, signed; of costs, above zero is dearer."""
        value = -difference if self.in_costs else difference
        scale = 100.0 if self.measure == "right" else self._scale
        digits = 1 if self.measure == "right" else self.decimals
        return f"{round(scale * value, digits) + 0.0:+.{digits}f}".replace("-", "−")

    def apart_interval(self, low: float, high: float) -> str:
        """Of a difference."""
        ends = (high, low) if self.in_costs else (low, high)
        return " to ".join(map(self.apart, ends))

    def estimate(self, level: Estimate) -> tuple[str, str]:
        """A level and its interval."""
        return self.number(level.value), self.interval(level.low, level.high)


def decimals(halves: Sequence[float], digits: int) -> int:
    """How many decimals show this many digits of the shortest of these."""
    shortest = min((half for half in halves if half > 0.0), default=0.01)
    return min(6, max(0, digits - 1 - floor(log10(shortest))))


def signless(value: float, digits: int) -> str:
    """A number that is never minus zero."""
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "−")


def share(value: float) -> str:
    """A share in a sentence: *18 %*, *4.3 %*, *0.04 %*."""
    if isnan(value):
        return "an unknown share"
    if value == 0 or value >= 0.0995:
        return f"{100 * value:.0f} %"
    return f"{100 * value:.1f} %" if value >= 0.001 else f"{100 * value:.2g} %"


def budget_name(budget: float) -> str:
    """0.2 as *20 %*, without decimals that are not there."""
    return f"{100 * budget:.4g} %"


def p_value(p: float) -> str:
    """*0.041*, *< 0.0001*."""
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def method_name(method: str) -> str:
    """The name as words."""
    return shown(method.replace("_", " "))


#: What people are called by what they do; all else is taken for a name.
_ROLES = (
    *("analyst", "annotator", "clinician", "doctor", "editor", "expert", "human", "judge"),
    *("moderator", "nurse", "panel", "person", "physician", "radiologist", "reader", "reviewer"),
    *("specialist", "surgeon", "team", "underwriter"),
)


def expert_phrase(name: str) -> str:
    """An expert inside a sentence: *the physician*, but *ann*, *Dr Who* and *gpt-4*."""
    words = name.split()
    is_role = bool(words) and name.islower() and words[-1].removesuffix("s") in _ROLES
    return f"the {name}" if is_role else shown(name)


#: What names of models hold: makers, sizes, and what people call them.
_MODEL = re.compile(
    r"(?:^|[^a-z])(?:gpt|chatgpt|claude|opus|sonnet|haiku|llama|mistral|mixtral|gemini|gemma|qwen|"
    r"phi|deepseek|grok|bert|resnet|llm|model|network|classifier)(?:$|[^a-z])|\d(?:\.\d)?b\b",
    re.IGNORECASE,
)


def is_model(name: str) -> bool:
    """Tell a model from a person by the name: *gpt-4*, *llama-3-8b*, *large model*."""
    return _MODEL.search(name) is not None


def listed(words: Sequence[str]) -> str:
    """Join as in speech: a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
