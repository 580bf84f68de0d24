r"""What losses read from a softmax: its logarithm at the label and at the experts.

There are two softmaxes. That of classes and experts together is a policy, or a posterior shared
with the experts; that of the classes alone is the class posterior. In both cases a loss looks at
the label and at J experts only, so both functions return these, and losses are formulas on small
tensors.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from cede.losses._checks import split
from cede.losses._gradient import Tensors, softmax_backward, with_gradient

__all__ = ["log_masses", "log_posterior"]


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


def _masses_forward(
    scores: Tensor, label: Tensor, n_experts: int, class_total: bool
) -> tuple[Tensors, Tensors]:
    log_p = scores.log_softmax(-1)
    classes, experts = split(log_p, n_experts)
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
    classes, experts = split(scores, n_experts)
    # Experts stay as columns of mass zero, so that one dense tensor serves forward and backward.
    log_pi = F.pad(classes, (0, n_experts), value=-torch.inf).log_softmax(-1)
    at_y = split(log_pi, n_experts)[0].gather(-1, label).squeeze(-1)
    return (at_y, experts.clone()), (log_pi,)


def _posterior_backward(
    upstreams: Tensors, context: Tensors, label: Tensor, n_experts: int
) -> Tensor:
    log_pi = context[1]
    grad = torch.zeros_like(log_pi).scatter_(-1, label, upstreams[0].unsqueeze(-1))
    grad = softmax_backward(grad, log_pi)
    grad[..., log_pi.shape[-1] - n_experts :] = upstreams[1]
    return grad
