"""Shapes and values of what a loss is given. Values are looked at only where looking is free.

Looking at values would stall a GPU and cannot be traced by ``torch.compile`` or ``vmap``; there,
only shapes are checked, a label out of range fails in the gather, and NaN propagates.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cede.exceptions import InvalidInput

__all__ = ["at_label", "check_single_stage", "is_plain"]


def check_single_stage(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    mask: Tensor | None = None,
    max_cost: float | None = None,
) -> tuple[int, float]:
    """Check ``scores (..., K + J)``, ``y (...)`` and ``costs (..., J)``.

    Without ``max_cost``, any finite cost will do. Returns K and the largest cost, the latter as
    infinity where values were not looked at.
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
    if not scores.is_floating_point():
        raise InvalidInput(f"scores must be floating point, not {scores.dtype}.")
    if mask is not None and (mask.shape != costs.shape or mask.dtype != torch.bool):
        raise InvalidInput(
            f"mask must be boolean with the shape of costs, True where the expert answered, "
            f"however it is {mask.dtype} of shape {tuple(mask.shape)} for costs of shape "
            f"{tuple(costs.shape)}."
        )
    bound = math.inf if max_cost is None else max_cost
    return n_classes, _check_costs(costs, mask, bound) if is_plain() else math.inf


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


def _check_costs(costs: Tensor, mask: Tensor | None, max_cost: float) -> float:
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
            f"The largest cost is {high:.6g}, above max_cost={max_cost:.6g}; pass a max_cost of "
            f"at least one plus the largest fee."
        )
    return high
