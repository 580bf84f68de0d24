"""Many small problems to convergence at once: one tensor of parameters, a row for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from cede.training._loss import check_loss

__all__ = ["Converged", "converge_many"]

#: How many pairs stand for the Hessian, how often a step is halved, and which share of the decrease
#: that the slope promises a step must reach (Armijo).
_PAIRS, _HALVINGS, _SLOPE = 10, 30, 1e-4
#: Problems that have converged leave the batch when no more than this share is left.
_WORTH_LEAVING = 0.8


class Converged(NamedTuple):
    """Where each problem ended."""

    #: Parameters of each problem, ``(B, P)``.
    parameters: Tensor
    #: Whether no entry of the gradient exceeds the tolerance, or no step lowers the loss; ``(B,)``.
    converged: Tensor
    #: Iterations each took, ``(B,)``.
    n_iter: Tensor


def converge_many(
    objective: Callable[[Tensor], Callable[[Tensor], Tensor]],
    start: Tensor,
    *,
    tol: float = 1e-6,
    max_iter: int = 1000,
) -> Converged:
    r"""Minimise ``B`` independent losses of ``P`` parameters each, by L-BFGS on all at once.

    One step of all problems takes a few products of ``(B, P)`` tensors and two or three evaluations
    of all losses; a loop over problems would take every small operation ``B`` times. Once a fifth
    of the batch has converged, these problems leave it.

    Parameters
    ----------
    objective : callable
        ``objective(rows)`` returns the losses of these problems (integers, increasing), as a
        function from their parameters ``(len(rows), P)`` to ``(len(rows),)``; each loss must depend
        on its own row of parameters alone.
    start : tensor of shape (B, P)
        Double precision is advised.
    tol : float, default=1e-6
        Largest entry of a gradient at the end.
    max_iter : int, default=1000
        Steps after which a problem is left where it is.

    Returns
    -------
    Converged

    Raises
    ------
    CedeError
        If a loss is not a finite number.

    References
    ----------
    Nocedal and Wright 2006, "Numerical optimization", algorithm 7.4 (two-loop recursion) and
    3.1 (backtracking).

    Examples
    --------
    >>> import torch
    >>> goals = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
    >>> ends = converge_many(
    ...     lambda rows: lambda p: (p - goals[rows]).square().sum(-1), torch.zeros_like(goals)
    ... )
    >>> ends.parameters.round(decimals=6).tolist(), ends.converged.tolist()
    ([[1.0, 2.0], [3.0, 4.0]], [True, True])
    """
    rows = torch.arange(len(start), device=start.device)
    place = start.detach().clone()
    done = torch.zeros(len(start), dtype=torch.bool, device=start.device)
    n_iter = torch.zeros(len(start), dtype=torch.long, device=start.device)
    batch = _Batch(objective, rows, place)
    for _ in range(max_iter):
        converged = batch.converged(tol)
        done[rows[converged]] = True
        place[rows] = batch.place
        left = ~converged
        if not left.any():
            break
        if left.sum() <= _WORTH_LEAVING * len(rows):
            rows = rows[left]
            batch = batch.keep(left)
            left = left[left]
        n_iter[rows[left]] += 1
        batch.step(left)
    place[rows] = batch.place
    done[rows[batch.converged(tol)]] = True
    return Converged(place, done, n_iter)


class _Batch:
    """Problems that are still being solved."""

    def __init__(
        self, objective: Callable[[Tensor], Callable[[Tensor], Tensor]], rows: Tensor, place: Tensor
    ) -> None:
        self.objective, self.rows, self.place = objective, rows, place.clone()
        self.loss = objective(rows)
        self.value, self.gradient = _evaluated(self.loss, self.place)
        check_loss(self.value.sum())
        self.stuck = torch.zeros(len(place), dtype=torch.bool, device=place.device)
        #: Steps, changes of the gradient and one over their product (0: no pair), newest last.
        self.pairs: list[tuple[Tensor, Tensor, Tensor]] = []

    def converged(self, tol: float) -> Tensor:
        return (self.gradient.abs().amax(-1) <= tol) | self.stuck

    def keep(self, left: Tensor) -> _Batch:
        """A batch of these problems only, with their pairs."""
        batch = object.__new__(_Batch)
        batch.objective, batch.rows = self.objective, self.rows[left]
        batch.loss = self.objective(batch.rows)
        batch.place, batch.value = self.place[left], self.value[left]
        batch.gradient, batch.stuck = self.gradient[left], self.stuck[left]
        batch.pairs = [(s[left], y[left], r[left]) for s, y, r in self.pairs]
        return batch

    def step(self, moving: Tensor) -> None:
        """One step of every problem that is moving."""
        direction = self._direction()
        slope = (direction * self.gradient).sum(-1)
        uphill = ~(slope < 0)
        direction = torch.where(uphill[:, None], -self.gradient, direction)
        slope = torch.where(uphill, -self.gradient.square().sum(-1), slope)
        length = torch.ones_like(slope)
        if not self.pairs:  # nothing is known of the scale yet
            length = 1.0 / self.gradient.abs().sum(-1).clamp_min(1.0)
        place, value, gradient = self.place.clone(), self.value.clone(), self.gradient.clone()
        waiting = torch.nonzero(moving).flatten()
        loss = self.loss if len(waiting) == len(moving) else self.objective(self.rows[waiting])
        # A loss that rises in its last digit only has not risen.
        slack = 4 * torch.finfo(value.dtype).eps * self.value.abs()
        for _ in range(_HALVINGS):
            trial = self.place[waiting] + length[waiting, None] * direction[waiting]
            tried, slopes = _evaluated(loss, trial)
            promised = self.value + _SLOPE * length * slope + slack
            fits = tried <= promised[waiting]
            done = waiting[fits]
            place[done], value[done], gradient[done] = trial[fits], tried[fits], slopes[fits]
            if fits.all():
                waiting = waiting[:0]
                break
            waiting = waiting[~fits]
            length[waiting] *= 0.5
            loss = self.objective(self.rows[waiting])
        # No step lowers the loss in its last digits: this is the minimum, as far as it can be told.
        self.stuck[waiting] = True
        check_loss(value.sum())
        self._remember(place - self.place, gradient - self.gradient)
        self.place, self.value, self.gradient = place, value, gradient

    def _remember(self, step: Tensor, change: Tensor) -> None:
        """Keep the pair where the loss curves upwards along the step."""
        product = (step * change).sum(-1)
        enough = product > 1e-10 * step.square().sum(-1).sqrt() * change.square().sum(-1).sqrt()
        inverse = torch.where(enough, 1.0 / product.clamp_min(1e-300), torch.zeros_like(product))
        self.pairs = [*self.pairs, (step, change, inverse)][-_PAIRS:]

    def _direction(self) -> Tensor:
        """Minus the gradient times the inverse Hessian that the pairs stand for."""
        direction, shares = -self.gradient, []
        for step, change, inverse in reversed(self.pairs):
            share = inverse * (step * direction).sum(-1)
            direction = direction - share[:, None] * change
            shares.append(share)
        if self.pairs:
            scale = torch.ones_like(self.value)
            for _, change, inverse in self.pairs:  # of the newest pair there is
                known = inverse > 0
                latest = 1.0 / (inverse * change.square().sum(-1)).clamp_min(1e-300)
                scale = torch.where(known, latest, scale)
            direction = scale[:, None] * direction
        for (step, change, inverse), share in zip(self.pairs, reversed(shares), strict=True):
            back = inverse * (change * direction).sum(-1)
            direction = direction + (share - back)[:, None] * step
        return direction


def _evaluated(loss: Callable[[Tensor], Tensor], place: Tensor) -> tuple[Tensor, Tensor]:
    place = place.detach().requires_grad_()
    value = loss(place)
    (gradient,) = torch.autograd.grad(value.sum(), place)
    return value.detach(), gradient
