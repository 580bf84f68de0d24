"""Names of experts: read off tables, compared with those at fit, and chosen from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks._arrays import as_flags, to_array
from cede.exceptions import InvalidInput, UnknownName

__all__ = [
    "available_experts",
    "by_name",
    "check_names_at_fit",
    "check_same_names",
    "expert_names",
    "in_order",
    "named_experts",
    "names_of",
]


def names_of(table: Any) -> tuple[str, ...] | None:
    """Names of a dataframe's columns, or None if it has none."""
    columns = getattr(table, "columns", None)
    if columns is None or callable(columns):
        return None
    # pyarrow's columns are arrays
    return tuple(str(name) for name in getattr(table, "column_names", columns))


def expert_names(table: Any, n_experts: int) -> tuple[str, ...]:
    """Names of a dataframe's columns, without the model's if it has one; else by number."""
    names = names_of(table)
    if names is None or len(names) not in (n_experts, n_experts + 1):
        return tuple(f"expert {j}" for j in range(1, n_experts + 1))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(
            f"The columns must have a name of its own for each agent, but got {twice!r} twice; "
            f"rename one"
        )
    return names[len(names) - n_experts :]


def named_experts(table: Any, n_experts: int) -> tuple[str, ...] | None:
    """Names of the experts among a dataframe's columns; None if they have none but numbers."""
    names = names_of(table)
    if names is None or names == tuple(map(str, range(len(names)))):
        return None
    return expert_names(table, n_experts) if len(names) in (n_experts, n_experts + 1) else None


def check_names_at_fit(fitted: tuple[str, ...], table: Any) -> None:
    """Refuse a table whose columns name other experts than the router was fitted with."""
    check_same_names(fitted, expert_names(table, len(fitted)))


def check_same_names(fitted: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Refuse other names than the router was fitted with, unless either only numbers them."""
    unnamed = expert_names(None, len(fitted))
    if unnamed not in (fitted, names) and names != fitted:
        raise InvalidInput(
            f"The columns must be the experts of the fit, {', '.join(fitted)}, in this order, but "
            f"got {', '.join(names)}; choose and order them as at the fit"
        )


def by_name(
    values: Any, names: Sequence[str] | None = None, name: str = "fees"
) -> dict[str, Any] | None:
    """What a dict or a series says of each name, as a dict; None if it comes by position.

    A series whose index merely counts its entries comes by position, unless these are the names.
    """
    if isinstance(values, Mapping):
        pairs = list(values.items())
    else:
        index = getattr(values, "index", None)
        if index is None or callable(index) or names_of(values) is not None:
            return None
        labels = list(index)
        counted = labels == list(range(len(labels)))
        if counted and set(map(str, labels)) != set(names or ()):
            return None
        pairs = list(zip(labels, values, strict=True))
    entries = {str(key): value for key, value in pairs}
    if len(entries) < len(pairs):
        keys = [str(key) for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidInput(
            f"must have a name of its own for each agent, but got {twice!r} twice; rename one",
            argument=name,
        )
    return entries


def in_order(name: str, values: Any, names: Sequence[str] | None, model: str | None = None) -> Any:
    """Put what comes by name (a dict, a series, the columns of a table) in the order of ``names``.

    What comes by position is returned as it is. The agent named ``model`` may be among them, and
    then comes first.
    """
    entries = by_name(values, names, name)
    if entries is None:
        columns = names_of(values)
        if columns is None or names is None or columns == tuple(map(str, range(len(columns)))):
            return values
        if len(columns) not in (len(names), len(names) + 1):
            return values  # the message about shapes says more
        entries = {column: values[column] for column in columns}
    if names is None:
        raise InvalidInput(
            f"must come in the experts' order, as they have no names here, but got names "
            f"({', '.join(list(entries)[:5])}); pass a list",
            argument=name,
        )
    order = [*names] if model is None or model not in entries else [model, *names]
    _check_known(name, tuple(entries), tuple(order))
    lacking = [agent for agent in order if agent not in entries]
    if lacking:
        raise InvalidInput(
            f"must name every expert, but got nothing for {lacking[0]!r}; add what holds there",
            argument=name,
        )
    if not order:
        return np.zeros(0)
    return np.stack(np.broadcast_arrays(*(to_array(entries[agent]) for agent in order)), axis=-1)


def available_experts(available: Any, names: tuple[str, ...]) -> Any:
    """Booleans ``(J,)`` or ``(n, J)`` of who can be asked, in the order of ``names``.

    From a collection of names; from booleans in order; or from booleans by name, in a dict, a
    series or a dataframe.
    """
    if available is None:
        return None
    if isinstance(available, str):
        raise InvalidInput(
            f"must be a list of names, but got one; write [{available!r}]", argument="available"
        )
    if isinstance(available, set | frozenset):
        available = sorted(available, key=str)
    entries = as_flags("available", in_order("available", available, names))
    if entries.dtype.kind not in "UO" and entries.size:
        return entries
    _check_known("available", tuple(entries.ravel().tolist()), names)
    return np.isin(np.array(names, dtype=str), entries.astype(str))


def _check_known(argument: str, called: tuple[Any, ...], names: tuple[str, ...]) -> None:
    for name in called:
        if name not in names:
            raise UnknownName("expert", name, names, argument=argument)
