"""The interval of an estimate, and when not to trust it.

That is where few cases decide, or heavy ones, or weights do not average 1.
"""

from __future__ import annotations

import warnings
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._intervals import hardly_varies, independent_parts, mean_estimate
from cede.evaluation.off_policy._reading import Evidence
from cede.evaluation.off_policy._results import OffPolicyEstimate
from cede.evaluation.off_policy._weighting import Part, rare_share

#: Where the normal interval stops covering as it says (tests/long/test_off_policy_coverage.py).
FEW_CASES = 50.0
HEAVY_SHARE = 0.05
#: What cells that were hardly to be observed can move the estimate by, in half widths.
MOST_UNSEEN = 0.4


def summary(
    part: Part, policy: NDArray[Any], evidence: Evidence, confidence: float, groups: Ints | None
) -> OffPolicyEstimate:
    """One estimate with its interval; its bound is another matter."""
    heavy = are_few_or_heavy(part.weight, groups)
    low, high = interval(part.value, part.influence, part.ends, groups, confidence, not heavy)
    unseen = rare_share(policy, evidence, part.weight) * part.most_off
    mean_weight = float(part.full_weight.mean())
    return OffPolicyEstimate(
        value=part.value,
        low=low,
        high=high,
        standard_error=standard_error(part.influence, groups),
        confidence=confidence,
        method=evidence.method,
        n_cases=len(evidence.costs),
        n_matched=int(np.count_nonzero(part.weight)),
        effective_size=effective_size(part.weight),
        largest_weight=float(part.weight.max()),
        mean_weight=mean_weight,
        clip=evidence.clip,
        clipped_weight=mean_weight - float(part.weight.mean()),
        few_or_heavy=heavy or could_be_moved(unseen, low, high),
    )


def interval(
    value: float,
    influence: Floats,
    ends: tuple[float, float],
    groups: Ints | None,
    confidence: float,
    is_trusted: bool,
) -> tuple[float, float]:
    """Normal interval; or that of a mean in a known range, where the cases hardly vary.

    Under a warning of heavy weights, the range would not help: the interval stays normal, unless it
    would have no width.
    """
    reach = normal_reach(confidence) * standard_error(influence, groups)
    parts = influence if groups is None else independent_parts(influence, groups)
    if (is_trusted or reach == 0.0) and hardly_varies(parts, ends[0] - value, ends[1] - value):
        bounds = ends[0] - value, ends[1] - value
        mean = mean_estimate(influence, confidence, groups, bounds)
        return value + mean.low, value + mean.high
    return value - reach, value + reach


def effective_size(weight: Floats) -> float:
    """How many equal weights are as good, ``(sum w)² / sum w²``."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares else 0.0


def standard_error(influence: Floats, groups: Ints | None) -> float:
    """Standard error of a mean of independent cases, or of groups of cases."""
    n_cases = len(influence)
    sums = influence if groups is None else np.bincount(groups, influence)
    n = len(sums)
    return float(np.sqrt(n / (n - 1) * (sums @ sums)) / n_cases)


def normal_reach(confidence: float) -> float:
    """How many standard errors an interval reaches to either side."""
    return NormalDist().inv_cdf(0.5 + 0.5 * confidence)


def are_few_or_heavy(weight: Floats, groups: Ints | None) -> bool:
    """Tell whether few or heavy cases decide, or groups of cases where these are independent."""
    return _are_heavy(_of_units(weight, groups))


def could_be_moved(unseen: float, low: float, high: float) -> bool:
    """Tell whether what is hardly ever observed could move an estimate by much of its interval."""
    return unseen > MOST_UNSEEN * (high - low) / 2


def warn_of_few(
    of: str, weight: Floats, n_matched: int, groups: Ints | None, *, all_known: bool = False
) -> None:
    """Warn that few or heavy cases, or groups of cases, decide; or that such are not seen.

    Where all costs are known, and were sure to be, nothing is matched: cases that decide are few
    because there are few, or because few are routed differently.
    """
    n_cases, weight = len(weight), _of_units(weight, groups)
    unit = "case" if groups is None else "group"
    if all_known:
        n_units = n_cases if groups is None else len(weight)
        many = f"there are {n_units:,} {unit}s"
        if np.count_nonzero(weight) < n_units:
            many = f"{np.count_nonzero(weight):,} of {n_units:,} {unit}s are routed differently"
        warnings.warn(
            f"Few {unit}s decide {of}, as {many}, though every outcome is known; the interval may "
            f"miss the truth oftener than it says. Judge on more {unit}s.",
            UserWarning,
            stacklevel=4,
        )
        return
    missing = "" if _are_heavy(weight) else ", and heavier ones may be missing by chance"
    warnings.warn(
        f"Few or heavy {unit}s decide {of}: {n_matched:,} of {n_cases:,} cases are matched, with "
        f"an effective sample size of {effective_size(weight):.1f} and "
        f"{100 * float(weight.max() / weight.sum()):.1f} % of all weight on one {unit} "
        f"({weight.max():.4g}){missing}; the interval may miss the truth oftener than it says, "
        f"and the one from bound_low to bound_high does not. Log more {unit}s.",
        UserWarning,
        stacklevel=4,
    )


def warn_if_unfit(name: str, part: Part, groups: Ints | None) -> bool:
    """Warn and tell if the mean weight is not 1 up to chance; few or heavy cases cannot tell."""
    weight = part.full_weight
    if _are_heavy(weight):
        return False
    mean = float(weight.mean())
    error = standard_error(weight - mean, groups)
    # Five: weights are skewed, and where heavy ones are missing the error is underestimated too.
    if abs(mean - 1.0) <= 5.0 * error + 1e-6:
        return False
    warnings.warn(
        f"Weights of {name} average {mean:.4g} ± {error:.2g}, and right propensities make them "
        f"average 1: either propensities are wrong, or these routes choose agents that could not "
        f"be observed, or hardly; the interval knows of neither.",
        UserWarning,
        stacklevel=4,
    )
    return True


def _are_heavy(weight: Floats) -> bool:
    heavy = bool(weight.max() > HEAVY_SHARE * weight.sum())
    return heavy or effective_size(weight) < FEW_CASES


def _of_units(weight: Floats, groups: Ints | None) -> Floats:
    return weight if groups is None else np.bincount(groups, weight).astype(np.float64)
