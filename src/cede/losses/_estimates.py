"""What decoded scores say: how likely each class is, and what each expert costs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Estimates"]


class Estimates(NamedTuple):
    """The conditional quantities that a surrogate's optimal scores hold.

    A loss and its decoding stand in one file, because the same column means different things
    under different losses: expert j's accuracy is ``sigmoid(s)`` for one-vs-all, and a ratio of
    softmax masses for cost-sensitive softmax.
    """

    #: Estimated P(y = k | x), shape (..., K).
    class_posterior: Tensor
    #: Estimated E[c_j | x], shape (..., J).
    expert_costs: Tensor

    @property
    def expert_accuracy(self) -> Tensor:
        """Estimated P(expert j is right | x), shape (..., J), if costs were 0-1 errors."""
        return 1.0 - self.expert_costs

    @property
    def agent_scores(self) -> Tensor:
        """One minus the expected cost of each agent, shape (..., J + 1), the model first."""
        model = self.class_posterior.amax(-1, keepdim=True)
        return torch.cat([model, 1.0 - self.expert_costs], -1)
