"""Scores less a fee that they do not hold yet, and prices far enough from ties for rounding."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats, difference

__all__ = ["added", "after_fees", "less_base"]

#: The grid, as a share of the largest gain: far above rounding, far below what matters.
_GRID = 2.0**-36


def after_fees(scores: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Scores less ``base``, and what to add to prices that were chosen on them.

    A price t that equals a gain is compared with it exactly, as long as nothing else is taken off.
    With a base, ``(s_j - s_0) - (base_j + t)`` and ``((s_j - s_0) - base_j) - t`` differ in the
    last digit, and all cases that tie could change sides. Gains are therefore rounded to a grid,
    and prices raised by half of its step, a little more for later experts: cases that tie on the
    grid stay with the model, or with the first expert, as the rule has it. Without a base, scores
    and base come back unchanged.
    """
    n_experts = len(base)
    if not base.any() or not len(scores):
        return scores, base
    gains = less_base(scores, base)[:, 1:]
    step = 2.0 ** min(np.ceil(np.log2(max(np.abs(gains).max(), 1e-300))), 1023.0) * _GRID
    moved = np.hstack([np.zeros((len(scores), 1)), np.rint(gains / step) * step])
    return moved, base + step * (0.5 + np.arange(n_experts) / (4 * n_experts))


def less_base(scores: Floats, base: Floats) -> Floats:
    """Scores with the same gains less ``base``, the model's at zero."""
    if not base.any():
        return scores
    lead = difference(scores[:, 1:], scores[:, :1])
    return np.hstack([np.zeros((len(scores), 1)), difference(lead, base)])


def added(base: Floats, prices: Floats | float) -> Floats:
    """``base + prices``, at most ``NEVER``."""
    return difference(base, -np.asarray(prices, dtype=np.float64))
