"""Shapes and values of what a loss is given. Values are looked at only where looking is free.

Looking at values would stall a GPU and cannot be traced by ``torch.compile`` or ``vmap``; there,
only shapes are checked, a label out of range fails in the gather, and NaN propagates.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cede.exceptions import InvalidInput
from cede.losses._readings import is_plain

__all__ = [
    "UNIT_COSTS",
    "check_known_costs",
    "check_mask",
    "check_max_cost",
    "check_range",
    "check_single_stage",
    "check_tensors",
    "check_two_stage",
    "check_weights",
    "is_plain",
    "split",
]

#: What to do about a cost above 1 in a single-stage loss that takes no ``max_cost``.
UNIT_COSTS = "divide all costs, that of a wrong class too, by the largest, or use expected_cost"
#: Costs are often sums in single precision of what a bound states exactly.
ROUNDING = 1e-6


def check_single_stage(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    mask: Tensor | None = None,
    *,
    max_cost: float = math.inf,
    advice: str = "pass a max_cost of at least one plus the largest fee",
) -> tuple[int, float]:
    """Check ``scores (..., K + J)``, ``y (...)`` and ``costs (..., J)``.

    ``advice`` says what to do about a cost above ``max_cost``. Returns K and the largest cost, the
    latter as infinity where values were not looked at.
    """
    check_tensors(scores=scores, y=y, costs=costs)
    n_experts = costs.shape[-1] if costs.ndim else 0
    n_classes = scores.shape[-1] - n_experts if scores.ndim else 0
    if costs.shape[:-1] != y.shape or scores.shape[:-1] != y.shape or n_classes < 1:
        raise InvalidInput(
            "must have shape (..., K + J) beside y (...) and costs (..., J), with one class at "
            f"least, but got {tuple(scores.shape)}, {tuple(y.shape)} and {tuple(costs.shape)}; "
            "give each case a row in all three",
            argument="scores",
        )
    if y.dtype not in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        raise InvalidInput(
            f"must hold class indices 0..K-1 as integers, but got {y.dtype}; convert it by "
            "y.long()",
            argument="y",
        )
    _check_labels(y, n_classes)
    check_mask(mask, costs)
    return n_classes, check_known_costs("costs", costs, mask, max_cost, advice)


def _check_labels(y: Tensor, n_classes: int) -> None:
    """Refuse a label that no column of scores belongs to, where looking is free."""
    if y.device.type != "cpu" or not is_plain() or not y.numel():
        return
    low, high = (int(label) for label in y.aminmax())
    if low < 0 or high >= n_classes:
        raise InvalidInput(
            f"must lie in 0..{n_classes - 1}, the class columns of scores, but got {low} to "
            f"{high}; number the classes from 0",
            argument="y",
        )


def check_two_stage(agent_scores: Tensor, agent_costs: Tensor, max_cost: float = math.inf) -> None:
    """Check ``agent_scores (..., J + 1)`` and ``agent_costs (..., J + 1)``."""
    check_tensors(agent_scores=agent_scores, agent_costs=agent_costs)
    if not agent_scores.ndim or agent_scores.shape != agent_costs.shape:
        raise InvalidInput(
            "must have the shape of agent_costs, (..., J + 1), the model first, but got "
            f"{tuple(agent_scores.shape)} and {tuple(agent_costs.shape)}; give each agent a "
            "column in both",
            argument="agent_scores",
        )
    if agent_scores.shape[-1] < 1:
        raise InvalidInput(
            "must have a column for the model at least, but got none; put the model first",
            argument="agent_scores",
        )
    advice = "divide all agents' costs by the largest, or use complement, which takes any"
    check_known_costs("agent_costs", agent_costs, None, max_cost, advice)


def check_tensors(**tensors: Tensor) -> None:
    """Refuse what is not a tensor, and scores, which come first, that are not floating point."""
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise InvalidInput(
                f"must be a torch tensor, but got {type(value).__name__}; convert it by "
                "torch.as_tensor",
                argument=name,
            )
    name, scores = next(iter(tensors.items()))
    if not scores.is_floating_point():
        raise InvalidInput(
            f"must be floating point, but got {scores.dtype}; convert it by .float()",
            argument=name,
        )


def check_mask(mask: Tensor | None, costs: Tensor) -> None:
    """Refuse a mask that is not boolean with the shape of ``costs``."""
    if mask is not None and (mask.shape != costs.shape or mask.dtype != torch.bool):
        raise InvalidInput(
            f"must be boolean with the shape of costs, {tuple(costs.shape)}, True where the "
            f"expert answered, but got {mask.dtype} of shape {tuple(mask.shape)}; compare with a "
            "value to get booleans",
            argument="mask",
        )


def check_weights(weights: Tensor, for_mean: bool) -> None:
    """Refuse weights that are negative or not finite and, for a mean, all zero, on a CPU."""
    if weights.device.type != "cpu" or not is_plain() or weights.numel() == 0:
        return
    low, high = (float(v) for v in weights.detach().aminmax())
    if not (low >= 0.0 and high < math.inf):  # a NaN makes both false
        not_finite = int((~weights.isfinite()).sum())
        raise InvalidInput(
            "must be finite and not negative, but "
            + (
                f"{not_finite} of {weights.numel()} are not finite"
                if not_finite
                else f"one is {low:g}"
            )
            + "; leave such cases out",
            argument="sample_weight",
        )
    if for_mean and high == 0.0:
        raise InvalidInput(
            "must not be zero in every case, or none counts; weigh some",
            argument="sample_weight",
        )


def check_max_cost(max_cost: float) -> float:
    """Refuse a bound that is not a number of at least 1; return it as a float."""
    if not (isinstance(max_cost, (int, float)) and 1.0 <= max_cost < math.inf):
        raise InvalidInput(
            f"must be at least 1, which a wrong class costs, but got {max_cost!r}; it bounds "
            "every cost: one plus the largest fee",
            argument="max_cost",
        )
    return float(max_cost)


def check_range(name: str, value: float, low: float, high: float = math.inf) -> float:
    """Refuse a parameter outside [low, high] (or not finite); return it as a float."""
    if not (isinstance(value, (int, float)) and low <= value <= high and value < math.inf):
        interval = f"[{low:g}, {high:g}]" if high < math.inf else f"[{low:g}, infinity)"
        raise InvalidInput(
            f"must be a number in {interval}, but got {value!r}",
            argument=name,
        )
    return float(value)


def check_known_costs(
    name: str,
    costs: Tensor,
    mask: Tensor | None = None,
    max_cost: float = math.inf,
    advice: str = "",
) -> float:
    """Refuse known costs that are negative, not finite or above ``max_cost``; return the largest.

    Infinity is returned where looking is not free.
    """
    if costs.device.type != "cpu" or not is_plain():
        return math.inf
    if costs.numel() == 0:
        return 0.0
    known = costs.detach()
    if mask is not None:
        known = known.masked_fill(~mask, 0.0)
    low, high = (float(v) for v in known.aminmax())
    if not (low >= 0.0 and high < math.inf):  # a NaN makes both false
        not_finite = int((~known.isfinite()).sum())
        what = (
            f"{not_finite} of {known.numel()} are NaN or infinite"
            if not_finite
            else f"one is {low:g}"
        )
        raise InvalidInput(
            f"must be finite and not negative wherever there is an answer, but {what}; where an "
            "answer is missing, mask it if the loss takes a mask, or leave the case out",
            argument=name,
        )
    if high > max_cost * (1.0 + ROUNDING):
        raise InvalidInput(
            f"must be at most {max_cost:g}, but one is {high:g}; {advice}",
            argument=name,
        )
    return high


def split(scores: Tensor, n_experts: int) -> tuple[Tensor, Tensor]:
    """Class scores (..., K) and expert scores (..., J) out of ``scores (..., K + J)``."""
    n_classes = scores.shape[-1] - n_experts
    if not 0 <= n_experts < scores.shape[-1]:
        raise InvalidInput(
            f"must leave one of the {scores.shape[-1]} columns of scores for a class, but got "
            f"{n_experts}; count the experts' columns only",
            argument="n_experts",
        )
    return scores[..., :n_classes], scores[..., n_classes:]
