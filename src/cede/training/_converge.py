"""One module to convergence, full batch."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from cede.training._loss import check_loss

__all__ = ["converge"]


def converge(
    module: nn.Module,
    objective: Callable[[], Tensor],
    *,
    weight_decay: float = 0.0,
    tol: float = 1e-6,
    max_iter: int = 1000,
) -> tuple[bool, int]:
    r"""Minimise ``objective() + weight_decay / 2 ||weights||^2`` over the module, full batch.

    L-BFGS until no entry of the gradient exceeds ``tol``. Biases (one-dimensional parameters) are
    not penalised. A convex loss of a linear module has one minimum, so neither the start nor the
    order of rows matters; of other losses, it is a minimum downhill from the start. Use double
    precision.

    Returns
    -------
    converged : bool
        Whether no entry of the gradient exceeds ``10 tol`` at the end, or the loss has a kink there
        and a fresh start finds nothing lower.
    n_iter : int
        Iterations made.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    penalised = [p for p in parameters if p.ndim > 1]

    def value_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        nn.utils.vector_to_parameters(_like(flat, parameters[0]), parameters)
        penalty = sum((p.square().sum() for p in penalised), parameters[0].new_zeros(()))
        loss = objective() + 0.5 * weight_decay * penalty
        value = loss.item()
        if not math.isfinite(value):
            check_loss(loss)
        gradient = torch.autograd.grad(loss, parameters)
        return value, torch.cat([g.reshape(-1) for g in gradient]).double().cpu().numpy()

    place = nn.utils.parameters_to_vector(parameters).detach().double().cpu().numpy()
    ftol = 64 * np.finfo(np.float64).eps
    reached, n_iter, converged = math.inf, 0, False
    while not converged and n_iter < max_iter:
        result = minimize(
            value_and_gradient,
            place,
            jac=True,
            method="L-BFGS-B",
            options={"gtol": tol, "ftol": ftol, "maxiter": max_iter - n_iter, "maxls": 50},
        )
        # The line search may stop at the last digit of the loss, a little short of tol. At a kink
        # the gradient stays large; there, a start without memory finds nothing lower.
        at_kink = reached - result.fun <= 1e-7 * abs(result.fun)
        converged = bool(np.abs(result.jac).max() <= 10 * tol) or at_kink
        place, reached, n_iter = result.x, result.fun, n_iter + max(int(result.nit), 1)
    nn.utils.vector_to_parameters(_like(place, parameters[0]), parameters)
    return converged, n_iter


def _like(flat: np.ndarray, parameter: Tensor) -> Tensor:
    return torch.from_numpy(flat).to(parameter)
