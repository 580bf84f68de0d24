r"""The layer-cake sum: a loss on the mass of the actions that cost at most t, over all t.

A cost in [0, 1] is :math:`c = \int_0^1 1[c > t]\,dt`, a cake of layers. So the cost of an action is
the integral over t of whether it costs more than t. If this indicator is replaced by a decreasing
function of the mass of the actions that cost at most t, every weight is a difference of sorted
costs, and none is negative, however many experts are right at once.
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
        # One layer: the mass of the label and of all experts who are right.
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
    """Tell whether costs, all in [0, 1], are errors; False where looking at values is not free."""
    if costs.device.type != "cpu" or not is_plain() or costs.requires_grad:
        return False
    return costs.numel() == 0 or bool((costs * (1.0 - costs)).amax() == 0.0)


def _log_total(label: Tensor, experts: Tensor, is_right: Tensor) -> Tensor:
    """Logarithm of the label's mass plus that of the experts where ``is_right`` is 1, (...)."""
    total = label.exp() + (is_right * experts.exp()).sum(-1)
    if far_from_zero(total):
        return total.log()
    others = experts.masked_fill(is_right == 0.0, -torch.inf)
    return torch.cat([label.unsqueeze(-1), others], -1).logsumexp(-1)


def _log_totals(masses: Tensor) -> Tensor:
    """Logarithms of cumulative sums, faster than ``logcumsumexp``, which takes 30 ns per element.

    Every sum holds the first mass, the label's, so no sum is near zero unless that is.
    """
    totals = masses.exp().cumsum(-1)
    if far_from_zero(totals[..., :1]):
        return totals.log()
    # In double precision, as its gradient adds large numbers of opposite signs.
    return masses.double().logcumsumexp(-1).to(masses.dtype)
