"""Cases that come whole, at public doors: their features, and what is known of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede._checks._batches import in_memory
from cede.exceptions import InvalidInput
from cede.logs._cases import Cases, not_numeric

__all__ = ["Opened", "check_known", "check_numeric", "features_of", "opened", "with_names"]


class Opened(NamedTuple):
    """What a function was told, argument by argument."""

    X: Any
    y: Any
    experts: Any
    costs: Any
    propensities: Any
    groups: Any


class _Named(np.ndarray):
    """A matrix whose columns have names, as those of a dataframe do."""

    columns: tuple[str, ...]

    def __array_finalize__(self, other: Any) -> None:
        self.columns = getattr(other, "columns", ())


def opened(
    X: Any,
    y: Any = None,
    experts: Any = None,
    costs: Any = None,
    *,
    propensities: Any = None,
    groups: Any = None,
) -> Opened:
    """The arguments of a method, read off ``X`` if it is :class:`cede.logs.Cases`.

    Costs of all agents are a table, ``y``. Where none of the model's is known, as it is yet to be
    trained, ``y`` are the labels, and the experts' costs stand beside them; where nothing is known,
    there are features only. Of a torch Dataset or DataLoader, labels are read where none are said.
    """
    alone = all(value is None for value in (y, experts, costs, propensities, groups))
    X, labels = in_memory(X, in_order=not alone)
    y = labels if y is None else y
    if not isinstance(X, Cases):
        return Opened(X, y, experts, costs, propensities, groups)
    beside = zip(Opened._fields[1:], (y, experts, costs, propensities, groups), strict=True)
    for name, value in beside:
        if value is not None:
            raise InvalidInput(
                "must be left out beside Cases, which hold it already", argument=name
            )
    unknown = np.isnan(X.agent_costs)
    if X.y is None and unknown.all():  # cases to come
        return Opened(features_of(X), None, None, None, None, X.groups)
    if X.y is None or not unknown[:, 0].all():
        table = with_names(X.agent_costs, X.agent_names)
        return Opened(features_of(X), table, None, None, X.propensities, X.groups)
    chance = None if X.propensities is None else X.propensities[:, 1:]
    of_experts = with_names(X.agent_costs[:, 1:], X.expert_names)
    return Opened(features_of(X), X.y, None, of_experts, chance, X.groups)


def check_known(y: Any) -> None:
    """Raise if nothing says which answers are right, or what they cost."""
    if y is None:
        raise InvalidInput(
            "must be labels or a table of agent costs, but got none; pass them, or Cases",
            argument="y",
        )


def features_of(X: Any) -> Any:
    """The matrix of cases that come whole, with its names; what torch hands out, in memory.

    Where a feature holds texts or dates, a matrix of objects: for a router that encodes them.
    """
    if not isinstance(X, Cases):
        return in_memory(X)[0]
    return with_names(X.X if X.is_numeric else X.cells, X.feature_names)


def check_numeric(X: Any) -> None:
    """Refuse cases that came whole with texts or dates, where only numbers can be read."""
    if isinstance(X, _Named) and X.dtype.kind == "O":
        for name, column in zip(X.columns, X.T, strict=True):
            if not all(isinstance(cell, float) for cell in column.tolist()):
                raise InvalidInput(not_numeric(name))


def with_names(table: NDArray[Any], columns: tuple[str, ...]) -> Any:
    """The matrix, whose columns have these names."""
    view = table.view(_Named)
    view.columns = columns
    return view
