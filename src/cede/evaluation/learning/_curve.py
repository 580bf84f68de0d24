"""What a router is worth after learning from more and more cases, and how many are enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cede._intervals import Estimate
from cede.exceptions import InvalidInput

__all__ = ["LearningCurve", "LearningPoint"]


@dataclass(frozen=True)
class LearningPoint:
    """What the router is worth after learning from so many cases."""

    #: Cases it was fitted on, and the experts' answers that were known among them (mean).
    n_cases: int
    n_answers: float
    #: Mean cost of the system on the test cases, fees included; and of its model alone.
    cost: Estimate
    model_cost: Estimate
    #: What the system costs less than its model alone, case by case.
    gain: Estimate
    #: Share of test cases that left the model.
    deferral_rate: float


@dataclass(frozen=True)
class LearningCurve:
    """Points of growing size, judged on the same cases at one budget; ``print`` shows them."""

    points: tuple[LearningPoint, ...]
    budget: float
    repeats: int
    n_test: int
    confidence: float

    def needed(self, share: float = 0.9) -> float:
        """Cases needed to reach a share of the gain at the largest size.

        Where the line through the mean gains first reaches that share. NaN unless the interval of
        the gain at the largest size lies above 0: otherwise there is no gain to take a share of.
        The number is an estimate from noisy points, and says nothing of what more cases would
        bring.

        Parameters
        ----------
        share : float, default=0.9
            Above 0, up to 1.

        Raises
        ------
        InvalidInput
            If it is not.
        """
        if not 0.0 < share <= 1.0:
            raise InvalidInput(
                f"must be above 0 and up to 1, but got {share!r}; write 0.9 for 90 % of the gain",
                argument="share",
            )
        full = self.points[-1].gain
        if not full.low > 0:
            return float("nan")
        gains = np.array([p.gain.value for p in self.points])
        sizes = np.array([p.n_cases for p in self.points], dtype=np.float64)
        first = int(np.argmax(gains >= share * full.value))
        if first == 0:
            return float(sizes[0])
        part = (share * full.value - gains[first - 1]) / (gains[first] - gains[first - 1])
        return float(sizes[first - 1] + part * (sizes[first] - sizes[first - 1]))

    @property
    def still_rising(self) -> bool:
        """True if the last gain is above the interval of the one before: more cases may help."""
        return len(self.points) > 1 and self.points[-1].gain.value > self.points[-2].gain.high

    def __str__(self) -> str:
        """A table and a sentence."""
        level = f"[{self.confidence:.0%}]"
        lines = [
            f"{'cases':>9}  {'answers':>9}  {f'gain {level}':>28}  {'cost':>8}  {'deferred':>8}"
        ]
        for p in self.points:
            gain = f"{p.gain.value:+.4f} [{p.gain.low:+.4f} {p.gain.high:+.4f}]"
            lines.append(
                f"{p.n_cases:>9,}  {p.n_answers:>9,.0f}  {gain:>28}  {p.cost.value:>8.4f}  "
                f"{p.deferral_rate:>8.1%}"
            )
        return "\n".join([*lines, self._conclusion()])

    def _conclusion(self) -> str:
        last = self.points[-1]
        setting = (
            f"{self.n_test:,} test cases, budget {100 * self.budget:.4g}%, {self.repeats} repeats"
        )
        if not last.gain.low > 0:
            return f"At {last.n_cases:,} cases no gain over the model alone is shown ({setting})."
        outlook = " More cases may bring more." if self.still_rising else ""
        first = self.points[0].n_cases
        need = self.needed(0.9)
        words = f"at most {first:,}" if need <= first else f"about {need:,.0f}"
        return (
            f"90% of the gain at {last.n_cases:,} cases needs {words} cases ({setting}).{outlook}"
        )
