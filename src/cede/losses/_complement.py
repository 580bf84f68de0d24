"""Complement loss: every agent that costs something is charged for the mass that it holds."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import check_range, check_two_stage
from cede.losses._order import argmax
from cede.losses._power import far_from_zero, power_loss
from cede.losses._reduction import Reduction, reduce

__all__ = ["complement", "per_case"]


def complement(
    agent_scores: Tensor,
    agent_costs: Tensor,
    *,
    q: float = 0.0,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cost of every agent times a loss of the mass on all the others.

    With :math:`p = \mathrm{softmax}(r)` over the agent scores:

    .. math:: \ell = \sum_{j=0}^{J} c_j\,\frac{1 - (1 - p_j)^q}{q}, \qquad
              q = 0: \quad -\sum_j c_j \log(1 - p_j)

    Parameters
    ----------
    agent_scores : tensor of shape (..., J + 1)
        Real; one score per agent, the model first.
    agent_costs : tensor of shape (..., J + 1)
        What it costs to let each agent answer, fees included, any number of at least 0.
    q : float, default=0.0
        Between the logarithm (0) and the expected cost :math:`\sum_j c_j p_j` (1).
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``. With one agent there is nothing to
        learn, and the loss is that agent's cost.

    Raises
    ------
    InvalidInput
        If shapes disagree, a cost is negative or not finite, or q lies outside [0, 1].

    Notes
    -----
    Bayes-consistent for every q. It is realizable-consistent, too, however many agents are right at
    once: the agent a with the largest score holds at least :math:`1/(J+1)`, so that
    :math:`\ell \ge \Psi(1 - 1/(J+1))\,c_a`, with :math:`\Psi` the factor of :math:`c_j` as a
    function of :math:`1 - p_j`. For q = 0 the optimum is :math:`p_j = \max(0, 1 - C_j/\lambda)`
    with :math:`C_j = E[c_j|x]`, and :math:`\lambda` such that p sums to one. With two agents and
    q = 0 it is the logistic :func:`rejector` of the difference of their scores.

    References
    ----------
    Ours. The sum over agents takes the place of the sum over two in Mao, Mohri and Zhong 2025;
    their own loss for several agents has the same properties if at most one agent costs nothing.

    Examples
    --------
    >>> loss = complement(torch.zeros(1, 2), torch.tensor([[1.0, 0.5]]))
    >>> round(loss.item(), 4)                            # 1.5 log 2
    1.0397
    """
    check_two_stage(agent_scores, agent_costs)
    q = check_range("q", q, 0.0, 1.0)
    return reduce(per_case(agent_scores, agent_costs, q=q), reduction, sample_weight)


def per_case(agent_scores: Tensor, agent_costs: Tensor, *, q: float = 0.0) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    costs = agent_costs.to(agent_scores.dtype)
    if agent_scores.shape[-1] == 1:
        return (costs + 0.0 * agent_scores).squeeze(-1)
    return (costs * power_loss(_log_complement(agent_scores), q)).sum(-1)


def _log_complement(agent_scores: Tensor) -> Tensor:
    r""":math:`\log(1 - p_j)` for every agent, (..., J + 1), from the sum of all the others' p.

    One minus p would be a difference of nearly equal numbers where p is near 1.
    """
    p = agent_scores.softmax(-1)
    rest = p @ (1.0 - torch.eye(p.shape[-1], dtype=p.dtype, device=p.device))
    if far_from_zero(rest):
        return rest.log()
    top = argmax(agent_scores)
    others = agent_scores.scatter(-1, top, -torch.inf)
    total = agent_scores.logsumexp(-1, keepdim=True)
    of_top = others.logsumexp(-1, keepdim=True) - total
    return torch.log1p(-(others - total).exp()).scatter(-1, top, of_top)
