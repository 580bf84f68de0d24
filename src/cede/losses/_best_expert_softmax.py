"""Best-expert softmax: of the experts who are right, only the one with the best score is taught."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import UNIT_COSTS, check_single_stage
from cede.losses._order import argmax
from cede.losses._readings import log_masses
from cede.losses._reduction import Reduction, reduce

__all__ = ["best_expert_softmax", "per_case"]


def best_expert_softmax(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy of the label and of the best-scored expert among those who are right.

    .. math::
        \ell = -\log p_y - (1 - c_b) \log p_{K+b}, \qquad
        b = \arg\max_{j:\, c_j < 1} s_{K+j}, \qquad p = \mathrm{softmax}(s)

    without the second term where no expert has :math:`c_j < 1`. In cost-sensitive softmax the mass
    of the classes shrinks like 1 / J as experts are added; here there is no sum over experts.

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, in [0, 1]; with 0-1 errors this is the published loss.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a label is not in 0..K-1, or a cost lies outside [0, 1].

    Notes
    -----
    With one expert it is :func:`cost_sensitive_softmax`. With several, the scores rank experts but
    estimate no accuracies, as each case teaches one expert only. At the minimum, an expert's mass
    is how often that expert is the first to be right, when experts are asked in the order of their
    scores. Of two experts, the better one comes first. Of three, the best one need not: where the
    two others together are right whenever it is, the loss is lower with those two first. So it is
    not Bayes-consistent (the test of this loss holds an example).

    References
    ----------
    PiCCE, arXiv 2602.17144, in its cross-entropy form.

    Examples
    --------
    >>> scores, y = torch.zeros(1, 4), torch.tensor([0])
    >>> loss = best_expert_softmax(scores, y, torch.tensor([[0.0, 0.0]]))
    >>> round(loss.item(), 4)                            # 2 log 4, though two experts are right
    2.7726
    """
    check_single_stage(scores, y, costs, max_cost=1.0, advice=UNIT_COSTS)
    return reduce(per_case(scores, y, costs), reduction, sample_weight)


def per_case(scores: Tensor, y: Tensor, costs: Tensor) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    is_right, savings = (costs < 1.0).to(scores.dtype), 1.0 - costs.to(scores.dtype)
    n_experts = costs.shape[-1]
    gain, log_p = log_masses(scores, y.long().unsqueeze(-1), n_experts)
    if n_experts > 0:
        # Where nothing is saved, scores are lowered until they are never the largest, but stay
        # finite, hence not NaN. Log masses would not do: rounding makes ties of them.
        lowest = torch.finfo(scores.dtype).max / 4
        of_experts = scores[..., scores.shape[-1] - n_experts :].detach()
        best = argmax(of_experts + (is_right - 1.0) * lowest)
        gain = gain + (savings.gather(-1, best) * log_p.gather(-1, best)).squeeze(-1)
    return -gain
