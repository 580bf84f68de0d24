"""Fitted heads: a line, which is two arrays, and a network. Scores come in blocks of one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["FittedLine", "FittedNetwork", "as_tensors", "in_blocks", "products"]

#: Cases whose scores are computed together are a multiple of this, and so many at most.
BLOCK, CHUNK = 128, 8192


class FittedLine:
    """Scores that are linear in the features, as they came."""

    def __init__(self, coefficients: Floats, intercepts: Floats) -> None:
        #: One row per score, ``(n_scores, d)``.
        self.coefficients = coefficients
        #: ``(n_scores,)``.
        self.intercepts = intercepts

    def scores(self, features: Floats) -> Floats:
        """Scores of cases, ``(n, n_scores)``, whatever cases come with them."""
        return in_blocks(self._of_blocks, features)

    def tensor(self, rows: Floats) -> Tensor:
        """Scores of cases that are whole blocks, for a loss or its decoding."""
        import torch

        return torch.from_numpy(self._of_blocks(rows))

    @cached_property
    def module(self) -> nn.Module:
        """The same as a layer, whose weights are copies."""
        import torch

        n_scores, width = self.coefficients.shape
        layer = torch.nn.Linear(width, n_scores, device="meta", dtype=torch.float64)
        layer.weight = torch.nn.Parameter(torch.tensor(self.coefficients), requires_grad=False)
        layer.bias = torch.nn.Parameter(torch.tensor(self.intercepts), requires_grad=False)
        return layer.eval()

    def _of_blocks(self, rows: Floats) -> Floats:
        return products(rows, self.coefficients) + self.intercepts


class FittedNetwork:
    """A torch module that maps features to scores."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def scores(self, features: Floats) -> Floats:
        """Scores of cases, ``(n, n_scores)``, whatever cases come with them."""
        return in_blocks(self.tensor, features)

    def tensor(self, rows: Floats) -> Tensor:
        """Scores in the network's own dtype and on its device."""
        import torch

        with torch.no_grad():
            scores: Tensor = self.module(_as_tensor(rows).to(next(self.module.parameters())))
        return scores


def _as_tensor(array: NDArray[Any]) -> Tensor:
    """Copy what torch cannot read, or warns of: memory that is read-only or runs backwards."""
    import torch

    forwards = array if min(array.strides, default=0) >= 0 else array.copy()
    return torch.as_tensor(np.require(forwards, requirements="W"))


def as_tensors(arrays: Sequence[NDArray[Any] | None], like: Tensor) -> list[Tensor | None]:
    """Tensors on the device of ``like``; floats in its dtype, labels and masks as they are."""
    tensors: list[Tensor | None] = []
    for array in arrays:
        if array is None:
            tensors.append(None)
            continue
        tensor = _as_tensor(array).to(like.device)
        tensors.append(tensor.to(like.dtype) if tensor.is_floating_point() else tensor)
    return tensors


def in_blocks(scores_of: Callable[[Floats], Any], X: Floats) -> Floats:
    """Scores of cases by a function of many, ``(n, ...)``, whatever cases come with them.

    The last bits of a product, or of an exponential, depend on how many rows there are and where a
    row stands among them, unless they are so many at a time. A case on the edge of being deferred
    would otherwise go elsewhere when it comes alone.
    """
    parts = []
    for start in range(0, max(len(X), 1), CHUNK):
        rows = X[start : start + CHUNK]
        n_whole = -(-len(rows) // BLOCK) * BLOCK
        if n_whole > len(rows):
            rows = np.concatenate([rows, np.zeros((n_whole - len(rows), X.shape[1]))])
        scores = scores_of(rows)
        parts.append(scores if isinstance(scores, np.ndarray) else scores.cpu().numpy())
    scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return np.asarray(scores[: len(X)], dtype=np.float64)


def products(rows: Floats, coefficients: Floats) -> Floats:
    """Products of whole blocks of cases with coefficients ``(n_scores, d)``, a block at a time."""
    n_scores, width = coefficients.shape
    blocks = np.ascontiguousarray(rows).reshape(len(rows) // BLOCK, BLOCK, width)
    return np.asarray((blocks @ coefficients.T).reshape(len(rows), n_scores))
