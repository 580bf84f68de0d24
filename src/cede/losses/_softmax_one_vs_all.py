"""Softmax + one-vs-all: cross-entropy for the classes, one logistic problem per expert."""

from __future__ import annotations

from torch import Tensor

from cede.losses._checks import check_max_cost, check_range, check_single_stage, split
from cede.losses._estimates import Estimates
from cede.losses._one_vs_all import decode_one_vs_all, known_costs
from cede.losses._readings import posterior_and_experts
from cede.losses._reduction import Reduction, reduce

__all__ = ["decode_softmax_one_vs_all", "per_case", "softmax_one_vs_all"]


def softmax_one_vs_all(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    weight: float = 1.0,
    max_cost: float = 1.0,
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy over the classes plus a weighted logistic loss per expert.

    With :math:`\pi = \mathrm{softmax}(f)` over the K class scores f, expert scores g and
    :math:`\phi(z) = \log(1 + e^{-z})`:

    .. math::
        \ell = -\log \pi_y
             + w \sum_j [(c_{max} - c_j)\,\phi(g_j) + c_j\,\phi(-g_j)]

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, in [0, max_cost]. Train on errors without fees and apply fees
        in the rule: one fit then serves every fee (post-hoc threshold correction).
    weight : float, default=1.0
        Weight w of the experts' part. Above 1, a shared network serves the experts more than the
        classes, below 1 less; ``1 / J`` is the decoupled surrogate.
    max_cost, mask
        As in :func:`one_vs_all`.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a label is not in 0..K-1, a cost is negative or not finite, or
        ``weight`` is negative.

    Notes
    -----
    At the optimum :math:`\pi = \eta` and :math:`\sigma(g_j) = 1 - E[c_j|x]/c_{max}`. The two have
    different scales: compare probabilities (:func:`decode_softmax_one_vs_all`), not the raw scores,
    which route like the Bayes rule in only about two thirds of random cases. Excess risk of the
    decoded rule is at most
    :math:`c_{max} E\|\eta - \pi\|_1 + 2 E|P(m \neq y) - \hat\epsilon|`.

    References
    ----------
    Narasimhan et al. 2022, equations 12 (loss) and 11 (rule), theorem 2 (bound). One source prints
    the expert's estimated error as :math:`\sigma(g)`; it is :math:`\sigma(-g)`.

    Examples
    --------
    >>> import torch
    >>> loss = softmax_one_vs_all(torch.zeros(1, 3), torch.tensor([0]), torch.tensor([[0.0]]))
    >>> round(loss.item(), 4)                            # log 2 + log 2
    1.3863
    """
    max_cost = check_max_cost(max_cost)
    check_single_stage(scores, y, costs, mask, max_cost=max_cost)
    weight = check_range("weight", weight, 0.0)
    known, presence = known_costs(scores, costs, mask)
    losses = per_case(scores, y, known, presence, weight=weight, max_cost=max_cost)
    return reduce(losses, reduction, sample_weight)


def per_case(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    mask: Tensor | None = None,
    *,
    weight: float = 1.0,
    max_cost: float = 1.0,
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked; costs are 0 if missing."""
    return posterior_and_experts(scores, y.long().unsqueeze(-1), costs, mask, weight, max_cost)


def decode_softmax_one_vs_all(scores: Tensor, n_experts: int, max_cost: float = 1.0) -> Estimates:
    r"""Read :math:`\hat\eta = \pi` and :math:`\hat C_j = c_{max}\,\sigma(-g_j)`, both bounded."""
    classes, _ = split(scores, n_experts)
    return Estimates(
        classes.softmax(-1), decode_one_vs_all(scores, n_experts, max_cost).expert_costs
    )
