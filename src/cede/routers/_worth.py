"""What routes were worth, as a score: one minus the mean cost of whoever answered."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from cede._checks import Floats, Ints, check_sample_weight
from cede.exceptions import InvalidInput
from cede.operating import routed_costs

__all__ = ["mean_worth"]


def mean_worth(routes: Ints, table: Floats, sample_weight: Any) -> float:
    """One minus the mean cost of the agents chosen, over cases that every agent answered."""
    known = ~np.isnan(table).any(axis=1)
    if 0 < known.sum() < len(table) / 2:
        warnings.warn(
            f"Only {known.sum():,} of {len(table):,} cases have an answer of every agent, and "
            f"these alone are scored; with the probability that each would answer, "
            f"cede.evaluation.off_policy_cost judges all of them.",
            UserWarning,
            stacklevel=4,
        )
    if not known.any():
        raise InvalidInput(
            "No case has an answer of every agent, so nothing can be scored; with the "
            "probability that each would answer, use cede.evaluation.off_policy_cost."
        )
    weight = check_sample_weight(sample_weight, len(table))
    wrong = routed_costs(routes[known], table[known])
    if weight is None:
        return float(1.0 - wrong.mean())
    if not weight[known].any():
        raise InvalidInput(
            "sample_weight is zero in every case that has an answer of every agent, so that "
            "nothing can be scored; weigh some of them."
        )
    return float(1.0 - np.average(wrong, weights=weight[known]))
