r"""Cost-sensitive softmax: one softmax over classes and experts, weighted by what is saved.

The weight of an action is what taking it saves over the largest cost :math:`c_{max}`: for class k,
:math:`c_{max} - 1[k \neq y]`; for expert j, :math:`c_{max} - c_j`. At the optimum the softmax is
proportional to the expected weights, and the largest weight belongs to the cheapest action.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cede.losses._checks import check_max_cost, check_single_stage, split
from cede.losses._estimates import Estimates
from cede.losses._readings import log_masses
from cede.losses._reduction import Reduction, reduce

__all__ = ["cost_sensitive_softmax", "decode_cost_sensitive_softmax", "per_case"]


def cost_sensitive_softmax(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    max_cost: float | Literal["sample"] = "sample",
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Cross-entropy over classes and experts, weighted by what each action saves.

    .. math::
        \ell = -\sum_{k<K} (c_{max} - 1[k \neq y]) \log p_k
               - \sum_j (c_{max} - c_j) \log p_{K+j}, \qquad p = \mathrm{softmax}(s)

    With 0-1 costs this is :math:`-\log p_y - \sum_j 1[m_j = y] \log p_{K+j}`; with no experts it is
    the ordinary cross-entropy. Natural logarithms throughout.

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, at least 0, usually ``1[wrong] + fee``.
    max_cost : "sample" or float, default="sample"
        The bound :math:`c_{max}`. ``"sample"`` takes ``max(1, max_j c_j)`` in each case and smooths
        least. A number must be at least 1 and at least every cost; it smooths all classes, and
        expected costs can then be read from the scores with fees, too
        (:func:`decode_cost_sensitive_softmax`). Without fees the two are the same.
    mask : boolean tensor of shape (..., J), optional
        True where the expert answered. A missing expert's *column* leaves the softmax in that case,
        which then belongs to a problem with the other experts. All these problems have the same
        optimal scores, so there is no bias if it depends on x only whether an expert answered.
        (Leaving out the expert's *term* would scale its estimated accuracy by how often it
        answered.) With fees, pass a number for ``max_cost``: the bound by sample depends on who
        answered.
    sample_weight : tensor of shape (...), optional
        Weight of each case.
    reduction : {"mean", "sum", "none"}, default="mean"
        The mean divides by the sum of the weights.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a label is not in 0..K-1, a cost is negative or not finite, or
        ``max_cost`` is below 1 or below a cost.

    Notes
    -----
    At the optimum :math:`p_k \propto c_{max} - 1 + \eta_k(x)` and
    :math:`p_{K+j} \propto c_{max} - E[c_j|x]`, so the argmax is the Bayes action. Estimates are not
    bounded: for arbitrary scores the decoded accuracy of an expert can exceed 1.

    References
    ----------
    Mozannar and Sontag 2020, equation 5 (one expert, :math:`L_{CE}`); Verma et al. 2023, equation 6
    (several experts); Cao et al. 2023, section 2 for its unbounded estimates.

    Examples
    --------
    >>> scores = torch.zeros(1, 3)                       # two classes, one expert: p = 1/3 each
    >>> loss = cost_sensitive_softmax(scores, torch.tensor([0]), torch.tensor([[0.0]]))
    >>> round(loss.item(), 4)                            # 2 log 3
    2.1972
    """
    limit = math.inf if max_cost == "sample" else check_max_cost(max_cost)
    _, largest = check_single_stage(scores, y, costs, mask, max_cost=limit)
    costs = costs.to(scores.dtype)
    if mask is not None:
        costs = costs.masked_fill(~mask, 0.0)
    losses = per_case(scores, y, costs, mask, max_cost=max_cost, largest=largest)
    return reduce(losses, reduction, sample_weight)


def per_case(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    mask: Tensor | None = None,
    *,
    max_cost: float | Literal["sample"] = "sample",
    largest: float = math.inf,
) -> Tensor:
    """The loss of each case, of arguments that were checked; costs are 0 if missing.

    ``largest`` bounds the costs, where that is known.
    """
    n_classes = scores.shape[-1] - costs.shape[-1]
    if mask is not None:
        # A finite floor: its exponential is exactly 0, and 0 times it is 0, not NaN.
        absent = F.pad(~mask, (n_classes, 0))
        scores = scores.masked_fill(absent, torch.finfo(scores.dtype).min / 2)
    bound = _bound(costs, max_cost, largest)
    savings = bound - costs
    if mask is not None:
        savings = savings.masked_fill(~mask, 0.0)
    is_smooth = not (isinstance(bound, float) and bound == 1.0)
    label = y.long().unsqueeze(-1)
    readings = log_masses(scores, label, costs.shape[-1], class_total=is_smooth)
    gain = readings[0] + (savings * readings[1]).sum(-1)
    if is_smooth:
        floor = bound - 1.0 if isinstance(bound, float) else (bound - 1.0).squeeze(-1)
        gain = gain + floor * readings[2]
    return -gain


def decode_cost_sensitive_softmax(
    scores: Tensor, n_experts: int, max_cost: float = 1.0
) -> Estimates:
    r"""Read the posterior and the experts' expected costs from scores trained with ``max_cost``.

    With :math:`\pi = \mathrm{softmax}` of the class scores and :math:`W = 1 + K (c_{max} - 1)`:
    :math:`\hat\eta_k = W \pi_k - (c_{max} - 1)` and
    :math:`\hat C_j = c_{max} - W p_{K+j} / \sum_{i<K} p_i`. Exact at the optimum; elsewhere
    neither is bounded. The order of ``max eta`` and ``1 - C_j`` is that of the scores themselves.
    """
    classes, experts = split(scores, n_experts)
    total = 1.0 + classes.shape[-1] * (max_cost - 1.0)
    log_ratio = experts - classes.logsumexp(-1, keepdim=True)
    ratio = log_ratio.clamp(max=math.log(torch.finfo(scores.dtype).max) / 2).exp()
    posterior = total * classes.softmax(-1) - (max_cost - 1.0)
    return Estimates(posterior, max_cost - total * ratio)


def _bound(costs: Tensor, max_cost: float | Literal["sample"], largest: float) -> Tensor | float:
    """``c_max``: a number where one will do, else of shape (..., 1)."""
    if max_cost != "sample":
        return float(max_cost)
    if largest <= 1.0 or costs.shape[-1] == 0:
        return 1.0
    return costs.amax(-1, keepdim=True).clamp(min=1.0)
