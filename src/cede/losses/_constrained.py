"""Constrained loss: scores that sum to zero, and a margin loss on those that cost something."""

from __future__ import annotations

from torch import Tensor

from cede.losses._checks import check_two_stage
from cede.losses._margins import Margin, margin_loss
from cede.losses._reduction import Reduction, reduce

__all__ = ["constrained", "per_case"]


def constrained(
    agent_scores: Tensor,
    agent_costs: Tensor,
    *,
    margin: Margin = "exponential",
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Margin loss of every agent's centred score, weighted by its cost.

    With :math:`\tilde r = r - \mathrm{mean}_j(r)` and a decreasing :math:`\phi`:

    .. math:: \ell = \sum_{j=0}^{J} c_j\,\phi(-\tilde r_j)

    Parameters
    ----------
    agent_scores : tensor of shape (..., J + 1)
        Real; one score per agent, the model first. Their mean is taken off here.
    agent_costs : tensor of shape (..., J + 1)
        What it costs to let each agent answer, fees included, any number of at least 0.
    margin : {"exponential", "logistic", "squared_hinge", "hinge"}, default="exponential"
        As in :func:`rejector`.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, or a cost is negative or not finite.
    UnknownName
        If there is no such margin.

    Notes
    -----
    Bayes-consistent and convex: for the exponential margin the optimum is
    :math:`\tilde r_j = -\log C_j + \mathrm{mean}_i \log C_i` with :math:`C_j = E[c_j|x]`. With
    three agents or more it is not realizable-consistent.

    References
    ----------
    The constrained losses of Lee, Lin and Wahba 2004 over agents, with costs; after Mao, Mohri and
    Zhong 2025, who do not print their loss for several agents.

    Examples
    --------
    >>> import torch
    >>> loss = constrained(torch.zeros(1, 2), torch.tensor([[1.0, 0.5]]))
    >>> round(loss.item(), 4)                            # exp(0) (1 + 0.5)
    1.5
    """
    check_two_stage(agent_scores, agent_costs)
    return reduce(per_case(agent_scores, agent_costs, margin=margin), reduction, sample_weight)


def per_case(
    agent_scores: Tensor, agent_costs: Tensor, *, margin: Margin = "exponential"
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    centred = agent_scores - agent_scores.mean(-1, keepdim=True)
    return (agent_costs.to(agent_scores.dtype) * margin_loss(-centred, margin)).sum(-1)
