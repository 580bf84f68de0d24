"""Names of experts: read off tables, compared with those at fit, and chosen from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cede.exceptions import InvalidInput, UnknownName

__all__ = ["available_experts", "check_names_at_fit", "expert_names", "names_of"]


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
        raise InvalidInput(f"Two columns are named {twice!r}; every agent needs a name of its own.")
    return names[len(names) - n_experts :]


def check_names_at_fit(fitted: tuple[str, ...], table: Any) -> None:
    """Refuse a table whose columns name other experts than the router was fitted with."""
    unnamed = expert_names(None, len(fitted))
    names = expert_names(table, len(fitted))
    if unnamed not in (fitted, names) and names != fitted:
        raise InvalidInput(
            f"This router was fitted with the experts {', '.join(fitted)}, in this order, however "
            f"the columns are {', '.join(names)}."
        )


def available_experts(available: Any, names: tuple[str, ...]) -> Any:
    """Booleans ``(J,)`` or ``(n, J)`` of who can be asked, in the order of ``names``.

    From a collection of names; from booleans in order; or from booleans by name, in a dict, a
    series or a dataframe.
    """
    if available is None:
        return None
    if isinstance(available, str):
        raise InvalidInput(f"available must be a list of names, such as [{available!r}].")
    if isinstance(available, Mapping) or hasattr(available, "keys"):
        columns = names_of(available)
        known = columns if columns is not None else tuple(map(str, available.keys()))
        _check_known(known, names)
        lost = [name for name in names if name not in known]
        if lost:
            raise InvalidInput(f"available does not say whether {lost[0]!r} can be asked.")
        values = [np.asarray(available[name]) for name in names]
        return np.stack(values, axis=-1) if values else np.zeros(0, dtype=np.bool_)
    columns = names_of(available)
    if columns is not None:
        check_names_at_fit(names, available)
        return np.asarray(available)
    given = np.asarray(list(available) if isinstance(available, set | frozenset) else available)
    if given.dtype.kind not in "UO" and given.size:
        return given
    _check_known(tuple(given.ravel().tolist()), names)
    return np.isin(np.array(names, dtype=str), given.astype(str))


def _check_known(given: tuple[Any, ...], names: tuple[str, ...]) -> None:
    for name in given:
        if name not in names:
            raise UnknownName("expert", name, names)
