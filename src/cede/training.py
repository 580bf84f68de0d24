"""The only training loops: to convergence for linear heads, by mini-batches for the others."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor, nn

from cede.exceptions import CedeError, InvalidInput

__all__ = ["History", "Schedule", "converge", "pick_device", "seeded", "train"]


@dataclass(frozen=True)
class Schedule:
    """How :func:`train` goes about it."""

    #: At most this many passes over the data; more than enough, as it stops early.
    max_epochs: int = 200
    batch_size: int = 256
    learning_rate: float = 1e-3
    #: L2 penalty of AdamW; raise it if validation risk rises while training loss falls.
    weight_decay: float = 1e-2
    #: Stop after this many epochs without a better validation risk.
    patience: int = 20


@dataclass
class History:
    """What happened, one entry per epoch."""

    training_loss: list[float] = field(default_factory=list)
    validation_risk: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    #: Index of the epoch whose weights were kept.
    best_epoch: int = 0


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
    row order matters; of another, the minimum nearest downhill is found. Double precision is
    advised.

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
        _check_loss(loss)
        gradient = torch.autograd.grad(loss, parameters)
        return loss.item(), torch.cat([g.reshape(-1) for g in gradient]).double().cpu().numpy()

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


def train(
    module: nn.Module,
    loss: Callable[..., Tensor],
    validate: Callable[[], tuple[float, float]],
    X: Tensor,
    targets: Sequence[Tensor | None],
    schedule: Schedule,
    on_epoch: Callable[[int, History], None] | None = None,
) -> History:
    """Train by mini-batches with AdamW, and keep the weights of the best validation risk.

    Parameters
    ----------
    module : Module
        Trained in place; left in evaluation mode.
    loss : callable
        ``loss(scores, *targets)``: mean loss of a batch.
    validate : callable
        Returns deferral risk and loss on validation cases. The lowest risk wins, the loss breaks
        ties: the risk is a step function, flat where no route changes.
    X : tensor of shape (n, ...)
        Inputs of all training cases, in memory. They are shuffled once per epoch, and batches are
        slices; a DataLoader would spend most of an epoch fetching single rows.
    targets : sequence of tensors of shape (n, ...), or None
        What else the loss needs of each case; None stays None.
    schedule : Schedule
        Epochs, batch size, step, patience.
    on_epoch : callable, optional
        Told the epoch and the history so far, for progress bars.
    """
    optimizer = torch.optim.AdamW(
        module.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        fused=True,  # one kernel for all parameters: half the time of a small network's step
    )
    history, best, best_state = History(), (math.inf, math.inf), copy.deepcopy(module.state_dict())
    for epoch in range(schedule.max_epochs):
        module.train()
        losses = []
        for inputs, *rest in _batches((X, *targets), schedule.batch_size):
            batch_loss = loss(module(inputs), *rest)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(batch_loss)
            optimizer.step()
            losses.append(batch_loss.detach())
        mean_loss = torch.stack(losses).mean()
        _check_loss(mean_loss)
        module.eval()
        with torch.no_grad():
            reached = validate()
        history.training_loss.append(mean_loss.item())
        history.validation_risk.append(reached[0])
        history.validation_loss.append(reached[1])
        if reached < best or epoch == 0:
            best, history.best_epoch = reached, epoch
            best_state = copy.deepcopy(module.state_dict())
        if on_epoch is not None:
            on_epoch(epoch, history)
        if epoch - history.best_epoch >= schedule.patience:
            break
    module.load_state_dict(best_state)
    module.eval()
    return history


def pick_device(device: str) -> torch.device:
    """Return the device of that name; "auto" is CUDA, then MPS, then the CPU."""
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise InvalidInput(f"The device {device!r} cannot be used here: {error}") from error


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch inside the block and leave the caller's random state as it was."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def _batches(tensors: Sequence[Tensor | None], size: int) -> Iterator[tuple[Any, ...]]:
    """Slices of the tensors in one random order; the last may be smaller."""
    first = tensors[0]
    assert first is not None
    order = torch.randperm(len(first), device=first.device)
    shuffled = [None if t is None else torch.split(t[order], size) for t in tensors]
    for i in range(-(-len(first) // size)):
        yield tuple(None if parts is None else parts[i] for parts in shuffled)


def _like(flat: np.ndarray, parameter: Tensor) -> Tensor:
    return torch.from_numpy(flat).to(parameter)


def _check_loss(loss: Tensor) -> None:
    if not torch.isfinite(loss):
        raise CedeError(
            f"Training reached a loss of {loss.item()}: the scores have overflowed. Standardise "
            f"the features (sklearn.preprocessing.StandardScaler) or lower learning_rate."
        )
