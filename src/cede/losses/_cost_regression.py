"""Cost regression: each agent's score learns, by least squares, what letting it answer costs."""

from __future__ import annotations

from torch import Tensor

from cede.losses._checks import check_mask, check_tensors, check_two_stage
from cede.losses._reduction import Reduction, reduce

__all__ = ["cost_regression", "per_case"]


def cost_regression(
    agent_scores: Tensor,
    agent_costs: Tensor,
    *,
    mask: Tensor | None = None,
    propensities: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Squared error of one minus the score, as an estimate of the agent's cost.

    .. math:: \ell = \sum_{j=0}^{J} \frac{o_j}{e_j}\,\bigl(r_j - (1 - c_j)\bigr)^2

    with :math:`o_j` whether the cost is known and :math:`e_j` the probability that it would be.

    Parameters
    ----------
    agent_scores : tensor of shape (..., J + 1)
        Real; one score per agent, the model first.
    agent_costs : tensor of shape (..., J + 1)
        What it costs to let each agent answer, fees included, any number of at least 0.
    mask : boolean tensor of the shape of ``agent_costs``, optional
        :math:`o`, True where the cost is known. Leaving a term out is unbiased if it depends on x
        only whether the cost is known, and if the head can follow every agent's expected cost; a
        head that cannot do so fits best where an agent answered often.
    propensities : tensor of the shape of ``agent_costs``, optional
        :math:`e`, in (0, 1]. With them the optimum is that of a complete table, for every head.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, or a known cost is negative or not finite.

    Notes
    -----
    The optimum is :math:`r_j = 1 - E[c_j|x]`. So it routes like the Bayes rule, its differences
    rank cases by what deferring them saves, and new fees shift it: it is the one two-stage loss
    here whose scores are estimates. But it is not realizable-consistent: a linear head learns how
    much an agent costs even where it matters only who is the cheapest. At x the excess cost is at
    most :math:`\sqrt{2 \Delta}`, with :math:`\Delta` the excess of the loss.

    References
    ----------
    Cost-sensitive classification by regression: Tu and Lin 2010, "One-sided support vector
    regression for multiclass cost-sensitive classification". With propensities, the weights are
    those of Horvitz and Thompson 1952.

    Examples
    --------
    >>> import torch
    >>> cost_regression(torch.zeros(1, 2), torch.tensor([[1.0, 0.5]])).item()    # 0 + 0.5^2
    0.25
    """
    check_tensors(agent_scores=agent_scores, agent_costs=agent_costs)
    check_mask(mask, agent_costs)
    known = agent_costs.to(agent_scores.dtype)
    if mask is not None:
        known = known.masked_fill(~mask, 0.0)
    check_two_stage(agent_scores, known)
    divisors = propensities
    if propensities is not None and mask is not None:
        # Where a cost is unknown there may be anything, even NaN, which no zero takes out again.
        divisors = propensities.masked_fill(~mask, 1.0)
    return reduce(per_case(agent_scores, known, mask, divisors), reduction, sample_weight)


def per_case(
    agent_scores: Tensor,
    agent_costs: Tensor,
    mask: Tensor | None = None,
    propensities: Tensor | None = None,
) -> Tensor:
    """The loss of each case, of checked arguments; missing costs are 0, propensities 1."""
    error = (agent_scores - (1.0 - agent_costs)).square()
    if propensities is not None:
        error = error / propensities.to(error.dtype)
    if mask is not None:
        error = error.masked_fill(~mask, 0.0)
    return error.sum(-1)
