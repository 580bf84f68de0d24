"""The best agent for each case, when experts can answer only so many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints, check_agent_table, difference
from cede._checks._names import named_experts
from cede.exceptions import InvalidInput
from cede.operating import check_available
from cede.tuning.capacities._limits import check_capacity
from cede.tuning.capacities._transport import Unplaceable, transport

__all__ = ["Assignment", "assign"]


@dataclass(frozen=True, eq=False)
class Assignment:
    """Who answers each case, prices that send it there, and the proof that none is better.

    Examples
    --------
    >>> print(assign([[0.5, 0.9], [0.5, 0.7]], capacity=1))
    2 cases, 1 with experts (loads 1, at price 0.3): worth 1.4 in all
    """

    #: Agent of each case, ``(n,)``.
    routes: Ints
    #: What one more case of each expert's capacity is worth, ``(J,)``, in units of the scores.
    prices: Floats
    #: The same of the model's; zero unless its capacity is limited.
    model_price: float
    #: Sum of the chosen scores.
    worth: float
    #: What no assignment can exceed: the value of the prices in the dual. Equals the worth, up to
    #: rounding.
    bound: float
    #: How many cases each expert has, ``(J,)``.
    loads: Ints

    def __str__(self) -> str:
        """One line for people."""
        loads = ", ".join(str(load) for load in self.loads) or "none"
        prices = ", ".join(f"{price:.4g}" for price in self.prices) or "none"
        return (
            f"{len(self.routes):,} cases, {int(self.loads.sum()):,} with experts (loads {loads}, "
            f"at price {prices}): worth {self.worth:.6g} in all"
        )


def assign(
    agent_scores: ArrayLike,
    capacity: Any,
    *,
    available: ArrayLike | None = None,
    model_capacity: float | None = None,
) -> Assignment:
    r"""Assign each case to one agent, so that the scores of the chosen add up to the most.

    With scores :math:`s_{ij}` that are one minus estimated costs, this is the least expected cost
    at which each case is answered once, and expert j answers :math:`c_j` cases at most:

    .. math::
        \max_{x \ge 0} \sum_{ij} s_{ij} x_{ij} \quad \text{with} \quad
        \sum_j x_{ij} = 1, \quad \sum_i x_{ij} \le c_j .

    Asking for whole numbers x loses nothing: the matrix of these constraints is that of a
    bipartite graph, so it is totally unimodular, and with whole capacities there is a whole
    optimum. The prices are an optimum of the dual,

    .. math:: \min_{p \ge 0} \sum_i \max_j (s_{ij} - p_j) + \sum_j c_j p_j ,

    whose value at any prices is at least the worth of any assignment. Here the two are equal, which
    proves that both are optimal. At these prices each case is with an agent whose score less price
    is largest, and an agent who is not full has price zero. So
    ``route(agent_scores, OperatingPoint(prices))`` is this assignment wherever the best one is
    unique. At ties it may differ, as prices cannot tell equal cases apart: use
    :func:`prices_within` there.

    Several prices can be optimal. A mean of extreme ones is returned: agents tie at it only where
    sending the case to either is optimal. While the model can keep every case, none leaves it
    without a gain.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    capacity : int or array of shape (J,)
        Largest number of cases per expert; ``inf`` or None is no limit. One number serves all.
    available : booleans of shape (J,) or (n, J), optional
        Experts who can be asked at all; the model always can.
    model_capacity : int, optional
        Largest number of cases that the model may keep; by default there is no limit.

    Returns
    -------
    Assignment
        With ``routes`` ``(n,)``, ``prices`` and ``loads`` ``(J,)``, ``worth`` and ``bound``. The
        worth is exact, up to the rounding of the largest difference between two scores of a case.

    Raises
    ------
    InvalidInput
        If a capacity is negative or not whole, or there is not one per expert; if capacities do
        not suffice for the cases; if a case can be answered by nobody.

    See Also
    --------
    prices_within : Prices whose routes stay within capacities, for cases to come.
    CapacityController : The same for cases that come one after another.

    References
    ----------
    Hoffman and Kruskal 1956, "Integral boundary points of convex polyhedra"; the method is in
    :mod:`cede.tuning.capacities._transport`.

    Examples
    --------
    The second expert is best everywhere, and has time for one case:

    >>> assignment = assign([[0.5, 0.6, 0.9], [0.5, 0.8, 0.9], [0.5, 0.4, 0.6]], capacity=[2, 1])
    >>> assignment.routes
    array([2, 1, 0])
    >>> round(assignment.worth, 9), assignment.loads
    (2.2, array([1, 1]))
    """
    scores = check_agent_table("agent_scores", agent_scores)
    n, n_experts = len(scores), scores.shape[1] - 1
    names = named_experts(agent_scores, n_experts)
    limits = np.append(
        check_model_capacity(model_capacity, n), check_capacity(capacity, n_experts, n, names)
    )
    allowed = np.ones(scores.shape, dtype=np.bool_)
    if available is not None:
        allowed[:, 1:] = check_available(available, (n, n_experts), names)
    if limits[0] >= n:  # then no optimum asks an expert who is no better than the model
        allowed[:, 1:] &= scores[:, 1:] > scores[:, :1]
    scores = np.where(allowed, scores, -np.inf)
    _check_answerable(scores, limits)
    try:
        routes, prices = transport(scores, limits)
    except Unplaceable as error:
        raise InvalidInput(
            f"must leave a place for every case, but got none for {error.short:,} of {n:,} cases, "
            f"whoever takes the others; raise it for experts who are available to them",
            argument="capacity",
        ) from None
    chosen = scores[np.arange(n), routes]
    best = difference(scores, prices).max(axis=1)
    largest = float(np.abs(np.concatenate([chosen, best, prices])).max(initial=0.0))
    unit = 2.0**-64 if largest > 1e280 else 1.0  # sums of the largest numbers are none
    capacities = np.minimum(limits, n)  # nobody has more, and no limit has price zero
    return Assignment(
        routes=routes,
        prices=prices[1:],
        model_price=float(prices[0]),
        worth=float((chosen * unit).sum()) / unit,
        bound=float((best * unit).sum() + capacities @ (prices * unit)) / unit,
        loads=np.bincount(routes, minlength=n_experts + 1)[1:].astype(np.int64),
    )


def check_model_capacity(model_capacity: float | None, n_cases: int) -> int:
    """Return the largest number of cases that the model may keep."""
    try:
        return int(check_capacity([model_capacity], 1, n_cases)[0])
    except InvalidInput:
        raise InvalidInput(
            f"must be a whole number of cases, but got {model_capacity!r}; write None for no limit",
            argument="model_capacity",
        ) from None


def _check_answerable(scores: Floats, limits: Ints) -> None:
    if limits.sum() < len(scores):
        raise InvalidInput(
            f"must suffice, with the model's, for all {len(scores):,} cases, but got "
            f"{limits.sum():,} in all, {len(scores) - limits.sum():,} short; raise it, or leave "
            "the model's without limit",
            argument="capacity",
        )
    nobody = np.flatnonzero(np.isneginf(np.where(limits > 0, scores, -np.inf)).all(axis=1))
    if nobody.size:
        raise InvalidInput(
            "must let somebody who is available answer each case, but got nobody for "
            f"{nobody.size:,} of {len(scores):,} cases, the first at row {nobody[0]}; give the "
            "model or an available expert some",
            argument="capacity",
        )
