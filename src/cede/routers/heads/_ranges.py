"""What the parameters of a head may be."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from cede._checks import check_number, check_share
from cede.exceptions import InvalidInput

__all__ = ["check_ranges"]

#: Counts, and an example of each.
_COUNTS = {
    "width": 128,
    "depth": 2,
    "epochs": 200,
    "batch_size": 256,
    "patience": 20,
    "max_iter": 1000,
}
#: Numbers that are not negative, and an example of each.
_NUMBERS = {"learning_rate": "0.001", "weight_decay": "0.001", "tol": "1e-6"}


def check_ranges(head: Any) -> None:
    """Raise unless every parameter of a head is one that it can be fitted by."""
    for name, value in head.get_params(deep=False).items():
        argument = f"head__{name}"
        if name in _COUNTS:
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not whole or value < 1:
                raise InvalidInput(
                    f"must be a whole number of at least 1, but got {value!r}; {_COUNTS[name]} is "
                    f"usual",
                    argument=argument,
                )
        elif name in _NUMBERS and value is not None:
            if not 0.0 <= check_number(argument, value, _NUMBERS[name]) < float("inf"):
                raise InvalidInput(
                    f"must be finite and not negative, but got {value!r}; write {_NUMBERS[name]}",
                    argument=argument,
                )
        elif name == "validation_fraction":
            check_share(argument, value, "0.1 for 10 %")
