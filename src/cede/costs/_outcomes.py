"""What it costs to let each agent of a router answer labelled cases, for all who judge routers."""

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
    """What each agent's answer costs, ``(n, J + 1)``, the model first; NaN where it is not known.

    By labels it is before fees; a table of agent costs holds them, and is returned as it is.

    Parameters
    ----------
    router : object with ``predict(X)``
        If it knows its experts, they must be these. Beside labels, its answers are the model's.
    X
        Features of ``n`` cases.
    y : array of shape (n,) or (n, J + 1)
        Labels; or a table of agent costs, fees included, which is returned.
    experts, costs : optional
        Beside labels: the experts' answers ``(n, J)``, or what these cost before fees.
    fees : optional
        Read only to refuse them beside a table.
    hint : str, default=""
        A sentence more, for where experts are missing.

    Raises
    ------
    InvalidInput
        If anything stands beside a table, or the experts are not the router's, in number or by
        name.
    """
    if isinstance(router, type):
        raise InvalidInput(
            f"must be a fitted router, but got its class {router.__name__}; make and fit one",
            argument="router",
        )
    outcomes = to_array(y)
    if hasattr(X, "__len__"):  # whatever a router takes as cases
        check_same_length(X=X, y=outcomes)
    if is_cost_table(outcomes):
        check_table_alone(experts, costs, fees)
        check_names(router, y)
        table = read_cost_table(outcomes)
    else:
        if outcomes.ndim != 1:
            raise InvalidInput(
                f"must be labels (n,) or agent costs (n, J + 1), but got shape {outcomes.shape}; "
                f"write one of these",
                argument="y",
            )
        _check_labels(router, outcomes)
        check_names(router, costs if experts is None else experts)
        of_experts = resolve_costs(outcomes, experts, costs)
        table = np.hstack([expert_costs(np.asarray(router.predict(X)), outcomes), of_experts])
    fitted = getattr(router, "expert_names_", None)
    if fitted is not None and len(fitted) != table.shape[1] - 1:
        more = f".{hint}" if hint else ""
        raise InvalidInput(
            f"must be as many as the router was fitted with, {len(fitted)}, but got "
            f"{table.shape[1] - 1}; pass the answers of each, or what they cost{more}",
            argument="experts",
        )
    return table


def _check_labels(router: Any, y: NDArray[Any]) -> None:
    """Refuse labels of which the router knows none, such as probabilities or other names."""
    classes = getattr(router, "classes_", None)
    if classes is not None and len(y) and not np.isin(y, classes).any():
        known = ", ".join(map(repr, np.asarray(classes).tolist()[:5]))
        raise InvalidInput(
            f"must be labels among the router's classes ({known}), but got none of them, the first "
            f"being {y.tolist()[0]!r}; write them as at the fit",
            argument="y",
        )


def check_names(router: Any, table: Any) -> None:
    """Refuse columns that name other experts than the router's, if it knows any names."""
    fitted = getattr(router, "expert_names_", None)
    if fitted is not None and table is not None:
        check_names_at_fit(tuple(fitted), table)
