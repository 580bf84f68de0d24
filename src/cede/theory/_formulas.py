"""The bounds of :func:`cede.theory.consistency_bound`, one formula each, with x the excess."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cede._checks import Floats
from cede.theory._aggregated import calibration_transform

__all__ = ["FORMULAS", "MARGINS"]

#: Factor of scale times excess under the root of a rejector's bound; the hinge's has no root.
MARGINS = {"logistic": 2.0, "exponential": 2.0, "squared_hinge": 1.0, "hinge": None}


def _asymmetric_softmax(x: Floats, max_cost: float) -> Floats:
    return max(math.sqrt(2.0), max_cost) * np.sqrt(x)


def _softmax_one_vs_all(x: Floats, weight: float, max_cost: float) -> Floats:
    return np.sqrt(max(2.0, max_cost / weight) * x)


def _one_vs_all(x: Floats, max_cost: float) -> Floats:
    return np.sqrt(max_cost * x)


def _cost_sensitive_softmax(x: Floats, scale: float) -> Floats:
    return np.sqrt(2.0 * scale * x)


def _expected_cost(x: Floats, n_actions: int) -> Floats:
    return n_actions * x


def _rejector(x: Floats, margin: str, scale: float) -> Floats:
    factor = MARGINS[margin]
    if factor is None:  # nor is a scale needed
        return x.copy()
    return np.sqrt(factor * scale * x)


def _aggregated(x: Floats, scale: float, n_agents: int, u: float, exact: bool) -> Floats:
    gamma = _sharp_gamma if exact else _published_gamma
    return scale * gamma(x / scale, n_agents, u)


def _published_gamma(v: Floats, n_agents: int, u: float) -> Floats:
    if u < 1.0:
        return math.sqrt(2.0**u * (2.0 - u)) * np.sqrt(v)
    if u < 2.0:
        return math.sqrt(2.0 * n_agents ** (u - 1.0)) * np.sqrt(v)
    with np.errstate(over="ignore"):  # for hundreds of u: the largest float is as good
        slope = (u - 1.0) * np.float64(n_agents) ** (u - 1.0)
        return v * min(float(slope), sys.float_info.max)


def _sharp_gamma(v: Floats, n_agents: int, u: float) -> Floats:
    """Inverse of the calibration transform: a line from u = 2 on, by bisection below."""
    if u >= 2.0:
        return np.minimum(v / calibration_transform(1.0, u, n_agents=n_agents), 1.0)
    low, high = np.zeros_like(v), np.minimum(_published_gamma(v, n_agents, u), 1.0)
    for _ in range(60):  # halves all intervals at once, down to rounding
        middle = (low + high) / 2.0
        enough = calibration_transform(middle, u, n_agents=n_agents) >= v
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


class Formula(NamedTuple):
    """A bound, the keywords of ``consistency_bound`` that it needs, and all that it takes."""

    bound: Callable[..., Floats]
    needs: tuple[str, ...]
    takes: tuple[str, ...]


FORMULAS = {
    "aggregated": Formula(
        _aggregated,
        needs=("scale", "n_agents"),
        takes=("scale", "n_agents", "u", "exact"),
    ),
    "asymmetric_softmax": Formula(_asymmetric_softmax, needs=(), takes=("max_cost",)),
    "cost_sensitive_softmax": Formula(_cost_sensitive_softmax, needs=("scale",), takes=("scale",)),
    "expected_cost": Formula(_expected_cost, needs=("n_actions",), takes=("n_actions",)),
    "one_vs_all": Formula(_one_vs_all, needs=(), takes=("max_cost",)),
    "rejector": Formula(_rejector, needs=("scale",), takes=("margin", "scale")),
    "softmax_one_vs_all": Formula(_softmax_one_vs_all, needs=(), takes=("weight", "max_cost")),
}
