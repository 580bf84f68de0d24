"""Losses and risks while a network was trained."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["History"]


@dataclass
class History:
    """Losses and risks, one entry per epoch."""

    training_loss: list[float] = field(default_factory=list)
    validation_risk: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    #: Index of the epoch whose weights were kept.
    best_epoch: int = 0
