"""One verb, by what one knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import (
    Floats,
    Ints,
    check_agent_table,
    check_budget,
    check_fees,
    check_groups,
    check_number,
    check_same_agents,
)
from cede._checks._names import in_order, named_experts
from cede._intervals import design_effect
from cede._rows._fingerprint import fingerprint
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint
from cede.operating._rule import routes_at
from cede.tuning._blend import Blend, Walked, blend_within
from cede.tuning._expect import expect
from cede.tuning._fees import added, after_fees, less_base
from cede.tuning._multiplier import largest_count, price_of_share, price_of_spend
from cede.tuning._question import Question, asks
from cede.tuning._target import price_of_target
from cede.tuning.capacities import prices_within
from cede.tuning.guarantees import certify_scores

__all__ = ["choose_operating_point", "point_for"]


@asks
def choose_operating_point(
    agent_scores: ArrayLike,
    budget: float | ArrayLike | None = None,
    *,
    answer_costs: ArrayLike | None = None,
    fees_in_scores: ArrayLike | None = None,
    cases: Any = None,
    groups: ArrayLike | None = None,
    walk: Callable[[Blend], Walked] | None = None,
    **question: Any,
) -> OperatingPoint:
    r"""Choose the prices at which deferring is worth it, by what is known; needs no fit.

    Say one of budget, spend, capacity, target and risk, a fee, or a fee and one of these. In the
    Lagrangian of ``min risk`` under a constraint, prices are its multipliers (Narasimhan et al.
    2022, section 5); no case is deferred without a gain.

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first. Fees need scores that
        are one minus expected costs.
    budget : float or array of shape (J,), optional
        The commonest question, so that it may come by position.
    answer_costs : array of shape (n, J + 1), optional
        What each agent's answer cost, before fees; NaN where it is not known. With them, the point
        knows what accuracy to expect.
    fees_in_scores : float or array of shape (J,), optional
        Fees that the scores have had taken off; a fee then takes their place.
    cases : array or dataframe of shape (n, d), optional
        The cases' features, to take the fingerprint of; by default the scores.
    groups : array of shape (n,), optional
        Which cases belong together, such as one patient's: what to expect then rests on as many
        independent groups, and so does the risk that is guaranteed. The prices are those that these
        cases have anyway.
    walk : function, optional
        For agents who are asked one after the other, as those of :class:`cede.CascadeRouter`: it
        says who answers the cases if shares of them go by given prices. A spend, capacities and
        shares per expert then count everybody who is asked on the way.
    **question
        What the point is chosen for, and how sure to be: see :class:`cede.tuning.Question`.

    Raises
    ------
    InvalidInput
        If nothing is asked for, or two things; if what is asked for needs outcomes, or charges,
        that are not there; if no point is certified.

    Examples
    --------
    >>> from cede import route
    >>> scores = [[0.0, 0.9], [0.0, 0.4], [0.0, 0.3], [0.0, -0.1]]
    >>> point = choose_operating_point(scores, budget=0.5)
    >>> point.prices, route(scores, point)
    ((0.3,), array([1, 1, 0, 0]))
    >>> choose_operating_point(scores, fee=0.35).deferral_rate
    0.5
    >>> choose_operating_point(scores, spend=1.0, charges=4.0).deferral_rate    # 4 per question
    0.25
    """
    scores = check_agent_table("agent_scores", agent_scores)
    check_same_agents(agent_scores=agent_scores, answer_costs=answer_costs)
    n_experts = scores.shape[1] - 1
    names = named_experts(agent_scores, n_experts)
    asked = Question.of("choose_operating_point", {"budget": budget, **question}).in_order(names)
    fees = check_fees(in_order("fees_in_scores", fees_in_scores, names), n_experts)
    asked.check_outcomes(answer_costs is not None)
    costs = None if answer_costs is None else _outcomes(answer_costs, scores)
    return point_for(asked, scores, costs, fees, cases, check_groups(groups, scores), walk)


def point_for(
    asked: Question,
    scores: Floats,
    costs: Floats | None,
    fees_in_scores: Floats,
    cases: Any = None,
    groups: Ints | None = None,
    walk: Callable[[Blend], Walked] | None = None,
) -> OperatingPoint:
    """The point that a question asks for; as :func:`choose_operating_point`, of what was checked.

    What was asked of each expert comes in their order, fees are ``(J,)``, groups numbered.
    """
    n, n_experts = len(scores), scores.shape[1] - 1
    if n == 0:
        raise InvalidInput(
            "must hold cases, but got none; bring some rows", argument="agent_scores"
        )
    fees = fees_in_scores if asked.fee is None else check_fees(asked.fee, n_experts, "fee")
    base = fees - fees_in_scores
    money = fees if asked.charges is None else check_fees(asked.charges, n_experts, "charges")
    here = _Cases(scores, base, money, costs, groups)
    wanted, limits = asked.asked, _limits(asked, here)
    reached = True
    blend: Blend = ()
    if walk is not None and limits is not None:
        prices, blend = _walked(walk, *limits)
    elif wanted == "target":
        target = check_number("target", asked.target, "0.9 for 90 %")
        prices, reached = price_of_target(scores, base, here.known, target)
    else:
        prices = _prices(asked, here, limits)
    listed = tuple(prices.tolist())
    if walk is not None:
        routes, money = walk(blend or ((1.0, listed),)).routes, np.cumsum(money)
    else:
        routes = routes_at(scores, prices)
    return OperatingPoint(
        prices=listed,
        blend=blend,
        chosen_by=wanted,
        value=asked.value,
        delta=asked.delta if wanted == "risk" else None,
        period=asked.expected_cases,
        reached=reached,
        deferral_rate=float(np.count_nonzero(routes)) / n,
        n_cases=n,
        fingerprint=fingerprint(scores if cases is None else cases).digest,
        expected=expect(routes, money, costs, asked.confidence, groups),
        design_effect=design_effect((routes > 0).astype(np.float64), groups, asked.confidence),
    )


class _Cases(NamedTuple):
    """The cases that a point is chosen on."""

    scores: Floats
    #: What a fee takes off the scores that they do not hold yet, ``(J,)``.
    base: Floats
    #: What asking costs, ``(J,)``.
    money: Floats
    costs: Floats | None
    groups: Ints | None

    @property
    def known(self) -> Floats:
        """Costs, of which a target and a risk are sure."""
        assert self.costs is not None
        return self.costs


def _limits(asked: Question, here: _Cases) -> tuple[Floats, Floats] | None:
    """What asking each expert adds to each sum, and how large the sums may be; None if unlimited.

    A spend is one sum, of charges; capacities and shares per expert are a sum for each, of cases.
    """
    n, n_experts = len(here.scores), len(here.base)
    if asked.spend is not None:
        return here.money[None, :], np.array([n * _check_spend(asked.spend, here.money)])
    if asked.capacity is not None:
        return np.eye(n_experts), _counts(asked.capacity, n, n_experts, asked.expected_cases)
    if asked.budget is not None and np.ndim(asked.budget) > 0:
        return np.eye(n_experts), _shares(asked.budget, n, n_experts)
    return None


def _walked(walk: Callable[[Blend], Walked], loads: Floats, limits: Floats) -> tuple[Floats, Blend]:
    """Prices at which agents who are asked one after the other keep within limits."""
    prices, blend = blend_within(walk, loads, limits)
    if len(blend) == 1 and len(set(blend[0][1])) < 2:
        return prices, ()  # one price for all is one for leaving the model, as scores are read
    return prices, blend


def _prices(asked: Question, here: _Cases, limits: tuple[Floats, Floats] | None) -> Floats:
    """One price per expert, at which what was asked for holds on these cases."""
    if asked.risk is not None:
        return _certified(asked, here)
    if asked.spend is not None:
        spend = _check_spend(asked.spend, here.money)
        return price_of_spend(here.scores, here.base, here.money, spend)
    if limits is not None:
        return _within(here.scores, here.base, limits[1])
    if asked.budget is not None:
        return price_of_share(here.scores, here.base, check_budget(asked.budget))
    return here.base


def _outcomes(answer_costs: ArrayLike, scores: Floats) -> Floats:
    costs = check_agent_table("answer_costs", answer_costs, allow_missing=True)
    if costs.shape != scores.shape:
        raise InvalidInput(
            f"must have the shape of agent_scores, {scores.shape}, but got {costs.shape}; bring a "
            f"row per case and a column per agent",
            argument="answer_costs",
        )
    return costs


def _per_expert(name: str, values: ArrayLike, n_experts: int, no_limit: float) -> Floats:
    """One number per expert, or one for all of them; None is no limit."""
    listed = np.asarray(values, dtype=object)
    try:
        numbers = np.where(listed == None, no_limit, listed).astype(np.float64)  # noqa: E711
    except (TypeError, ValueError):
        raise InvalidInput(
            f"must be numbers, but got {values!r}; say one, or one per expert", argument=name
        ) from None
    if numbers.shape not in ((), (n_experts,)):
        raise InvalidInput(
            f"must be one number, or one per expert ({n_experts}), but got shape {numbers.shape}; "
            f"leave some out, or say more",
            argument=name,
        )
    return np.broadcast_to(numbers, (n_experts,))


def _certified(asked: Question, here: _Cases) -> Floats:
    """Prices at which the risk is certified; the certificate's own sentence if there are none."""
    paid, moved = after_fees(here.scores, here.base)
    certificate = certify_scores(
        paid,
        here.known,
        risk=check_number("risk", asked.risk, "0.05 for 5 %"),
        delta=asked.delta,
        largest_cost=asked.largest_cost,
        groups=here.groups,
    )
    if certificate.point is None:
        raise InvalidInput(str(certificate))
    return added(moved, np.asarray(certificate.point.prices))


