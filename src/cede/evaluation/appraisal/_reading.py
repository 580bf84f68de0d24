"""What comes in: who cost what in which case, and what of it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Bools, Floats, check_agent_table, without_rounding
from cede.costs import is_cost_table, read_outcomes
from cede.evaluation.appraisal._appraisal import Measure
from cede.exceptions import InvalidInput

__all__ = [
    "are_bits",
    "beside",
    "check_enough",
    "goodness",
    "measure_of",
    "read_agents",
    "rows_of",
]

#: Of fewer cases, no interval says anything.
_FEWEST_CASES = 10


def read_agents(
    X: Any, y: ArrayLike, experts: Any, costs: ArrayLike | None, model: Any
) -> tuple[Floats, bool]:
    """Agent costs before fees, ``(n, J + 1)``, and whether they were given as such."""
    if not is_cost_table(y) and model is None:
        raise InvalidInput("There is nothing to appraise: pass methods, or a model.")
    return read_outcomes(model, X, y, experts, costs), is_cost_table(y)


def goodness(full: Floats, outcomes: ArrayLike | None, is_table: bool) -> Floats:
    """What answers cost by themselves, known where everything is."""
    if outcomes is None:
        return full
    if not is_table:
        raise InvalidInput(
            "outcomes stand beside a table of agent costs, which hold money too; labels say by "
            "themselves which answers are right."
        )
    values = without_rounding(beside(outcomes, full))
    known = ~np.isnan(full)
    if np.isnan(values[known]).any() or (values[known] < 0).any() or (values[known] > 1).any():
        low, high = np.nanmin(values), np.nanmax(values)
        raise InvalidInput(
            f"outcomes lie between 0 and 1 and are known wherever a cost is, however they lie "
            f"between {low:.4g} and {high:.4g}, {int(np.isnan(values[known]).sum()):,} of them "
            f"missing; leave them out if the costs are all there is."
        )
    errors = np.where(known, 1.0 - values, np.nan)
    return full if np.allclose(errors, full, rtol=0.0, atol=1e-12, equal_nan=True) else errors


def beside(values: ArrayLike, full: Floats) -> Floats:
    """Return a table that stands beside the costs, a number per case and agent."""
    table = check_agent_table("outcomes, or money,", values, allow_missing=True)
    if table.shape != full.shape:
        raise InvalidInput(
            f"Outcomes and money have a number per case and agent, {full.shape}, however their "
            f"shape is {table.shape}."
        )
    return table


def check_enough(known: Bools) -> None:
    """Refuse fewer complete cases than say anything."""
    count = int(np.count_nonzero(known))
    if count < _FEWEST_CASES:
        raise InvalidInput(
            f"In {count} of the {len(known):,} cases is the answer of every agent known, and at "
            f"least {_FEWEST_CASES} such cases are needed. Where each case has the answer of some "
            f"agents only, and it is known how likely each was to be logged, use "
            f"cede.off_policy_cost (cede evaluate --propensity)."
        )


def are_bits(values: Floats) -> bool:
    """Tell whether every value is 0 or 1."""
    return bool(np.isin(values, (0.0, 1.0)).all())


def measure_of(good: Floats) -> Measure:
    """Tell what the answers' costs are: wrong or right, lost quality, or any cost."""
    if are_bits(good):
        return "right"
    return "quality" if good.min() >= -1e-9 and good.max() <= 1.0 + 1e-9 else "cost"


def rows_of(X: Any, known: Bools) -> Any:
    """The cases that are judged, of an array or a dataframe; names of columns are kept."""
    return X.loc[known] if hasattr(X, "loc") else np.asarray(X)[known]
