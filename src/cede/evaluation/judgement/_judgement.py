"""What judging routes on a log comes to, in one value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cede._text import shown
from cede.evaluation.appraisal import Appraisal
from cede.evaluation.off_policy import OffPolicyDifference

__all__ = ["CONFIDENCE", "ROUTER", "Judgement", "Line"]

#: What a router is called among the agents.
ROUTER = "router"
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Line:
    """One way to answer all cases: an agent alone, or the router."""

    name: str
    #: Mean cost per case, with its interval.
    cost: float
    low: float
    high: float
    #: Mean quality, and mean money if the log has it: cost is 1 - outcome + exchange rate * money.
    outcome: float
    money: float | None
    #: Share of cases that the router gives to this agent; None for the router itself.
    share: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the name."""
        return {key: value for key, value in asdict(self).items() if key != "name"}


@dataclass(frozen=True)
class Judgement:
    """Routes on a log that they were not learned from."""

    #: Each agent alone, the model's first, and the router.
    lines: tuple[Line, ...]
    #: The agent that the router has to beat: the cheapest alone, by this log; under a limit on
    #: deferral the model, as no expert alone keeps to one.
    rival: str
    #: The router less that agent, paired case by case; below zero, the router is cheaper.
    difference: OffPolicyDifference
    n_cases: int
    #: Cases that say nothing without propensities, as some agent's cost is not known.
    n_left_out: int
    #: Whether cases were weighed by propensities.
    weighed: bool
    exchange_rate: float | None
    #: What the verdict of a report rests on; :func:`cede.report.summarise` puts it in words.
    appraisal: Appraisal
    #: What the estimates warn of.
    warnings: tuple[str, ...]

    @property
    def decimals(self) -> int:
        """Enough to show two digits of half the shortest interval."""
        return _decimals(*((line.high - line.low) / 2 for line in self.lines))

    @property
    def against(self) -> str:
        """The paired difference to the agent whom the router has to beat, in a sentence."""
        difference, rival = self.difference, f"{shown(self.rival)} alone"
        if difference.n_differ == 0:
            return f"The router gives every case to {shown(self.rival)}: no gain over {rival}."
        d = _decimals((difference.high - difference.low) / 2)
        return (
            f"Case by case, the router costs {_signed(difference.value, d)} compared with {rival} "
            f"(95 % interval of this one difference {_signed(difference.low, d)} to "
            f"{_signed(difference.high, d)})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        difference = self.difference
        return {
            "n_cases": self.n_cases,
            "n_left_out": self.n_left_out,
            "method": difference.method if self.weighed else "mean",
            "confidence": CONFIDENCE,
            "alone": {line.name: line.to_dict() for line in self.lines if line.name != ROUTER},
            "router": next(line.to_dict() for line in self.lines if line.name == ROUTER),
            "difference": {
                "against": self.rival,
                "value": difference.value,
                "low": difference.low,
                "high": difference.high,
                "n_differ": difference.n_differ,
                "n_matched": difference.n_matched,
                "effective_size": difference.effective_size,
            },
            "warnings": list(self.warnings),
        }


def _decimals(*halves: float) -> int:
    shortest = min((half for half in halves if half > 0.0), default=0.01)
    return int(np.clip(1 - np.floor(np.log10(shortest)), 2, 6))


def _signed(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:+.{decimals}f}"
