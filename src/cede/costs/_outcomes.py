"""What every agent of a router cost on labelled cases: one reading for all who judge routers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, check_same_length
from cede._checks._arrays import to_array
from cede._checks._names import check_names_at_fit
from cede.costs._answers import expert_costs, resolve_costs
from cede.costs._tables import check_table_alone, is_cost_table, read_cost_table
from cede.exceptions import InvalidInput

__all__ = ["check_names", "read_outcomes"]


def read_outcomes(
    router: Any,
    X: Any,
    y: ArrayLike,
    experts: Any = None,
    costs: ArrayLike | None = None,
    fees: ArrayLike | None = None,
    hint: str = "",
) -> Floats:
    """Agent costs ``(n, J + 1)``, the model's first; NaN where an expert's is not known.

    Parameters
    ----------
    router : object with ``predict(X)``
        Where it knows its experts, they must be these; where it is asked for labels, its answers
        are the model's.
    X
        Features of ``n`` cases.
    y : array of shape (n,) or (n, J + 1)
        Labels; or a table of agent costs, fees included, which is returned.
    experts, costs : optional
        Beside labels: the experts' answers ``(n, J)``, or what these cost before fees.
    fees : optional
        Looked at only to refuse them beside a table.
    hint : str, default=""
        What the caller knows of why experts may be missing.

    Raises
    ------
    InvalidInput
        If something stands beside a table, or there are answers of other experts than the
        router's, in number or by name.
    """
    if isinstance(router, type):
        raise InvalidInput(f"Pass a fitted router, not its class {router.__name__}.")
    given = to_array(y)
    if hasattr(X, "__len__"):  # whatever a router takes as cases
        check_same_length(X=X, y=given)
    if is_cost_table(given):
        check_table_alone(experts, costs, fees)
        check_names(router, y)
        table = read_cost_table(given)
    else:
        if given.ndim != 1:
            raise InvalidInput(
                f"y must be labels (n,), or agent costs (n, J + 1), however its shape is "
                f"{given.shape}."
            )
        _check_labels(router, given)
        check_names(router, costs if experts is None else experts)
        errors = resolve_costs(given, experts, costs)
        table = np.hstack([expert_costs(np.asarray(router.predict(X)), given), errors])
    fitted = getattr(router, "expert_names_", None)
    if fitted is not None and len(fitted) != table.shape[1] - 1:
        raise InvalidInput(
            f"This router was fitted with {len(fitted)} experts, so the answers of as many are "
            f"needed (experts= or costs=), however there are {table.shape[1] - 1}.{hint}"
        )
    return table


def _check_labels(router: Any, y: NDArray[Any]) -> None:
    """Refuse labels of which the router knows none: probabilities, say, or other names."""
    classes = getattr(router, "classes_", None)
    if classes is not None and len(y) and not np.isin(y, classes).any():
        known = ", ".join(map(repr, np.asarray(classes).tolist()[:5]))
        raise InvalidInput(
            f"None of the labels in y, the first being {y.tolist()[0]!r}, is one of the router's "
            f"classes ({known}); write them as at the fit."
        )


def check_names(router: Any, table: Any) -> None:
    """Refuse columns that name other experts than the router's, if it knows any names."""
    fitted = getattr(router, "expert_names_", None)
    if fitted is not None and table is not None:
        check_names_at_fit(tuple(fitted), table)
