"""From one loss per case to their mean, their sum, or neither."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from cede.exceptions import InvalidInput, UnknownName
from cede.losses._checks import check_weights

__all__ = ["Reduction", "reduce"]

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def reduce(loss: Tensor, reduction: Reduction, sample_weight: Tensor | None = None) -> Tensor:
    """Reduce ``loss (...)``; weights ``(...)`` multiply it, and the mean divides by their sum.

    So a case of weight 0 counts exactly as if it had been deleted.
    """
    if sample_weight is not None:
        if sample_weight.shape != loss.shape:
            raise InvalidInput(
                f"must have one weight per case, shape {tuple(loss.shape)}, but got shape "
                f"{tuple(sample_weight.shape)}; write one for each",
                argument="sample_weight",
            )
        check_weights(sample_weight, reduction == "mean")
        sample_weight = sample_weight.to(loss.dtype)
        loss = loss * sample_weight
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        if sample_weight is None:
            return loss.mean()
        # Half precision is summed in single, as in torch's own mean.
        wide = torch.promote_types(loss.dtype, torch.float32)
        return (loss.sum(dtype=wide) / sample_weight.sum(dtype=wide)).to(loss.dtype)
    raise UnknownName("reduction", reduction, get_args(Reduction))
