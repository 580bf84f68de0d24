"""Rows with their intervals, from what was right and paid in each case and over resamples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cede._checks import Floats
from cede._intervals import Estimate
from cede.evaluation.comparison._entry import Entry
from cede.evaluation.comparison._means import Means
from cede.evaluation.comparison._references import RANDOM
from cede.evaluation.comparison._savings import simultaneous_savings
from cede.evaluation.comparison._table import Row
from cede.evaluation.comparison._truth import Truth

__all__ = ["rows_of"]


def rows_of(
    entries: Sequence[Entry], truth: Truth, resampled: Floats, confidence: float
) -> list[Row]:
    """One row per entry.

    Parameters
    ----------
    entries : sequence of Entry
    truth : Truth
    resampled : array of shape (n_boot, 2 R)
        Means over resamples: who was right, entry by entry, then the fees paid.
    confidence : float
    """
    right, wrong, cost = _means(entries, truth, resampled)
    alone = [i for i, e in enumerate(entries) if not e.is_method and e.budget is None]
    candidates = [i for i, e in enumerate(entries) if e.is_method or i in alone]
    part = _most_apart(entries, alone)
    savings = simultaneous_savings(cost, alone, candidates, part, confidence)
    gains = savings
    if cost is not wrong:
        gains = simultaneous_savings(wrong, alone, candidates, part, confidence)
    ends, cost_ends = right.intervals(confidence), cost.intervals(confidence)
    gain_ends = right.gains(alone[0], part[:, 0], confidence) if alone else None
    rows = []
    for i, entry in enumerate(entries):
        gain: tuple[float | None, ...] = (None, None, None)
        if gain_ends is not None:
            value = float(right.mean[i] - right.mean[alone[0]])
            gain = (value, *map(float, gain_ends[i]))
        simultaneous = _ends(gains[i])
        rows.append(
            Row(
                accuracy=float(right.mean[i]),
                low=float(ends[i, 0]),
                high=float(ends[i, 1]),
                gain=gain[0],
                gain_low=gain[1],
                gain_high=gain[2],
                gain_low_simultaneous=simultaneous[0],
                gain_high_simultaneous=simultaneous[1],
                cost_low=float(cost_ends[i, 0]),
                cost_high=float(cost_ends[i, 1]),
                savings=savings[i],
                **entry.plain(),
            )
        )
    return rows


def _ends(savings: Sequence[Estimate]) -> tuple[float | None, float | None]:
    """Ends of the interval against the model, if there is one."""
    return savings[0][1:] if savings else (None, None)


def _means(entries: Sequence[Entry], truth: Truth, resampled: Floats) -> tuple[Means, Means, Means]:
    """Of right answers, of their costs, and of costs with fees: the same where there are none."""
    n_rows, groups = len(entries), truth.groups
    cheap, dear = truth.cost_range(with_fees=False)
    accuracy = np.array([entry.right.mean() for entry in entries])
    right = Means(
        np.column_stack([entry.right for entry in entries]),
        resampled[:, :n_rows],
        (1 - dear, 1 - cheap),
        groups,
        accuracy,
    )
    wrong = Means(1 - right.values, 1 - right.resampled, (cheap, dear), groups, 1 - accuracy)
    if not truth.fees.any():
        return right, wrong, wrong
    cost = Means(
        wrong.values + np.column_stack([entry.spent for entry in entries]),
        resampled[:, n_rows:] + 1 - resampled[:, :n_rows],
        truth.cost_range(with_fees=True),
        groups,
        np.array([entry.cost for entry in entries]),
    )
    return right, wrong, cost


def _most_apart(entries: Sequence[Entry], alone: Sequence[int]) -> Floats:
    """How much of their range rows and agents alone can differ by in one case, ``(R, A)``.

    An agent is itself; whoever lets nobody leave is the model; a mix has only a part of others.
    """
    part = np.ones((len(entries), len(alone)))
    for k, agent in enumerate(alone):
        part[agent, k] = 0.0
    for i, entry in enumerate(entries if alone else ()):
        all_stay = entry.budget == 0.0 and entry.coverage == 1.0
        if entry.method == RANDOM:
            part[i, 0] = 1.0 - entry.coverage
        elif all_stay and np.array_equal(entry.right, entries[alone[0]].right):
            part[i, 0] = 0.0
    return part
