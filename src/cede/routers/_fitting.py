"""A head fitted to cases by a loss: a linear one to convergence, any other by mini-batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from cede._checks import Floats, Ints
from cede._rows._folds import hold_out
from cede.exceptions import InvalidInput
from cede.routers._draws import own_draws
from cede.routers._features import validate_data
from cede.routers._targets import centre_and_scale
from cede.training import (
    History,
    Schedule,
    converge,
    make_head,
    pick_device,
    seeded,
    train,
    unscaled,
)

__all__ = [
    "USUAL_DECAY",
    "FittedHead",
    "Objective",
    "fit_head",
    "head_scores",
    "in_blocks",
    "mean_of",
    "routed_risk",
    "scores_of_cases",
]


#: Cases whose scores are computed together are a multiple of this, and so many at most.
BLOCK, CHUNK = 128, 8192
#: Of heads for which no penalty was given.
USUAL_DECAY = 1e-3


class Objective(NamedTuple):
    """What a head is fitted by; each function is given scores and the targets of the same cases."""

    #: Mean loss, a scalar tensor.
    loss: Callable[..., Tensor]
    #: Mean cost of routing by the scores: what mini-batch training is stopped by.
    risk: Callable[..., float]
    #: A loss to converge on first, from where the other is not flat.
    start: Callable[..., Tensor] | None = None
    #: Where a linear head's minimum has a closed form: from standardised features, the weight
    #: decay, the groups and the targets, as arrays, to coefficients ``(n_scores, d)`` and
    #: intercepts ``(n_scores,)``.
    solve: Callable[..., tuple[Floats, Floats]] | None = None
    #: Otherwise, the weight decay of a linear head for which none was given, from standardised
    #: features, the groups and the targets, as arrays.
    decay: Callable[..., float] | None = None


class FittedHead(NamedTuple):
    """A module that maps features as they came to scores, and how it was made."""

    module: nn.Module
    history: History | None
    n_iter: int


def fit_head(
    router: Any,
    n_scores: int,
    X: Floats,
    targets: Sequence[NDArray[Any] | None],
    objective: Objective,
    groups: Ints | None = None,
) -> FittedHead:
    """Fit the head that a router's parameters ask for.

    Parameters
    ----------
    router : estimator
        With the parameters ``head``, ``weight_decay``, ``tol``, ``max_iter``, ``max_epochs``,
        ``batch_size``, ``learning_rate``, ``patience``, ``validation_fraction``, ``device``,
        ``on_epoch`` and ``random_state`` of :class:`SingleStageClassifier`.
    n_scores : int
        Columns of scores.
    X : array of shape (n, d)
    targets : sequence of arrays of shape (n, ...), or None
        What the objective needs of each case. The last are the weights of cases, or None.
    objective : Objective
    groups : array of shape (n,), optional
        Numbers of the groups, none of which is parted where something is chosen on cases left out.
    """
    device = pick_device(router.device)
    seed = int(own_draws(router.random_state).randint(2**31 - 1))
    with seeded(seed, device):
        module = make_head(router.head, X.shape[1], n_scores).to(device)
        fit = _converge if router.head == "linear" else _train
        fitted = fit(router, module, X, targets, objective, groups)
    module.requires_grad_(False)
    return fitted


def head_scores(module: nn.Module, X: Floats) -> Tensor:
    """Scores of a fitted head, in its own dtype and on its device."""
    with torch.no_grad():
        scores: Tensor = module(_writable(X).to(next(module.parameters())))
    return scores


def in_blocks(scores_of: Callable[[Floats], Tensor], X: Floats) -> Floats:
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
        parts.append(scores_of(rows).cpu())
    scores = parts[0] if len(parts) == 1 else torch.cat(parts)
    return np.asarray(scores[: len(X)].numpy(), dtype=np.float64)


def scores_of_cases(router: Any, X: Any) -> Floats:
    """Scores of a router's ``module_``, ``(n, n_scores)``, of cases as they came.

    What is not finite in them shows in the scores of a linear head: looking for it among the
    features takes a third of the time that the product does.
    """
    plain = isinstance(router.module_, nn.Linear)
    features = validate_data(router, X, dtype=np.float64, reset=False, ensure_all_finite=not plain)
    scores = in_blocks(partial(head_scores, router.module_), features)
    if plain and not np.isfinite(scores.sum()):
        validate_data(router, X, dtype=np.float64, reset=False)  # says what is not finite
    return scores


def mean_of(costs: Tensor, weight: Tensor | None) -> float:
    """Mean over cases, weighted if they have weights."""
    return (costs.mean() if weight is None else (costs * weight).sum() / weight.sum()).item()


def routed_risk(
    agent_scores: Tensor,
    costs: Tensor,
    mask: Tensor | None,
    chance: Tensor | None,
    weight: Tensor | None,
) -> float:
    """Mean cost of routing cases to the largest score, over those where that cost is known.

    Known (``mask``) with what probability (``chance``), each case by its ``weight``.
    """
    best = agent_scores.argmax(-1, keepdim=True)
    counts = torch.ones_like(best, dtype=costs.dtype) if mask is None else mask.gather(-1, best)
    if mask is not None and chance is None:  # who answers rarely counts for all it did not answer
        chance = mask.to(costs.dtype).mean(0, keepdim=True).clamp(min=1e-6).expand_as(mask)
    if chance is not None:
        counts = counts / chance.gather(-1, best)
    if weight is not None:
        counts = counts * weight.unsqueeze(-1)
    return ((costs.gather(-1, best) * counts).sum() / counts.sum().clamp(min=1e-30)).item()


def _converge(
    router: Any,
    module: nn.Module,
    X: Floats,
    targets: Sequence[NDArray[Any] | None],
    objective: Objective,
    groups: Ints | None = None,
) -> FittedHead:
    first = next(module.parameters())
    dtype = torch.float32 if first.device.type == "mps" else torch.float64
    module.to(dtype)
    names = getattr(router, "feature_names_in_", None)
    # What a model estimates may stand beside the features that were given.
    n_given = getattr(router, "n_features_in_", None)
    center, scale = centre_and_scale(X, targets[-1], names, n_given)
    if objective.solve is not None and isinstance(module, nn.Linear):
        found = objective.solve((X - center) / scale, router.weight_decay, groups, *targets)
        with torch.no_grad():
            for parameter, value in zip((module.weight, module.bias), found, strict=True):
                parameter.copy_(torch.as_tensor(value))
        unscaled(module, center, scale)
        return FittedHead(module, None, 1)
    standardised = (X - center) / scale
    weight_decay = _weight_decay(router)
    if objective.decay is not None and router.weight_decay is None:
        weight_decay = objective.decay(standardised, groups, *targets)
    inputs, *given = _tensors([standardised, *targets], next(module.parameters()))
    assert inputs is not None

    def descend(loss: Callable[..., Tensor]) -> tuple[bool, int]:
        return converge(
            module,
            lambda: loss(module(inputs), *given),
            weight_decay=weight_decay,
            tol=router.tol,
            max_iter=router.max_iter,
        )

    if objective.start is not None:
        descend(objective.start)
    converged, n_iter = descend(objective.loss)
    if isinstance(module, nn.Linear):
        unscaled(module, center, scale)
    if not converged:
        warnings.warn(
            f"L-BFGS did not reach tol={router.tol} in {n_iter} iterations (max_iter="
            f"{router.max_iter}); raise max_iter or weight_decay.",
            ConvergenceWarning,
            stacklevel=5,
        )
    return FittedHead(module, None, n_iter)


def _train(
    router: Any,
    module: nn.Module,
    X: Floats,
    targets: Sequence[NDArray[Any] | None],
    objective: Objective,
    groups: Ints | None = None,
) -> FittedHead:
    if targets[-1] is not None:  # what does not count could be all of a batch
        counts = targets[-1] > 0.0
        X, targets = X[counts], [None if t is None else t[counts] for t in targets]
        groups = None if groups is None else groups[counts]
    seed = int(torch.randint(2**31 - 1, ()))
    out = hold_out(X, router.validation_fraction, groups=groups, seed=seed)
    if not out.any():
        raise InvalidInput(
            "A network is stopped by cases that it does not learn from, so it needs two cases at "
            "least, or cases of two groups; choose head='linear'."
        )
    (held_X, *held), (kept_X, *kept) = (
        _tensors(
            [None if array is None else array[rows] for array in (X, *targets)],
            next(module.parameters()),
        )
        for rows in (out, ~out)
    )
    assert held_X is not None
    assert kept_X is not None

    schedule = Schedule(
        router.max_epochs,
        router.batch_size,
        router.learning_rate,
        _weight_decay(router),
        router.patience,
    )

    def descend(
        loss: Callable[..., Tensor], on_epoch: Callable[[int, History], None] | None
    ) -> History:
        def validate() -> tuple[float, float]:
            scores = module(held_X)
            return objective.risk(scores, *held), loss(scores, *held).item()

        return train(module, loss, validate, kept_X, kept, schedule, on_epoch)

    if objective.start is not None:
        descend(objective.start, None)
    history = descend(objective.loss, router.on_epoch)
    return FittedHead(module, history, len(history.training_loss))


def _weight_decay(router: Any) -> float:
    """The penalty of a loss that has no closed form, in which none can be chosen on the way."""
    return USUAL_DECAY if router.weight_decay is None else float(router.weight_decay)


def _tensors(arrays: Sequence[NDArray[Any] | None], like: Tensor) -> list[Tensor | None]:
    """Tensors on the device of ``like``; floats in its dtype, labels and masks as they are."""
    tensors: list[Tensor | None] = []
    for array in arrays:
        if array is None:
            tensors.append(None)
            continue
        tensor = _writable(array).to(like.device)
        tensors.append(tensor.to(like.dtype) if tensor.is_floating_point() else tensor)
    return tensors


def _writable(array: NDArray[Any]) -> Tensor:
    """Copy what torch cannot read, or warns of: memory that is read-only or runs backwards."""
    forwards = array if min(array.strides, default=0) >= 0 else array.copy()
    return torch.as_tensor(np.require(forwards, requirements="W"))
