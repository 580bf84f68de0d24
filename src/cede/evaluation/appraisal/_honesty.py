"""Whether a method's estimates of each agent mean what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._intervals import Estimate, cost_range, mean_estimate
from cede.evaluation.appraisal._scorers import Remembered
from cede.evaluation.calibration import (
    BrierScore,
    Reliability,
    brier_score,
    expected_calibration_error,
    reliability,
)
from cede.evaluation.calibration._agents import check_estimates, estimated_accuracy
from cede.exceptions import InvalidInput

__all__ = ["Honesty", "honesty"]

_BINS = 15


@dataclass(frozen=True)
class Honesty:
    """What a method expects of one agent, and what was observed."""

    agent: str
    #: Cases in which its outcome is known.
    n_cases: int
    #: Mean of one minus the cost: expected, observed, and observed less expected.
    expected: float
    observed: Estimate
    gap: Estimate
    #: Bins, calibration error and Brier score; None where costs leave [0, 1], as they are then no
    #: probabilities.
    reliability: Reliability | None
    calibration_error: Estimate | None
    brier: BrierScore | None


def honesty(
    method: Remembered,
    X: Any,
    table: Floats,
    names: tuple[str, ...],
    *,
    before_fees: bool,
    groups: Ints | None,
    confidence: float,
    n_boot: int,
    random_state: int | None,
) -> tuple[Honesty, ...] | str:
    """Compare a method's estimates with outcomes, or say why that cannot be done.

    Parameters
    ----------
    method : Remembered
    X
        Features of ``n`` cases.
    table : array of shape (n, J + 1)
        What each agent cost; NaN where it is not known. Each agent is judged on its own cases.
    names : tuple of str
        Of the agents.
    before_fees : bool
        Whether the table is without fees, so that fees are taken out of the scores.
    groups, confidence, n_boot, random_state
        Cases that belong together; the level; draws of the noise, at least 100; their seed.
    """
    try:
        check_estimates(method)
        plain = method.without_point()
        scores = estimated_accuracy(plain, X) if before_fees else plain.agent_scores(X)
    except InvalidInput as reason:
        return str(reason)
    estimates = []
    for name, estimate, cost in zip(names, np.asarray(scores).T, table.T, strict=True):
        known = ~np.isnan(cost)
        if not known.any():
            continue
        together = None if groups is None else groups[known]
        of_agent = _of_agent(name, estimate[known], 1.0 - cost[known], together, confidence)
        if _are_degrees(1.0 - cost[known]):
            of_agent = _with_bins(of_agent, estimate, 1.0 - cost, n_boot, confidence, random_state)
        estimates.append(of_agent)
    return tuple(estimates)


def _of_agent(
    name: str, estimate: Floats, worth: Floats, groups: Ints | None, confidence: float
) -> Honesty:
    dearest = cost_range(1.0 - worth[:, None])
    low, high = 1.0 - dearest[1], 1.0 - dearest[0]
    ends = low - float(estimate.max()), high - float(estimate.min())
    return Honesty(
        agent=name,
        n_cases=len(worth),
        expected=float(estimate.mean()),
        observed=mean_estimate(worth, confidence, groups, (low, high)),
        gap=mean_estimate(worth - estimate, confidence, groups, ends),
        reliability=None,
        calibration_error=None,
        brier=None,
    )


def _with_bins(
    of_agent: Honesty,
    estimate: Floats,
    worth: Floats,
    n_boot: int,
    confidence: float,
    random_state: int | None,
) -> Honesty:
    degrees = np.where(np.isnan(worth), worth, worth.clip(0.0, 1.0))
    error = expected_calibration_error(
        estimate, degrees, _BINS, n_boot=max(100, n_boot), confidence=confidence,
        random_state=random_state,
    )  # fmt: skip
    return replace(
        of_agent,
        reliability=reliability(estimate, degrees, _BINS),
        calibration_error=error,
        brier=brier_score(estimate, degrees, _BINS, "mass"),
    )


def _are_degrees(worth: Floats) -> bool:
    """Whether outcomes lie in [0, 1], but for rounding."""
    return bool(worth.min() > -1e-9 and worth.max() < 1.0 + 1e-9)
