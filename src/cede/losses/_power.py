"""Functions of a probability between the logarithm and the straight line, in log space."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import is_plain

__all__ = ["far_from_zero", "never_negative", "power_loss", "stable_exp"]

#: Beyond this, an exponential is continued by its tangent: e^64 is 6e27, and sums of such terms
#: still fit single precision. All dtypes but float16, which ends at e^11, have the same bound, so
#: that they compute the same function.
LARGEST_EXPONENT = 64.0
LARGEST_HALF = 8.0


def power_loss(log_t: Tensor, q: float) -> Tensor:
    r"""Generalised cross-entropy :math:`(1 - t^q)/q` of a probability, given its logarithm.

    q = 0 is :math:`-\log t`, q = 1 is :math:`1 - t`, q = -1 is :math:`1/t - 1`. For q < 0 it is
    unbounded and, beyond :math:`t^q = e^{64}`, linear in :math:`\log t`.
    """
    log_t = -never_negative(-log_t)
    if q == 0.0:
        return -log_t
    if q > 0.0:
        return -torch.expm1(q * log_t) / q
    exponent = q * log_t
    capped = _capped(exponent)
    return (torch.expm1(capped) + capped.exp() * (exponent - capped)) / -q


def never_negative(x: Tensor) -> Tensor:
    """Zero where rounding has made x negative, which it cannot be; the gradient is that of x."""
    return x + (-x).clamp(min=0.0).detach()


def stable_exp(z: Tensor) -> Tensor:
    """``exp(z)``, continued by its tangent beyond z = 64: convex, and finite at any score."""
    capped = _capped(z)
    return capped.exp() * (1.0 + z - capped)


def _capped(exponent: Tensor) -> Tensor:
    half = exponent.dtype == torch.float16
    return exponent.clamp(max=LARGEST_HALF if half else LARGEST_EXPONENT)


def far_from_zero(mass: Tensor) -> bool:
    """Tell whether no sum of probabilities is so small that it has lost digits to underflow.

    Its logarithm is then as good as a logsumexp, in a fraction of the time. False where looking at
    values is not free.
    """
    if mass.device.type != "cpu" or not is_plain() or mass.numel() == 0:
        return False
    return bool(mass.detach().amin() > torch.finfo(mass.dtype).tiny ** 0.75)
