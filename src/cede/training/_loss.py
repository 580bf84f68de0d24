"""Training ends with an error where the loss is no finite number."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.exceptions import CedeError

__all__ = ["check_loss"]


def check_loss(loss: Tensor) -> None:
    """Raise unless the loss is a finite number."""
    if not torch.isfinite(loss):
        raise CedeError(
            f"Training reached a loss of {loss.item()}: the scores have overflowed. Standardise "
            f"the features (sklearn.preprocessing.StandardScaler) or lower learning_rate."
        )
