"""What to expect at prices: shares, spend and risk, with intervals, from routes and outcomes."""

from __future__ import annotations

import numpy as np

from cede._bounded import cost_range
from cede._checks import Floats, Ints
from cede._intervals import Estimate, mean_estimate, share_estimate
from cede.operating import Expectation

__all__ = ["expect"]


def expect(routes: Ints, charges: Floats, costs: Floats | None, confidence: float) -> Expectation:
    """Estimate what the rule does on cases like these; only complete ones tell its risk."""
    n = len(routes)
    counts = np.bincount(routes, minlength=len(charges) + 1)
    risk = model_risk = None
    n_judged = 0
    if costs is not None:
        known = ~np.isnan(costs).any(axis=1)
        n_judged = int(known.sum())
    if costs is not None and n_judged:
        judged, chosen = costs[known], routes[known]
        paid = judged[np.arange(n_judged), chosen]
        risk = mean_estimate(paid, confidence, bounds=cost_range(judged, np.unique(chosen)))
        of_model = cost_range(judged, np.array([0]))
        model_risk = mean_estimate(judged[:, 0], confidence, bounds=of_model)
    return Expectation(
        deferral_rate=share_estimate(n - int(counts[0]), n, confidence),
        shares=tuple(share_estimate(int(k), n, confidence) for k in counts[1:]),
        spend=_spend(routes, charges, confidence),
        risk=risk,
        model_risk=model_risk,
        in_errors=costs is None or bool(np.isin(costs[~np.isnan(costs)], (0.0, 1.0)).all()),
        n_judged=n_judged,
    )


def _spend(routes: Ints, charges: Floats, confidence: float) -> Estimate | None:
    """Mean charge, of which the largest is the most that a case can pay."""
    if not charges.any():
        return None
    paid = np.append(0.0, charges)[routes]
    return mean_estimate(paid, confidence, bounds=(0.0, float(charges.max())))
