"""The deferral curve: what the system is worth at every deferral rate, exact, by one sort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_agent_table, check_budget, check_fees
from cede._names import check_names_at_fit
from cede.costs import check_table_alone, expert_costs, read_numbers, resolve_costs
from cede.exceptions import InvalidInput
from cede.operating import NEVER, OperatingPoint, deferral_gain

__all__ = ["DeferralCurve", "Scorer", "deferral_curve", "deferral_curve_from_scores"]


class Scorer(Protocol):
    """All that a curve or a comparison asks of a method."""

    def agent_scores(self, X: Any) -> Any:
        """One comparable number per agent and case, ``(n, J + 1)``, the model first."""

    def predict(self, X: Any) -> Any:
        """What the model would answer, ``(n,)``."""


@dataclass(frozen=True)
class DeferralCurve:
    """System cost at every price, from nobody deferred to everybody deferred.

    Point ``i`` is the rule "defer every case whose gain exceeds ``prices[i]``". There is one point
    per distinct gain and one before the first: ``n + 1`` points if no two gains tie. Cases that
    tie cannot be told apart by their scores, so no point lies inside a tie; the straight line
    between two neighbouring points is what splitting a tie at random gives on average.
    """

    #: Price of each point, decreasing; the first is the largest gain (nobody is deferred), the
    #: last minus infinity. Points with a negative price defer against the scores' advice.
    prices: Floats
    #: Share of cases deferred, increasing from 0 to 1.
    deferral_rate: Floats
    #: Mean cost of the system; with 0-1 costs and no fees, its error rate.
    risk: Floats
    #: How many cases the curve was computed on, and how many experts there are.
    n_cases: int
    n_experts: int

    @property
    def accuracy(self) -> Floats:
        """One minus risk: the accuracy of the system where costs are 0-1 errors without fees."""
        return 1.0 - self.risk

    @property
    def coverage(self) -> Floats:
        """Share of cases that the model keeps."""
        return 1.0 - self.deferral_rate

    @property
    def area(self) -> float:
        """Area under accuracy against deferral rate, by the trapezoid between points."""
        return float(np.trapezoid(self.accuracy, self.deferral_rate))

    def risk_at(self, rates: ArrayLike) -> Floats:
        """Mean cost when exactly these shares are deferred, ties split at random."""
        return np.asarray(
            np.interp(np.asarray(rates), self.deferral_rate, self.risk), dtype=np.float64
        )

    def at_budget(self, budget: float) -> OperatingPoint:
        """The point :func:`cede.choose_operating_point` chooses on the same scores."""
        share = check_budget(budget)
        last = int(np.searchsorted(self.deferral_rate, share, side="right")) - 1
        price = NEVER if share == 0.0 else max(0.0, float(self.prices[last]))
        useful = int(np.count_nonzero(self.prices > 0))  # beyond this point nobody gains
        return OperatingPoint(
            prices=(price,) * self.n_experts,
            budget=share,
            deferral_rate=float(self.deferral_rate[min(last, useful)]),
            n_cases=self.n_cases,
        )


def deferral_curve_from_scores(agent_scores: ArrayLike, agent_costs: ArrayLike) -> DeferralCurve:
    """Compute the curve of scores and outcomes produced anywhere.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    agent_costs : array of shape (n, J + 1)
        What letting each agent answer cost, the model first. Cases in which an expert's cost is
        missing (NaN) are left out.

    Examples
    --------
    >>> curve = deferral_curve_from_scores([[0.0, 0.9], [0.0, 0.2]], [[1.0, 0.0], [0.0, 1.0]])
    >>> curve.deferral_rate, curve.accuracy
    (array([0. , 0.5, 1. ]), array([0.5, 1. , 0.5]))
    """
    scores = check_agent_table("agent_scores", agent_scores)
    costs = check_agent_table("agent_costs", agent_costs, allow_missing=True)
    if scores.shape != costs.shape:
        raise InvalidInput(
            f"agent_scores and agent_costs must have one shape, however they have {scores.shape} "
            f"and {costs.shape}."
        )
    if np.isnan(costs).any():
        known = ~np.isnan(costs).any(axis=1)
        scores, costs = scores[known], costs[known]
    n, n_experts = len(scores), scores.shape[1] - 1
    if n == 0:
        raise InvalidInput("There is no case that every expert answered; a curve needs some.")
    if n_experts == 0:
        return DeferralCurve(np.array([-np.inf]), np.zeros(1), costs.mean(axis=0), n, 0)
    gain = deferral_gain(scores)
    order = np.argsort(np.negative(gain, out=gain))
    # Everything below is written into three arrays of n + 1: at ten million cases, touching fresh
    # memory costs as much as the arithmetic.
    prices, risk = np.empty(n + 1), np.empty(n + 1)
    gain.take(order, out=prices[:-1], mode="clip")
    np.negative(prices, out=prices)
    prices[-1], risk[0] = -np.inf, costs[:, 0].sum()
    extra = np.subtract(_best_expert_cost(scores, costs), costs[:, 0], out=gain)
    extra.take(order, out=risk[1:], mode="clip")
    np.cumsum(risk, out=risk)
    risk /= n
    rate = np.arange(n + 1, dtype=np.float64)
    rate /= n
    # No point stands inside a group of equal gains.
    apart = prices[1:] != prices[:-1]
    if not apart.all():
        keep = np.concatenate([[True], apart])
        prices = np.append(prices[np.flatnonzero(keep[1:])], -np.inf)
        rate, risk = rate[keep], risk[keep]
    return DeferralCurve(prices, rate, risk, n, n_experts)


def deferral_curve(
    router: Scorer,
    X: Any,
    y: ArrayLike,
    experts: Any = None,
    costs: ArrayLike | None = None,
    fees: ArrayLike | None = None,
) -> DeferralCurve:
    """Compute the curve of a fitted router on labelled cases it was not fitted on.

    Parameters
    ----------
    router : object with ``agent_scores(X)`` and ``predict(X)``
        Any router of cede, or anybody's.
    X
        Features of ``n`` cases.
    y : array of shape (n,) or (n, J + 1)
        True answers; or a table of agent costs, fees included, which is all there is to know.
    experts : array of shape (n, J), optional
        The experts' answers; cases with a missing one are left out.
    costs : array of shape (n, J), optional
        Instead of answers, what each expert's answer costs before fees (1 where it is wrong).
    fees : float or array of shape (J,), optional
        Paid when an expert is asked; part of ``risk``.
    """
    given = np.asarray(y)
    if given.ndim == 2 and given.shape[1] > 1:
        check_table_alone(experts, costs, fees)
        check_names(router, y)
        return deferral_curve_from_scores(router.agent_scores(X), read_numbers("y", given))
    check_names(router, costs if experts is None else experts)
    known = resolve_costs(y, experts, costs)
    paid = known + check_fees(fees, known.shape[1])
    model = expert_costs(np.asarray(router.predict(X)), np.asarray(y))
    return deferral_curve_from_scores(router.agent_scores(X), np.hstack([model, paid]))


def check_names(router: Any, table: Any) -> None:
    """Refuse columns that name other experts than the router's, if it knows any names."""
    fitted = getattr(router, "expert_names_", None)
    if fitted is not None and table is not None:
        check_names_at_fit(tuple(fitted), table)


def _best_expert_cost(scores: Floats, costs: Floats) -> Floats:
    if scores.shape[1] == 2:
        return costs[:, 1]
    best = scores[:, 1:].argmax(axis=1) + 1
    return np.asarray(costs[np.arange(len(costs)), best], dtype=np.float64)
