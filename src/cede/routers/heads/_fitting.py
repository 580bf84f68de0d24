"""Fitting a head by a loss: a linear one to convergence, any other by mini-batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from cede._checks import Floats, Ints
from cede._rows._folds import hold_out
from cede.exceptions import InvalidInput
from cede.routers._draws import own_draws
from cede.routers._targets import centre_and_scale
from cede.routers.heads._fitted import FittedLine, FittedNetwork, as_tensors
from cede.routers.heads._objective import Objective
from cede.routers.heads._ranges import check_ranges
from cede.routers.heads._values import Linear, Mlp, Network, own_head
from cede.training import (
    History,
    Schedule,
    converge,
    linear,
    make_module,
    mlp,
    pick_device,
    seeded,
    train,
    unscaled,
)

__all__ = ["Fit", "fit_head", "made"]


class Fit(NamedTuple):
    """A fitted head, and how it was made."""

    head: FittedLine | FittedNetwork
    history: History | None
    n_iter: int


class _Cases(NamedTuple):
    """What a head learns from."""

    X: Floats
    #: What the objective needs of each case; the last are the weights of cases, or None.
    targets: Sequence[NDArray[Any] | None]
    groups: Ints | None


def fit_head(
    router: Any,
    n_scores: int,
    X: Floats,
    targets: Sequence[NDArray[Any] | None],
    objective: Objective,
    groups: Ints | None = None,
) -> Fit:
    """Fit the head that a router asks for.

    Parameters
    ----------
    router : estimator
        With the parameters ``head`` and ``random_state``.
    n_scores : int
        Columns of scores.
    X : array of shape (n, d)
    targets : sequence of arrays of shape (n, ...), or None
        What the objective needs of each case. The last are the weights of cases, or None.
    objective : Objective
    groups : array of shape (n,), optional
        Numbers of the groups, none of which is parted where something is chosen on cases left out.
    """
    if objective.check is not None:
        zeros = torch.zeros((len(X), n_scores), dtype=torch.float64)
        objective.check(zeros, *as_tensors(targets[:-1], zeros))
    head = own_head(router.head)
    check_ranges(head)
    device = pick_device(head.device)
    seed = int(own_draws(router.random_state).randint(2**31 - 1))
    cases = _Cases(X, targets, groups)
    with seeded(seed, device):
        if isinstance(head, Linear):
            return _fit_line(router, head, n_scores, device, cases, objective)
        shape = getattr(router, "case_shape_", None)
        return _fit_network(head, n_scores, device, cases, objective, shape)


def _fit_line(
    router: Any,
    head: Linear,
    n_scores: int,
    device: torch.device,
    cases: _Cases,
    objective: Objective,
) -> Fit:
    X, targets, groups = cases
    dtype = torch.float32 if device.type == "mps" else torch.float64
    layer = linear(X.shape[1], n_scores).to(device, dtype)
    names = getattr(router, "feature_names_in_", None)
    # What a model estimates may stand beside the features that were passed.
    n_passed = getattr(router, "n_features_in_", None)
    centre, scale = centre_and_scale(X, targets[-1], names, n_passed)
    standardised = (X - centre) / scale
    n_iter = 1
    if objective.solve is not None:
        solution = objective.solve(standardised, head.weight_decay, groups, *targets)
        with torch.no_grad():
            for parameter, value in zip((layer.weight, layer.bias), solution, strict=True):
                parameter.copy_(torch.as_tensor(value))
    else:
        n_iter = _descend(head, layer, standardised, cases, objective)
    unscaled(layer, centre, scale)
    weight, bias = (p.detach().double().cpu().numpy() for p in (layer.weight, layer.bias))
    return Fit(FittedLine(weight, bias), None, n_iter)


def _descend(
    head: Linear, layer: nn.Linear, standardised: Floats, cases: _Cases, objective: Objective
) -> int:
    """Converge on the start, if there is one, and on the loss; return the iterations made."""
    decay = _weight_decay(head, objective)
    if objective.decay is not None and head.weight_decay is None:
        decay = objective.decay(standardised, cases.groups, *cases.targets)
    inputs, *targets, weight = as_tensors([standardised, *cases.targets], layer.weight)
    assert inputs is not None
    for loss in (objective.start, objective.loss):
        if loss is not None:
            converged, n_iter = converge(
                layer,
                lambda loss=loss: _mean(loss(layer(inputs), *targets), weight),  # type: ignore[misc]
                weight_decay=decay,
                tol=head.tol,
                max_iter=head.max_iter,
            )
    if not converged:
        warnings.warn(
            f"L-BFGS did not reach tol={head.tol} in {n_iter} iterations (max_iter="
            f"{head.max_iter}); raise max_iter or weight_decay.",
            ConvergenceWarning,
            stacklevel=8,
        )
    return n_iter


def _fit_network(
    head: Mlp | Network,
    n_scores: int,
    device: torch.device,
    cases: _Cases,
    objective: Objective,
    shape: tuple[int, ...] | None,
) -> Fit:
    module = made(head, cases.X.shape[1], n_scores, shape).to(device)
    history = _train(head, module, cases, objective)
    module.requires_grad_(False)
    return Fit(FittedNetwork(module), history, len(history.training_loss))


def made(
    head: Mlp | Network, n_features: int, n_scores: int, shape: tuple[int, ...] | None = None
) -> nn.Module:
    """The network that a head asks for, before it is trained; it sees each case in ``shape``."""
    if isinstance(head, Mlp):
        return mlp(n_features, n_scores, head.width, head.depth)
    return make_module(head.module, n_features, n_scores, shape)


def _train(head: Mlp | Network, module: nn.Module, cases: _Cases, objective: Objective) -> History:
    X, targets, groups = cases
    if targets[-1] is not None:  # what does not count could be all of a batch
        counts = targets[-1] > 0.0
        X, targets = X[counts], [None if t is None else t[counts] for t in targets]
        groups = None if groups is None else groups[counts]
    seed = int(torch.randint(2**31 - 1, ()))
    out = hold_out(X, head.validation_fraction, groups=groups, seed=seed)
    if not out.any():
        raise InvalidInput(
            "A network is stopped by cases that it does not learn from, so it needs two cases at "
            "least, or cases of two groups; choose head='linear'."
        )
    (held_X, *held), (kept_X, *kept) = (
        as_tensors(
            [None if array is None else array[rows] for array in (X, *targets)],
            next(module.parameters()),
        )
        for rows in (out, ~out)
    )
    assert held_X is not None
    assert kept_X is not None
    schedule = Schedule(
        head.epochs,
        head.batch_size,
        head.learning_rate,
        _weight_decay(head, objective),
        head.patience,
    )

    def descend(
        loss: Callable[..., Tensor], on_epoch: Callable[[int, History], None] | None
    ) -> History:
        def mean_loss(scores: Tensor, *targets: Tensor | None) -> Tensor:
            return _mean(loss(scores, *targets[:-1]), targets[-1])

        def validate() -> tuple[float, float]:
            scores = module(held_X)
            return objective.risk(scores, *held), mean_loss(scores, *held).item()

        return train(module, mean_loss, validate, kept_X, kept, schedule, on_epoch)

    if objective.start is not None:
        descend(objective.start, None)
    return descend(objective.loss, head.on_epoch)


def _mean(losses: Tensor, weight: Tensor | None) -> Tensor:
    return losses.mean() if weight is None else (losses * weight).sum() / weight.sum()


def _weight_decay(head: Linear | Mlp | Network, objective: Objective) -> float:
    return objective.usual_decay if head.weight_decay is None else float(head.weight_decay)
