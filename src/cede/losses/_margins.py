r"""Margin losses :math:`\phi(z)`, decreasing and convex: the cost of a decision with score z."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from cede.exceptions import UnknownName
from cede.losses._logistic import softplus
from cede.losses._power import stable_exp

__all__ = ["Margin", "margin_loss"]

Margin: TypeAlias = Literal["logistic", "exponential", "squared_hinge", "hinge"]


def margin_loss(z: Tensor, margin: Margin) -> Tensor:
    r"""Evaluate :math:`\phi` at z.

    Logistic :math:`\log(1 + e^{-z})`, exponential :math:`e^{-z}` (its tangent below z = -64),
    squared hinge :math:`\max(0, 1 - z)^2`, hinge :math:`\max(0, 1 - z)`.
    """
    if margin == "logistic":
        return softplus(-z)
    if margin == "exponential":
        return stable_exp(-z)
    if margin == "squared_hinge":
        return torch.relu(1.0 - z).square()
    if margin == "hinge":
        return torch.relu(1.0 - z)
    raise UnknownName("margin", margin, get_args(Margin))
