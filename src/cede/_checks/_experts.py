"""What is said of each expert: one number for all of them, or one each, in order or by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cede._checks._arrays import Floats, as_numbers, check_finite, to_array
from cede._checks._names import in_order
from cede._checks._numbers import check_not_negative
from cede.exceptions import InvalidInput

__all__ = ["check_fees", "per_expert"]


def check_fees(fees: Any, experts: int | Sequence[str], name: str = "fees") -> Floats:
    """Return one finite, non-negative fee per expert, shape ``(J,)``; a scalar serves all.

    ``experts`` are their names, by which a dict or a series is read, or how many there are.
    """
    n_experts = experts if isinstance(experts, int) else len(experts)
    names = None if isinstance(experts, int) else tuple(experts)
    values = per_expert(name, 0.0 if fees is None else fees, n_experts, names)
    check_finite(name, np.atleast_1d(values))
    check_not_negative(name, values, "write what asking an expert costs")
    return np.broadcast_to(values, (n_experts,)).astype(np.float64)


def per_expert(
    name: str, values: Any, n_experts: int, names: Sequence[str] | None = None
) -> Floats:
    """Return one number, ``()``, or one per expert, ``(J,)``, as floats; NaN where one is missing.

    What comes by name, in a dict or a series, is put in the order of ``names``.
    """
    array = to_array(in_order(name, values, names))
    rule = f"must be one number or one per expert ({n_experts})"
    try:
        if array.dtype.kind not in "fiuO":
            raise InvalidInput(name)
        numbers = as_numbers(name, array)
    except InvalidInput:
        raise InvalidInput(f"{rule}, but got {values!r}; write numbers", argument=name) from None
    if numbers.shape not in ((), (n_experts,)):
        raise InvalidInput(
            f"{rule}, but got shape {numbers.shape}; write {n_experts} numbers", argument=name
        )
    return numbers
