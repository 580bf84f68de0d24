r"""Realizable surrogates: they find a perfect router among simple ones wherever there is one."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from cede.exceptions import InvalidInput, UnknownName
from cede.losses._checks import UNIT_COSTS, check_range, check_single_stage
from cede.losses._layer_cake import decreasing, layer_cake
from cede.losses._power import never_negative
from cede.losses._readings import log_masses
from cede.losses._reduction import Reduction, reduce

__all__ = ["per_case", "realizable"]

Form = Literal["layer_cake", "signed"]


def realizable(
    scores: Tensor,
    y: Tensor,
    costs: Tensor,
    *,
    q: float = 0.0,
    form: Form = "layer_cake",
    sample_weight: Tensor | None = None,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""How far the softmax is from having all its mass on actions that cost nothing, or little.

    With :math:`p = \mathrm{softmax}(s)`, :math:`\Psi_q(t) = 1 - t^q` and
    :math:`\Psi_0(t) = -\log t`, ``form="layer_cake"`` (ours) sorts experts by cost,
    :math:`c_{(0)} = 0 \le c_{(1)} \le \ldots \le c_{(J)} \le c_{(J+1)} = 1`:

    .. math::
        \ell = \sum_{k=0}^{J} (c_{(k+1)} - c_{(k)})\, \Psi_q\Bigl(p_y + \sum_{i \le k}
               p_{K+(i)}\Bigr)

    For 0-1 errors this is :math:`\Psi_q` of the mass of the label and the experts who are right,
    and for one expert and q = 0 the realizable surrogate :math:`-\log(p_y + 1[m = y]\,p_K)`.
    ``form="signed"`` is the family as printed:

    .. math::
        \ell = \Bigl(\sum_j c_j + 1 - J\Bigr) \Psi_q(p_y)
               + \sum_j (1 - c_j)\, \Psi_q(p_y + p_{K+j})

    The two are equal for one expert, and for q = 1, where both are :func:`expected_cost`.

    Parameters
    ----------
    scores : tensor of shape (..., K + J)
        Real; K classes, then J experts.
    y : integer tensor of shape (...)
        Class indices in 0..K-1.
    costs : tensor of shape (..., J)
        Cost of each expert's answer, in [0, 1]. With fees, divide all costs by the largest, that of
        a wrong class, too, or use :func:`expected_cost`.
    q : float, default=0.0
        Between the logarithm (0) and mean absolute error (1). Towards 1 it approaches Bayes
        consistency, and confident wrong starts become harder to leave.
    form : {"layer_cake", "signed"}, default="layer_cake"
        The first term of ``"signed"`` has a negative weight wherever several experts are right.
    sample_weight, reduction
        As in :func:`cost_sensitive_softmax`.

    Returns
    -------
    tensor
        A scalar, or of shape (...) with ``reduction="none"``.

    Raises
    ------
    InvalidInput
        If shapes disagree, a label is not in 0..K-1, a cost lies outside [0, 1], q lies outside
        [0, 1], or ``form="signed"`` meets q = 0 and several experts.

    Notes
    -----
    The layer-cake form is realizable-consistent for every q, as
    :math:`\ell \ge \Psi_q(1 - 1/(K + J))` times the cost of the action with the largest score. It
    is Bayes-consistent for every problem at q = 1 only; below, it is if costs are a function of x
    and y with values 0 and 1. An example at q = 0: if labels are uniform and an expert is right
    with probability s for every label, cases are deferred if and only if :math:`s > 2/(K + 1)`,
    where the Bayes rule asks for :math:`s > 1/K`. The scores say who should answer; they hold no
    posterior and no accuracies.

    The signed form is unbounded below at q = 0 if two experts can be right at once. With 0 < q < 1
    it is bounded, but not realizable-consistent: where two experts are right, a near tie of the two
    costs :math:`1 - 2^{1-q} < 0`, less than a certain choice of one. If the weight were clipped at
    zero, the loss would no longer equal the deferral loss.

    References
    ----------
    Mozannar et al. 2023 (one expert, q = 0); Mao, Mohri and Zhong 2024 (one expert) and 2025,
    equation 4 (several experts, the signed form).

    Examples
    --------
    >>> scores, y = torch.zeros(1, 4), torch.tensor([0])
    >>> loss = realizable(scores, y, torch.tensor([[0.0, 1.0]]))
    >>> round(loss.item(), 4)                            # -log(1/4 + 1/4)
    0.6931
    """
    check_single_stage(scores, y, costs, max_cost=1.0, advice=UNIT_COSTS)
    q = check_range("q", q, 0.0, 1.0)
    n_experts = costs.shape[-1]
    if form not in get_args(Form):
        raise UnknownName("form", form, get_args(Form))
    if form == "signed" and q == 0.0 and n_experts > 1:
        raise InvalidInput(
            f"must be 'layer_cake' for a logarithm of several experts, as the signed one is "
            f"unbounded below where two are right at once, but got 'signed' with {n_experts} "
            f"experts; change it, or take a power above 0",
            argument="form",
        )
    return reduce(per_case(scores, y, costs, q=q, form=form), reduction, sample_weight)


def per_case(
    scores: Tensor, y: Tensor, costs: Tensor, *, q: float = 0.0, form: Form = "layer_cake"
) -> Tensor:
    """The loss of each case, ``(...)``, of arguments that were checked."""
    label, experts = log_masses(scores, y.long().unsqueeze(-1), costs.shape[-1])
    costs = costs.to(scores.dtype)
    loss = (_signed if form == "signed" else layer_cake)(label, experts, costs, q)
    # Both forms are an expected cost at q = 1.
    return never_negative(loss) if q == 1.0 else loss


def _signed(label: Tensor, experts: Tensor, costs: Tensor, q: float) -> Tensor:
    savings = 1.0 - costs
    of_label = (1.0 - savings.sum(-1)) * decreasing(label, q)
    both = torch.logaddexp(label.unsqueeze(-1), experts)
    return of_label + (savings * decreasing(both, q)).sum(-1)
