"""Mixture of experts: a gate over agents, trained on what its mixture of agents costs."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import check_single_stage
from cede.losses._readings import log_posterior
from cede.losses._reduction import Reduction, reduce

__all__ = ["mixture_of_experts", "per_case"]


def mixture_of_experts(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy and experts' costs, mixed by a gate.

    With class scores f, expert scores g, :math:`\pi = \mathrm{softmax}(f)` and the gate
    :math:`\rho = \mathrm{softmax}(0, g_1, \ldots, g_J)`:

    .. math:: \ell = -\rho_0 \log \pi_y + \sum_j \rho_j c_j

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, at least 0.
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
    Route by the gate: to the expert with the largest :math:`g_j` if that is above 0
    (:func:`rank_by_gate`), not by comparing f and g. At the minimum :math:`\pi = \eta`, and all of
    the gate's mass is on the least of the entropy :math:`H(\eta)`, in nats, and the expected costs.
    The model is thus charged its entropy, which exceeds its error, and defers too much. Logarithms
    are natural; their base moves the optimum. The classes learn nothing from a case that the gate
    gives to an expert.

    References
    ----------
    After Madras et al. 2018, "Predict responsibly" (one expert). For several, the gate is a
    softmax.

    Examples
    --------
    >>> loss = mixture_of_experts(torch.zeros(1, 3), torch.tensor([0]), torch.tensor([[1.0]]))
    >>> round(loss.item(), 4)                            # (log 2 + 1) / 2
    0.8466
    """
    check_single_stage(scores, y, costs)
    return reduce(per_case(scores, y, costs), reduction, sample_weight)


def per_case(scores: Tensor, y: Tensor, costs: Tensor) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    log_pi, experts = log_posterior(scores, y.long().unsqueeze(-1), costs.shape[-1])
    # The gate's softmax by hand, its first score being 0: torch's is slow for few columns.
    largest = torch.zeros_like(log_pi)
    if costs.shape[-1] > 0:
        largest = experts.detach().amax(-1).clamp(min=0.0)
    of_model, of_experts = (-largest).exp(), (experts - largest.unsqueeze(-1)).exp()
    total = (of_experts * costs.to(scores.dtype)).sum(-1) - of_model * log_pi
    return total / (of_model + of_experts.sum(-1))
