"""What has to hold of a log, whatever its format was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Bools, Floats, Ints, without_rounding
from cede.costs import llm_costs
from cede.exceptions import InvalidInput
from cede.logs._cases import Cases
from cede.logs._columns import Column


def cases_of_log(
    *,
    agent_names: tuple[str, ...],
    ids: NDArray[Any],
    outcomes: Floats,
    money: Floats | None,
    exchange_rate: float | None,
    propensities: Floats | None,
    features: Mapping[str, NDArray[Any]],
    columns: tuple[Column, ...],
    groups: Ints | None,
    group_names: tuple[str, ...],
    abstained: Bools | None = None,
    abstain_pays: bool = False,
) -> Cases:
    """Put a log together; refuse cases of which nothing is known, and what is no propensity.

    ``abstained (n, J + 1)`` says who was asked and did not answer.
    """
    if abstained is not None:
        if abstain_pays:
            outcomes, money = let_model_answer(outcomes, money, abstained)
        if propensities is not None:
            _check_abstained(abstained & np.isnan(outcomes))
    if (money is None) != (exchange_rate is None):
        raise InvalidInput(
            "must come with the exchange rate, the quality that one unit of money must buy, and "
            "the rate with it; say both or neither",
            argument="cost",
        )
    charged = np.zeros(len(agent_names)) if money is None else money
    try:
        costs = llm_costs(outcomes, charged, exchange_rate=exchange_rate or 0.0)
    except InvalidInput as error:
        raise _as_logged(error) from None
    known = ~np.isnan(costs)
    silent = np.flatnonzero(~known.any(axis=1))
    if silent.size:
        raise InvalidInput(
            f"{silent.size:,} of {len(costs):,} cases have no agent whose outcome"
            f"{'' if money is None else ' and cost'} is known, the first being case "
            f"{show(ids[silent[0]])}; leave them out."
        )
    if propensities is not None:
        propensities = np.where(known, without_rounding(propensities), np.nan)
        _check_propensities(propensities, known, ids, agent_names)
    return Cases(
        agent_names=agent_names,
        agent_costs=costs,
        features=features,
        ids=ids,
        columns=columns,
        outcomes=outcomes,
        money=money,
        exchange_rate=exchange_rate,
        propensities=propensities,
        groups=groups,
        group_names=group_names,
    )


def _as_logged(error: InvalidInput) -> InvalidInput:
    """The same error, about the argument by which a log is read."""
    logged = {"quality": "outcome", "money": "cost"}
    argument = logged.get(error.argument or "", error.argument)
    return InvalidInput(error.message, argument=argument)


def _check_propensities(
    propensities: Floats, known: Bools, ids: NDArray[Any], names: tuple[str, ...]
) -> None:
    bad = known & ~((propensities > 0.0) & (propensities <= 1.0))
    if bad.any():
        case, agent = np.unravel_index(bad.argmax(), bad.shape)
        value = propensities[case, agent]
        raise InvalidInput(
            f"must be in (0, 1], the probability that an outcome would be observed, but got "
            f"{'none' if np.isnan(value) else f'{value:.4g}'} for case {show(ids[case])} and agent "
            f"{names[agent]!r} ({int(bad.sum()):,} of {int(known.sum()):,} are not); say a share "
            f"such as 0.05 for one case in twenty",
            argument="propensity",
        )


def _check_abstained(unknown: Bools) -> None:
    if unknown.any():
        raise InvalidInput(
            f"leaves {int(unknown.sum()):,} outcomes missing that propensities count as observed; "
            f"say what these words are worth instead, or leave the propensities out",
            argument="abstain",
        )


def let_model_answer(
    outcomes: Floats, money: Floats | None, abstained: Bools
) -> tuple[Floats, Floats | None]:
    """Where an expert abstained, the model's answer stands, and both calls are paid.

    The outcome of that cell is the model's, and its money what asking the expert took plus what the
    model takes; both are NaN where the model's are not known.
    """
    stands = abstained.copy()
    stands[:, 0] = False
    outcomes = np.where(stands, outcomes[:, :1], outcomes)
    return outcomes, None if money is None else np.where(stands, money + money[:, :1], money)


def show(case: Any) -> str:
    """Write an id as its type does in Python, not in numpy."""
    return repr(case.item() if isinstance(case, np.generic) else case)
