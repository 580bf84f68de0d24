"""What every agent of a fitted router cost on labelled cases, its model's answers included."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_agent_table
from cede._names import check_names_at_fit
from cede.costs import expert_costs, read_numbers, resolve_costs
from cede.exceptions import InvalidInput

__all__ = ["outcomes_of"]


def outcomes_of(
    router: Any, X: Any, y: ArrayLike, experts: Any, costs: ArrayLike | None, asker: str
) -> Floats:
    """Costs before fees, ``(n, J + 1)``, NaN where an expert's is not known.

    From labels, with answers or costs of the experts, or from a table of agent costs as ``y``.
    """
    n_experts = len(router.expert_names_)
    given = np.asarray(y)
    if given.ndim == 2 and given.shape[1] == n_experts + 1 > 1:
        check_names_at_fit(router.expert_names_, y)
        values = read_numbers("y, as agent costs,", given)
        return check_agent_table("y, as agent costs,", values, allow_missing=True)
    if given.ndim != 1:
        raise InvalidInput(
            f"y must be labels (n,), or agent costs (n, {n_experts + 1}), however its shape is "
            f"{given.shape}."
        )
    if experts is None and costs is None:
        experts = router._own_experts(X)
    errors = resolve_costs(y, experts, costs)
    if errors.shape[1] != n_experts:
        raise InvalidInput(
            f"This router was fitted with {n_experts} experts, so {asker} needs the answers of as "
            f"many (experts= or costs=), however it got {errors.shape[1]}. In a grid search, "
            f"enable metadata routing and call .set_score_request(experts=True)."
        )
    check_names_at_fit(router.expert_names_, costs if experts is None else experts)
    return np.hstack([expert_costs(router.predict(X), given), errors])
