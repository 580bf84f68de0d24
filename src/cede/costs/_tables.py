"""What all builders of tables share: numbers at the door, and who pays fees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, check_agent_table, check_finite, check_not_negative
from cede._checks._arrays import as_numbers, finite_numbers, missing
from cede._checks._names import in_order
from cede.exceptions import InvalidInput

#: What to do with costs below zero.
LIFT = "add a constant to every agent's cost, which changes no decision"


def read_numbers(name: str, values: ArrayLike) -> Floats:
    """Return a new array of floats with NaN for every null; refuse texts and infinite entries."""
    return finite_numbers(name, values, allow_missing=True).copy()


def is_cost_table(y: object) -> bool:
    """Tell a table of agent costs ``(n, J + 1)`` from labels ``(n,)``."""
    array = np.asarray(y)
    return array.ndim == 2 and array.shape[1] > 1


def read_cost_table(y: ArrayLike, name: str = "y") -> Floats:
    """Return a table of agent costs as floats, NaN where one is not known."""
    return check_agent_table(name, y, allow_missing=True).copy()


def check_cells(name: str, table: NDArray[Any]) -> None:
    """Raise unless the table is ``(n, J + 1)``."""
    if table.ndim != 2 or table.shape[1] < 1:
        raise InvalidInput(
            f"must have shape (n, J + 1), one column per agent with the model first, but got shape "
            f"{table.shape}; write one row per case",
            argument=name,
        )


def check_truth(y: NDArray[Any]) -> None:
    """Raise unless there is one true answer per case."""
    if y.ndim != 1:
        raise InvalidInput(
            f"must have shape (n,), but got shape {y.shape}; write one true answer per case",
            argument="y",
        )
    n_missing = int(missing(y).sum())
    if n_missing:
        raise InvalidInput(
            f"must be known in every case, but {n_missing} of {len(y)} are missing; drop those "
            f"cases",
            argument="y",
        )


def add_fees(table: Floats, fees: Any, agents: Sequence[str] | None = None) -> Floats:
    """Add the fees to the costs ``(n, J + 1)`` in place; the rule stands in :mod:`cede.costs`.

    ``agents`` are their names, if they have some: the experts', or the model's first. Fees that
    come by name are put in their order.
    """
    if fees is None:
        return table
    n_cases, n_agents = table.shape
    n_experts = n_agents - 1
    experts = None if agents is None else agents[len(agents) - n_experts :]
    model = agents[0] if agents is not None and len(agents) == n_agents else None
    paid = as_numbers("fees", in_order("fees", fees, experts, model))
    readable = {(), (n_experts,), (n_agents,), (n_cases, n_experts), (n_cases, n_agents)}
    if paid.shape not in readable:
        raise InvalidInput(
            f"must be one number, one per expert ({n_experts},) or per case and expert "
            f"({n_cases}, {n_experts}), or with the model's first ({n_agents},) or "
            f"({n_cases}, {n_agents}), but got shape {paid.shape}; write them in one of these",
            argument="fees",
        )
    check_finite("fees", paid)
    check_not_negative("fees", paid, "write what asking costs, 0 if it is free")
    payers = slice(None) if paid.ndim and paid.shape[-1] == n_agents else slice(1, None)
    table[:, payers] += paid
    return table


def check_table_alone(*beside: object) -> None:
    """Refuse answers, costs or fees that come beside a table of all agents' costs."""
    if any(value is not None for value in beside):
        raise InvalidInput(
            "must stand alone if it is a table of agent costs, but got experts' answers, costs or "
            "fees beside it; leave them out, and add fees to the table",
            argument="y",
        )
