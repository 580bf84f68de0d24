"""When not to trust an interval: few cases, heavy ones, and weights that do not average 1."""

from __future__ import annotations

import warnings

import numpy as np

from cede._checks import Floats, Ints
from cede.evaluation.off_policy._weighting import Part, effective_size, standard_error

#: Where the normal interval stops covering as it says (tests/long/test_off_policy_coverage.py).
FEW_CASES = 50.0
HEAVY_SHARE = 0.05
#: What cells that were hardly to be observed can move the estimate by, in half widths.
MOST_UNSEEN = 0.4


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
            stacklevel=3,
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
        stacklevel=3,
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
        stacklevel=3,
    )
    return True


def _are_heavy(weight: Floats) -> bool:
    heavy = bool(weight.max() > HEAVY_SHARE * weight.sum())
    return heavy or effective_size(weight) < FEW_CASES


def _of_units(weight: Floats, groups: Ints | None) -> Floats:
    return weight if groups is None else np.bincount(groups, weight).astype(np.float64)
