"""Cases of a fit as tensors, and features that torch may look at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from cede._checks import Floats

__all__ = ["Cases", "writable"]


class Cases(NamedTuple):
    """Everything about some cases, as tensors on one device."""

    X: Tensor
    y: Tensor
    costs: Tensor
    mask: Tensor | None
    weight: Tensor | None

    def at(self, index: Tensor) -> Cases:
        mask = None if self.mask is None else self.mask[index]
        weight = None if self.weight is None else self.weight[index]
        return Cases(self.X[index], self.y[index], self.costs[index], mask, weight)


def writable(features: Floats) -> Floats:
    """Copy a dataframe's read-only memory, of which torch warns; leave other arrays as they are."""
    return np.require(features, requirements="W")
