"""When not to trust an interval: few cases, heavy ones, and weights that do not average 1."""

from __future__ import annotations

import warnings

import numpy as np

from cede._checks import Floats, Ints
from cede.off_policy._weighting import Part, effective_size, standard_error

#: Where the normal interval stops covering as it says (tests/long/test_off_policy_coverage.py).
FEW_CASES = 50.0
HEAVY_SHARE = 0.05


def warn_if_few(
    of: str, weight: Floats, n_matched: int, groups: Ints | None, *, all_known: bool = False
) -> None:
    """Warn if few or heavy cases decide, or groups of cases where these are independent.

    Where all costs are known, and were sure to be, nothing is matched: cases that decide are few
    because there are few, or because few are routed differently.
    """
    n_cases = len(weight)
    if groups is not None:
        weight = np.bincount(groups, weight).astype(np.float64)
    size = effective_size(weight)
    heaviest = float(weight.max() / weight.sum())
    if size >= FEW_CASES and heaviest <= HEAVY_SHARE:
        return
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
    warnings.warn(
        f"Few or heavy {unit}s decide {of}: {n_matched:,} of {n_cases:,} cases are matched, with "
        f"an effective sample size of {size:.1f} and {100 * heaviest:.1f} % of all weight on one "
        f"{unit} ({weight.max():.4g}); the interval may miss the truth oftener than it says. Log "
        f"more {unit}s, or clip the weights (clip=), which adds bias.",
        UserWarning,
        stacklevel=3,
    )


def warn_if_unfit(name: str, part: Part, groups: Ints | None) -> None:
    """Warn if the mean weight is not 1 up to chance; few or heavy cases cannot tell."""
    weight = part.full_weight
    if effective_size(weight) < FEW_CASES or weight.max() > HEAVY_SHARE * weight.sum():
        return
    mean = float(weight.mean())
    error = standard_error(weight - mean, groups)
    # Five: weights are skewed, and where heavy ones are missing the error is underestimated too.
    if abs(mean - 1.0) <= 5.0 * error + 1e-6:
        return
    warnings.warn(
        f"Weights of {name} average {mean:.4g} ± {error:.2g}, and right propensities make them "
        f"average 1: either propensities are wrong, or these routes choose agents that could not "
        f"be observed, or hardly; the interval knows of neither.",
        UserWarning,
        stacklevel=3,
    )
