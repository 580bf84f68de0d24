"""Rejector: beside a fixed model, one score per expert says whether to leave the model for it."""

from __future__ import annotations

from torch import Tensor

from cede.exceptions import InvalidInput
from cede.losses._checks import check_known_costs, check_mask, check_tensors
from cede.losses._margins import Margin, margin_loss
from cede.losses._reduction import Reduction, reduce

__all__ = ["per_case", "rejector"]


def rejector(
    scores: Tensor,
    model_costs: Tensor,
    costs: Tensor,
    *,
    margin: Margin = "logistic",
    mask: Tensor | None = None,
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Binary loss of whether an expert costs less than the model, weighted by both costs.

    With a score r (per expert) and a decreasing :math:`\phi`:

    .. math:: \ell = \sum_j \bigl[c_0\,\phi(r_j) + c_j\,\phi(-r_j)\bigr]

    Ask expert j where :math:`r_j > 0`; if several are positive, the one with the largest.

    Parameters
    ----------
    scores : tensor of shape (...) or (..., J)
        Real; one rejector, or one per expert. To build on the model's own confidence, learn g only
        and pass ``g - class_scores.max(-1)`` with fixed class scores.
    model_costs : tensor of shape (...)
        Cost :math:`c_0` of the model's answer, at least 0, usually ``1[wrong]``. Compute it on
        cases that the model was not trained on: on those it is right too often.
    costs : tensor of the shape of ``scores``
        Cost :math:`c_j` of each expert's answer, at least 0, usually ``1[wrong] + fee``.
    margin : {"logistic", "exponential", "squared_hinge", "hinge"}, default="logistic"
        :math:`\phi(z) = \log(1 + e^{-z})`, :math:`e^{-z}` (below z = -64 its tangent),
        :math:`\max(0, 1 - z)^2`, :math:`\max(0, 1 - z)`.
    mask : boolean tensor of the shape of ``costs``, optional
        True where the expert answered; a missing expert's two terms are left out, which is unbiased
        if it depends on x only whether an expert answered.
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
        If shapes disagree, or a cost is negative or not finite.
    UnknownName
        If there is no such margin.

    Notes
    -----
    With expected costs :math:`C_0, C_j` the optimum is :math:`r_j = \log(C_0 / C_j)` for the
    logistic margin, half of that for the exponential, :math:`(C_0 - C_j)/(C_0 + C_j)` for the
    squared hinge and :math:`\mathrm{sign}(C_0 - C_j)` for the hinge. All defer if and only if
    :math:`C_j < C_0`; all but the hinge also find the cheapest of several experts. Fees enter as
    weights only, so labels are not smoothed, but each fee needs a fit of its own. For one expert,
    excess cost at x is at most :math:`\sqrt{2 (C_0 + C_j)\,\Delta}` (logistic and exponential) or
    :math:`\Delta` (hinge), with :math:`\Delta` the excess of the loss at x. Nothing is learned from
    cases that cost nothing either way. Beside one expert it finds a perfect router wherever there
    is one; beside several it may not, but :func:`complement` does.

    References
    ----------
    Narasimhan et al. 2022, equation 14 (rejector), lemma 3 and theorem 4; Mao, Mohri and Zhong 2025
    (two stages, two agents).

    Examples
    --------
    >>> import torch
    >>> loss = rejector(torch.tensor([0.0]), torch.tensor([1.0]), torch.tensor([0.3]))
    >>> round(loss.item(), 4)                            # 1.3 log 2
    0.9011
    """
    check_tensors(scores=scores, model_costs=model_costs, costs=costs)
    per_expert = costs.ndim == model_costs.ndim + 1
    cases = costs.shape[:-1] if per_expert else costs.shape
    if scores.shape != costs.shape or model_costs.shape != cases:
        raise InvalidInput(
            f"must have the shape of costs, (...) or (..., J), beside model_costs (...), but got "
            f"{tuple(scores.shape)}, {tuple(costs.shape)} and {tuple(model_costs.shape)}; write "
            f"one score per expert",
            argument="scores",
        )
    check_mask(mask, costs)
    check_known_costs("costs", costs, mask)
    check_known_costs("model_costs", model_costs)
    known = costs.to(scores.dtype)
    if mask is not None:
        known = known.masked_fill(~mask, 0.0)
    of_model = model_costs.to(scores.dtype)
    if not per_expert:
        return reduce(_terms(scores, of_model, known, mask, margin), reduction, sample_weight)
    losses = per_case(scores, of_model, known, mask, margin=margin)
    return reduce(losses, reduction, sample_weight)


def per_case(
    scores: Tensor,
    model_costs: Tensor,
    costs: Tensor,
    mask: Tensor | None = None,
    *,
    margin: Margin = "logistic",
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked; costs are 0 if missing."""
    return _terms(scores, model_costs.unsqueeze(-1), costs, mask, margin).sum(-1)


def _terms(
    scores: Tensor, of_model: Tensor, costs: Tensor, mask: Tensor | None, margin: Margin
) -> Tensor:
    loss = of_model * margin_loss(scores, margin) + costs * margin_loss(-scores, margin)
    return loss if mask is None else loss * mask.to(scores.dtype)
