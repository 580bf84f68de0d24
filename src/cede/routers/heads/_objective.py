"""What a head is fitted by, and the mean costs that tell a network when to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from cede._checks import Floats

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["USUAL_DECAY", "Objective", "mean_of", "routed_risk"]


#: The penalty on weights where nothing else is known.
USUAL_DECAY = 1e-3


class Objective(NamedTuple):
    """What a head is fitted by; each function is given scores and the targets of the same cases.

    The last target are the weights of cases, or None; losses leave them to the fit.
    """

    #: Loss of each case, ``(n,)``, of scores and all targets but the weights.
    loss: Callable[..., Tensor]
    #: Mean cost of routing by the scores: what mini-batch training is stopped by.
    risk: Callable[..., float]
    #: The penalty on weights where none was asked for, and none is chosen by the two below.
    usual_decay: float = USUAL_DECAY
    #: A loss to converge on first, from where the other is not flat.
    start: Callable[..., Tensor] | None = None
    #: Where a linear head's minimum has a closed form: from standardised features, the weight
    #: decay, the groups and the targets, as arrays, to coefficients ``(n_scores, d)`` and
    #: intercepts ``(n_scores,)``.
    solve: Callable[..., tuple[Floats, Floats]] | None = None
    #: Otherwise, the weight decay of a linear head for which none was asked for, from standardised
    #: features, the groups and the targets, as arrays.
    decay: Callable[..., float] | None = None
    #: Called once, before the fit, with scores of zero and all targets but the weights: refuses
    #: what the loss cannot take.
    check: Callable[..., object] | None = None


def mean_of(costs: Tensor, weight: Tensor | None) -> float:
    """Mean over cases, weighted if they have weights."""
    return (costs.mean() if weight is None else (costs * weight).sum() / weight.sum()).item()


def routed_risk(
    agent_scores: Tensor,
    costs: Tensor,
    mask: Tensor | None,
    propensities: Tensor | None,
    weight: Tensor | None,
) -> float:
    """Mean cost of routing cases to the largest score, over those where that cost is known.

    Known (``mask``) with what probability (``propensities``), each case by its ``weight``.
    """
    best = agent_scores.argmax(-1, keepdim=True)
    counts = best.new_ones(best.shape, dtype=costs.dtype)
    if mask is not None:
        counts = mask.gather(-1, best)
    if mask is not None and propensities is None:
        # Who answers rarely counts for all it did not answer.
        shares = mask.to(costs.dtype).mean(0, keepdim=True)
        propensities = shares.clamp(min=1e-6).expand_as(mask)
    if propensities is not None:
        counts = counts / propensities.gather(-1, best)
    if weight is not None:
        counts = counts * weight.unsqueeze(-1)
    return ((costs.gather(-1, best) * counts).sum() / counts.sum().clamp(min=1e-30)).item()
