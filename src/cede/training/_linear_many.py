"""Many linear heads to convergence at once: draws, fees and seeds are rows of one batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from cede.exceptions import InvalidInput
from cede.training._converge_many import Converged, converge_many

__all__ = ["LinearFits", "fit_linear_many"]

#: So many scores are computed at once; more would leave the processor's cache, and take twice as
#: long each.
_SCORES_AT_ONCE = 2**19


class LinearFits(NamedTuple):
    """``B`` linear heads."""

    #: In the units of the features, ``(B, d, S)``.
    weights: Tensor
    #: ``(B, S)``.
    bias: Tensor
    #: Whether each reached the tolerance, or a place where no step lowers its loss; ``(B,)``.
    converged: Tensor
    #: Iterations each took, ``(B,)``.
    n_iter: Tensor

    def scores(self, X: Tensor) -> Tensor:
        """Scores ``(B, n, S)`` of cases ``(B, n, d)``, or of the same ``(n, d)`` for all heads."""
        return X.to(self.weights) @ self.weights + self.bias[:, None]


def fit_linear_many(
    X: Tensor,
    n_scores: int,
    loss: Callable[[Tensor], Callable[[Tensor], Tensor]],
    *,
    n_problems: int | None = None,
    weight_decay: float | Tensor = 1e-2,
    tol: float = 1e-6,
    max_iter: int = 1000,
    start: Tensor | None = None,
) -> LinearFits:
    r"""Minimise ``loss(scores) + weight_decay / 2 ||weights||^2`` for ``B`` problems at once.

    What :class:`cede.SingleStageClassifier` does with a linear head, as one batch: features are
    standardised inside each problem and the scales folded back into the weights, the bias is not
    penalised, and each problem ends where it would end alone (:func:`converge_many`).

    Parameters
    ----------
    X : tensor of shape (B, n, d), or (n, d) for the same cases in all problems
        Taken in double precision.
    n_scores : int
        S, columns of scores.
    loss : callable
        ``loss(rows)`` returns the loss of the problems ``rows`` (integers ``(b,)``, increasing), as
        a function from their scores ``(b, n, S)`` to the mean loss of each, ``(b,)``: that of a
        surrogate with ``reduction="none"``, and ``.mean(-1)``. ``loss(rows)`` can gather what it
        needs of these problems once.
    n_problems : int, optional
        B, where ``X`` is shared.
    weight_decay : float or tensor of shape (B,), default=1e-2
        On weights of the standardised features. Losses without a minimum need one above zero.
    tol, max_iter
        As in :func:`converge_many`.
    start : tensor of shape (B, d + 1, S), optional
        Weights of the standardised features, the bias in the last row; by default zero.

    Raises
    ------
    InvalidInput
        If shapes do not fit, or a feature is not finite.

    Examples
    --------
    >>> import torch
    >>> from cede.losses import one_vs_all
    >>> g = torch.Generator().manual_seed(0)
    >>> X = torch.randn(20, 100, 2, generator=g, dtype=torch.float64)
    >>> y, costs = (X[..., 0] > 0).long(), (X[..., 1:] > 0).double()
    >>> def loss(rows):
    ...     labels, paid = y[rows], costs[rows]
    ...     return lambda scores: one_vs_all(scores, labels, paid, reduction="none").mean(-1)
    >>> fits = fit_linear_many(X, 3, loss)
    >>> tuple(fits.scores(X).shape), bool(fits.converged.all())
    ((20, 100, 3), True)
    """
    cases, shared, count = _read(X, n_problems)
    centre = cases.mean(-2, keepdim=True)
    scale = cases.std(-2, correction=0, keepdim=True)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    # Cases lie along the last axis in memory: sums over the few scores then run along them.
    inputs = ((cases - centre) / scale).mT.contiguous()
    width, n_cases = inputs.shape[-2:]
    decay = torch.as_tensor(weight_decay, dtype=inputs.dtype, device=inputs.device)
    if decay.shape not in ((), (count,)):
        raise InvalidInput(
            f"must be one number, or one per problem ({count}), but got shape "
            f"{tuple(decay.shape)}; write a float for all",
            argument="weight_decay",
        )
    if n_scores < 1:
        raise InvalidInput(
            f"must be at least 1, but got {n_scores}; count classes and experts",
            argument="n_scores",
        )
    decay = decay.expand(count)

    def objective(rows: Tensor) -> Callable[[Tensor], Tensor]:
        own = inputs if shared or len(rows) == count else inputs[rows]
        own_loss, own_decay = loss(rows), decay[rows]

        def value(parameters: Tensor) -> Tensor:
            weights, bias = _unpacked(parameters, width, n_scores)
            penalty = 0.5 * own_decay * weights.square().sum((1, 2))
            scores = (weights.mT @ own + bias[..., None]).mT
            value = own_loss(scores)
            if value.shape != penalty.shape:
                raise InvalidInput(
                    f"must give a mean loss per problem, shape {tuple(penalty.shape)}, but got "
                    f"shape {tuple(value.shape)}; leave the loss of each case unreduced, then "
                    "take .mean(-1)",
                    argument="loss",
                )
            return value + penalty

        return value

    if start is None:
        start = inputs.new_zeros((count, width + 1, n_scores))
    elif start.shape != (count, width + 1, n_scores):
        raise InvalidInput(
            f"must have shape (B, d + 1, S), {(count, width + 1, n_scores)}, but got shape "
            f"{tuple(start.shape)}; write the bias in the last row, or leave it out",
            argument="start",
        )
    flat = start.to(inputs).reshape(count, -1)
    block = max(1, _SCORES_AT_ONCE // (n_cases * n_scores))
    parts = []
    for first in range(0, count, block):
        some = partial(_of_block, objective, first)
        begin = flat[first : first + block]
        parts.append(converge_many(some, begin, tol=tol, max_iter=max_iter))
    ends = Converged(*(torch.cat(part) for part in zip(*parts, strict=True)))
    weights, bias = _unpacked(ends.parameters, width, n_scores)
    weights = weights / scale.transpose(-1, -2)
    bias = bias - (centre @ weights)[:, 0]
    return LinearFits(weights, bias, ends.converged, ends.n_iter)


def _of_block(
    objective: Callable[[Tensor], Callable[[Tensor], Tensor]], first: int, rows: Tensor
) -> Callable[[Tensor], Tensor]:
    """Losses of some problems of a block; ``first`` is the number of its first problem."""
    return objective(rows + first)


def _read(X: Tensor, n_problems: int | None) -> tuple[Tensor, bool, int]:
    """Return the cases in double precision, whether all problems share them, and B."""
    cases = torch.as_tensor(X).double()
    fits = cases.ndim in (2, 3) and (cases.ndim == 2) == (n_problems is not None)
    if not fits or 0 in cases.shape or n_problems == 0:
        raise InvalidInput(
            "must have shape (B, n, d), or (n, d) with a number of problems, and no side of 0, "
            f"but got shape {tuple(cases.shape)}; say how many problems share the cases, or leave "
            "that out",
            argument="X",
        )
    if not torch.isfinite(cases).all():
        raise InvalidInput(
            "must be finite, but got a value that is not; impute missing features first",
            argument="X",
        )
    shared = cases.ndim == 2
    return cases, shared, n_problems if n_problems is not None else len(cases)


def _unpacked(parameters: Tensor, width: int, n_scores: int) -> tuple[Tensor, Tensor]:
    both = parameters.reshape(len(parameters), width + 1, n_scores)
    return both[:, :-1], both[:, -1]
