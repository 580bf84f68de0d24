"""The stages of a cascade, trained from the back: each between letting an answer stand and on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from cede._checks import Bools, Floats, Ints
from cede.exceptions import InvalidInput
from cede.operating import NEVER
from cede.routers._base import Router
from cede.routers._policies import Policy, asking_prices, saved_by, unit_of

__all__ = ["Stages", "stages_of"]

#: A price farther off than so many times the costs decides everything; targets stay within it.
_FARTHEST = 1e6


class Stages(NamedTuple):
    """How the stages are made, and the cases they are made from."""

    #: What each is a copy of.
    template: Router
    #: Positions of the features that each one sees.
    columns: list[Ints]
    #: Features ``(n, d)`` and agents' costs, fees included, ``(n, J + 1)``.
    features: Floats
    table: Floats
    #: In which fold a later stage decides on each case, ``(n,)``.
    fold: Ints
    #: What going on saves at the stages without further prices, out of fold, ``(n, J)``.
    held_out: Floats
    #: Numbers of the groups, ``(n,)``, for stages that choose something on cases left out.
    groups: Ints | None = None

    def fit(self) -> list[Router]:
        """Fit one router per agent that can be left, and fill ``held_out`` in."""
        stages: list[Router] = []
        onwards = self.table[:, -1]
        for k in reversed(range(len(self.columns))):
            stages.append(self._stage(k, onwards))
            if k:
                self.held_out[:, k] = self._held_out(k, onwards)
                onwards = np.where(self.held_out[:, k] > 0.0, onwards, self.table[:, k])
        return stages[::-1]

    def at(self, prices: Floats, free: list[Router]) -> Policy:
        """Learn, from the back, who goes on if ending with an agent has a further price.

        What a stage must know of prices is what asking each later agent adds. Where that is
        nothing, it is the stage that was learned without prices, one of ``free``.
        """
        asking = asking_prices(prices)
        largest = _FARTHEST * max(1.0, float(np.nanmax(np.abs(self.table), initial=0.0)))
        priced = np.clip(asking, -largest, largest)
        stages: list[Router | None] = [None] * len(free)
        added = np.zeros(len(free))
        onwards, changed = self.table[:, -1], False
        for k in reversed(range(len(free))):
            if asking[k] == NEVER:
                onwards, changed = self.table[:, k], k < len(free)
                continue
            stages[k] = self._stage(k, onwards) if changed else free[k]
            added[k] = self._added(onwards) if changed else 0.0
            if k:
                saved = self._held_out(k, onwards) if changed else self.held_out[:, k]
                goes_on = saved > asking[k]
                onwards = np.where(goes_on, onwards + priced[k], self.table[:, k])
                changed = changed or asking[k] != 0.0
        return Policy(stages, asking, added)

    @property
    def unit(self) -> float:
        """What is saved is rounded to this, or cases that are equal might differ by rounding."""
        return unit_of(self.table)

    def _stage(self, k: int, onwards: Floats) -> Router:
        seen, costs, usable = self._seen(k, onwards)
        return self._fitted(k, seen, costs, usable)

    def _held_out(self, k: int, onwards: Floats) -> Floats:
        """What going on saves cases that a stage was not fitted on; below all where it is blind."""
        seen, costs, usable = self._seen(k, onwards)
        saved = np.full(len(seen), -np.inf)
        for i in np.unique(self.fold):
            there, here = usable & (self.fold != i), usable & (self.fold == i)
            if here.any() and there.any():
                router = self._fitted(k, seen, costs, np.asarray(there))
                saved[here] = saved_by(router, seen[here], self.unit)
        return saved

    def _added(self, onwards: Floats) -> float:
        return max(0.0, -float(np.nanmin(onwards, initial=0.0)))

    def _seen(self, k: int, onwards: Floats) -> tuple[Floats, Floats, Bools]:
        seen = self.features[:, self.columns[k]]
        costs = np.column_stack([self.table[:, k], onwards]) + self._added(onwards)
        usable = np.isfinite(seen).all(axis=1) & ~np.isnan(costs).all(axis=1)
        return seen, costs, np.asarray(usable)

    def _fitted(self, k: int, seen: Floats, costs: Floats, rows: Bools) -> Router:
        seen, costs = seen[rows], costs[rows]
        if not len(costs) or np.isnan(costs).all(axis=0).any():
            raise InvalidInput(
                f"Stage {k} of the cascade cannot be learned: there is no case in which agent {k} "
                f"was asked and it is known what stopping there costs, or none in which it is "
                f"known what going on costs."
            )
        router: Any = clone(self.template)
        groups = None if self.groups is None else self.groups[rows]
        return router.fit(seen, costs, groups=groups)  # type: ignore[no-any-return]


def stages_of(
    n_features: int, n_stages: int, revealed: Sequence[Sequence[Any]] | None, names: Any = None
) -> list[Ints]:
    """Positions of the features that each stage sees: those from the start, and those revealed."""
    if revealed is not None and any(
        isinstance(columns, str) or not hasattr(columns, "__len__") for columns in revealed
    ):
        raise InvalidInput(
            "must be a list of lists, the columns that each agent's answer brings, but got "
            f"{revealed!r}; write [[3], [4]]",
            argument="revealed",
        )
    late = [list(columns) for columns in revealed] if revealed is not None else []
    if len(late) > n_stages:
        raise InvalidInput(
            f"must list columns for the {n_stages} agents who can be left, but got {len(late)} "
            "lists; leave the last out",
            argument="revealed",
        )
    late += [[] for _ in range(n_stages - len(late))]
    positions = [[_position(column, n_features, names) for column in columns] for columns in late]
    listed = [p for columns in positions for p in columns]
    if len(set(listed)) < len(listed):
        twice = next(p for p in listed if listed.count(p) > 1)
        raise InvalidInput(
            f"must name a column once, but names that at position {twice} twice; leave one out",
            argument="revealed",
        )
    known = sorted(set(range(n_features)) - set(listed))
    stages = []
    for columns in positions:
        known = sorted([*known, *columns])
        stages.append(np.array(known, dtype=np.int64))
    return stages


def _position(column: Any, n_features: int, names: Any) -> int:
    if isinstance(column, str):
        positions = [] if names is None else [i for i, name in enumerate(names) if name == column]
        if not positions:
            raise InvalidInput(
                f"must name columns of X, but got {column!r}; X "
                + ("has no names" if names is None else f"has {list(names)[:20]}"),
                argument="revealed",
            )
        return positions[0]
    if not 0 <= int(column) < n_features:
        raise InvalidInput(
            f"must name columns of X, which has {n_features}, but got position {column}; count "
            "from 0",
            argument="revealed",
        )
    return int(column)
