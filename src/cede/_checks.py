"""Shapes and values at the door, and the wording of failures. Imports neither torch nor sklearn."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede.exceptions import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


def check_finite(name: str, values: Floats) -> None:
    """Raise unless every entry is a finite number; the message counts and locates the others."""
    # One pass that allocates nothing: a sum is finite unless an entry is not (or it overflows).
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):
            return
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidInput(
            f"{name} must be finite numbers, but {int(bad.sum())} of {values.size} are NaN or "
            f"infinite, the first at index {where}."
        )


def check_not_negative(name: str, values: Floats) -> None:
    """Raise if an entry is below zero; missing ones (NaN) are not."""
    if (values < 0).any():
        raise InvalidInput(
            f"{name} cannot be negative, however the smallest is {np.nanmin(values):.4g}."
        )


def check_agent_table(name: str, values: ArrayLike, *, allow_missing: bool = False) -> Floats:
    """Return ``values`` as an array ``(n, J + 1)`` of floats, column 0 being the model.

    With ``allow_missing``, NaN in an expert's column means that the expert did not answer.
    """
    table = np.asarray(values)
    if table.dtype.kind not in "fiub":
        raise InvalidInput(f"{name} must be numbers, but the array has dtype {table.dtype}.")
    table = table.astype(np.float64, copy=False)
    if table.ndim != 2 or table.shape[1] < 1:
        raise InvalidInput(
            f"{name} must have shape (n, J + 1), one column per agent with the model first, "
            f"however its shape is {table.shape}."
        )
    if allow_missing and np.isnan(table).any():
        check_finite(f"{name} of the model", table[:, 0])
        check_finite(name, np.where(np.isnan(table[:, 1:]), 0.0, table[:, 1:]))
    else:
        check_finite(name, table)
    return table


def check_budget(budget: float) -> float:
    """Return the budget as a float in [0, 1]: the largest share of cases that leave the model."""
    value = float(budget)
    if not 0.0 <= value <= 1.0:
        raise InvalidInput(
            f"A budget is a share of cases between 0 and 1, however budget={budget!r}; "
            f"write 0.2 for 20 %."
        )
    return value


def check_fees(fees: ArrayLike | None, n_experts: int) -> Floats:
    """Return one finite, non-negative fee per expert, shape ``(J,)``; a scalar serves all."""
    values = np.asarray(0.0 if fees is None else fees, dtype=np.float64)
    if values.ndim > 1 or (values.ndim == 1 and values.shape[0] != n_experts):
        raise InvalidInput(
            f"fees must be one number or one per expert ({n_experts}), however their shape is "
            f"{values.shape}."
        )
    check_finite("fees", values)
    if (values < 0).any():
        raise InvalidInput(
            f"A fee is the price of asking an expert and cannot be negative, however "
            f"fees={np.atleast_1d(values).tolist()}."
        )
    return np.broadcast_to(values, (n_experts,)).astype(np.float64)


def check_same_length(**arrays: Any) -> int:
    """Return the common number of cases; raise with every name and length if they differ."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidInput(f"All inputs must have one row per case, however {listed}.")
    return next(iter(lengths.values()))
