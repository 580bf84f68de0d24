"""The rule: a case goes to the expert with the largest gain, if that is strictly positive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints, check_agent_table, difference, per_expert
from cede._checks._arrays import as_flags
from cede._checks._names import in_order, named_experts
from cede.exceptions import InvalidInput
from cede.operating._point import OperatingPoint

__all__ = [
    "check_available",
    "check_one_price_list",
    "deferral_gain",
    "gains_at",
    "route",
    "routes_at",
]


def deferral_gain(agent_scores: ArrayLike, prices: ArrayLike = 0.0) -> Floats:
    """How much better than the model's the best expert's score is, after its price.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    prices : float or array of shape (J,), default=0
        Subtracted from each expert's advantage.

    Returns
    -------
    array of shape (n,)
        ``max_j (s_j - s_0) - t_j``; minus infinity if there are no experts.

    Examples
    --------
    >>> deferral_gain([[0.5, 0.75], [0.5, 0.25]])
    array([ 0.25, -0.25])
    """
    scores = check_agent_table("agent_scores", agent_scores)
    n_experts = scores.shape[1] - 1
    names = named_experts(agent_scores, n_experts)
    return gains_at(scores, per_expert("prices", prices, n_experts, names))


def gains_at(scores: Floats, prices: Floats) -> Floats:
    """How much better the best expert is at these prices, ``(n,)``; all was checked."""
    gains = _gains(scores, prices)
    if gains.shape[1] == 1:
        return gains[:, 0]
    return np.asarray(gains.max(axis=1, initial=-np.inf), dtype=np.float64)


def route(
    agent_scores: ArrayLike,
    point: OperatingPoint | None = None,
    available: ArrayLike | None = None,
) -> Ints:
    """Who answers each case: 0 for the model, ``j`` for expert ``j``.

    Without an operating point the prices are zero: defer wherever an expert is strictly better.
    Experts who are not ``available`` (booleans, ``(J,)`` or ``(n, J)``) are never asked; their
    cases go to the next best, or stay with the model, who always is. A point whose prices act at
    every stage of a cascade is refused: ``router.route(X)`` applies it.

    Examples
    --------
    >>> route([[0.5, 0.75, 0.8], [0.5, 0.25, 0.5]])
    array([2, 0])
    >>> route([[0.5, 0.75, 0.8], [0.5, 0.25, 0.5]], available=[True, False])
    array([1, 0])
    """
    scores = check_agent_table("agent_scores", agent_scores)
    if scores.shape[1] == 1:
        return np.zeros(len(scores), dtype=np.int64)
    if point is not None:
        check_one_price_list(point)
    prices = np.zeros(1) if point is None else np.asarray(point.prices)
    if point is not None and prices.shape != (scores.shape[1] - 1,):
        raise InvalidInput(
            f"must have a price for each of the {scores.shape[1] - 1} experts scored, but got "
            f"{len(prices)}; choose a point on scores of the same experts",
            argument="point",
        )
    if available is None:
        return routes_at(scores, prices)
    names = named_experts(agent_scores, scores.shape[1] - 1)
    return routes_at(scores, prices, check_available(available, scores[:, 1:].shape, names))


def routes_at(scores: Floats, prices: Floats, available: Bools | None = None) -> Ints:
    """Who answers each case at these prices, ``(J,)`` or one for all; scores were checked."""
    gains = np.empty_like(scores)
    gains[:, 0] = 0.0  # of the model, which comes first in a tie
    _gains(scores, prices, out=gains[:, 1:])
    if available is not None:
        gains[:, 1:][~available] = -np.inf
    return np.asarray(gains.argmax(axis=1), dtype=np.int64)


def check_one_price_list(point: OperatingPoint) -> None:
    """Refuse a point that is applied stage by stage, which no table of scores can do."""
    if point.blend:
        raise InvalidInput(
            "must have one price per expert, but this one prices every stage of a cascade by what "
            "is known there, which agent scores do not say; call route(X) of the cascade it was "
            "chosen for",
            argument="point",
        )


def _gains(scores: Floats, prices: ArrayLike, out: Floats | None = None) -> Floats:
    gains = difference(scores[:, 1:], scores[:, :1], out=out)
    with np.errstate(over="ignore"):  # a gain less NEVER may be minus infinity, which is right
        gains -= np.asarray(prices, dtype=np.float64)
    return gains


def check_available(
    available: Any, shape: tuple[int, ...], names: Sequence[str] | None = None
) -> Bools:
    """Return who can be asked, ``(n, J)``, from booleans ``(J,)`` or ``(n, J)``."""
    present = as_flags("available", in_order("available", available, names))
    if present.dtype != np.bool_ or present.shape not in (shape, shape[1:]):
        raise InvalidInput(
            f"must be booleans, one per expert {shape[1:]} or per case and expert {shape}, but "
            f"got dtype {present.dtype} and shape {present.shape}; or name "
            f"the experts who can be asked",
            argument="available",
        )
    return np.broadcast_to(present, shape)