def _counts(capacity: ArrayLike, n: int, n_experts: int, expected_cases: int | None) -> Floats:
    """How many of these cases each expert can answer, if a period brings as many as expected."""
    limits = _per_expert("capacity", capacity, n_experts, np.inf)
    whole = (limits >= 0) & ((limits == np.floor(limits)) | np.isinf(limits))
    if not whole.all():  # NaN is none, either
        raise InvalidInput(
            f"must be a whole number of cases, at least 0, but got {capacity!r}; for a share of "
            f"the cases, say a budget",
            argument="capacity",
        )
    if expected_cases is None:
        return limits
    # A product of whole numbers that divides evenly must not lose one to rounding.
    return np.floor(limits * n / expected_cases * (1 + 1e-12))


def _shares(budget: Any, n: int, n_experts: int) -> Floats:
    """How many of these cases each expert may answer, by shares."""
    shares = [check_budget(share) for share in _per_expert("budget", budget, n_experts, 1.0)]
    return np.array([largest_count(share, n) for share in shares], dtype=np.float64)


def _within(scores: Floats, base: Floats, limits: Floats) -> Floats:
    """Prices at which each expert answers at most so many of these cases."""
    left = limits
    while True:
        prices = added(base, prices_within(less_base(scores, base), left))
        over = np.bincount(routes_at(scores, prices), minlength=len(base) + 1)[1:] - limits
        if (over <= 0).all():
            return prices
        left = np.maximum(0.0, left - over.clip(0.0))  # a sum of prices was rounded, at a tie


def prices_of_shares(scores: Floats, base: Floats, shares: Floats) -> Floats:
    """Prices at which each expert answers at most a share of these cases; 1 is no limit."""
    return _within(scores, base, _shares(shares, len(scores), len(base)))


def _check_spend(spend: float, charges: Floats) -> float:
    value = check_number("spend", spend, "0.5, a mean charge per case")
    if not 0.0 <= value < np.inf:
        raise InvalidInput(
            f"must be at least 0, the largest mean charge per case, but got {spend!r}; say how "
            f"much money a case may take on average",
            argument="spend",
        )
    if charges.size and not charges.any():
        raise InvalidInput(
            "must be known for a spend, what asking costs, but got nothing; say one number per "
            "expert",
            argument="charges",
        )
    return value
