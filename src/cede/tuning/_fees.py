"""Scores after a fee that they do not hold yet, with a distance that rounding cannot cross."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats, difference

__all__ = ["added", "after_fees", "less_base"]

#: The grid, as a share of the largest gain: far above rounding, far below what matters.
_GRID = 2.0**-36


def after_fees(scores: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Scores less ``base``, and what to add to prices that were chosen on them.

    A price that is one of the gains is compared exactly with them as long as nothing else is taken
    off; ``(s_j - s_0) - (base_j + t)`` and ``((s_j - s_0) - base_j) - t`` differ in the last digit,
    and a whole tie could cross. Gains are therefore rounded to a grid, and prices moved up by half
    of its step, a little more for later experts: what ties on the grid stays with the model, or
    with the first expert, as the rule has it. Without a base, both are as they were.
    """
    n_experts = len(base)
    if not base.any() or not len(scores):
        return scores, base
    gains = less_base(scores, base)[:, 1:]
    step = 2.0 ** min(np.ceil(np.log2(max(np.abs(gains).max(), 1e-300))), 1023.0) * _GRID
    moved = np.hstack([np.zeros((len(scores), 1)), np.rint(gains / step) * step])
    return moved, base + step * (0.5 + np.arange(n_experts) / (4 * n_experts))


def less_base(scores: Floats, base: Floats) -> Floats:
    """Scores of the same gains, the model's at zero, less ``base``."""
    if not base.any():
        return scores
    lead = difference(scores[:, 1:], scores[:, :1])
    return np.hstack([np.zeros((len(scores), 1)), difference(lead, base)])


def added(base: Floats, prices: Floats | float) -> Floats:
    """``base + prices``, at most ``NEVER``."""
    return difference(base, -np.asarray(prices, dtype=np.float64))
