"""What one set of routes is worth: mean cost, accuracy, and who answers how much."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_agent_table, check_same_length
from cede._checks._arrays import to_array
from cede.costs import classification_costs
from cede.exceptions import InvalidInput

__all__ = ["coverage", "deferral_rate", "expert_load", "routed_costs", "system_accuracy"]


def routed_costs(routes: ArrayLike, agent_costs: ArrayLike) -> Floats:
    """Cost of each case under the agent that answers it, shape ``(n,)``.

    ``agent_costs`` has shape ``(n, J + 1)``, the model first; a missing expert cost (NaN) may not
    be routed to. The mean of the result is the system's risk.

    Examples
    --------
    >>> routed_costs([0, 1], [[0.0, 1.1], [1.0, 0.1]])
    array([0. , 0.1])
    """
    costs = check_agent_table("agent_costs", agent_costs, allow_missing=True)
    chosen = _check_routes(routes, costs.shape[1])
    check_same_length(routes=chosen, agent_costs=costs)
    result = costs[np.arange(len(costs)), chosen]
    if np.isnan(result).any():
        raise InvalidInput(
            f"must lead to agents whose cost is known, but "
            f"{int(np.isnan(result).sum())} cases go to an expert whose answer is missing; judge "
            f"routes on cases that every expert answered",
            argument="routes",
        )
    return np.asarray(result, dtype=np.float64)


def system_accuracy(routes: ArrayLike, answers: ArrayLike, y: ArrayLike) -> float:
    """Share of cases that are answered right by whoever answers them.

    Parameters
    ----------
    routes : array of shape (n,)
        0 for the model, ``j`` for expert ``j``.
    answers : array of shape (n, J + 1)
        Every agent's answer, the model's first.
    y : array of shape (n,)
        The true answers, written like the agents'.

    Raises
    ------
    InvalidInput
        If a case is routed to an agent whose answer is missing, or answers and truth are of
        different kinds, texts and numbers, say.

    Examples
    --------
    >>> system_accuracy([0, 1], [[1, 0], [1, 0]], [1, 0])
    1.0
    """
    table = classification_costs(answers, y)
    check_same_length(routes=routes, answers=table)
    return float(1.0 - routed_costs(routes, table).mean())


def deferral_rate(routes: ArrayLike) -> float:
    """Share of cases that leave the model.

    Examples
    --------
    >>> deferral_rate([0, 2, 0, 1])
    0.5
    """
    return float(np.mean(to_array(routes) != 0))


def coverage(routes: ArrayLike) -> float:
    """Share of cases that the model keeps: one minus the deferral rate."""
    return 1.0 - deferral_rate(routes)


def expert_load(routes: ArrayLike, n_experts: int) -> Floats:
    """Share of all cases that each expert answers, shape ``(J,)``.

    Examples
    --------
    >>> expert_load([0, 2, 0, 1], n_experts=2)
    array([0.25, 0.25])
    """
    chosen = _check_routes(routes, n_experts + 1)
    counts = np.bincount(chosen, minlength=n_experts + 1)[1:]
    return np.asarray(counts / max(len(chosen), 1), dtype=np.float64)


def _check_routes(routes: ArrayLike, n_agents: int) -> Ints:
    chosen = to_array(routes)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise InvalidInput(
            f"must be whole numbers of shape (n,), but got dtype {chosen.dtype} and shape "
            f"{chosen.shape}; pass what route returns",
            argument="routes",
        )
    if chosen.size and (chosen.min() < 0 or chosen.max() >= n_agents):
        raise InvalidInput(
            f"must lie in 0..{n_agents - 1} (0 is the model), but got {chosen.min()} to "
            f"{chosen.max()}; pass routes among the same agents",
            argument="routes",
        )
    return chosen.astype(np.int64, copy=False)
