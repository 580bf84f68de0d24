"""Functions with a gradient written by hand, where that of autograd wastes memory and time.

Going back through a slice or a gather, autograd fills a whole tensor with zeros, and adds these
tensors up. A loss that looks at one label and a few experts among many scores needs one of them, or
none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

__all__ = ["Tensors", "is_plain", "softmax_backward", "with_gradient"]


Tensors: TypeAlias = tuple[Tensor, ...]


def with_gradient(
    forward: Callable[..., tuple[Tensors, Tensors]],
    backward: Callable[..., Tensor],
    scores: Tensor,
    *constants: Any,
) -> Tensors:
    """Return ``forward(scores, *constants)[0]``, differentiable in ``scores`` through ``backward``.

    ``forward`` returns its results, and the tensors that ``backward`` will need. ``backward`` is
    called with ``(upstreams, context, *constants)``, where ``context`` holds the scores and then
    these tensors. It returns a new tensor: the derivatives of the results in the scores, each times
    its upstream, added up. Under ``torch.compile`` and
    ``torch.func``, for second derivatives, and if a constant needs a gradient, too, ``forward``
    itself is differentiated.
    """
    if not is_plain() or any(isinstance(c, Tensor) and c.requires_grad for c in constants):
        return forward(scores, *constants)[0]
    results: Tensors = _HandWritten.apply(forward, backward, scores, *constants)  # type: ignore[no-untyped-call]
    return results


def softmax_backward(upstream: Tensor, log_p: Tensor) -> Tensor:
    """``upstream - exp(log_p) * sum(upstream)`` over the last axis, written over ``upstream``."""
    if upstream.device.type != "cpu" or not upstream.is_contiguous():
        return upstream - log_p.exp() * upstream.sum(-1, keepdim=True)
    # One pass that sums each row before it writes it, so that no third tensor is needed.
    fused = torch.ops.aten._log_softmax_backward_data.out
    result: Tensor = fused(upstream, log_p, -1, log_p.dtype, out=upstream)
    return result


def is_plain() -> bool:
    """Tell whether neither ``torch.compile`` nor ``torch.func`` is tracing."""
    return not (torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active())


class _HandWritten(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, forward: Any, backward: Any, scores: Tensor, *constants: Any) -> Tensors:
        results: Tensors
        results, context = forward(scores, *constants)
        ctx.functions, ctx.constants = (forward, backward), constants
        ctx.save_for_backward(scores, *context)
        return results

    @staticmethod
    def backward(ctx: Any, *upstreams: Tensor) -> tuple[Tensor | None, ...]:
        forward, backward = ctx.functions
        scores, is_second = ctx.saved_tensors[0], torch.is_grad_enabled()
        if is_second or _are_batched(upstreams):
            with torch.enable_grad():
                scores = scores if is_second else scores.detach().requires_grad_()
                results = forward(scores, *ctx.constants)[0]
                (grad,) = torch.autograd.grad(results, scores, upstreams, create_graph=is_second)
        else:
            grad = backward(upstreams, ctx.saved_tensors, *ctx.constants)
        return (None, None, grad, *(None for _ in ctx.constants))


def _are_batched(upstreams: Tensors) -> bool:
    """Tell whether several gradients are asked for at once: then nothing is written in place."""
    return any(map(torch._C._functorch.is_legacy_batchedtensor, upstreams))
