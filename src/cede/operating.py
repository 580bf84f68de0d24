"""Scores to routes: one rule, and the point at which it is applied.

The rule, for agent scores ``s`` of shape ``(n, J + 1)`` (higher is better, the model first) and
prices ``t_j``: with the gain of expert ``j``

.. math:: g_j = (s_j - s_0) - t_j,

a case goes to the expert with the largest gain if that gain is strictly positive, and stays with
the model otherwise. A query costs something, so a tie stays with the model; among experts that
tie, the first is asked. Choosing a point and applying it both go through :func:`deferral_gain`,
and a price chosen as one of the gains is compared with ``x - t > 0``, which in floating point is
exactly ``x > t``: what a budget allows when it is chosen is what it gives when it is applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, Ints, check_agent_table, check_budget, check_finite
from cede.exceptions import InvalidInput

__all__ = ["OperatingPoint", "choose_operating_point", "deferral_gain", "route"]


#: The price of a budget of zero: no gain exceeds it, on these cases or on any to come.
NEVER = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class OperatingPoint:
    """The prices at which deferring is worth it, with what they were chosen on.

    Examples
    --------
    >>> print(OperatingPoint(prices=(0.1,), budget=0.2, deferral_rate=0.19, n_cases=500))
    price 0.1; chosen for a budget of 20.0 % on 500 cases, where 19.0 % left the model
    """

    #: What each expert's score must exceed the model's by, in units of the scores; length J.
    prices: tuple[float, ...]
    #: The largest share of cases that was allowed to leave the model, if that was the question.
    budget: float | None = None
    #: The share that left the model on the cases the point was chosen on.
    deferral_rate: float | None = None
    #: How many cases the point was chosen on.
    n_cases: int | None = None

    def __post_init__(self) -> None:
        prices = np.asarray(self.prices, dtype=np.float64)
        if prices.ndim != 1:
            raise InvalidInput(f"prices must hold one number per expert, not {self.prices!r}.")
        check_finite("prices", prices)
        object.__setattr__(self, "prices", tuple(float(p) for p in prices))

    def __str__(self) -> str:
        """One line for people."""
        listed = ", ".join(
            "that nothing is worth" if p == NEVER else f"{p:.4g}"
            for p in dict.fromkeys(self.prices)
        )
        listed = listed or "none"
        text = f"price {listed}"
        if self.budget is not None and self.deferral_rate is not None:
            text += (
                f"; chosen for a budget of {self.budget:.1%} on {self.n_cases} cases, where "
                f"{self.deferral_rate:.1%} left the model"
            ).replace("%", " %")
        return text

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "prices": list(self.prices),
            "budget": self.budget,
            "deferral_rate": self.deferral_rate,
            "n_cases": self.n_cases,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> OperatingPoint:
        """Read back what :meth:`to_dict` wrote."""
        return cls(**{**values, "prices": tuple(values["prices"])})


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
    gains = _gains(check_agent_table("agent_scores", agent_scores), prices)
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
    cases go to the next best, or stay with the model, who always is.

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
    prices = np.zeros(1) if point is None else np.asarray(point.prices)
    if point is not None and prices.shape != (scores.shape[1] - 1,):
        raise InvalidInput(
            f"The operating point has prices for {len(prices)} experts, but agent_scores has "
            f"{scores.shape[1] - 1}; choose a point on scores of the same experts."
        )
    gains = np.empty_like(scores)
    gains[:, 0] = 0.0  # of the model, which comes first in a tie
    _gains(scores, prices, out=gains[:, 1:])
    if available is not None:
        gains[:, 1:][~_check_available(available, gains[:, 1:].shape)] = -np.inf
    return np.asarray(gains.argmax(axis=1), dtype=np.int64)


def choose_operating_point(agent_scores: ArrayLike, budget: float) -> OperatingPoint:
    r"""Choose the lowest price at which at most a share ``budget`` of the cases leaves the model.

    The price is ``max(0, the (floor(budget n) + 1)-th largest gain)``: no case is deferred
    without a gain, and cases whose gains tie at the threshold all stay, so the budget is never
    exceeded on the data it was chosen on. A budget of zero defers nobody, there or later. Needs
    no labels.

    References
    ----------
    The Lagrangian of ``min risk subject to P(defer) <= budget`` replaces every fee by fee plus
    price: Narasimhan et al. 2022, section 5.

    Examples
    --------
    >>> scores = [[0.0, 0.9], [0.0, 0.4], [0.0, 0.3], [0.0, -0.1]]
    >>> point = choose_operating_point(scores, budget=0.5)
    >>> point.prices, route(scores, point)
    ((0.3,), array([1, 1, 0, 0]))
    """
    scores = check_agent_table("agent_scores", agent_scores)
    share = check_budget(budget)
    n, n_experts = len(scores), scores.shape[1] - 1
    if n == 0:
        raise InvalidInput("An operating point cannot be chosen on no cases; pass some rows.")
    gain = deferral_gain(scores)
    allowed = _largest_count(share, n)
    price = 0.0
    if share == 0.0:
        price = NEVER
    elif n_experts and allowed < n:
        price = max(0.0, float(np.partition(gain, n - allowed - 1)[n - allowed - 1]))
    return OperatingPoint(
        prices=(price,) * n_experts,
        budget=share,
        deferral_rate=float(np.count_nonzero(gain > price)) / n if n_experts else 0.0,
        n_cases=n,
    )


def _gains(scores: Floats, prices: ArrayLike, out: Floats | None = None) -> Floats:
    gains = np.subtract(scores[:, 1:], scores[:, :1], out=out)
    with np.errstate(over="ignore"):  # a gain less NEVER may be minus infinity, which is right
        gains -= np.asarray(prices, dtype=np.float64)
    return gains


def _check_available(available: ArrayLike, shape: tuple[int, ...]) -> Bools:
    present = np.asarray(available)
    if present.dtype != np.bool_ or present.shape not in (shape, shape[1:]):
        raise InvalidInput(
            f"available must be booleans, one per expert {shape[1:]} or per case and expert "
            f"{shape}, however it has dtype {present.dtype} and shape {present.shape}."
        )
    return np.broadcast_to(present, shape)


def _largest_count(share: float, n: int) -> int:
    """Return the largest k with k / n <= share; plain floor(share * n) loses one to rounding."""
    k = int(share * n)
    return k + 1 if k < n and (k + 1) / n <= share else k
