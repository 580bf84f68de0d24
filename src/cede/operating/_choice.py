"""The expert whom each case would go to, and what asking that expert changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, difference

__all__ = ["Choice", "Tables", "blocks", "choose", "only_expert"]

#: What the answers cost ("error"), and what asking does ("fee", "charge"): each (n, J + 1).
Tables: TypeAlias = Mapping[str, Floats]


@dataclass(frozen=True)
class Choice:
    """One expert for every case, in the order of the cases."""

    #: By how much the expert's score exceeds the model's, (n,), and room for one number more.
    gain: Floats
    #: Which expert, counted from 0, (n,); None where there is only one.
    expert: NDArray[np.unsignedinteger] | None
    #: What asking adds to each table's cost of the model, (n,); bytes where it is -1, 0 or 1.
    added: Mapping[str, NDArray[Any]]


def only_expert(scores: Floats, tables: Tables) -> Choice:
    """The only expert there is, for every case."""
    gain = np.empty(len(scores) + 1)
    difference(scores[:, 1], scores[:, 0], out=gain[:-1])
    return Choice(gain, None, {name: _difference(table) for name, table in tables.items()})


def choose(agents: Floats, tables: Tables, *, lowest: bool = False) -> Choice:
    """The expert with the largest advantage over the model, the first of several.

    ``agents`` are scores ``(n, J + 1)``, or, with ``lowest``, costs. Rows are taken block by block,
    so that no second table of all experts is made.
    """
    n, n_experts = len(agents), agents.shape[1] - 1
    gain = np.empty(n + 1)
    expert = np.empty(n, dtype=np.min_scalar_type(n_experts - 1))
    added = {name: np.empty(n) for name in tables}
    for rows in blocks(n, n_experts):
        part = agents[rows]
        model, experts = part[:, :1], part[:, 1:]
        ahead = difference(model, experts) if lowest else difference(experts, model)
        first, case = ahead.argmax(axis=1), np.arange(len(part))
        gain[rows], expert[rows] = ahead[case, first], first
        for name, table in tables.items():
            costs = table[rows]
            np.subtract(costs[case, first + 1], costs[:, 0], out=added[name][rows])
    return Choice(gain, expert, added)


def blocks(n: int, width: int = 1) -> Iterator[slice]:
    """Slices of ``n`` rows whose temporaries, of a megabyte, stay in the cache."""
    step = max(1, (1 << 17) // width)
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


def _difference(table: Floats) -> NDArray[Any]:
    """The expert's column less the model's, in one byte each where costs are errors of 0 and 1."""
    units = np.empty(len(table), dtype=np.int8)
    for rows in blocks(len(table)):
        new = table[rows, 1] - table[rows, 0]
        unit = np.sign(new)
        if (unit != new).any():
            return np.asarray(table[:, 1] - table[:, 0])
        units[rows] = unit
    return units
