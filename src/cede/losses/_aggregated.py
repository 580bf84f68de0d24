r"""Aggregated costs: cross-entropy over agents, each weighted by what all the others would cost."""

from __future__ import annotations

from torch import Tensor

from cede.losses._checks import check_range, check_two_stage
from cede.losses._power import power_loss
from cede.losses._reduction import Reduction, reduce

__all__ = ["aggregated", "per_case"]


def aggregated(
    agent_scores: Tensor,
    agent_costs: Tensor,
    *,
    u: float = 1.0,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Comp-sum loss over agents, weighted by aggregated costs.

    With :math:`p = \mathrm{softmax}(r)` over the agent scores and
    :math:`\tau_j = \sum_{i \neq j} c_i`:

    .. math::
        \ell_u = \sum_{j=0}^{J} \tau_j\, \Phi_u(p_j), \qquad
        \Phi_u(p) = \frac{p^{u-1} - 1}{1 - u}, \quad \Phi_1(p) = -\log p

    u = 0 is the sum-exponential loss :math:`1/p - 1`, u = 1 the logistic, 1 < u < 2 the generalised
    cross-entropy, u = 2 mean absolute error :math:`1 - p`.

    Parameters
    ----------
    agent_scores : tensor of shape (..., J + 1)
        Real; one score per agent, the model first.
    agent_costs : tensor of shape (..., J + 1)
        What it costs to let each agent answer, fees included, any number of at least 0, of one task
        or several. If the least cost of each case is taken off, no decision changes and less is
        smoothed.
    u : float, default=1.0
        Any number of at least 0. Towards 2 the loss approaches the expected cost, and the gradient
        of confident wrong scores vanishes.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a cost is negative or not finite, or u is negative.

    Notes
    -----
    Bayes-consistent for every u: with :math:`\bar\tau = E[\tau|x]`, the optimum is
    :math:`p_j \propto \bar\tau_j^{1/(2-u)}` for u < 2; from 2 on, all mass is on the largest
    :math:`\bar\tau`, the cheapest agent. The scores give costs relative to each other only. u = 2
    is the expected cost up to a constant, and realizable-consistent; u = 1 is not if there are
    three agents or more. The loss is convex for u up to 1. Below 1 it grows exponentially in score
    differences; beyond :math:`p^{u-1} = e^{64}` it follows the tangent. With natural logarithms,
    multiply it by :math:`(1-u)/(2^{1-u}-1)` to bound the deferral loss. For bounds see
    :func:`cede.theory.consistency_bound`.

    References
    ----------
    Montreuil et al. 2025, "A two-stage learning-to-defer approach for multi-task learning",
    theorems 4.4 and 4.6; for regression, Mao, Mohri and Zhong 2024.

    Examples
    --------
    >>> import torch
    >>> loss = aggregated(torch.zeros(1, 2), torch.tensor([[1.0, 0.5]]))
    >>> round(loss.item(), 4)                            # 1.5 log 2
    1.0397
    """
    check_two_stage(agent_scores, agent_costs)
    u = check_range("u", u, 0.0)
    return reduce(per_case(agent_scores, agent_costs, u=u), reduction, sample_weight)


def per_case(agent_scores: Tensor, agent_costs: Tensor, *, u: float = 1.0) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    costs = agent_costs.to(agent_scores.dtype)
    others = costs.sum(-1, keepdim=True) - costs
    return (others * power_loss(agent_scores.log_softmax(-1), u - 1.0)).sum(-1)
