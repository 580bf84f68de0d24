r"""What losses read from scores: logarithms at the label and at the experts, and experts' terms.

There are two softmaxes. That of classes and experts together is a policy, or a posterior shared
with the experts; that of the classes alone is the class posterior. In both cases a loss looks at
the label and at J experts only, so these functions return small tensors, of which losses are
formulas.

Their gradients are written by hand. Going back through a slice or a gather, autograd fills a whole
tensor with zeros, and adds these tensors up; a loss that looks at one label and a few experts among
many scores needs one of them, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from cede.losses._logistic import softplus

__all__ = [
    "Tensors",
    "expert_terms",
    "is_plain",
    "likelier",
    "log_masses",
    "log_posterior",
    "posterior_and_experts",
    "softmax_backward",
    "with_gradient",
]


Tensors: TypeAlias = tuple[Tensor, ...]


def log_masses(
    scores: Tensor, label: Tensor, n_experts: int, *, class_total: bool = False
) -> Tensors:
    r"""Read :math:`\log p` at the label, (...), and at the experts, (..., J).

    p is the softmax of all K + J scores, ``label`` has shape (..., 1). With ``class_total`` there
    is a third result, :math:`\sum_{k<K} \log p_k`, (...).
    """
    constants = label, n_experts, bool(class_total)
    return with_gradient(_masses_forward, _masses_backward, scores, *constants)


def log_posterior(scores: Tensor, label: Tensor, n_experts: int) -> Tensors:
    r"""Read :math:`\log \pi_y`, (...), and the experts' scores as they came, (..., J).

    :math:`\pi` is the softmax of the K class scores alone, ``label`` has shape (..., 1).
    """
    return with_gradient(_posterior_forward, _posterior_backward, scores, label, n_experts)


def expert_terms(scores: Tensor, costs: Tensor, presence: Tensor | None, max_cost: float) -> Tensor:
    r"""Sum over experts of :math:`(c_{max} - c_j)\,\phi(g_j) + c_j\,\phi(-g_j)`, shape (...)."""
    constants = costs, presence, max_cost
    return with_gradient(_experts_forward, _experts_backward, scores, *constants)[0]


def posterior_and_experts(
    scores: Tensor,
    label: Tensor,
    costs: Tensor,
    presence: Tensor | None,
    weight: float,
    max_cost: float,
) -> Tensor:
    r"""Add :math:`-\log \pi_y` and the weighted terms of the experts, (...), in one pass."""
    constants = label, costs, presence, weight, max_cost
    return with_gradient(_both_forward, _both_backward, scores, *constants)[0]


def _masses_forward(
    scores: Tensor, label: Tensor, n_experts: int, class_total: bool
) -> tuple[Tensors, Tensors]:
    log_p = scores.log_softmax(-1)
    classes, experts = _split(log_p, n_experts)
    results = classes.gather(-1, label).squeeze(-1), experts.clone()
    if class_total:
        return (*results, classes.sum(-1)), (log_p,)
    return results, (log_p,)


def _masses_backward(
    upstreams: Tensors, context: Tensors, label: Tensor, n_experts: int, class_total: bool
) -> Tensor:
    log_p = context[1]
    n_classes = log_p.shape[-1] - n_experts
    grad = torch.zeros_like(log_p)
    if class_total:
        grad[..., :n_classes] = upstreams[2].unsqueeze(-1)
    grad[..., n_classes:] = upstreams[1]
    grad.scatter_add_(-1, label, upstreams[0].unsqueeze(-1))
    return softmax_backward(grad, log_p)


def _posterior_forward(scores: Tensor, label: Tensor, n_experts: int) -> tuple[Tensors, Tensors]:
    at_y, experts, log_pi = _log_posterior(scores, label, n_experts)
    return (at_y, experts.clone()), (log_pi,)


def _posterior_backward(
    upstreams: Tensors, context: Tensors, label: Tensor, n_experts: int
) -> Tensor:
    log_pi = context[1]
    grad = torch.zeros_like(log_pi).scatter_(-1, label, upstreams[0].unsqueeze(-1))
    grad = softmax_backward(grad, log_pi)
    grad[..., log_pi.shape[-1] - n_experts :] = upstreams[1]
    return grad


def _log_posterior(scores: Tensor, label: Tensor, n_experts: int) -> tuple[Tensor, Tensor, Tensor]:
    r""":math:`\log \pi` at the label, the experts' scores, and :math:`\log \pi` (..., K + J).

    Experts stay as columns of mass zero, so that one dense tensor serves forward and backward.
    """
    classes, experts = _split(scores, n_experts)
    log_pi = F.pad(classes, (0, n_experts), value=-torch.inf).log_softmax(-1)
    at_y = _split(log_pi, n_experts)[0].gather(-1, label).squeeze(-1)
    return at_y, experts, log_pi


def likelier(experts: Tensor, costs: Tensor, max_cost: float) -> tuple[Tensor, Tensor]:
    r"""Scores with the sign of the likelier outcome, and the smaller of the two weights.

    As :math:`\phi(-g) = \phi(g) + g`, the two terms :math:`(m - c)\phi(g) + c\,\phi(-g)` need one
    softplus: :math:`m \log(1 + e^{zg}) - w z g` with :math:`z = -1, w = c` where
    :math:`c < m/2`, else :math:`z = 1, w = m - c`. For 0-1 costs w = 0 and nothing cancels; for
    soft costs the difference keeps at least half of its larger part.
    """
    sign = torch.copysign(costs.new_ones(()), costs - max_cost / 2)
    return sign * experts, torch.minimum(costs, max_cost - costs)


def _experts_forward(scores: Tensor, *constants: Any) -> tuple[Tensors, Tensors]:
    return (_expert_terms(scores, *constants),), ()


def _experts_backward(upstreams: Tensors, context: Tensors, *constants: Any) -> Tensor:
    return _expert_slopes(context[0], *constants).mul_(upstreams[0].unsqueeze(-1))


def _expert_terms(
    scores: Tensor, costs: Tensor, presence: Tensor | None, max_cost: float
) -> Tensor:
    flipped, smaller = likelier(scores, costs, max_cost)
    terms = torch.addcmul(max_cost * softplus(flipped), smaller, flipped, value=-1.0)
    return (terms if presence is None else terms * presence).sum(-1)


def _expert_slopes(
    scores: Tensor, costs: Tensor, presence: Tensor | None, max_cost: float
) -> Tensor:
    """What these terms change with each expert's score, ``(..., J)``."""
    slope = torch.sigmoid(scores).mul_(max_cost).sub_(max_cost - costs)
    return slope if presence is None else slope.mul_(presence)


