"""By mini-batches, keeping the weights of the best validation risk."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cede.training._history import History
from cede.training._loss import check_loss

__all__ = ["Schedule", "train"]


@dataclass(frozen=True)
class Schedule:
    """Settings of :func:`train`."""

    #: Passes over the data, at most; training usually stops before.
    max_epochs: int = 200
    batch_size: int = 256
    learning_rate: float = 1e-3
    #: L2 penalty of AdamW; raise it if validation risk rises while training loss falls.
    weight_decay: float = 1e-2
    #: Stop after this many epochs without a better validation risk.
    patience: int = 20


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
        Returns deferral risk and loss on validation cases. The lowest risk wins; the loss breaks
        ties, as the risk does not change where no route does.
    X : tensor of shape (n, ...)
        Inputs of all training cases, in memory. They are shuffled once per epoch, and batches are
        slices; a DataLoader would spend most of an epoch fetching single rows.
    targets : sequence of tensors of shape (n, ...), or None
        What else the loss needs of each case; None stays None.
    schedule : Schedule
        Epochs, batch size, step, patience.
    on_epoch : callable, optional
        Called with the epoch and the history so far, for progress bars.
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
        check_loss(mean_loss)
        module.eval()
        with torch.no_grad():
            validation = validate()
        history.training_loss.append(mean_loss.item())
        history.validation_risk.append(validation[0])
        history.validation_loss.append(validation[1])
        if validation < best or epoch == 0:
            best, history.best_epoch = validation, epoch
            best_state = copy.deepcopy(module.state_dict())
        if on_epoch is not None:
            on_epoch(epoch, history)
        if epoch - history.best_epoch >= schedule.patience:
            break
    module.load_state_dict(best_state)
    module.eval()
    return history


def _batches(tensors: Sequence[Tensor | None], size: int) -> Iterator[tuple[Any, ...]]:
    """Slices of the tensors in one random order; the last may be smaller."""
    first = tensors[0]
    assert first is not None
    order = torch.randperm(len(first), device=first.device)
    shuffled = [None if t is None else torch.split(t[order], size) for t in tensors]
    for i in range(-(-len(first) // size)):
        yield tuple(None if parts is None else parts[i] for parts in shuffled)
