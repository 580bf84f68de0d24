r"""Asymmetric softmax: a softmax for the classes, and experts measured against all but the best.

A softmax over classes and experts treats all K + J scores alike, and therefore cannot give bounded
estimates of the experts' accuracy. Here experts are treated differently from classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from cede.exceptions import InvalidInput
from cede.losses._checks import check_max_cost, check_single_stage, split
from cede.losses._estimates import Estimates
from cede.losses._logistic import softplus
from cede.losses._one_vs_all import known_costs
from cede.losses._order import argmax
from cede.losses._readings import Tensors, expert_terms, softmax_backward, with_gradient
from cede.losses._reduction import Reduction, reduce

__all__ = ["asymmetric_softmax", "decode_asymmetric_softmax", "per_case"]


def asymmetric_softmax(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    max_cost: float = 1.0,
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy of the classes, and a logistic loss per expert against all but the best class.

    With class scores f, expert scores g, :math:`\pi = \mathrm{softmax}(f)` and the best class
    :math:`t = \arg\max_k f_k`:

    .. math::
        \ell = -\log \pi_y - \sum_j \Bigl[\Bigl(1 - \frac{c_j}{c_{max}}\Bigr) \log \sigma(z_j)
               + \frac{c_j}{c_{max}} \log \sigma(-z_j)\Bigr], \qquad
        z_j = g_j - \log \sum_{k \neq t} e^{f_k}

    so that :math:`\sigma(z_j) = e^{g_j} / (e^{g_j} + \sum_k e^{f_k} - \max_k e^{f_k})`.

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts. K is at least 2 where there are experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, in [0, max_cost]; 0-1 errors are the published loss.
    max_cost, mask
        As in :func:`one_vs_all`; a missing expert's term is left out, without bias.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, there are experts and one class only, a label is not in 0..K-1, or a
        cost is negative, not finite or above ``max_cost``.

    Notes
    -----
    At the optimum :math:`\pi = \eta` and :math:`\sigma(z_j) = 1 - E[c_j|x]/c_{max}`. Both lie in
    (0, 1) for all scores, and with :math:`c_{max} = 1` their order is that of the scores, so the
    argmax of the K + J scores is the Bayes action. Excess risk is at most
    :math:`\sqrt{2 (R_\psi - R_\psi^*)}`. The loss is not convex. Where two classes tie for the best
    it has a kink, at which one of the two counts as the best.

    References
    ----------
    Cao et al. 2023, definition 2 (one expert, 0-1 errors; the sum in the denominator leaves out the
    largest class exponential). The terms of several experts are added up, and costs may be soft.

    Examples
    --------
    >>> loss = asymmetric_softmax(torch.zeros(1, 3), torch.tensor([0]), torch.tensor([[0.0]]))
    >>> round(loss.item(), 4)                            # log 2 + log 2
    1.3863
    """
    max_cost = check_max_cost(max_cost)
    n_classes, _ = check_single_stage(scores, y, costs, mask, max_cost=max_cost)
    if n_classes < 2 and costs.shape[-1] > 0:
        raise InvalidInput(
            f"must leave two classes at least, as experts are measured against all but the best, "
            f"but got {n_classes} beside {costs.shape[-1]} experts in shape {tuple(scores.shape)}; "
            f"add columns, or take another loss",
            argument="scores",
        )
    losses = per_case(scores, y, *known_costs(scores, costs, mask), max_cost=max_cost)
    return reduce(losses, reduction, sample_weight)


def per_case(
    scores: Tensor, y: Tensor, costs: Tensor, mask: Tensor | None = None, *, max_cost: float = 1.0
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked; costs are 0 if missing."""
    label = y.long().unsqueeze(-1)
    log_pi, margins = with_gradient(_forward, _backward, scores, label, costs.shape[-1])
    return expert_terms(margins, costs, mask, max_cost) / max_cost - log_pi


def decode_asymmetric_softmax(scores: Tensor, n_experts: int, max_cost: float = 1.0) -> Estimates:
    r"""Read :math:`\hat\eta = \pi` and :math:`\hat C_j = c_{max}\,\sigma(-z_j)`, both bounded."""
    classes, experts = split(scores, n_experts)
    if n_experts == 0:
        return Estimates(classes.softmax(-1), experts)
    top, _, lead = _all_but_the_best(classes, n_experts)
    margins = experts - classes.gather(-1, top) + lead
    return Estimates(classes.softmax(-1), max_cost * torch.sigmoid(-margins))


def _all_but_the_best(classes: Tensor, n_experts: int) -> Tensors:
    r"""Leave out one best class t, and read the others.

    Returns t, (..., 1); the log softmax s of the other classes, (..., K + J), with t and the
    experts as columns of mass zero; and the lead :math:`f_t - \log \sum_{k \neq t} e^{f_k}`.
    """
    others = F.pad(classes, (0, n_experts), value=-torch.inf)
    top = argmax(others)
    others = others.scatter(-1, top, -torch.inf)
    log_s = others.log_softmax(-1)
    # The logsumexp is f_i - log s_i for any other class i.
    other = (top == 0).long()
    lead = classes.gather(-1, top) - classes.gather(-1, other) + log_s.gather(-1, other)
    return top, log_s, lead


def _forward(scores: Tensor, label: Tensor, n_experts: int) -> tuple[Tensors, Tensors]:
    """Read log pi at the label, (...), and the experts' margins z, (..., J)."""
    classes, experts = split(scores, n_experts)
    if classes.shape[-1] == 1:
        return (0.0 * classes.gather(-1, label).squeeze(-1), experts.clone()), ()
    top, log_s, lead = _all_but_the_best(classes, n_experts)
    best = classes.gather(-1, top)
    log_pi = classes.gather(-1, label) - best - softplus(-lead)
    return (log_pi.squeeze(-1), experts - best + lead), (top, log_s, lead)


def _backward(upstreams: Tensors, context: Tensors, label: Tensor, n_experts: int) -> Tensor:
    if len(context) == 1:
        return torch.zeros_like(context[0])
    _, top, log_s, lead = context
    of_label, of_experts = upstreams[0].unsqueeze(-1), upstreams[1]
    # The others' gradient is -s times this. It is put on the best column, whose mass is zero.
    pull = of_label * torch.sigmoid(-lead) + of_experts.sum(-1, keepdim=True)
    grad = softmax_backward(torch.zeros_like(log_s).scatter_(-1, top, pull), log_s)
    grad.scatter_(-1, top, -of_label * torch.sigmoid(lead))
    grad.scatter_add_(-1, label, of_label)
    grad[..., grad.shape[-1] - n_experts :] = of_experts
    return grad
