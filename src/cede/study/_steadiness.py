"""Whether the last cases of a test part that is later in time behave like its first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import hypot
from typing import Any

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import Estimate, mean_estimate
from cede._text import shown
from cede.logs import Cases

__all__ = ["Change", "Steadiness", "steadiness"]

#: Of fewer cases in a third, nothing is said.
_FEWEST = 10


@dataclass(frozen=True)
class Change:
    """A share in the first and in the last third of the test part."""

    #: Such as *ann right*, or *label fraud*.
    name: str
    early: Estimate
    late: Estimate
    #: Late less early, in an interval that holds together with those of all other changes.
    difference: Estimate

    @property
    def is_shown(self) -> bool:
        """Whether the interval of the difference leaves out 0."""
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True)
class Steadiness:
    """The first and the last third of the test part, side by side."""

    changes: tuple[Change, ...]
    #: The last time of the first third, and the first time of the last third.
    until: str
    since: str
    confidence: float

    @property
    def is_shown(self) -> bool:
        """Whether any difference is."""
        return any(change.is_shown for change in self.changes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "sentence": str(self)}

    def __str__(self) -> str:
        """What changed, in a sentence."""
        which = (
            f"the last third of the test part (from {self.since} on) and its first third (until "
            f"{self.until})"
        )
        moved = [change for change in self.changes if change.is_shown]
        if not moved:
            return f"No difference is shown between {which}."
        texts = [
            f"{change.name} {100 * change.early.value:.1f} % and then "
            f"{100 * change.late.value:.1f} %"
            for change in moved[:6]
        ]
        more = f", and {len(moved) - 6} more" if len(moved) > 6 else ""
        return (
            f"Differences are shown between {which}: {'; '.join(texts)}{more}. What was found on "
            f"the whole part may hold less and less for cases to come."
        )


def steadiness(
    problem: Cases, rows: Ints, model_answers: Any, confidence: float = 0.95
) -> Steadiness | None:
    """Compare the first and the last third of some cases by time; None if they are too few.

    Parameters
    ----------
    problem : Cases
        With times.
    rows : int array of shape (m,)
        The test part.
    model_answers : int array of shape (m,)
        Which of the labels, sorted, the model answers.
    confidence : float, default=0.95
    """
    assert problem.times is not None
    times = problem.times[rows]
    first, last = np.quantile(times, [1 / 3, 2 / 3], method="nearest")
    early, late = times <= first, times >= last
    if first >= last or min(early.sum(), late.sum()) < _FEWEST:
        return None
    labels, truth = np.unique(problem.y, return_inverse=True)
    right = 1.0 - (np.asarray(model_answers) != truth[rows])
    values: dict[str, Floats] = {"the model right": right}
    assert problem.answers is not None
    for j, name in enumerate(problem.expert_names, start=1):
        costs = problem.agent_costs[rows, j]
        values[f"{shown(name)} right"] = np.where(np.isnan(costs), np.nan, costs == 0.0)
    for k, label in enumerate(labels):
        values[f"label {shown(str(label))}"] = (truth[rows] == k).astype(np.float64)
    groups = None if problem.groups is None else problem.groups[rows]
    changes = [
        change
        for name, column in values.items()
        if (change := _change(name, column, early, late, groups, confidence, len(values)))
    ]
    names = problem.time_names
    return Steadiness(
        changes=tuple(changes),
        until=names[int(times[early].max())],
        since=names[int(times[late].min())],
        confidence=confidence,
    )


def _change(
    name: str,
    values: Floats,
    early: Bools,
    late: Bools,
    groups: Ints | None,
    confidence: float,
    n_changes: int,
) -> Change | None:
    """One share in both thirds; None if it is not known in some of them.

    The interval of the difference joins those of both shares (Zou and Donner's), its level
    corrected for the number of all differences (Bonferroni).
    """
    level = 1.0 - (1.0 - confidence) / n_changes

    def share(part: Bools, level: float) -> Estimate:
        known = part & ~np.isnan(values)
        together = None if groups is None else groups[known]
        return mean_estimate(values[known], level, together, (0.0, 1.0))

    if any((part & ~np.isnan(values)).sum() < 2 for part in (early, late)):
        return None
    one, two = share(early, level), share(late, level)
    gap = two.value - one.value
    low = gap - hypot(two.value - two.low, one.high - one.value)
    high = gap + hypot(two.high - two.value, one.value - one.low)
    difference = Estimate(gap, max(-1.0, low), min(1.0, high))
    return Change(name, share(early, confidence), share(late, confidence), difference)
