"""The stages of a cascade, trained from the back: each between letting an answer stand and on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from cede._checks import Bools, Floats, Ints
from cede.estimators._base import Router
from cede.exceptions import InvalidInput

__all__ = ["Stages", "stages_of"]


class Stages(NamedTuple):
    """How the stages are made."""

    #: What each is a copy of.
    template: Router
    #: Positions of the features that each one sees.
    columns: list[Ints]
    #: In which fold a later stage decides on each case, ``(n,)``.
    fold: Ints

    def fit(self, features: Floats, table: Floats) -> list[Router]:
        """Fit one router per agent that can be left, ``table`` holding prices, ``(n, J + 1)``."""
        stages: list[Router] = []
        onwards = table[:, -1]
        for k in reversed(range(len(self.columns))):
            seen, costs = features[:, self.columns[k]], np.column_stack([table[:, k], onwards])
            usable = np.asarray(np.isfinite(seen).all(axis=1) & ~np.isnan(costs).all(axis=1))
            stages.append(self._fitted(k, seen[usable], costs[usable]))
            if k:
                onwards = np.where(self._goes_on(k, seen, costs, usable), onwards, table[:, k])
        return stages[::-1]

    def _goes_on(self, k: int, seen: Floats, costs: Floats, usable: Bools) -> Bools:
        """Decisions of a stage on cases it was not fitted on; where it cannot see, it stops."""
        goes_on = np.zeros(len(seen), dtype=np.bool_)
        for i in np.unique(self.fold):
            there, here = usable & (self.fold != i), usable & (self.fold == i)
            if here.any() and there.any():
                goes_on[here] = self._fitted(k, seen[there], costs[there]).route(seen[here]) == 1
        return goes_on

    def _fitted(self, k: int, seen: Floats, costs: Floats) -> Router:
        if not len(costs) or np.isnan(costs).all(axis=0).any():
            raise InvalidInput(
                f"Stage {k} of the cascade cannot be learned: there is no case in which agent {k} "
                f"was asked and it is known what stopping there costs, or none in which it is "
                f"known what going on costs."
            )
        router: Any = clone(self.template)
        return router.fit(seen, costs)  # type: ignore[no-any-return]


def stages_of(
    n_features: int, n_stages: int, revealed: Sequence[Sequence[Any]] | None, names: Any = None
) -> list[Ints]:
    """Positions of the features that each stage sees: those from the start, and those revealed."""
    if revealed is not None and any(
        isinstance(columns, str) or not hasattr(columns, "__len__") for columns in revealed
    ):
        raise InvalidInput(
            f"revealed is a list of lists, the columns that each agent's answer brings, such as "
            f"[[3], [4]], however revealed={revealed!r}."
        )
    late = [list(columns) for columns in revealed] if revealed is not None else []
    if len(late) > n_stages:
        raise InvalidInput(
            f"revealed lists columns for {len(late)} agents, but only {n_stages} can be left."
        )
    late += [[] for _ in range(n_stages - len(late))]
    positions = [[_position(column, n_features, names) for column in columns] for columns in late]
    listed = [p for columns in positions for p in columns]
    if len(set(listed)) < len(listed):
        twice = next(p for p in listed if listed.count(p) > 1)
        raise InvalidInput(f"revealed names the column at position {twice} twice.")
    known = sorted(set(range(n_features)) - set(listed))
    stages = []
    for columns in positions:
        known = sorted([*known, *columns])
        stages.append(np.array(known, dtype=np.int64))
    return stages


def _position(column: Any, n_features: int, names: Any) -> int:
    if isinstance(column, str):
        found = [] if names is None else [i for i, name in enumerate(names) if name == column]
        if not found:
            raise InvalidInput(
                f"revealed names the column {column!r}, however X "
                + ("has no names." if names is None else f"has {list(names)[:20]}.")
            )
        return found[0]
    if not 0 <= int(column) < n_features:
        raise InvalidInput(
            f"revealed names the column at position {column}, however X has {n_features} columns."
        )
    return int(column)
