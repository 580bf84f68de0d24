"""Weighted comp-sum: cross-entropy over agents, each weighted by what choosing it saves."""

from __future__ import annotations

from torch import Tensor

from cede.losses._checks import check_range, check_two_stage
from cede.losses._power import power_loss
from cede.losses._reduction import Reduction, reduce

__all__ = ["per_case", "weighted"]


def weighted(
    agent_scores: Tensor,
    agent_costs: Tensor,
    *,
    q: float = 0.0,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Comp-sum loss over agents, weighted by one minus their costs.

    With :math:`p = \mathrm{softmax}(r)` over the agent scores:

    .. math:: \ell = \sum_{j=0}^{J} (1 - c_j)\,\frac{1 - p_j^q}{q}, \qquad
              q = 0: \quad -\sum_j (1 - c_j) \log p_j

    Parameters
    ----------
    agent_scores : tensor of shape (..., J + 1)
        Real; one score per agent, the model first.
    agent_costs : tensor of shape (..., J + 1)
        What it costs to let each agent answer, fees included, in [0, 1]: above 1 a weight would be
        negative, and the decision wrong.
    q : float, default=0.0
        Between the logarithm (0) and mean absolute error (1).
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, or a cost or q lies outside [0, 1].

    Notes
    -----
    Bayes-consistent: at the optimum :math:`p_j \propto (1 - C_j)^{1/(1-q)}` with
    :math:`C_j = E[c_j|x]`, and for q = 1 all mass is on the cheapest agent. It is
    realizable-consistent only if exactly one agent costs 0 and all others 1.

    References
    ----------
    Mao et al. 2023, "Two-stage learning to defer with multiple experts".

    Examples
    --------
    >>> import torch
    >>> loss = weighted(torch.zeros(1, 2), torch.tensor([[1.0, 0.5]]))
    >>> round(loss.item(), 4)                            # 0.5 log 2
    0.3466
    """
    check_two_stage(agent_scores, agent_costs, 1.0)
    q = check_range("q", q, 0.0, 1.0)
    return reduce(per_case(agent_scores, agent_costs, q=q), reduction, sample_weight)


def per_case(agent_scores: Tensor, agent_costs: Tensor, *, q: float = 0.0) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    savings = 1.0 - agent_costs.to(agent_scores.dtype)
    return (savings * power_loss(agent_scores.log_softmax(-1), q)).sum(-1)