def _both_forward(
    scores: Tensor,
    label: Tensor,
    costs: Tensor,
    presence: Tensor | None,
    weight: float,
    max_cost: float,
) -> tuple[Tensors, Tensors]:
    at_y, experts, log_pi = _log_posterior(scores, label, costs.shape[-1])
    of_experts = _expert_terms(experts.contiguous(), costs, presence, max_cost)
    return (weight * of_experts - at_y,), (log_pi,)


def _both_backward(
    upstreams: Tensors,
    context: Tensors,
    label: Tensor,
    costs: Tensor,
    presence: Tensor | None,
    weight: float,
    max_cost: float,
) -> Tensor:
    scores, log_pi = context
    _, experts = _split(scores, costs.shape[-1])
    upstream = upstreams[0].unsqueeze(-1)
    grad = torch.zeros_like(log_pi).scatter_(-1, label, -upstream)
    grad = softmax_backward(grad, log_pi)
    slope = _expert_slopes(experts.contiguous(), costs, presence, max_cost)
    grad[..., grad.shape[-1] - costs.shape[-1] :] = slope.mul_(weight * upstream)
    return grad


def _split(scores: Tensor, n_experts: int) -> tuple[Tensor, Tensor]:
    """The columns of the classes, (..., K), and of the experts, (..., J)."""
    n_classes = scores.shape[-1] - n_experts
    return scores[..., :n_classes], scores[..., n_classes:]


# How a gradient is written by hand -----------------------------------------------------------


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
