"""One-vs-all: one logistic problem per class and per expert, each with bounded estimates."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import check_max_cost, check_single_stage, is_plain, split
from cede.losses._estimates import Estimates
from cede.losses._logistic import softplus
from cede.losses._readings import Tensors, likelier, with_gradient
from cede.losses._reduction import Reduction, reduce

__all__ = [
    "decode_one_vs_all",
    "known_costs",
    "one_vs_all",
    "per_case",
]


def one_vs_all(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    max_cost: float = 1.0,
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""One logistic loss per class and per expert.

    With :math:`\phi(z) = \log(1 + e^{-z})`, class scores f and expert scores g:

    .. math::
        \ell = c_{max}\,\phi(f_y)
             + \sum_{k \neq y} [(c_{max} - 1)\,\phi(f_k) + \phi(-f_k)]
             + \sum_j [(c_{max} - c_j)\,\phi(g_j) + c_j\,\phi(-g_j)]

    With 0-1 costs and :math:`c_{max} = 1`, each column is a binary cross-entropy, of whether it is
    class k or whether expert j is right.

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, in [0, max_cost].
    max_cost : float, default=1.0
        The bound :math:`c_{max}`, at least 1; with fees, one plus the largest fee.
    mask : boolean tensor of shape (..., J), optional
        True where the expert answered; a missing expert's term is left out, which is unbiased if it
        depends on x only whether an expert answered.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a label is not in 0..K-1, or a cost is negative or not finite.

    Notes
    -----
    At the optimum :math:`\sigma(f_k) = 1 - (1 - \eta_k)/c_{max}` and
    :math:`\sigma(g_j) = 1 - E[c_j|x]/c_{max}`, one link for all, so the argmax of the scores is
    the Bayes action. The estimates lie in [0, 1] for all scores if :math:`c_{max} = 1`; the class
    posterior need not sum to one.

    References
    ----------
    Verma and Nalisnick 2022, equation 8 (one expert); Verma et al. 2023, equation 8 (several).

    Examples
    --------
    >>> loss = one_vs_all(torch.zeros(1, 3), torch.tensor([0]), torch.tensor([[0.0]]))
    >>> round(loss.item(), 4)                            # 3 log 2
    2.0794
    """
    max_cost = check_max_cost(max_cost)
    check_single_stage(scores, y, costs, mask, max_cost=max_cost)
    losses = per_case(scores, y, *known_costs(scores, costs, mask), max_cost=max_cost)
    return reduce(losses, reduction, sample_weight)


def per_case(
    scores: Tensor, y: Tensor, costs: Tensor, mask: Tensor | None = None, *, max_cost: float = 1.0
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked; costs are 0 if missing."""
    constants = y.long().unsqueeze(-1), costs, mask, max_cost
    return with_gradient(_forward, _backward, scores, *constants)[0]


def decode_one_vs_all(scores: Tensor, n_experts: int, max_cost: float = 1.0) -> Estimates:
    r"""Read the posterior and the experts' expected costs from scores trained with ``max_cost``.

    :math:`\hat\eta_k = 1 - c_{max}\,\sigma(-f_k)` and :math:`\hat C_j = c_{max}\,\sigma(-g_j)`.
    """
    of_classes, of_experts = split(max_cost * torch.sigmoid(-scores), n_experts)
    return Estimates(1.0 - of_classes, of_experts)


def known_costs(scores: Tensor, costs: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Costs with 0 where missing, and a mask of ones and zeros, both in the dtype of the scores."""
    costs = costs.to(scores.dtype)
    if mask is None:
        return costs, None
    return costs.masked_fill(~mask, 0.0), mask.to(scores.dtype)


def _forward(
    scores: Tensor, label: Tensor, costs: Tensor, presence: Tensor | None, max_cost: float
) -> tuple[Tensors, Tensors]:
    n_classes = scores.shape[-1] - costs.shape[-1]
    classes, experts = scores[..., :n_classes], scores[..., n_classes:]
    flipped_experts, smaller = likelier(experts, costs, max_cost)
    # One softplus for all: flip the label's sign and the signs of the likelier expert outcomes.
    flipped = scores.scatter(-1, label, -classes.gather(-1, label))
    if is_plain():
        flipped[..., n_classes:] = flipped_experts
    else:  # nothing is written in place while torch.func traces
        flipped = torch.cat([flipped[..., :n_classes], flipped_experts], -1)
    terms = softplus(flipped)
    rest = smaller * flipped_experts
    if max_cost == 1.0 and presence is None:
        return (terms.sum(-1) - rest.sum(-1),), ()
    of_experts = max_cost * terms[..., n_classes:] - rest
    loss = terms[..., :n_classes].sum(-1)
    if max_cost != 1.0:
        loss = loss + (max_cost - 1.0) * softplus(-classes).sum(-1)
    return (loss + (of_experts if presence is None else of_experts * presence).sum(-1),), ()


def _backward(
    upstreams: Tensors,
    context: Tensors,
    label: Tensor,
    costs: Tensor,
    presence: Tensor | None,
    max_cost: float,
) -> Tensor:
    """``max_cost * sigmoid(s) - weights``, with the weights taken off in place."""
    scores, upstream = context[0], upstreams[0].unsqueeze(-1)
    n_classes = scores.shape[-1] - costs.shape[-1]
    grad = torch.sigmoid(scores).mul_(max_cost * upstream)
    if max_cost != 1.0:
        grad[..., :n_classes].sub_((max_cost - 1.0) * upstream)
    experts = grad[..., n_classes:].sub_((max_cost - costs) * upstream)
    if presence is not None:
        experts.mul_(presence)
    return grad.scatter_add_(-1, label, -upstream)
