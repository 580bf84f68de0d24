"""One verb, by what one knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
from cede._intervals import check_confidence, design_effect
from cede._rows._fingerprint import fingerprint
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint, route
from cede.tuning._blend import Blend, Walked, blend_within
from cede.tuning._expect import expect
from cede.tuning._fees import added, after_fees, less_base
from cede.tuning._multiplier import largest_count, price_of_share, price_of_spend
from cede.tuning._target import price_of_target
from cede.tuning.capacities import prices_within
from cede.tuning.guarantees import certify_scores

__all__ = ["choose_operating_point"]


def choose_operating_point(
    agent_scores: ArrayLike,
    budget: float | ArrayLike | None = None,
    *,
    fee: ArrayLike | None = None,
    spend: float | None = None,
    capacity: ArrayLike | None = None,
    target: float | None = None,
    risk: float | None = None,
    delta: float = 0.1,
    largest_cost: float = 1.0,
    agent_costs: ArrayLike | None = None,
    fees_in_scores: ArrayLike | None = None,
    charges: ArrayLike | None = None,
    expected_cases: int | None = None,
    cases: Any = None,
    confidence: float = 0.95,
    groups: ArrayLike | None = None,
    walk: Callable[[Blend], Walked] | None = None,
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
        Largest share of cases that may leave the model; or that each expert may answer. Needs no
        labels, and is never exceeded on these cases: ties at the threshold stay with the model.
    fee : float or array of shape (J,), optional
        What asking each expert costs from now on, in units of one error: taken off its score.
    spend : float, optional
        Largest mean charge per case, in the unit of ``charges``. Prices are proportional to these.
    capacity : array of shape (J,) or int, optional
        Largest number of cases that each expert can answer in a period; ``inf`` for no limit.
    target : float, optional
        Accuracy (one minus the mean cost) that the system should have on these cases, for the
        fewest deferrals. Needs ``agent_costs``. A goal, not a guarantee: as often as not, other
        cases fall short of it.
    risk, delta : float, optional
        Mean cost that the system has at most, with probability ``1 - delta`` over these cases,
        for the fewest deferrals: :func:`cede.tuning.certify_scores`. Needs ``agent_costs``;
        delta lies in (0, 0.5].
    largest_cost : float, default=1.0
        The most that a case can ever cost, for ``risk``.
    agent_costs : array of shape (n, J + 1), optional
        What each agent's answer cost, before fees; NaN where it is not known. With them, the point
        knows what accuracy to expect.
    fees_in_scores : float or array of shape (J,), optional
        Fees that the scores have had taken off; a fee then takes their place.
    charges : float or array of shape (J,), optional
        What asking costs, in any unit of money; by default the fees.
    expected_cases : int, optional
        How many cases a period brings, for ``capacity``; by default as many as are given here.
    cases : array or dataframe of shape (n, d), optional
        The cases' features, to take the fingerprint of; by default the scores.
    confidence : float, default=0.95
        Level of the intervals in :attr:`cede.OperatingPoint.expected`. They do not know that a
        target was aimed at on the same cases; on 1,000 draws each (``tests/long``) this cost those
        of the accuracy at most one point of 95 %.
    groups : array of shape (n,), optional
        Which cases belong together, such as one patient's: what to expect then rests on as many
        independent groups, and so does the risk that is guaranteed. The prices are those that these
        cases have anyway.
    walk : function, optional
        For agents who are asked one after the other, as those of :class:`cede.CascadeRouter`: it
        says who answers the cases if shares of them go by given prices. A spend, capacities and
        shares per expert then count everybody who is asked on the way.

    Raises
    ------
    InvalidInput
        If nothing is asked for, or two things; if what is asked for needs outcomes, or charges,
        that are not there; if no point is certified.

    Examples
    --------
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
    check_same_agents(agent_scores=agent_scores, agent_costs=agent_costs)
    n, n_experts = len(scores), scores.shape[1] - 1
    names = named_experts(agent_scores, n_experts)
    budget, fee = in_order("budget", budget, names), in_order("fee", fee, names)
    capacity, charges = in_order("capacity", capacity, names), in_order("charges", charges, names)
    fees_in_scores = in_order("fees_in_scores", fees_in_scores, names)
    if n == 0:
        raise InvalidInput("An operating point cannot be chosen on no cases; pass some rows.")
    level = check_confidence(confidence)
    questions = {
        "budget": budget,
        "spend": spend,
        "capacity": capacity,
        "target": target,
        "risk": risk,
    }
    asked = _only_one(questions, fee, expected_cases, delta)
    taken_off = check_fees(fees_in_scores, n_experts)
    fees = taken_off if fee is None else check_fees(fee, n_experts, "fee")
    base = fees - taken_off
    money = fees if charges is None else check_fees(charges, n_experts, "charges")
    costs = _outcomes(agent_costs, scores, asked)
    together = check_groups(groups, scores)
    reached = True
    blend: Blend = ()
    each = None if budget is None or np.ndim(budget) == 0 else budget  # expert's own share
    if target is not None and costs is not None:
        prices, reached = price_of_target(
            scores, base, costs, check_number("target", target, "0.9 for 90 %")
        )
    elif risk is not None and costs is not None:
        level_of_risk = check_number("risk", risk, "0.05 for 5 %")
        prices = _certified(scores, base, costs, level_of_risk, delta, largest_cost, together)
    elif walk is not None and (spend is not None or capacity is not None or each is not None):
        if spend is not None:
            loads, limits = money[None, :], np.array([n * _check_spend(spend, money)])
        elif capacity is not None:
            loads, limits = np.eye(n_experts), _counts(capacity, n, n_experts, expected_cases)
        else:
            loads, limits = np.eye(n_experts), _shares(each, n, n_experts)
        prices, blend = blend_within(walk, loads, limits)
        if len(blend) == 1 and len(set(blend[0][1])) < 2:
            blend = ()  # one price for all is one for leaving the model, as scores are read
    elif spend is not None:
        prices = price_of_spend(scores, base, money, _check_spend(spend, money))
    elif capacity is not None:
        prices = _within(scores, base, _counts(capacity, n, n_experts, expected_cases))
    elif each is not None:
        prices = _within(scores, base, _shares(each, n, n_experts))
    elif budget is not None:
        prices = price_of_share(scores, base, check_budget(budget))
    else:
        prices = base
    listed = tuple(prices.tolist())
    if walk is not None:
        routes, money = walk(blend or ((1.0, listed),)).routes, np.cumsum(money)
    else:
        routes = route(scores, OperatingPoint(listed))
    return OperatingPoint(
        prices=listed,
        blend=blend,
        chosen_by=asked,
        value=_plain(fee if asked == "fee" else questions[asked]),
        delta=delta if asked == "risk" else None,
        period=expected_cases,
        reached=reached,
        deferral_rate=float(np.count_nonzero(routes)) / n,
        n_cases=n,
        fingerprint=fingerprint(scores if cases is None else cases).digest,
        expected=expect(routes, money, costs, level, together),
        design_effect=design_effect((routes > 0).astype(np.float64), together, level),
    )


def _only_one(questions: Mapping[str, Any], fee: Any, expected_cases: Any, delta: Any) -> str:
    """Name what is asked for; a fee may stand beside it or alone."""
    asked = [name for name, value in questions.items() if value is not None]
    if len(asked) > 1:
        raise InvalidInput(
            f"An operating point is chosen for one thing, however {' and '.join(asked)} are asked "
            f"for; a fee alone may stand beside it."
        )
    if not asked and fee is None:
        raise InvalidInput(
            f"Say what the point is to be chosen for: one of {', '.join(questions)} or fee."
        )
    if expected_cases is not None:
        if asked != ["capacity"]:
            raise InvalidInput(
                f"expected_cases says how many cases share a capacity=, however "
                f"{asked[0] if asked else 'a fee'} is asked for; leave it out."
            )
        if check_number("expected_cases", expected_cases, "300") < 1:
            raise InvalidInput(f"expected_cases must be at least 1, not {expected_cases!r}.")
    if asked == ["risk"] and not 0 < check_number("delta", delta, "0.1") <= 0.5:
        raise InvalidInput(
            f"delta is the probability that the guarantee fails and lies in (0, 0.5], however "
            f"delta={delta!r}; write 0.1 for a confidence of 90 %."
        )
    return asked[0] if asked else "fee"


def _outcomes(agent_costs: ArrayLike | None, scores: Floats, asked: str) -> Floats | None:
    if agent_costs is None:
        if asked in ("target", "risk"):
            raise InvalidInput(
                f"A {asked} is about how the agents answered: it needs labelled cases (y and "
                f"experts, or agent_costs)."
            )
        return None
    costs = check_agent_table("agent_costs", agent_costs, allow_missing=True)
    if costs.shape != scores.shape:
        raise InvalidInput(
            f"agent_scores and agent_costs must have one shape, however they have {scores.shape} "
            f"and {costs.shape}."
        )
    return costs


def _per_expert(name: str, values: ArrayLike, n_experts: int, no_limit: float) -> Floats:
    """One number per expert, or one for all of them; None is no limit."""
    listed = np.asarray(values, dtype=object)
    try:
        numbers = np.where(listed == None, no_limit, listed).astype(np.float64)  # noqa: E711
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be numbers, not {values!r}.") from None
    if numbers.shape not in ((), (n_experts,)):
        raise InvalidInput(
            f"{name} must be one number, or one per expert ({n_experts}), however its shape is "
            f"{numbers.shape}."
        )
    return np.broadcast_to(numbers, (n_experts,))


def _certified(
    scores: Floats,
    base: Floats,
    costs: Floats,
    risk: float,
    delta: float,
    largest_cost: float,
    groups: Ints | None,
) -> Floats:
    """Prices at which the risk is certified; the certificate's own sentence if there are none."""
    paid, moved = after_fees(scores, base)
    certificate = certify_scores(
        paid, costs, risk=risk, delta=delta, largest_cost=largest_cost, groups=groups
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
            f"A capacity is a whole number of cases, at least 0, not {capacity!r}; for a share of "
            f"the cases, say budget=."
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
        routes = route(scores, OperatingPoint(tuple(prices.tolist())))
        over = np.bincount(routes, minlength=len(base) + 1)[1:] - limits
        if (over <= 0).all():
            return prices
        left = np.maximum(0.0, left - over.clip(0.0))  # a sum of prices was rounded, at a tie


def _check_spend(spend: float, charges: Floats) -> float:
    value = check_number("spend", spend, "0.5, a mean charge per case")
    if not 0.0 <= value < np.inf:
        raise InvalidInput(f"spend is the largest mean charge per case, at least 0, not {spend!r}.")
    if charges.size and not charges.any():
        raise InvalidInput(
            "A spend needs to know what asking costs; pass charges=, one number per expert."
        )
    return value


def _plain(value: Any) -> float | tuple[float | None, ...] | None:
    """A number, or numbers, with None for no limit (infinity is not JSON)."""
    numbers = np.asarray(value, dtype=np.float64)
    if numbers.ndim == 0:
        return float(numbers) if np.isfinite(numbers) else None
    return tuple(v if np.isfinite(v) else None for v in numbers.tolist())
