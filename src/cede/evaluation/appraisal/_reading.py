"""What comes in: who cost what in which case, and what of it is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, check_agent_table, without_rounding
from cede.costs import is_cost_table, read_outcomes
from cede.evaluation.appraisal._appraisal import Measure
from cede.exceptions import InvalidInput

__all__ = [
    "AnswerCosts",
    "are_bits",
    "beside",
    "measure_of",
    "read_answer_costs",
    "rows_of",
]

#: Of fewer cases, no interval says anything.
_FEWEST_CASES = 10


class AnswerCosts(NamedTuple):
    """What each agent's answer cost in each case, ``(n, J + 1)``; NaN where that is not known."""

    #: All that counts: before fees, or as a table of agent costs says.
    full: Floats
    #: Without money, one minus the outcomes; ``full`` itself where there is nothing else in it.
    errors: Floats
    #: Whether it was passed as a table, and not as labels.
    is_table: bool


def read_answer_costs(
    X: Any,
    y: Any,
    experts: Any,
    costs: ArrayLike | None,
    model: Any,
    outcomes: ArrayLike | None,
    class_costs: Floats | None = None,
) -> AnswerCosts:
    """What answers cost, by labels or by a table, of enough cases that are known in full."""
    is_table = is_cost_table(y)
    if not is_table and model is None:
        raise InvalidInput(
            "must hold a method, but got none, and no model; pass one of them", argument="methods"
        )
    full = read_outcomes(model, X, y, experts, costs)
    if class_costs is not None:
        full[:, 0] = class_costs[np.asarray(y), np.asarray(model.predict(X))]
    errors = _errors(full, outcomes, is_table)
    _check_enough(np.asarray(~np.isnan(full).any(axis=1)))
    return AnswerCosts(full, errors, is_table)


def beside(name: str, values: ArrayLike, full: Floats) -> Floats:
    """Return a table that stands beside the costs, a number per case and agent."""
    table = check_agent_table(name, values, allow_missing=True)
    if table.shape != full.shape:
        raise InvalidInput(
            f"must have a number per case and agent, {full.shape} as the costs, but got shape "
            f"{table.shape}",
            argument=name,
        )
    return table


def are_bits(values: Floats) -> bool:
    """Tell whether every value is 0 or 1."""
    return bool(np.isin(values, (0.0, 1.0)).all())


def measure_of(errors: Floats) -> Measure:
    """Tell what the answers' costs are: wrong or right, lost quality, or any cost."""
    if are_bits(errors):
        return "right"
    return "quality" if errors.min() >= -1e-9 and errors.max() <= 1.0 + 1e-9 else "cost"


def rows_of(X: Any, known: Bools) -> Any:
    """The cases that are judged, of an array or a dataframe; names of columns are kept."""
    return X.loc[known] if hasattr(X, "loc") else np.asarray(X)[known]


def _errors(full: Floats, outcomes: ArrayLike | None, is_table: bool) -> Floats:
    """What answers cost without money: one minus their outcomes, where the cost is known."""
    if outcomes is None:
        return full
    if not is_table:
        raise InvalidInput(
            "must stand beside a table of agent costs, which hold money too, but got labels, which "
            "say by themselves which answers are right; leave the outcomes out",
            argument="outcomes",
        )
    values = without_rounding(beside("outcomes", outcomes, full))
    known = ~np.isnan(full)
    if np.isnan(values[known]).any() or (values[known] < 0).any() or (values[known] > 1).any():
        low, high = np.nanmin(values), np.nanmax(values)
        raise InvalidInput(
            f"must lie between 0 and 1 and be known wherever a cost is, but got {low:.4g} to "
            f"{high:.4g}, with {int(np.isnan(values[known]).sum()):,} missing; leave them out if "
            f"the costs are all there is",
            argument="outcomes",
        )
    errors = np.where(known, 1.0 - values, np.nan)
    return full if np.allclose(errors, full, rtol=0.0, atol=1e-12, equal_nan=True) else errors


def _check_enough(known: Bools) -> None:
    """Refuse fewer complete cases than say anything."""
    count = int(np.count_nonzero(known))
    if count < _FEWEST_CASES:
        raise InvalidInput(
            f"must hold at least {_FEWEST_CASES} in which the answer of every agent is known, but "
            f"got {count} of {len(known):,}; where each case has the answer of some "
            f"agents only, and it is known how likely each was to be logged, use "
            f"cede.evaluation.off_policy_cost (cede evaluate)",
            argument="cases",
        )
