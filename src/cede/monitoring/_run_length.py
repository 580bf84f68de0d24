r"""How long a cumulative sum of errors runs until it alarms: a Markov chain, solved exactly.

The sum counts in whole parts of an error: it rises by ``up`` at an error, falls by ``down`` at a
case without one, never below zero, and alarms at ``threshold`` or above. Its states are 0 to
``threshold - 1``, and the mean number of cases to the alarm from each, at an error rate e, solves

.. math:: N_s = 1 + (1 - e) N_{\max(s - down, 0)} + e N_{s + up}, \qquad
          N_s = 0 \text{ for } s \ge threshold.

References
----------
Reynolds and Stoumbos 1999, "A CUSUM chart for monitoring a proportion when inspecting
continuously"; Brook and Evans 1972, "An approach to the probability distribution of
CUSUM run length".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cede._checks import Floats
from cede.exceptions import InvalidInput

__all__ = ["Steps", "lattice", "mean_run_lengths", "threshold_for"]

#: How far the allowance may be from its exact value, so that the lattice stays small. The chart is
#: then the best one for an error to detect that is a little off, and its run lengths are as exact.
_TOLERANCE = 0.02
#: Numbers that the banded system may hold: 400 MB.
_MOST_ENTRIES = 50_000_000


class Steps(NamedTuple):
    """Steps of the sum, in whole parts of an error; one error is ``up + down`` of them."""

    up: int
    down: int


def lattice(error: float, risen: float) -> Steps:
    r"""Whole steps in the ratio of the two log likelihood ratios.

    A case with an error adds :math:`\log(b/a)`, one without :math:`\log((1-b)/(1-a))`; over their
    difference, these are :math:`1 - \gamma` and :math:`-\gamma`, with the allowance
    :math:`\gamma \in (a, b)`. It is replaced by the fraction of smallest denominator within 2 % of
    it, and well inside (a, b).
    """
    rise = np.log(risen / error)
    fall = np.log1p(-error) - np.log1p(-risen)
    allowance = float(fall / (rise + fall))
    reach = min(_TOLERANCE * allowance, 0.1 * (allowance - error), 0.1 * (risen - allowance))
    parts = np.arange(2, 200_001)
    down = np.maximum(np.rint(allowance * parts), 1)
    close = np.flatnonzero((np.abs(down / parts - allowance) <= reach) & (down < parts))
    if not close.size:
        raise InvalidInput(
            f"must be far enough from the error in control for a cumulative sum, but got "
            f"{risen!r} beside {error!r}; watch for a larger rise",
            argument="error_to_detect",
        )
    best = close[0]
    return Steps(int(parts[best] - down[best]), int(down[best]))


def mean_run_lengths(steps: Steps, threshold: int, error: float) -> Floats:
    """Mean number of cases to the alarm from each state, ``(threshold,)``."""
    from scipy.linalg import solve_banded

    up, down = min(steps.up, threshold), min(steps.down, threshold)
    if (up + 2 * down + 1) * threshold > _MOST_ENTRIES:
        raise InvalidInput(
            f"must be small enough to be solved, but got {threshold:,} states; watch for a larger "
            f"rise, or ask for more frequent false alarms",
            argument="threshold",
        )
    # Row ``up + i - j`` of the band holds entry (i, j) of the matrix.
    band = np.zeros((up + down + 1, threshold))
    band[up] = 1.0
    if up < threshold:
        band[0, up:] -= error
    band[up + down, : threshold - down] -= 1.0 - error
    ends = np.arange(min(down, threshold))  # states that fall to zero
    band[up + ends, 0] -= 1.0 - error
    return np.asarray(solve_banded((down, up), band, np.ones(threshold)), dtype=np.float64)


def threshold_for(steps: Steps, error: float, every: float) -> int:
    """Smallest threshold at which the mean run from zero is ``every`` cases or longer."""
    high = steps.up
    while mean_run_lengths(steps, high, error)[0] < every:
        high *= 2
    low = 0  # alarms at once
    while high - low > 1:
        middle = (low + high) // 2
        is_enough = mean_run_lengths(steps, middle, error)[0] >= every
        low, high = (low, middle) if is_enough else (middle, high)
    return high
