"""The cases a router learns from: in which orders, with how many known answers, and a fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from cede._checks import Ints, check_groups, check_same_length
from cede._checks._arrays import to_array
from cede._rows._order import steady_order, take_rows
from cede.costs import is_cost_table, read_numbers, resolve_costs
from cede.exceptions import InvalidInput

__all__ = ["CasesToLearn", "read_sizes"]


@dataclass(frozen=True, eq=False)
class CasesToLearn:
    """Cases to learn from, as they came."""

    X: Any
    y: Any
    experts: Any
    costs: Any
    #: Numbers of the groups, from 0, ``(n,)``; None if each case is its own.
    groups: Ints | None

    @classmethod
    def of(cls, X: Any, y: Any, experts: Any, costs: Any, groups: Any) -> CasesToLearn:
        """Check that answers and groups belong to as many cases as labels do."""
        labels = to_array(y)
        check_same_length(y=labels, **_present(experts=experts, costs=costs))
        table = y if hasattr(y, "columns") else labels
        return cls(X, table, experts, costs, check_groups(groups, labels))

    def __len__(self) -> int:
        return len(self.y)

    def n_answers(self) -> Ints:
        """How many experts' answers (or costs) are known in each case."""
        labels = to_array(self.y)
        if is_cost_table(labels):
            table = read_numbers("y, as agent costs,", labels)[:, 1:]
        else:
            table = resolve_costs(labels, self.experts, self.costs)
        return np.asarray((~np.isnan(table)).sum(axis=1), dtype=np.int64)

    def shuffled(self, repeats: int, random_state: int | None) -> list[Ints]:
        """Random orders, group after group, which do not depend on how the rows came."""
        tables = _present(y=self.y, experts=self.experts, costs=self.costs)
        steady = steady_order(self.X, *tables.values())
        rng = np.random.default_rng(random_state)
        return [_shuffled(steady, self.groups, rng) for _ in range(repeats)]

    def fit(self, router: Any, rows: Ints) -> Any:
        """A new router with the same parameters, fitted on these rows."""
        if not hasattr(router, "get_params"):
            raise InvalidInput(
                f"must have get_params, so that others can be made with the same parameters, but "
                f"got a {type(router).__name__} without get_params; pass one of cede's",
                argument="router",
            )
        # Not scikit-learn's clone, which would make a fitted model inside forget what it learned.
        fresh = type(router)(**router.get_params(deep=False))
        tables = _present(experts=self.experts, costs=self.costs)
        if "groups" in signature(fresh.fit).parameters:  # other people's routers may not know them
            tables |= _present(groups=self.groups)
        beside = {name: take_rows(table, rows) for name, table in tables.items()}
        try:
            return fresh.fit(take_rows(self.X, rows), take_rows(self.y, rows), **beside)
        except ValueError as error:
            raise InvalidInput(
                f"must be able to learn from each part, but its fit on {len(rows):,} of "
                f"{len(self):,} cases failed ({str(error).rstrip('.')}); if these are too few, "
                f"begin with larger sizes",
                argument="router",
            ) from error


def read_sizes(sizes: Sequence[int] | None, n: int) -> list[int]:
    """Numbers of cases to learn from, increasing; by default six, each twice the one before."""
    if sizes is None:
        return sorted({max(1, n // 2**k) for k in range(6)})
    numbers = list(sizes)
    are_counts = all(isinstance(size, int | np.integer) for size in numbers)
    if not numbers or not are_counts or numbers != sorted(set(numbers)) or numbers[0] < 1:
        raise InvalidInput(
            f"must be numbers of cases, increasing, but got {numbers}; write [100, 200]",
            argument="sizes",
        )
    if numbers[-1] > n:
        raise InvalidInput(
            f"must not exceed the {n:,} cases to fit on, but got {numbers[-1]:,}; leave it out",
            argument="sizes",
        )
    return [int(size) for size in numbers]


def _shuffled(steady: Ints, groups: Ints | None, rng: np.random.Generator) -> Ints:
    if groups is None:
        return np.asarray(steady[rng.permutation(len(steady))], dtype=np.int64)
    rank = rng.permutation(int(groups.max()) + 1)[groups[steady]]
    return np.asarray(steady[np.argsort(rank, kind="stable")], dtype=np.int64)


def _present(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
