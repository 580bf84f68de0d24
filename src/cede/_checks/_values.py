"""Shapes and values at the door, and the wording of failures. Imports neither torch nor sklearn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, SupportsFloat, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks._arrays import as_numbers, missing, to_array
from cede._checks._names import in_order, names_of
from cede.exceptions import InvalidInput

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


#: How far a share or a probability may leave [0, 1] by rounding: float32 sums do.
_ROUNDING = 1e-6


def without_rounding(shares: ArrayLike) -> Floats:
    """Return shares or probabilities with 1 for ``1 + rounding`` and 0 for ``0 - rounding``.

    What is further outside of [0, 1], and NaN, stays for the caller to refuse.
    """
    values = np.asarray(shares, dtype=np.float64)
    values = np.where((values > 1.0) & (values <= 1.0 + _ROUNDING), 1.0, values)
    return np.where((values < 0.0) & (values >= -_ROUNDING), 0.0, values)


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
    table = as_numbers(name, values)
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
    chance = as_numbers("propensities", propensities)
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
    chance = np.where(known, without_rounding(chance), 1.0)
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
    value = float(without_rounding(check_number("budget", budget, "0.2 for 20 %")))
    if not 0.0 <= value <= 1.0:
        raise InvalidInput(
            f"A budget is a share of cases between 0 and 1, however budget={value!r}; "
            f"write 0.2 for 20 %."
        )
    return value


def check_fees(fees: Any, experts: int | Sequence[str], name: str = "fees") -> Floats:
    """Return one finite, non-negative fee per expert, shape ``(J,)``; a scalar serves all.

    ``experts`` are their names, by which a dict or a series is read, or how many there are.
    """
    n_experts = experts if isinstance(experts, int) else len(experts)
    known = None if isinstance(experts, int) else tuple(experts)
    values = per_expert(name, 0.0 if fees is None else fees, n_experts, known)
    check_finite(name, np.atleast_1d(values))
    if (values < 0).any():
        raise InvalidInput(
            f"{name} are prices of asking an expert and cannot be negative, however they are "
            f"{np.atleast_1d(values).tolist()}."
        )
    return np.broadcast_to(values, (n_experts,)).astype(np.float64)


def per_expert(
    name: str, values: Any, n_experts: int, names: Sequence[str] | None = None
) -> Floats:
    """Return one number, ``()``, or one per expert, ``(J,)``, as floats; NaN where one is missing.

    What comes by name, in a dict or a series, is put in the order of ``names``.
    """
    given = to_array(in_order(name, values, names))
    try:
        if given.dtype.kind not in "fiuO":
            raise InvalidInput(name)
        numbers = as_numbers(name, given)
    except InvalidInput:
        raise InvalidInput(
            f"{name} must be one number or one per expert, not {values!r}."
        ) from None
    if numbers.shape not in ((), (n_experts,)):
        raise InvalidInput(
            f"{name} must be one number or one per expert ({n_experts}), however their shape is "
            f"{numbers.shape}."
        )
    return numbers


def check_sample_weight(sample_weight: Any, n_cases: int) -> Floats | None:
    """Return weights of cases, ``(n,)``, or None: finite, not negative and not all zero.

    One number is the weight of all.
    """
    if sample_weight is None:
        return None
    weights = as_numbers("sample_weight", sample_weight)
    if weights.ndim == 0:
        weights = np.full(n_cases, weights)
    if weights.shape != (n_cases,):
        raise InvalidInput(
            f"sample_weight must be one number per case, shape ({n_cases},), however its shape is "
            f"{weights.shape}."
        )
    check_finite("sample_weight", weights)
    check_not_negative("sample_weight", weights)
    if n_cases and not weights.any():
        raise InvalidInput("sample_weight is zero in every case, so that none counts; weigh some.")
    return weights


def check_same_agents(**tables: Any) -> None:
    """Refuse tables of which two name their columns and do not name the same, in the same order."""
    named = {name: names_of(table) for name, table in tables.items()}
    known = [(name, columns) for name, columns in named.items() if columns is not None]
    for name, columns in known[1:]:
        first, expected = known[0]
        if len(columns) == len(expected) and columns != expected:
            raise InvalidInput(
                f"{name} has the columns {', '.join(columns)}, however {first} has "
                f"{', '.join(expected)}; name the same agents, in the same order."
            )


def check_same_length(**arrays: Any) -> int:
    """Return the common number of cases; raise with every name and length if they differ."""
    lengths = {name: _length(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InvalidInput(f"All inputs must have one row per case, however {listed}.")
    return next(iter(lengths.values()))


def check_groups(
    groups: Any, cases: Any, name: str = "groups", *, beside: str = "X"
) -> Ints | None:
    """Groups numbered from 0 in the order of their names, one per case; None if there are none.

    ``cases`` has a row per case, and is called ``beside`` where the lengths differ.
    """
    if groups is None:
        return None
    values = to_array(groups)
    if values.ndim != 1:
        raise InvalidInput(
            f"{name} must have shape (n,), the name of a group for each case, however its shape is "
            f"{values.shape}."
        )
    check_same_length(**{beside: cases, name: values})
    return number_groups(values, name)


def number_groups(groups: ArrayLike, name: str = "groups") -> Ints:
    """Number the groups from 0, in the order of their names; ``(n,)``."""
    values = to_array(groups)
    gone = missing(values)
    if gone.any():
        raise InvalidInput(
            f"{name} names none for {int(gone.sum()):,} of {gone.size:,} cases, the first at row "
            f"{int(gone.argmax())}; name a group for them, or drop them."
        )
    texts = values.astype(str) if values.dtype.kind == "O" else values
    return np.unique(texts, return_inverse=True)[1].astype(np.int64)


def _length(array: Any) -> int:
    single = np.isscalar(array) or (isinstance(array, np.ndarray) and array.ndim == 0)
    return 0 if single else len(array)
