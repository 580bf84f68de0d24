"""What to expect at prices: shares, spend and risk, with intervals, from routes and outcomes."""

from __future__ import annotations

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import Estimate, design_effect, mean_estimate, share_estimate
from cede.operating import Expectation

__all__ = ["expect"]


def expect(
    routes: Ints,
    charges: Floats,
    costs: Floats | None,
    confidence: float,
    groups: Ints | None = None,
) -> Expectation:
    """Estimate what the rule does on cases like these; only complete ones tell its risk."""

    def share(those: Bools) -> Estimate:
        effect = design_effect(those.astype(np.float64), groups, confidence)
        return share_estimate(int(np.count_nonzero(those)), len(those), confidence, effect)

    risk = model_risk = None
    n_judged = 0
    if costs is not None:
        known = ~np.isnan(costs).any(axis=1)
        n_judged = int(known.sum())
    if costs is not None and n_judged:
        chosen = costs[known, routes[known]]
        together = None if groups is None else groups[known]
        risk = mean_estimate(chosen, confidence, together)
        model_risk = mean_estimate(costs[known, 0], confidence, together)
    return Expectation(
        deferral_rate=share(routes > 0),
        shares=tuple(share(routes == j) for j in range(1, len(charges) + 1)),
        spend=_spend(routes, charges, confidence, groups),
        risk=risk,
        model_risk=model_risk,
        in_errors=costs is None or bool(np.isin(costs[~np.isnan(costs)], (0.0, 1.0)).all()),
        n_judged=n_judged,
    )


def _spend(
    routes: Ints, charges: Floats, confidence: float, groups: Ints | None
) -> Estimate | None:
    """Mean charge; where one charge is paid, the share that pays it, whose interval is exact."""
    if not charges.any():
        return None
    paid = np.append(0.0, charges)[routes]
    levels = np.unique(paid[paid > 0])
    if len(levels) > 1:
        return mean_estimate(paid, confidence, groups)
    effect = design_effect((paid > 0).astype(np.float64), groups, confidence)
    share = share_estimate(int(np.count_nonzero(paid)), len(paid), confidence, effect)
    charge = float(levels[0] if levels.size else charges.max())
    return Estimate(*(charge * part for part in share))
