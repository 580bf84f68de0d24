"""Largest and sorted entries: on a CPU numpy finds them several times as fast as torch."""

from __future__ import annotations

import torch
from torch import Tensor

from cede.losses._checks import is_plain

__all__ = ["argmax", "argsort"]


def argmax(values: Tensor) -> Tensor:
    """Index of the largest entry along the last axis, (..., 1)."""
    if _for_numpy(values):
        return torch.as_tensor(values.detach().numpy().argmax(-1)).unsqueeze(-1)
    return values.argmax(-1, keepdim=True)


def argsort(values: Tensor) -> Tensor:
    """Indices that sort the last axis, least first; ties in any order."""
    if _for_numpy(values):
        return torch.as_tensor(values.detach().numpy().argsort(-1))
    return values.argsort(-1)


def _for_numpy(values: Tensor) -> bool:
    has_dtype = values.dtype in (torch.float32, torch.float64)
    return has_dtype and values.device.type == "cpu" and is_plain()
