"""Capacities at the door: whole numbers of cases, or no limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede._checks._arrays import unmasked
from cede._checks._names import in_order
from cede.exceptions import InvalidInput

__all__ = ["check_capacity", "read_capacity"]


def read_capacity(capacity: Any, n_experts: int, names: Sequence[str] | None = None) -> Floats:
    """Return the largest number of cases per expert, ``(J,)``; infinite if there is no limit.

    ``capacity`` is one number for all, or one per expert, in order or by one of ``names``; ``inf``
    and None are no limit.
    """
    limits = _numbers(in_order("capacity", capacity, names))
    if limits.shape not in ((), (n_experts,)):
        raise InvalidInput(
            f"must be one number, or one per expert ({n_experts}), but got shape {limits.shape}; "
            f"write one for each, None for no limit",
            argument="capacity",
        )
    # NaN is neither.
    if not ((limits >= 0) & ((limits == np.floor(limits)) | np.isposinf(limits))).all():
        raise InvalidInput(
            f"must be a whole number of cases, but got {capacity!r}; write 20 for 20 cases, inf "
            "for no limit",
            argument="capacity",
        )
    return np.broadcast_to(limits, (n_experts,)).copy()


def check_capacity(
    capacity: Any, n_experts: int, n_cases: int, names: Sequence[str] | None = None
) -> Ints:
    """Like :func:`read_capacity`, as whole numbers; no limit is one more than there are cases."""
    return np.minimum(read_capacity(capacity, n_experts, names), n_cases + 1).astype(np.int64)


def _numbers(capacity: Any) -> Floats:
    values = np.asarray(unmasked(capacity), dtype=object)
    try:
        return np.where(values == None, np.inf, values).astype(np.float64)  # noqa: E711
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"must be a whole number of cases, but got {capacity!r}; write 20 for 20 cases, None "
            "for no limit",
            argument="capacity",
        ) from error
