"""Expected cost: what the softmax of the scores would cost if it drew the action."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import check_single_stage
from cede.losses._power import never_negative
from cede.losses._readings import log_masses
from cede.losses._reduction import Reduction, reduce

__all__ = ["expected_cost", "per_case"]


def expected_cost(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Expected deferral loss of the randomised policy :math:`p = \mathrm{softmax}(s)`.

    .. math::
        \ell = \sum_{k \neq y} p_k + \sum_j c_j\,p_{K+j}
             = 1 - p_y - \sum_j (1 - c_j)\,p_{K+j}

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, any number of at least 0, in units of one error.
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
    It is :func:`realizable` with q = 1 in either form (mean absolute error), the only q for which
    that is Bayes-consistent at every cost: :math:`R_{def} - R^*` is at most
    :math:`(K + J)(R - R^*)`, minimisability gaps included. The minimum, at infinity, has all mass
    on the cheapest action, so the scores estimate nothing. The gradient
    :math:`p_a (C_a - \sum_b p_b C_b)` vanishes where :math:`p_a` does, so a confident wrong start
    is a plateau: start from a fit of ``realizable(q=0)``.

    References
    ----------
    Mao, Mohri and Zhong 2025, :math:`L_{mae}` (q = 1 in their equation 4).

    Examples
    --------
    >>> loss = expected_cost(torch.zeros(1, 3), torch.tensor([0]), torch.tensor([[0.5]]))
    >>> round(loss.item(), 4)                            # (0 + 1 + 0.5) / 3
    0.5
    """
    check_single_stage(scores, y, costs)
    return reduce(per_case(scores, y, costs), reduction, sample_weight)


def per_case(scores: Tensor, y: Tensor, costs: Tensor) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    label, experts = log_masses(scores, y.long().unsqueeze(-1), costs.shape[-1])
    share = experts.exp()
    others = never_negative(-torch.expm1(label) - share.sum(-1))
    return others + (costs.to(scores.dtype) * share).sum(-1)
