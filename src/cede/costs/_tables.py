"""What the builders share: which entries are missing, numbers at the door, and who pays fees."""

from __future__ import annotations

from math import isfinite
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, check_agent_table, check_finite
from cede.exceptions import InvalidInput


def missing(values: NDArray[np.generic]) -> Bools:
    """Tell which entries are missing: NaN and NaT, and None or any null in an object array."""
    if values.dtype.kind in "biuUS":
        return np.zeros(values.shape, dtype=np.bool_)
    if values.dtype.kind != "O":
        return np.asarray(np.isnan(values), dtype=np.bool_)
    # Only a null differs from itself, or (pandas.NA) will not say; neither equals itself.
    nulls: Bools = np.frompyfunc(_is_null, 1, 1)(values).astype(np.bool_)
    return nulls


def read_numbers(name: str, values: ArrayLike) -> Floats:
    """Return a new array of floats with NaN for every null; refuse texts and infinite entries."""
    given = np.asarray(values)
    if given.dtype.kind == "O":
        given = np.where(missing(given), np.nan, given)
        odd = [value for value in given.ravel().tolist() if not isinstance(value, SupportsFloat)]
        if odd:
            raise InvalidInput(f"{name} must be numbers, but hold {odd[0]!r}.")
        given = given.astype(np.float64)
    if given.dtype.kind not in "fiub":
        raise InvalidInput(f"{name} must be numbers, but the array has dtype {given.dtype}.")
    table = given.astype(np.float64)
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
    return check_agent_table(name, read_numbers(name, np.asarray(y)), allow_missing=True)


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


def add_fees(table: Floats, fees: ArrayLike | None) -> Floats:
    """Add the fees to the costs ``(n, J + 1)`` in place; the rule stands in :mod:`cede.costs`."""
    if fees is None:
        return table
    n_cases, n_agents = table.shape
    n_experts = n_agents - 1
    given = np.asarray(fees)
    if given.dtype.kind not in "fiub":
        raise InvalidInput(f"fees must be numbers, but the array has dtype {given.dtype}.")
    prices = given.astype(np.float64)
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


def _is_null(value: object) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA compares to NA, which has no truth value
        return True
