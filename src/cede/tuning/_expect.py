"""What to expect at prices: shares, spend and risk, with intervals, from routes and outcomes."""

from __future__ import annotations

import numpy as np

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
        chosen = costs[known, routes[known]]
        risk = mean_estimate(chosen, confidence)
        model_risk = mean_estimate(costs[known, 0], confidence)
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
    """Mean charge; where one charge is paid, the share that pays it, whose interval is exact."""
    if not charges.any():
        return None
    paid = np.append(0.0, charges)[routes]
    levels = np.unique(paid[paid > 0])
    if len(levels) > 1:
        unit = 2.0 ** int(np.frexp(charges.max())[1] - 1)  # squares of charges stay numbers
        return Estimate(*(unit * part for part in mean_estimate(paid / unit, confidence)))
    share = share_estimate(int(np.count_nonzero(paid)), len(paid), confidence)
    charge = float(levels[0] if levels.size else charges.max())
    return Estimate(*(charge * part for part in share))
