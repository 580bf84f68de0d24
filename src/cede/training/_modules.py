"""The few networks that cede ships: a linear head and a small multilayer perceptron."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from cede.exceptions import InvalidInput

__all__ = ["Maker", "linear", "make_module", "mlp", "unscaled"]

#: A module (copied, its weights are the start), or a function that makes one from the numbers of
#: features and scores.
Maker: TypeAlias = nn.Module | Callable[[int, int], nn.Module]


def linear(n_features: int, n_scores: int) -> nn.Linear:
    """Make one linear map that starts at zero: with a convex loss, the start does not matter."""
    layer = nn.Linear(1, 1, device="meta")  # which draws no weights
    layer.in_features, layer.out_features = n_features, n_scores
    layer.weight = nn.Parameter(torch.zeros(n_scores, n_features))
    layer.bias = nn.Parameter(torch.zeros(n_scores))
    return layer


def unscaled(layer: nn.Linear, centre: Any, scale: Any) -> None:
    """Change a layer that reads ``(x - centre) / scale`` into one that reads ``x``, in place."""
    with torch.no_grad():
        layer.weight.div_(torch.as_tensor(scale).to(layer.weight))
        layer.bias.sub_(layer.weight @ torch.as_tensor(centre).to(layer.weight))


def mlp(n_features: int, n_scores: int, width: int = 128, depth: int = 2) -> nn.Module:
    """Make a multilayer perceptron: ``depth`` hidden layers of ``width`` units with ReLU."""
    layers: list[nn.Module] = []
    size = n_features
    for _ in range(depth):
        layers += [nn.Linear(size, width), nn.ReLU()]
        size = width
    return nn.Sequential(*layers, nn.Linear(size, n_scores))


class Shaped(nn.Module):
    """A module that is given cases as they came, where rows of numbers come in."""

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.module, self.shape = module, shape

    def forward(self, rows: Tensor) -> Tensor:
        """Scores of cases ``(n, d)``, each seen as ``shape``."""
        scores: Tensor = self.module(rows.reshape(len(rows), *self.shape))
        return scores


def make_module(
    maker: Maker, n_features: int, n_scores: int, shape: tuple[int, ...] | None = None
) -> nn.Module:
    """Make the module a user asked for, and see that it gives ``n_scores`` scores per case.

    With ``shape``, it sees each case so, of whose numbers a row has ``n_features``.
    """
    module = copy.deepcopy(maker) if isinstance(maker, nn.Module) else maker(n_features, n_scores)
    if shape is not None:
        module = Shaped(module, shape)
    _check_scores(module, n_features, n_scores)
    return module


def _check_scores(module: nn.Module, n_features: int, n_scores: int) -> None:
    reference = next(module.parameters(), torch.empty(0))
    probe = torch.zeros(2, n_features, dtype=reference.dtype, device=reference.device)
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad():
            scores: Tensor = module(probe)
    except RuntimeError as error:
        raise InvalidInput(
            f"must read {n_features} features per case, but got an error ({error}); make its first "
            f"layer as wide",
            argument="head",
        ) from error
    finally:
        module.train(was_training)
    if scores.shape != (2, n_scores):
        raise InvalidInput(
            f"must give {n_scores} scores per case (classes, then experts), shape (2, {n_scores}) "
            f"for 2 cases, but got {tuple(scores.shape)}; make its last layer as wide",
            argument="head",
        )
