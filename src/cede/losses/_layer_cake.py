r"""The layer-cake sum: a loss of how much mass lies on actions that cost at most t, over all t.

A cost in [0, 1] is :math:`c = \int_0^1 1[c > t]\,dt`, a cake of layers; so the cost of the action
taken is the integral over t of whether it costs more than t. Replacing "whether" by a decreasing
function of the mass on the actions that do not, every weight is a difference of sorted costs: none
is negative, whatever the number of experts who are right at once.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from cede.losses._checks import is_plain
from cede.losses._order import argsort
from cede.losses._power import far_from_zero, never_negative

__all__ = ["decreasing", "layer_cake"]


def layer_cake(label: Tensor, experts: Tensor, costs: Tensor, q: float) -> Tensor:
    r"""Sum over k = 0..J of :math:`(c_{(k+1)} - c_{(k)})\,\Psi_q(p_y + \sum_{i\le k} p_{(i)})`.

    ``label (...)`` and ``experts (..., J)`` are logarithms of masses, ``costs (..., J)`` lie in
    [0, 1]; experts are sorted by cost, with :math:`c_{(0)} = 0` and :math:`c_{(J+1)} = 1`.
    """
    if _all_zero_or_one(costs):
        # One layer: the mass on the label and on all experts who are right.
        return decreasing(_log_total(label, experts, 1.0 - costs), q)
    order = argsort(costs)
    levels = F.pad(costs.gather(-1, order), (1, 0))
    label = label.unsqueeze(-1)
    weights = torch.cat([levels[..., 1:], torch.ones_like(label)], -1) - levels
    totals = _log_totals(torch.cat([label, experts.gather(-1, order)], -1))
    return (weights * decreasing(totals, q)).sum(-1)


def decreasing(log_t: Tensor, q: float) -> Tensor:
    r""":math:`\Psi_q(t) = 1 - t^q`, or :math:`-\log t` at q = 0, from the logarithm of a mass."""
    log_t = -never_negative(-log_t)  # a sum of masses may exceed 1 by a rounding error
    return -log_t if q == 0.0 else -torch.expm1(q * log_t)


def _all_zero_or_one(costs: Tensor) -> bool:
    """Whether costs, known to lie in [0, 1], are errors; False where looking is not free."""
    if costs.device.type != "cpu" or not is_plain() or costs.requires_grad:
        return False
    return costs.numel() == 0 or bool((costs * (1.0 - costs)).amax() == 0.0)


def _log_total(label: Tensor, experts: Tensor, right: Tensor) -> Tensor:
    """Logarithm of the label's mass plus that of the experts where ``right`` is 1, (...)."""
    total = label.exp() + (right * experts.exp()).sum(-1)
    if far_from_zero(total):
        return total.log()
    others = experts.masked_fill(right == 0.0, -torch.inf)
    return torch.cat([label.unsqueeze(-1), others], -1).logsumexp(-1)


def _log_totals(masses: Tensor) -> Tensor:
    """Logarithms of cumulative sums; ``logcumsumexp``, which takes 30 ns for each element.

    Every sum holds the first mass, the label's, so unless that is near zero no sum is.
    """
    totals = masses.exp().cumsum(-1)
    if far_from_zero(totals[..., :1]):
        return totals.log()
    # In double precision, as its gradient adds large numbers of opposite signs.
    return masses.double().logcumsumexp(-1).to(masses.dtype)
