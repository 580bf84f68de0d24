"""What the builders share: numbers at the door, and who pays fees."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_agent_table, check_finite
from cede._checks._arrays import as_numbers
from cede._checks._names import in_order
from cede.exceptions import InvalidInput


def read_numbers(name: str, values: ArrayLike) -> Floats:
    """Return a new array of floats with NaN for every null; refuse texts and infinite entries."""
    table = as_numbers(name, values).copy()
    infinite = np.isinf(table)
    if infinite.any():
        raise InvalidInput(
            f"{name} must be finite numbers or missing (NaN), but {int(infinite.sum())} of "
            f"{table.size} are infinite."
        )
    return table


def is_cost_table(y: object) -> bool:
    """Tell a table of agent costs ``(n, J + 1)`` from labels ``(n,)``."""
    given = np.asarray(y)
    return given.ndim == 2 and given.shape[1] > 1


def read_cost_table(y: ArrayLike, name: str = "y, as agent costs,") -> Floats:
    """Return a table of agent costs as floats, NaN where one is not known."""
    return check_agent_table(name, read_numbers(name, y), allow_missing=True)


def check_cells(name: str, table: Floats) -> None:
    """Raise unless the table is ``(n, J + 1)``."""
    if table.ndim != 2 or table.shape[1] < 1:
        raise InvalidInput(
            f"{name} must have shape (n, J + 1), one column per agent with the model first, "
            f"however the shape is {table.shape}."
        )


def check_positive(name: str, value: float, purpose: str) -> float:
    """Return a finite number above zero as a float."""
    number = float(value)
    if not (isfinite(number) and number > 0.0):
        raise InvalidInput(f"{name} is {purpose} and must be above zero, however {name}={value!r}.")
    return number


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
    prices = as_numbers("fees", in_order("fees", fees, experts, model))
    readable = {(), (n_experts,), (n_agents,), (n_cases, n_experts), (n_cases, n_agents)}
    if prices.shape not in readable:
        raise InvalidInput(
            f"fees must be one number, one per expert ({n_experts},) or per case and expert "
            f"({n_cases}, {n_experts}), or with the model's first ({n_agents},) or "
            f"({n_cases}, {n_agents}), however their shape is {prices.shape}."
        )
    check_finite("fees", prices)
    if (prices < 0).any():
        raise InvalidInput(
            f"A fee is the price of asking and cannot be negative, however the smallest is "
            f"{prices.min():.4g}."
        )
    payers = slice(None) if prices.ndim and prices.shape[-1] == n_agents else slice(1, None)
    table[:, payers] += prices
    return table


def check_table_alone(*beside: object) -> None:
    """Refuse answers, costs or fees that come beside a table of all agents' costs."""
    if any(value is not None for value in beside):
        raise InvalidInput(
            "y is a table of agent costs, which is all there is to know: leave out experts=, "
            "costs= and fees= (add fees to the table)."
        )
