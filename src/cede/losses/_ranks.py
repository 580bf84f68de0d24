"""How scores that estimate nothing rank the agents: (..., J + 1), model first, highest wins.

A loss whose optimal scores hold probabilities or costs has a decoding instead (:class:`Estimates`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from cede.losses._checks import split

__all__ = [
    "rank_by_agent_scores",
    "rank_by_density_ratio",
    "rank_by_gate",
    "rank_by_rejector",
    "rank_by_softmax",
]


def rank_by_softmax(scores: Tensor, n_experts: int) -> Tensor:
    """Softmax mass of the best class, then of each expert, from ``scores (..., K + J)``."""
    classes, experts = split(scores.softmax(-1), n_experts)
    return torch.cat([classes.amax(-1, keepdim=True), experts], -1)


def rank_by_gate(scores: Tensor, n_experts: int) -> Tensor:
    """Softmax of the experts' scores and 0 for the model, from ``scores (..., K + J)``."""
    return F.pad(split(scores, n_experts)[1], (1, 0)).softmax(-1)


def rank_by_rejector(scores: Tensor, n_experts: int) -> Tensor:
    """0 for the model, then the rejectors' ``scores (..., J)``."""
    return F.pad(scores, (1, 0))


def rank_by_density_ratio(scores: Tensor, n_experts: int) -> Tensor:
    """0 for the model, then minus the log ratios, ``scores (..., J)``: a low ratio is deferred."""
    return rank_by_rejector(-scores, n_experts)


def rank_by_agent_scores(scores: Tensor, n_experts: int) -> Tensor:
    """Agent scores rank as they are; a copy of them."""
    return scores.clone()
