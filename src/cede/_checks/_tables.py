"""Tables with one row per case and one column per agent, the model's first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks._arrays import Bools, Floats, as_numbers, finite_numbers
from cede._checks._names import names_of
from cede._checks._numbers import without_rounding
from cede.exceptions import InvalidInput

__all__ = ["check_agent_table", "check_propensities", "check_same_agents"]


def check_agent_table(name: str, values: ArrayLike, *, allow_missing: bool = False) -> Floats:
    """Return ``values`` as an array ``(n, J + 1)`` of floats, column 0 being the model.

    With ``allow_missing``, NaN stands where it is not known what an agent's answer costs; in each
    case, that of one agent must be known.
    """
    table = finite_numbers(name, values, allow_missing=allow_missing)
    if table.ndim != 2 or table.shape[1] < 1:
        raise InvalidInput(
            f"must have shape (n, J + 1), one column per agent with the model first, but got shape "
            f"{table.shape}; write one row per case",
            argument=name,
        )
    if not allow_missing:
        return table
    nobody = np.flatnonzero(np.isnan(table).all(axis=1))
    if nobody.size:
        raise InvalidInput(
            f"must be known for one agent at least in each case, but got none in {nobody.size} of "
            f"{len(table)} cases, the first at row {nobody[0]}; drop those cases",
            argument=name,
        )
    return table


def check_propensities(propensities: ArrayLike, known: Bools) -> Floats:
    """Return the probability that each cost would be known, ``(n, J + 1)``; one where it is not.

    Parameters
    ----------
    propensities : array of shape (n, J + 1), (n, J) or (n,)
        In (0, 1]; read only where a cost is known. Without the model's column, the model's costs
        are always known. One per case is for logs in which one agent's cost is known in each.
    known : boolean array of shape (n, J + 1)
        Where costs are known.
    """
    table = _one_per_cost(as_numbers("propensities", propensities), known)
    table = np.where(known, without_rounding(table), 1.0)
    outside = ~((table > 0.0) & (table <= 1.0))  # NaN is outside, too
    if outside.any():
        first = tuple(int(i) for i in np.argwhere(outside)[0])
        raise InvalidInput(
            f"must be in (0, 1] wherever a cost is known, but got {table[first]:.4g} at index "
            f"{first}, and {int(outside.sum()):,} such in all; write the probability with which "
            f"the cost would be known",
            argument="propensities",
        )
    return table


def _one_per_cost(table: Floats, known: Bools) -> Floats:
    """Spread propensities over the table of costs."""
    n_cases, n_agents = known.shape
    if table.shape == (n_cases,):
        several = np.flatnonzero(known.sum(axis=1) > 1)
        if several.size:
            raise InvalidInput(
                f"must be one per case and agent where several costs of a case are known, but got "
                f"one per case, and {several.size} cases have several, the first at row "
                f"{several[0]}; write them in shape {known.shape}",
                argument="propensities",
            )
        return np.broadcast_to(table[:, None], known.shape)
    if table.shape == (n_cases, n_agents - 1) and known[:, 0].all():
        table = np.hstack([np.ones((n_cases, 1)), table])
    if table.shape != known.shape:
        raise InvalidInput(
            f"must be one per case and agent, but got shape {table.shape}; write them in shape "
            f"{known.shape}, without the model's column if its costs are all known, or one per "
            f"case if one cost is known in each",
            argument="propensities",
        )
    return table


def check_same_agents(**tables: Any) -> None:
    """Refuse tables of which two name their columns and do not name the same, in the same order."""
    named = {name: names_of(table) for name, table in tables.items()}
    known = [(name, columns) for name, columns in named.items() if columns is not None]
    for name, columns in known[1:]:
        first, expected = known[0]
        if len(columns) == len(expected) and columns != expected:
            raise InvalidInput(
                f"must have the columns of {first}, {', '.join(expected)}, but got "
                f"{', '.join(columns)}; name the same agents, in the same order",
                argument=name,
            )
