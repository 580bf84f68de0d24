r"""Bounds that hold at any weights: of a mean cost from a log, and of a difference of two.

With costs in :math:`[a, b]`, and as weights average 1, the mean cost is both

.. math:: a + E\Big[\sum_j w_{ij} (c_{ij} - a)\Big] = b - E\Big[\sum_j w_{ij} (b - c_{ij})\Big].

Neither sum is ever negative, and a lower bound of the mean of such numbers
(``least_mean``) needs no largest weight: the two give both ends. For a difference
of policies :math:`\pi - \pi'`, with :math:`v_{ij} = (\pi_{ij} - \pi'_{ij}) o_{ij} / p_{ij}`,
:math:`v^+` and :math:`v^-` its positive and negative parts and :math:`\delta_i = \sum_j (\pi_{ij} -
\pi'_{ij})^+` the share of the case that the two route differently, it is

.. math:: E\Big[\sum_j v^+_{ij} (c_{ij} - a) + v^-_{ij} (b - c_{ij}) + (b - a) (1 - \delta_i)\Big]
          - (b - a),

so that cases which both route alike add no noise. Where weights do not average 1, the two ends may
cross; the bound is then the whole range.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._intervals import least_mean
from cede.evaluation.off_policy._reading import Evidence

__all__ = ["bound_of_cost", "bound_of_difference"]


def bound_of_cost(
    policy: NDArray[Any], evidence: Evidence, confidence: float, groups: Ints | None
) -> tuple[float, float]:
    """Between which ends the mean cost of a policy lies, whatever the weights."""
    low, high = evidence.cost_range
    shares = _shares(policy, evidence)
    weights = np.zeros(shares.shape)
    np.divide(shares, evidence.propensities, out=weights, where=_known(evidence))
    costs = np.where(_known(evidence), evidence.costs, low)
    tail = (1.0 - confidence) / 2
    above = _least((weights * (costs - low)).sum(axis=1), groups, tail)
    below = _least((weights * (high - costs)).sum(axis=1), groups, tail)
    return _within(low + above, high - below, low, high)


def bound_of_difference(
    first: NDArray[Any],
    second: NDArray[Any],
    evidence: Evidence,
    confidence: float,
    groups: Ints | None,
) -> tuple[float, float]:
    """Between which ends the first policy's mean cost less the second's lies."""
    low, high = evidence.cost_range
    apart = _shares(first, evidence) - _shares(second, evidence)
    weights = np.zeros(apart.shape)
    np.divide(apart, evidence.propensities, out=weights, where=_known(evidence))
    costs = np.where(_known(evidence), evidence.costs, low)
    more, less = weights.clip(min=0.0), (-weights).clip(min=0.0)
    alike = (high - low) * (1.0 - apart.clip(min=0.0).sum(axis=1)).clip(min=0.0)
    tail = (1.0 - confidence) / 2

    def least(rise: Floats, fall: Floats) -> float:
        gained = rise * (costs - low) + fall * (high - costs)
        return _least(gained.sum(axis=1) + alike, groups, tail) - (high - low)

    return _within(least(more, less), -least(less, more), low - high, high - low)


def _within(lower: float, upper: float, low: float, high: float) -> tuple[float, float]:
    """Ends inside the range; all of it if they cross, as then the propensities are wrong."""
    return (low, high) if lower > upper else (max(lower, low), min(upper, high))


def _known(evidence: Evidence) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(evidence.costs))


def _shares(policy: NDArray[Any], evidence: Evidence) -> Floats:
    """Probability of each agent, ``(n, J + 1)``."""
    if policy.ndim == 2:
        return policy
    shares = np.zeros(evidence.costs.shape)
    shares[np.arange(len(policy)), policy] = 1.0
    return shares


def _least(values: Floats, groups: Ints | None, tail: float) -> float:
    """Lower betting bound of the mean over cases, or of groups, whose sizes count as fixed."""
    if groups is None:
        return least_mean(values, tail)
    sums = np.bincount(groups, values)
    return least_mean(np.asarray(sums * (len(sums) / len(values)), dtype=np.float64), tail)
