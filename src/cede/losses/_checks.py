"""Shapes and values of what a loss is given. Values are looked at only where looking is free.

Looking at values would stall a GPU and cannot be traced by ``torch.compile`` or ``vmap``; there,
only shapes are checked, a label out of range fails in the gather, and NaN propagates.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cede.exceptions import InvalidInput

__all__ = [
    "UNIT_COSTS",
    "at_label",
    "check_known_costs",
    "check_mask",
    "check_range",
    "check_scores",
    "check_single_stage",
    "check_two_stage",
    "is_plain",
]

#: What to do about a cost above 1 in a loss that takes no ``max_cost``.
UNIT_COSTS = "Divide all costs, that of a wrong class too, by the largest, or use expected_cost."


def check_single_stage(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    mask: Tensor | None = None,
    max_cost: float | None = None,
    advice: str = "Pass a max_cost of at least one plus the largest fee.",
) -> tuple[int, float]:
    """Check ``scores (..., K + J)``, ``y (...)`` and ``costs (..., J)``.

    Without ``max_cost``, any finite cost will do; ``advice`` says what to do about a larger one.
    Returns K and the largest cost, the latter as infinity where values were not looked at.
    """
    if max_cost is not None and (isinstance(max_cost, str) or not 1.0 <= max_cost < math.inf):
        raise InvalidInput(
            f"max_cost bounds every cost, so it must be at least 1, which a wrong class costs, "
            f"however max_cost={max_cost!r}."
        )
    n_experts = costs.shape[-1] if costs.ndim else 0
    n_classes = scores.shape[-1] - n_experts if scores.ndim else 0
    if costs.shape[:-1] != y.shape or scores.shape[:-1] != y.shape or n_classes < 1:
        raise InvalidInput(
            f"A single-stage loss wants scores (..., K + J), y (...) and costs (..., J), with K >= "
            f"1 classes, however scores.shape={tuple(scores.shape)}, y.shape={tuple(y.shape)} and "
            f"costs.shape={tuple(costs.shape)}."
        )
    if y.dtype not in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        raise InvalidInput(f"y must hold class indices 0..K-1 as integers, not {y.dtype}.")
    check_scores(scores)
    check_mask(mask, costs)
    bound = math.inf if max_cost is None else max_cost
    return n_classes, check_known_costs(costs, mask, bound, advice) if is_plain() else math.inf


def check_two_stage(agent_scores: Tensor, agent_costs: Tensor, max_cost: float = math.inf) -> None:
    """Check ``agent_scores (..., J + 1)`` and ``agent_costs (..., J + 1)``."""
    if not agent_scores.ndim or agent_scores.shape != agent_costs.shape:
        raise InvalidInput(
            f"A two-stage loss wants agent_scores and agent_costs of one shape (..., J + 1), the "
            f"model first, however agent_scores.shape={tuple(agent_scores.shape)} and "
            f"agent_costs.shape={tuple(agent_costs.shape)}."
        )
    if agent_scores.shape[-1] < 1:
        raise InvalidInput("agent_scores must have a column for the model at least, not none.")
    check_scores(agent_scores)
    if is_plain():
        check_known_costs(agent_costs, None, max_cost, UNIT_COSTS)


def check_scores(scores: Tensor) -> None:
    """Refuse scores that are not floating point."""
    if not scores.is_floating_point():
        raise InvalidInput(f"scores must be floating point, not {scores.dtype}.")


def check_mask(mask: Tensor | None, costs: Tensor) -> None:
    """Refuse a mask that is not boolean with the shape of ``costs``."""
    if mask is not None and (mask.shape != costs.shape or mask.dtype != torch.bool):
        raise InvalidInput(
            f"mask must be boolean with the shape of costs, True where the expert answered, "
            f"however it is {mask.dtype} of shape {tuple(mask.shape)} for costs of shape "
            f"{tuple(costs.shape)}."
        )


def check_range(name: str, value: float, low: float, high: float = math.inf) -> float:
    """Refuse a parameter outside [low, high] (or not finite); return it as a float."""
    if not (isinstance(value, (int, float)) and low <= value <= high and value < math.inf):
        interval = f"[{low:g}, {high:g}]" if high < math.inf else f"[{low:g}, infinity)"
        raise InvalidInput(f"{name} must be a number in {interval}, not {value!r}.")
    return float(value)


def at_label(classes: Tensor, label: Tensor) -> Tensor:
    """Pick the column of the label, (..., 1), from ``classes (..., K)`` by ``label (..., 1)``."""
    try:
        return classes.gather(-1, label)
    except (IndexError, RuntimeError) as error:
        if "out of bounds" not in str(error):
            raise
        raise InvalidInput(
            f"Labels must lie in 0..{classes.shape[-1] - 1} (scores have {classes.shape[-1]} class "
            f"columns), however they run from {int(label.min())} to {int(label.max())}."
        ) from None


def is_plain() -> bool:
    """Tell whether neither ``torch.compile`` nor ``torch.func`` is tracing."""
    return not (torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active())


def check_known_costs(costs: Tensor, mask: Tensor | None, max_cost: float, advice: str) -> float:
    """Refuse known costs that are negative, not finite or above ``max_cost``; return the largest.

    Infinity is returned for a tensor that is not on the CPU: looking would wait for the device.
    """
    if costs.device.type != "cpu":
        return math.inf
    if costs.numel() == 0:
        return 0.0
    known = costs if mask is None else costs.masked_fill(~mask, 0.0)
    low, high = (float(v) for v in known.aminmax())
    if not (low >= 0.0 and high < math.inf):  # a NaN makes both false
        raise InvalidInput(
            f"costs must be finite and not negative wherever the expert answered, however they run "
            f"from {low:.6g} to {high:.6g}; mark a missing answer with mask=False."
        )
    rounding = torch.finfo(costs.dtype).eps if costs.is_floating_point() else 0.0
    if high > max_cost * (1.0 + 8 * rounding):
        raise InvalidInput(
            f"The largest cost is {high:.6g}, above max_cost={max_cost:.6g}. {advice}"
        )
    return high
