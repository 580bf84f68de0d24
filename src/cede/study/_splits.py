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
            f"must have 12 cases at least of every class, so that each of the four parts sees it, "
            f"but got {counts[rare]} of {rare}; merge it with another class, or drop it",
            argument="label",
        )
    if problem.groups is not None and len(np.unique(problem.groups)) < 12:
        raise InvalidInput(
            f"must tell at least 12 groups apart, for four parts that share none, but got "
            f"{len(np.unique(problem.groups))}; choose a finer column, or do without",
            argument="group",
        )
    cases = row_hashes(*problem.features.values())
    rows = steady_order(cases, problem.y, problem.costs)
    groups = None if problem.groups is None else _numbered_along(rows, problem.groups)

    def parted(rows: Ints, share: float, draw: int) -> tuple[Ints, Ints]:
        their_groups = None if groups is None else groups[rows]
        is_out = hold_out(
            cases[rows], share, strata=problem.y[rows], groups=their_groups, seed=draw
        )
        return rows[~is_out], rows[is_out]

    remainder, test = parted(rows, 0.25, seed)
    remainder, model = parted(remainder, 0.36 / 0.75, seed + 1)
    fit, tune = parted(remainder, 0.10 / 0.39, seed + 2)
    parts = Parts(model=model, fit=fit, tune=tune, test=test)
    for name, part in vars(parts).items():
        absent = set(counts) - set(np.unique(problem.y[part]))
        if absent and name in ("model", "fit"):
            raise InvalidInput(
                f"must leave every label in every part, but the {name} part got none of "
                f"{next(iter(absent))}; try another seed, or do without groups",
                argument="group",
            )
        silent = np.isnan(problem.costs[part]).all(axis=0)
        if silent.any():
            raise InvalidInput(
                f"must each answer some case of every part, but "
                f"{problem.expert_names[int(silent.argmax())]!r} answers none of the {len(part)} "
                f"cases of the {name} part; bring more of its answers",
                argument="experts",
            )
        complete = int((~np.isnan(problem.costs[part]).any(axis=1)).sum())
        if name in ("tune", "test") and complete < 10:
            answered = (~np.isnan(problem.costs[part])).sum(axis=0)
            rarest = int(answered.argmin())
            raise InvalidInput(
                f"must all answer 10 cases at least of the {name} part, where no others can be "
                f"judged, but they do in {complete} of {len(part)}, and "
                f"{problem.expert_names[rarest]!r} answered {answered[rarest]}; compare fewer "
                f"experts at a time",
                argument="experts",
            )
    return parts


def _numbered_along(rows: Ints, groups: NDArray[np.generic]) -> Ints:
    """Number groups as they are met along the rows, so that their own numbers do not matter."""
    _, first, number = np.unique(groups[rows], return_index=True, return_inverse=True)
    along = np.empty(len(rows), dtype=np.int64)
    along[rows] = np.argsort(np.argsort(first))[number]
    return along
