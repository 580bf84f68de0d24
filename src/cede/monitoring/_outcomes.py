"""Outcomes of audited cases at the door, and the wording of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede._checks._arrays import to_array
from cede.exceptions import InvalidInput

__all__ = ["check_rates", "percent", "read_wrong"]


def read_wrong(wrong: ArrayLike) -> Floats:
    """Return whether the model was wrong, as 0, 1 or, where it is not known yet, NaN."""
    values = to_array(wrong)
    if values.ndim != 1 or values.dtype.kind not in "fiub":
        raise InvalidInput(
            f"wrong must say of each audited case whether the model was wrong (1 or true), "
            f"shape (n,), however it has dtype {values.dtype} and shape {values.shape}."
        )
    values = values.astype(np.float64)
    strange = ~(np.isnan(values) | (values == 0.0) | (values == 1.0))
    if strange.any():
        first = int(np.argmax(strange))
        raise InvalidInput(
            f"wrong must be 0 or 1, or NaN where it is not known yet, however wrong[{first}] is "
            f"{values[first]:.4g}; costs of other kinds are judged by cede.off_policy_cost."
        )
    return values


def check_rates(error: float, risen: float, error_name: str, risen_name: str) -> None:
    """Raise unless 0 < error < risen < 1."""
    if not 0.0 < error < 1.0 or not 0.0 < risen < 1.0:
        raise InvalidInput(
            f"Error rates lie strictly between 0 and 1, however {error_name}={error!r} and "
            f"{risen_name}={risen!r}; write 0.05 for 5 %."
        )
    if error == risen:
        raise InvalidInput(
            f"{error_name} and {risen_name} are both {error!r}, which no number of audits tells "
            f"apart; make {risen_name} the smallest error that you would not accept."
        )
    if error > risen:
        raise InvalidInput(
            f"{risen_name} must be above {error_name}, since it is a rise that is looked for, "
            f"however they are {risen!r} and {error!r}."
        )


def percent(share: float) -> str:
    """Write a share for people, as 4.2 %."""
    return f"{100 * share:.3g} %"
