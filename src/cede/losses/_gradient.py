"""A function with its gradient written by hand, where autograd's own wastes memory and time.

Autograd answers every slice and gather with a full tensor of zeros, and adds them up; a loss that
looks at one label and a few experts among many scores needs one such tensor, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from cede.losses._checks import is_plain

__all__ = ["with_gradient"]


def with_gradient(
    value: Callable[..., Tensor],
    gradient: Callable[..., Tensor],
    scores: Tensor,
    *constants: Any,
) -> Tensor:
    """Return ``value(scores, *constants)``, differentiable in ``scores`` through ``gradient``.

    ``gradient(upstream, scores, *constants)`` returns a new tensor, the derivative in ``scores``
    times ``upstream`` (the shape of the value). Nothing but ``scores`` is kept for it. Under
    ``torch.compile`` and ``torch.func`` the value is differentiated as it stands, and so it is for
    second derivatives.
    """
    if not is_plain():
        return value(scores, *constants)
    result: Tensor = _HandWritten.apply(value, gradient, scores, *constants)  # type: ignore[no-untyped-call]
    return result


class _HandWritten(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Any, gradient: Any, scores: Tensor, *constants: Any) -> Tensor:
        ctx.value, ctx.gradient, ctx.constants = value, gradient, constants
        ctx.save_for_backward(scores)
        result: Tensor = value(scores, *constants)
        return result

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (scores,), (upstream,) = ctx.saved_tensors, grad_outputs
        if torch.is_grad_enabled():
            value = ctx.value(scores, *ctx.constants)
            (grad,) = torch.autograd.grad(value, scores, upstream, create_graph=True)
        else:
            grad = ctx.gradient(upstream, scores, *ctx.constants)
        return (None, None, grad, *(None for _ in ctx.constants))
