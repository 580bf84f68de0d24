"""The fewest deferrals at which labelled cases show the accuracy that is asked for."""

from __future__ import annotations

import warnings

import numpy as np

from cede._checks import Floats, without_rounding
from cede.exceptions import InvalidInput
from cede.operating import NEVER, deferral_curve_from_scores, deferral_gain
from cede.tuning._fees import added, after_fees

__all__ = ["price_of_target"]


def price_of_target(
    scores: Floats, base: Floats, costs: Floats, target: float
) -> tuple[Floats, bool]:
    """Prices, equal but for ``base``, with the fewest deferrals at which the accuracy is reached.

    Returns the prices and whether the accuracy is reached. If no price reaches it, the most
    accurate point is returned, and a warning says how accurate that is. Negative prices, which
    defer against the advice of the scores, are tried too: outcomes say here whether that helps.
    """
    target = float(without_rounding(target))
    if not target <= 1.0:  # NaN is not, either
        raise InvalidInput(
            f"must be at most 1, an accuracy (one minus the mean cost), but got {target!r}; write "
            f"0.9 for 90 %",
            argument="target",
        )
    known = ~np.isnan(costs).any(axis=1)
    if not known.any():
        raise InvalidInput(
            "needs cases with an outcome of every agent, but got none; bring some",
            argument="target",
        )
    paid, moved = after_fees(scores[known], base)
    curve = deferral_curve_from_scores(paid, costs[known])
    # A sum of costs is rounded: nineteen right of twenty are a target of 0.95.
    enough = np.flatnonzero(curve.accuracy >= target - 1e-12)
    reached = enough.size > 0
    chosen = int(enough[0]) if reached else int(np.argmax(curve.accuracy))
    if not reached:
        warnings.warn(
            f"No operating point has an accuracy of {target:.4g} on these {len(paid):,} cases; the "
            f"best has {curve.accuracy[chosen]:.4g}, deferring {curve.deferral_rate[chosen]:.1%}, "
            f"and is chosen.",
            UserWarning,
            stacklevel=4,
        )
    price = float(curve.prices[chosen])
    if chosen == 0:
        price = max(0.0, price)
    if np.isneginf(price) and len(base):
        # Everybody: a little below every gain. One far below would make all experts tie.
        least = float(deferral_gain(paid).min())
        price = max(least - 1e-6 * (1.0 + abs(least)), -NEVER)
    return added(moved, price), reached
