"""Outcomes of audited cases and error rates at the door, and the wording of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_share
from cede._checks._arrays import to_array
from cede.exceptions import InvalidInput

__all__ = ["check_rates", "percent", "read_wrong"]


def read_wrong(wrong: ArrayLike) -> Floats:
    """Return whether the model was wrong, as 0, 1 or, where it is not known yet, NaN."""
    values = to_array(wrong)
    if values.ndim != 1 or values.dtype.kind not in "fiub":
        raise InvalidInput(
            f"must be numbers of shape (n,), but got dtype {values.dtype} and shape "
            f"{values.shape}; write 1 where the model was wrong and 0 where it was right",
            argument="wrong",
        )
    values = values.astype(np.float64)
    others = ~(np.isnan(values) | (values == 0.0) | (values == 1.0))
    if others.any():
        first = int(np.argmax(others))
        raise InvalidInput(
            f"must be 0 or 1, or NaN where it is not known yet, but got {values[first]:.4g} at row "
            f"{first}; judge costs of other kinds by cede.evaluation.off_policy_cost",
            argument="wrong",
        )
    return values


def check_rates(error: float, risen: float, error_name: str, risen_name: str) -> None:
    """Raise unless 0 < error < risen < 1."""
    for name, rate in ((error_name, error), (risen_name, risen)):
        check_share(name, rate, "0.05 for 5 %")
    if not error < risen:
        raise InvalidInput(
            f"must be above {error_name}, {error!r}, but got {risen!r}; make it the smallest error "
            f"that you would not accept",
            argument=risen_name,
        )


def percent(share: float) -> str:
    """Write a share for people, as 4.2 %."""
    return f"{100 * share:.3g} %"
