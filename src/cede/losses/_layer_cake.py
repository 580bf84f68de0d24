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
from cede.losses._gradient import Tensors, with_gradient
from cede.losses._order import argsort

__all__ = ["decreasing", "layer_cake"]


def layer_cake(label: Tensor, experts: Tensor, costs: Tensor, q: float) -> Tensor:
    r"""Sum over k = 0..J of :math:`(c_{(k+1)} - c_{(k)})\,\Psi_q(p_y + \sum_{i\le k} p_{(i)})`.

    ``label (..., 1)`` and ``experts (..., J)`` are logarithms of masses, ``costs (..., J)`` lie in
    [0, 1]; experts are sorted by cost, with :math:`c_{(0)} = 0` and :math:`c_{(J+1)} = 1`.
    """
    if is_plain() and costs.device.type == "cpu" and not bool((costs * (1.0 - costs)).any()):
        # Costs of 0 and 1: one layer, the mass on the label and on all experts who are right.
        right = torch.cat([label, experts.masked_fill(costs > 0.0, -torch.inf)], -1)
        return decreasing(right.logsumexp(-1), q)
    order = argsort(costs)
    levels = F.pad(costs.gather(-1, order), (1, 0))
    weights = torch.cat([levels[..., 1:], torch.ones_like(label)], -1) - levels
    masses = _log_cumsum(torch.cat([label, experts.gather(-1, order)], -1))
    return (weights * decreasing(masses, q)).sum(-1)


def decreasing(log_t: Tensor, q: float) -> Tensor:
    r""":math:`\Psi_q(t) = 1 - t^q`, or :math:`-\log t` at q = 0, from the logarithm of a mass."""
    log_t = log_t.clamp(max=0.0)  # a sum of masses may exceed 1 by a rounding error
    return -log_t if q == 0.0 else -torch.expm1(q * log_t)


def _log_cumsum(masses: Tensor) -> Tensor:
    """``logcumsumexp`` over the last axis, of which torch's takes 30 ns for each element.

    Every prefix holds the first element, the label. Unless that is negligible beyond what the
    dtype can tell, a plain cumulative sum of exponentials is exact; otherwise torch's own is used,
    in double precision, as its gradient adds large numbers of opposite signs.
    """
    if not is_plain():
        return masses.logcumsumexp(-1)
    lead = masses.detach().amax(-1) - masses.detach()[..., 0]
    if bool((lead < _LARGEST_LEAD.get(masses.dtype, 0.0)).all()):
        return with_gradient(_forward, _backward, masses)[0]
    return masses.double().logcumsumexp(-1).to(masses.dtype)


#: How far another mass may exceed the label's, in logarithms, before the latter underflows.
_LARGEST_LEAD = {torch.float32: 80.0, torch.float64: 700.0}


def _forward(masses: Tensor) -> tuple[Tensors, Tensors]:
    largest = masses.detach().amax(-1, keepdim=True)
    parts = (masses - largest).exp()
    sums = parts.cumsum(-1)
    return (sums.log() + largest,), (parts, sums)


def _backward(upstreams: Tensors, kept: Tensors) -> Tensor:
    _, parts, sums = kept
    return (upstreams[0] / sums).flip(-1).cumsum(-1).flip(-1) * parts
