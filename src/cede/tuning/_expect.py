"""What to expect at prices: shares, spend and risk, with intervals, from routes and outcomes."""

from __future__ import annotations

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate, cost_range, mean_estimate, share_among
from cede.operating import Expectation

__all__ = ["expect"]


def expect(
    routes: Ints,
    charges: Floats,
    costs: Floats | None,
    confidence: float,
    groups: Ints | None = None,
) -> Expectation:
    """Estimate what the rule does on cases like these; risk, on those whose costs are all known."""
    risk = model_risk = None
    n_judged = 0
    if costs is not None:
        known = ~np.isnan(costs).any(axis=1)
        n_judged = int(known.sum())
    if costs is not None and n_judged:
        judged, chosen = costs[known], routes[known]
        judged_groups = None if groups is None else groups[known]
        paid = judged[np.arange(n_judged), chosen]
        risk = mean_estimate(paid, confidence, judged_groups, cost_range(judged, np.unique(chosen)))
        of_model = cost_range(judged, np.array([0]))
        model_risk = mean_estimate(judged[:, 0], confidence, judged_groups, of_model)
    return Expectation(
        deferral_rate=share_among(routes > 0, groups, confidence),
        shares=tuple(
            share_among(routes == j, groups, confidence) for j in range(1, len(charges) + 1)
        ),
        spend=_spend(routes, charges, confidence, groups),
        risk=risk,
        model_risk=model_risk,
        in_errors=costs is None or bool(np.isin(costs[~np.isnan(costs)], (0.0, 1.0)).all()),
        n_judged=n_judged,
    )


def _spend(
    routes: Ints, charges: Floats, confidence: float, groups: Ints | None
) -> Estimate | None:
    """Mean charge per case; no case pays more than the largest charge."""
    if not charges.any():
        return None
    paid = np.append(0.0, charges)[routes]
    unit = 2.0 ** int(np.frexp(charges.max())[1] - 1)  # squares of charges stay numbers
    ends = (0.0, float(charges.max()) / unit)
    mean = mean_estimate(paid / unit, confidence, groups, ends)
    return Estimate(*(unit * part for part in mean))
