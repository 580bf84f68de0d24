"""Means over fits and cases, with intervals in which both could have been others."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from cede._checks import Floats, Ints
from cede._intervals import Estimate, bounded_mean, hardly_varies, independent_parts

__all__ = ["mean_over_fits"]


def mean_over_fits(
    values: Floats,
    confidence: float,
    bounds: tuple[float, float] | None = None,
    groups: Ints | None = None,
) -> Estimate:
    """Mean of ``(repeats, n)`` and an interval for other training and other test cases."""
    from scipy.special import stdtrit

    repeats = len(values)
    mean = float(values.mean())
    of_fits = float(stdtrit(repeats - 1, (1 + confidence) / 2)) * values.mean(axis=1).std(ddof=1)
    of_case = values.mean(axis=0)
    parts = of_case if groups is None else independent_parts(of_case, groups)
    if bounds is not None and hardly_varies(parts, *bounds):
        low, high = bounded_mean(parts, *bounds, confidence)
        below, above = mean - low, high - mean
    else:
        reach = NormalDist().inv_cdf((1 + confidence) / 2)
        below = above = reach * parts.std(ddof=1) / sqrt(len(parts))
    spread = of_fits**2 / repeats
    return Estimate(mean, mean - sqrt(spread + below**2), mean + sqrt(spread + above**2))
