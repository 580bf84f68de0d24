"""Shapes and values at the door, and the wording of failures. Imports neither torch nor sklearn."""

from __future__ import annotations

from typing import Any, SupportsFloat, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede.exceptions import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


def difference(a: Floats, b: Floats, out: Floats | None = None) -> Floats:
    """``a - b``, or the largest number of either sign where that is beyond all numbers."""
    try:
        with np.errstate(over="raise"):
            return np.asarray(np.subtract(a, b, out=out), dtype=np.float64)
    except FloatingPointError:
        with np.errstate(over="ignore"):
            found = np.asarray(np.subtract(a, b, out=out), dtype=np.float64)
        largest = np.finfo(np.float64).max
        return np.asarray(np.clip(found, -largest, largest, out=found))


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

    With ``allow_missing``, NaN means that the cost of this agent's answer is not known; that of
    one agent must be, in each case.
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
    if not allow_missing:
        check_finite(name, table)
        return table
    gone = np.isnan(table)
    check_finite(f"{name} that are not missing (NaN)", np.where(gone, 0.0, table))
    nobody = np.flatnonzero(gone.all(axis=1))
    if nobody.size:
        raise InvalidInput(
            f"{name} must be known for one agent at least in each case, but in {nobody.size} of "
            f"{len(table)} all are missing, the first at row {nobody[0]}; drop those cases."
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
    """
    chance = np.asarray(propensities)
    if chance.dtype.kind not in "fiub":
        raise InvalidInput(f"propensities must be numbers, but have dtype {chance.dtype}.")
    chance = chance.astype(np.float64)
    n_cases, n_agents = known.shape
    if chance.ndim == 1 and len(chance) == n_cases:
        several = np.flatnonzero(known.sum(axis=1) > 1)
        if several.size:
            raise InvalidInput(
                f"One propensity per case is for logs in which one agent's cost is known in each, "
                f"however {several.size} cases have more, the first at row {several[0]}; pass "
                f"propensities of shape {known.shape}."
            )
        chance = np.broadcast_to(chance[:, None], known.shape)
    elif chance.shape == (n_cases, n_agents - 1) and known[:, 0].all():
        chance = np.hstack([np.ones((n_cases, 1)), chance])
    if chance.shape != known.shape:
        raise InvalidInput(
            f"propensities must have one number per case and agent, {known.shape}, per case and "
            f"expert if the model's costs are all known, or per case if one cost is known in each, "
            f"however their shape is {chance.shape}."
        )
    chance = np.where(known, chance, 1.0)
    outside = ~((chance > 0.0) & (chance <= 1.0))  # NaN is outside, too
    if outside.any():
        first = tuple(int(i) for i in np.argwhere(outside)[0])
        raise InvalidInput(
            f"A propensity is the probability that a cost would be known and lies in (0, 1] "
            f"wherever one is, however propensities[{first[0]}, {first[1]}] is "
            f"{chance[first]:.4g} ({int(outside.sum()):,} are not in (0, 1])."
        )
    return chance


def check_number(name: str, value: object, example: str) -> float:
    """Return one number as a float; say how it is written if it is none."""
    if isinstance(value, bool | str | bytes) or not isinstance(value, SupportsFloat):
        raise InvalidInput(f"{name} is a number, such as {example}, not {value!r}.")
    return float(value)


def check_budget(budget: object) -> float:
    """Return the budget as a float in [0, 1]: the largest share of cases that leave the model."""
    value = check_number("budget", budget, "0.2 for 20 %")
    if not 0.0 <= value <= 1.0:
        raise InvalidInput(
            f"A budget is a share of cases between 0 and 1, however budget={value:g}; "
            f"write 0.2 for 20 %."
        )
    return value


def check_fees(fees: ArrayLike | None, n_experts: int, name: str = "fees") -> Floats:
    """Return one finite, non-negative fee per expert, shape ``(J,)``; a scalar serves all."""
    given = np.asarray(0.0 if fees is None else fees)
    if given.dtype.kind not in "fiu":
        raise InvalidInput(f"{name} must be one number or one per expert, not {fees!r}.")
    values = given.astype(np.float64)
    if values.ndim > 1 or (values.ndim == 1 and values.shape[0] != n_experts):
        raise InvalidInput(
            f"{name} must be one number or one per expert ({n_experts}), however their shape is "
            f"{values.shape}."
        )
    check_finite(name, np.atleast_1d(values))
    if (values < 0).any():
        raise InvalidInput(
            f"{name} are prices of asking an expert and cannot be negative, however they are "
            f"{np.atleast_1d(values).tolist()}."
        )
    return np.broadcast_to(values, (n_experts,)).astype(np.float64)


def check_same_length(**arrays: Any) -> int:
    """Return the common number of cases; raise with every name and length if they differ."""
    lengths = {name: _length(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidInput(f"All inputs must have one row per case, however {listed}.")
    return next(iter(lengths.values()))


def number_groups(groups: ArrayLike) -> Ints:
    """Number the groups from 0, in the order of their names; ``(n,)``."""
    values = np.asarray(groups)
    texts = values.astype(str) if values.dtype.kind == "O" else values
    return np.unique(texts, return_inverse=True)[1].astype(np.int64)


def _length(array: Any) -> int:
    single = np.isscalar(array) or (isinstance(array, np.ndarray) and array.ndim == 0)
    return 0 if single else len(array)
