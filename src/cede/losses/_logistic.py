r"""The logistic loss :math:`\phi(z) = \log(1 + e^{-z})`, and that of each expert's answer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["expert_losses", "expert_slopes", "likelier", "softplus"]


def softplus(z: Tensor) -> Tensor:
    """``log(1 + e^z)``; by its default, torch turns linear at 20, with an error of 2e-9."""
    return F.softplus(z, threshold=40.0)


def likelier(experts: Tensor, costs: Tensor, max_cost: float) -> tuple[Tensor, Tensor]:
    r"""Scores with the sign of the likelier outcome, and the smaller of the two weights.

    As :math:`\phi(-g) = \phi(g) + g`, the two terms :math:`(m - c)\phi(g) + c\,\phi(-g)` need one
    softplus: :math:`m \log(1 + e^{zg}) - w z g` with :math:`z = -1, w = c` where
    :math:`c < m/2`, else :math:`z = 1, w = m - c`. For 0-1 costs w = 0 and nothing cancels; for
    soft costs the difference keeps at least half of its larger part.
    """
    sign = torch.copysign(costs.new_ones(()), costs - max_cost / 2)
    return sign * experts, torch.minimum(costs, max_cost - costs)


def expert_losses(
    scores: Tensor, costs: Tensor, presence: Tensor | None, max_cost: float
) -> Tensor:
    r"""Sum over experts of :math:`(c_{max} - c_j)\,\phi(g_j) + c_j\,\phi(-g_j)`, by autograd."""
    flipped, smaller = likelier(scores, costs, max_cost)
    terms = torch.addcmul(max_cost * softplus(flipped), smaller, flipped, value=-1.0)
    return (terms if presence is None else terms * presence).sum(-1)


def expert_slopes(
    scores: Tensor, costs: Tensor, presence: Tensor | None, max_cost: float
) -> Tensor:
    """What these terms change with each expert's score, ``(..., J)``."""
    slope = torch.sigmoid(scores).mul_(max_cost).sub_(max_cost - costs)
    return slope if presence is None else slope.mul_(presence)
