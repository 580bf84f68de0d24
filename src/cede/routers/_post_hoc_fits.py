"""The linear fits of a post-hoc router: threshold correction, rejectors, one more expert."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from cede._checks import Bools, Floats, Ints
from cede.losses import SURROGATES, names_of
from cede.training import converge, linear

__all__ = ["Correction", "Line", "fit_correction", "fit_rejector", "fit_separately"]

#: The single-stage losses whose minimisers threshold correction is, for all experts and for one.
TOGETHER, ALONE = "softmax_one_vs_all", "one_vs_all"


class Line(NamedTuple):
    """Linear scores of the experts, of standardised inputs, and the iterations that they took."""

    coefficients: Floats
    intercepts: Floats
    n_iter: int


class Correction(NamedTuple):
    """What the model's log probabilities are multiplied by, and the experts' scores."""

    sharpness: float
    line: Line


def fit_correction(
    router: Any, inputs: Floats, log_pi: Floats, y: Ints, costs: Floats
) -> Correction:
    """Fit the temperature and the experts' accuracies, with the model frozen."""
    z, f, labels = (torch.as_tensor(array) for array in (inputs, log_pi, y))
    paid, known = _known(costs)
    module = _FrozenModel(inputs.shape[1], costs.shape[1])
    per_case = SURROGATES[TOGETHER].per_case
    n_iter = _descend(router, module, lambda: per_case(module(z, f), labels, paid, known).mean())
    return Correction(module.sharpness.item(), _line(module.experts, n_iter))


def fit_separately(router: Any, inputs: Floats, log_pi: Floats, y: Ints, costs: Floats) -> Line:
    """Fit the accuracy of one more expert, all else being as it is."""
    z, f, labels, paid = (torch.as_tensor(array) for array in (inputs, log_pi, y, costs))
    own, loss = linear(z.shape[1], 1).double(), SURROGATES[ALONE].per_case
    return _line(
        own, _descend(router, own, lambda: loss(torch.cat([f, own(z)], -1), labels, paid).mean())
    )


def fit_rejector(router: Any, inputs: Floats, wrong: Bools, costs: Floats) -> Line:
    """Fit one score per expert: above zero where it costs less than the model."""
    z, errors = torch.as_tensor(inputs), torch.as_tensor(wrong).double()
    paid, known = _known(costs)
    module = linear(z.shape[1], costs.shape[1]).double()
    loss = SURROGATES[names_of("post_hoc")[0]].per_case
    n_iter = 0
    if costs.shape[1]:
        n_iter = _descend(router, module, lambda: loss(module(z), errors, paid, known).mean())
    return _line(module, n_iter)


class _FrozenModel(nn.Module):
    """Scores of the frozen model at some sharpness, and linear scores of the experts."""

    def __init__(self, n_inputs: int, n_experts: int) -> None:
        super().__init__()
        self.sharpness = nn.Parameter(torch.ones(1))
        self.experts: nn.Linear = linear(n_inputs, n_experts)
        self.double()

    def forward(self, inputs: Tensor, log_pi: Tensor) -> Tensor:
        return torch.cat([self.sharpness * log_pi, self.experts(inputs)], -1)


def _descend(router: Any, module: nn.Module, loss: Callable[[], Tensor]) -> int:
    converged, n_iter = converge(
        module, loss, weight_decay=router.weight_decay, tol=router.tol, max_iter=router.max_iter
    )
    if not converged:
        warnings.warn(
            f"L-BFGS did not reach tol={router.tol} in {router.max_iter} iterations; raise "
            f"max_iter or weight_decay.",
            ConvergenceWarning,
            stacklevel=7,
        )
    return n_iter


def _line(layer: nn.Linear, n_iter: int) -> Line:
    return Line(layer.weight.detach().numpy(), layer.bias.detach().numpy(), n_iter)


def _known(costs: Floats) -> tuple[Tensor, Tensor]:
    """Costs with 0 where an answer is missing, and where it is not."""
    return torch.as_tensor(np.nan_to_num(costs)), torch.as_tensor(~np.isnan(costs))
