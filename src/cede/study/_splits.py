"""Four parts of a table that never overlap: train the model, fit the methods, tune, test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints
from cede._rows._folds import hold_out
from cede._rows._order import row_hashes, steady_order
from cede.exceptions import InvalidInput
from cede.logs import Cases

__all__ = ["Parts", "split"]


@dataclass(frozen=True)
class Parts:
    """Row numbers of the four parts of a table; they never overlap.

    In the order that follows from what the rows hold: a permuted table has the same parts, in the
    same order.
    """

    model: Ints
    fit: Ints
    tune: Ints
    test: Ints


def split(problem: Cases, seed: int) -> Parts:
    """Split the rows: 36 % model, 29 % fit, 10 % tune, 25 % test; by group, or by label."""
    counts = dict(zip(*np.unique(problem.y, return_counts=True), strict=True))
    rare = min(counts, key=lambda name: counts[name])
    if counts[rare] < 12:
        raise InvalidInput(
            f"The label {rare} has {counts[rare]} cases; every class needs at least 12, so that "
            f"each of the four parts sees it. Merge it with another class or drop it."
        )
    if problem.groups is not None and len(np.unique(problem.groups)) < 12:
        raise InvalidInput(
            f"There are {len(np.unique(problem.groups))} groups, too few for four parts that share "
            f"none; at least 12 are needed. Do without --group, or choose a finer column."
        )
    cases = row_hashes(*problem.features.values())
    rows = steady_order(cases, problem.y, problem.costs)
    groups = None if problem.groups is None else _numbered_along(rows, problem.groups)

    def two(rows: Ints, share: float, draw: int) -> tuple[Ints, Ints]:
        together = None if groups is None else groups[rows]
        out = hold_out(cases[rows], share, strata=problem.y[rows], groups=together, seed=draw)
        return rows[~out], rows[out]

    rest, test = two(rows, 0.25, seed)
    rest, model = two(rest, 0.36 / 0.75, seed + 1)
    fit, tune = two(rest, 0.10 / 0.39, seed + 2)
    parts = Parts(model=model, fit=fit, tune=tune, test=test)
    for name, part in vars(parts).items():
        absent = set(counts) - set(np.unique(problem.y[part]))
        if absent and name in ("model", "fit"):
            raise InvalidInput(
                f"After splitting by group, the {name} part has no case of the label "
                f"{next(iter(absent))}; try another seed, or do without --group."
            )
        silent = np.isnan(problem.costs[part]).all(axis=0)
        if silent.any():
            raise InvalidInput(
                f"Expert {problem.expert_names[int(silent.argmax())]!r} has no answer in the "
                f"{name} part ({len(part)} cases); more answers are needed."
            )
        complete = int((~np.isnan(problem.costs[part]).any(axis=1)).sum())
        if name in ("tune", "test") and complete < 10:
            answered = (~np.isnan(problem.costs[part])).sum(axis=0)
            rarest = int(answered.argmin())
            raise InvalidInput(
                f"Only {complete} of the {len(part)} cases of the {name} part have an answer of "
                f"every expert, and only those can be judged; {problem.expert_names[rarest]!r} "
                f"answered {answered[rarest]}. Compare fewer experts at a time."
            )
    return parts


def _numbered_along(rows: Ints, groups: NDArray[np.generic]) -> Ints:
    """Number groups as they are met along the rows, so that their own numbers do not matter."""
    _, first, number = np.unique(groups[rows], return_index=True, return_inverse=True)
    along = np.empty(len(rows), dtype=np.int64)
    along[rows] = np.argsort(np.argsort(first))[number]
    return along
