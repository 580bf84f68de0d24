"""How the stages of a cascade decide at prices: as they were fitted, as kept, or learned anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._checks._names import available_experts
from cede.exceptions import InvalidInput
from cede.operating import NEVER, check_available
from cede.routers._policies import Policy, asking_prices
from cede.routers._stages import Stages
from cede.routers._two_stage import TwoStageRouter
from cede.tuning import Blend

__all__ = ["DEFAULT_STAGE", "blend_now", "policies_of", "reachable"]

#: Each stage is a choice between two agents whose costs are estimated, so that budgets rank well.
DEFAULT_STAGE = TwoStageRouter()


def reachable(router: Any, n: int, available: Any) -> list[tuple[Ints, int]]:
    """Cases, and how many stages they can go, until someone is away."""
    everyone, n_stages = np.arange(n), len(router.stages_)
    present = available_experts(available, router.expert_names_)
    if present is None:
        return [(everyone, n_stages)]
    there = check_available(present, (n, n_stages))
    length = np.logical_and.accumulate(there, axis=1).sum(axis=1)
    return [(np.flatnonzero(length == each), int(each)) for each in np.unique(length)]


def blend_now(router: Any, length: int) -> list[tuple[float, Policy]]:
    """Shares of the cases and how each decides, if the cascade ends after ``length`` stages."""
    point = getattr(router, "operating_point_", None)
    if point is None:
        return policies_of(router, ((1.0, (0.0,) * len(router.stages_)),), length)
    if len(point.prices) != len(router.stages_):
        raise InvalidInput(
            f"The operating point has prices for {len(point.prices)} experts, but the cascade "
            f"has {len(router.stages_)}; choose a point on this cascade."
        )
    return policies_of(router, point.blend or ((1.0, point.prices),), length)


def policies_of(router: Any, blend: Blend, length: int) -> list[tuple[float, Policy]]:
    """Shares of the cases and how each decides, at the prices of a blend."""
    return [(share, _policy(router, prices, length)) for share, prices in blend]


def _policy(router: Any, prices: tuple[float, ...], length: int) -> Policy:
    """How stages decide at these prices; learned once, and kept with the tuned point."""
    wanted = np.array(prices, dtype=np.float64)
    wanted[length:] = NEVER
    asking = asking_prices(wanted)
    if not asking[1:].any():
        return Policy(list(router.stages_), asking, np.zeros_like(asking))
    for stages, thresholds, added in getattr(router, "repriced_", ()):
        if np.array_equal(thresholds[1:], asking[1:]):
            return Policy(stages, asking, added)
    known = router.__dict__.setdefault("_learned", {})
    key = asking[1:].tobytes()
    if key not in known:
        known[key] = _learn_anew(router, wanted)
    return known[key]._replace(thresholds=asking)  # type: ignore[no-any-return]


def _learn_anew(router: Any, prices: Floats) -> Policy:
    template = router.router if router.router is not None else DEFAULT_STAGE
    further = asking_prices(prices)[1:]
    if further[further < NEVER].any() and not template._estimates_costs():
        raise InvalidInput(
            "The stages of this cascade rank two agents and do not estimate costs, so unequal "
            "prices cannot be weighed against what they save; choose a budget, or stages that "
            "estimate costs, as a TwoStageRouter does by default."
        )
    if not getattr(router, "learned_from_", None):
        raise InvalidInput(
            "This cascade was saved without the cases that unequal prices are learned from; "
            "fit and save it again."
        )
    return Stages(template, router.columns_, *router.learned_from_).at(prices, router.stages_)
