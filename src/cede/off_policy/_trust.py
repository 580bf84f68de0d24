"""When not to trust an interval: few cases, heavy ones, and weights that do not average 1."""

from __future__ import annotations

import warnings

import numpy as np

from cede._checks import Floats, Ints
from cede.off_policy._weighting import Part, effective_size, standard_error

#: Where the normal interval stops covering as it says (tests/long/test_off_policy_coverage.py).
FEW_CASES = 50.0
HEAVY_SHARE = 0.05
#: Largest skewness of the mean weight, by the propensities of what was not observed, too.
SKEWED = 0.15


def are_few_or_heavy(weight: Floats, groups: Ints | None, skewness: float) -> bool:
    """Tell whether few or heavy cases decide, or groups of cases; or by skewness, whether could."""
    return skewness > SKEWED or _are_seen_heavy(_of_units(weight, groups))


def warn_if_few(
    of: str,
    weight: Floats,
    n_matched: int,
    groups: Ints | None,
    skewness: float,
    *,
    all_known: bool = False,
) -> None:
    """Warn if few or heavy cases decide, or groups of cases where these are independent.

    By skewness, heavy ones that happen to be missing could have decided. Where all costs are known,
    and were sure to be, nothing is matched: cases that decide are few because there are few, or
    because few are routed differently.
    """
    if not are_few_or_heavy(weight, groups, skewness):
        return
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
            stacklevel=3,
        )
        return
    unseen = "" if _are_seen_heavy(weight) else ", and heavier ones may be missing by chance"
    warnings.warn(
        f"Few or heavy {unit}s decide {of}: {n_matched:,} of {n_cases:,} cases are matched, with "
        f"an effective sample size of {effective_size(weight):.1f} and "
        f"{100 * float(weight.max() / weight.sum()):.1f} % of all weight on one {unit} "
        f"({weight.max():.4g}){unseen}; the interval may miss the truth oftener than it says, "
        f"and the one from bound_low to bound_high does not. Log more {unit}s, or clip the weights "
        f"(clip=), which adds bias.",
        UserWarning,
        stacklevel=3,
    )


def warn_if_unfit(name: str, part: Part, groups: Ints | None) -> bool:
    """Warn and tell if the mean weight is not 1 up to chance; few or heavy cases cannot tell."""
    weight = part.full_weight
    if _are_seen_heavy(weight):
        return False
    mean = float(weight.mean())
    error = standard_error(weight - mean, groups)
    # Five: weights are skewed, and where heavy ones are missing the error is underestimated too.
    if abs(mean - 1.0) <= 5.0 * error + 1e-6:
        return False
    warnings.warn(
        f"Weights of {name} average {mean:.4g} ± {error:.2g}, and right propensities make them "
        f"average 1: either propensities are wrong, or these routes choose agents that could not "
        f"be observed, or hardly; the intervals know of neither.",
        UserWarning,
        stacklevel=3,
    )
    return True


def _are_seen_heavy(weight: Floats) -> bool:
    heavy = bool(weight.max() > HEAVY_SHARE * weight.sum())
    return heavy or effective_size(weight) < FEW_CASES


def _of_units(weight: Floats, groups: Ints | None) -> Floats:
    return weight if groups is None else np.bincount(groups, weight).astype(np.float64)
