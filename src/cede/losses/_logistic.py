r"""The logistic loss :math:`\phi(z) = \log(1 + e^{-z})`."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

__all__ = ["softplus"]


def softplus(z: Tensor) -> Tensor:
    """``log(1 + e^z)``; by its default, torch turns linear at 20, with an error of 2e-9."""
    return F.softplus(z, threshold=40.0)
