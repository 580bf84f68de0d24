"""Four parts of a table that never overlap: train the model, fit the methods, tune, test."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints
from cede._rows._folds import hold_out
from cede._rows._order import row_hashes, steady_order
from cede.exceptions import InvalidInput
from cede.logs import Cases

__all__ = ["Border", "Parts", "split"]


@dataclass(frozen=True)
class Border:
    """Where a table was split by time."""

    #: The first time of the test part.
    time: str
    #: Groups with cases on both sides, and their earlier cases, which are in no part.
    n_groups: int = 0
    n_left_out: int = 0

    def __str__(self) -> str:
        """What was done, in a sentence."""
        return f"The test part holds the cases from {self.time} on; all else is learned before."

    @property
    def warning(self) -> str:
        """What was left out, in a sentence; empty if nothing was."""
        if not self.n_groups:
            return ""
        return (
            f"Of {self.n_groups:,} group{'s' * (self.n_groups > 1)} with cases before and after "
            f"{self.time}, the {self.n_left_out:,} earlier cases are left out, so that nothing of "
            f"the groups that are judged is learned."
        )


@dataclass(frozen=True)
class Parts:
    """Row numbers of the four parts of a table; they never overlap.

    In the order that follows from what the rows hold: a permuted table has the same parts, in the
    same order. The model part is empty where the model is fixed already.
    """

    model: Ints
    fit: Ints
    tune: Ints
    test: Ints
    #: Where they were split by time, if they were.
    border: Border | None = None

    @property
    def by_name(self) -> dict[str, Ints]:
        """The four parts."""
        return {"model": self.model, "fit": self.fit, "tune": self.tune, "test": self.test}

    @property
    def learned(self) -> Ints:
        """Rows from which features are prepared: the model part, or else the fit part."""
        return self.model if len(self.model) else self.fit


class _Shares(NamedTuple):
    """How much of a table each part is."""

    model: float
    tune: float
    test: float


#: Of a model that is trained, and of one that is fixed already.
_TRAINED, _FIXED = _Shares(0.36, 0.10, 0.25), _Shares(0.0, 0.10, 0.40)


def split(problem: Cases, seed: int, *, trained: bool = True) -> Parts:
    """Split the rows: 36 % model, 29 % fit, 10 % tune, 25 % test; by group, or by label.

    Where no model is trained: 50 % fit, 10 % tune, 40 % test. Where cases have a time, the latest
    are the test part, equal times on one side; of a group with cases on both sides the earlier ones
    are left out.
    """
    _check_enough(problem)
    shares = _TRAINED if trained else _FIXED
    cases = row_hashes(*problem.features.values())
    rows = steady_order(cases, problem.y, problem.costs)
    groups = None if problem.groups is None else _numbered_along(rows, problem.groups)

    def parted(rows: Ints, share: float, draw: int) -> tuple[Ints, Ints]:
        their_groups = None if groups is None else groups[rows]
        is_out = hold_out(
            cases[rows], share, strata=problem.y[rows], groups=their_groups, seed=draw
        )
        return rows[~is_out], rows[is_out]

    border = None
    if problem.times is None:
        remainder, test = parted(rows, shares.test, seed)
    else:
        remainder, test, border = _by_time(problem, rows, shares.test)
    model = rows[:0]
    if trained:
        remainder, model = parted(remainder, shares.model / (1 - shares.test), seed + 1)
    fit, tune = parted(remainder, shares.tune / (1 - shares.test - shares.model), seed + 2)
    parts = Parts(model=model, fit=fit, tune=tune, test=test, border=border)
    _check_parts(problem, parts, ("model", "fit") if trained else ("fit",))
    return parts


def _by_time(problem: Cases, rows: Ints, share: float) -> tuple[Ints, Ints, Border]:
    """The earlier rows, the latest ones, and where they part: as near to the share as can be."""
    assert problem.times is not None
    counts = np.bincount(problem.times)
    if len(counts) < 2:
        raise InvalidInput(
            "must tell times apart, but got one time only; leave it out", argument="time"
        )
    later = np.cumsum(counts[::-1])[::-1] / len(rows)
    border = 1 + int(np.abs(later[1:] - share).argmin())
    is_late = problem.times >= border
    earlier = ~is_late
    n_groups = 0
    if problem.groups is not None:
        both = np.intersect1d(problem.groups[is_late], problem.groups[earlier])
        n_groups = len(both)
        earlier = earlier & ~np.isin(problem.groups, both)
    n_left_out = int((~is_late & ~earlier).sum())
    name = problem.time_names[border]
    return rows[earlier[rows]], rows[is_late[rows]], Border(name, n_groups, n_left_out)


def _check_enough(problem: Cases) -> None:
    """Refuse tables of too few cases of a label, or too few groups."""
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


def _check_parts(problem: Cases, parts: Parts, learning: Collection[str]) -> None:
    """Refuse parts that lack a label to learn, or an expert."""
    labels = set(np.unique(problem.y))
    for name, part in parts.by_name.items():
        if not len(part) and name == "model" and name not in learning:
            continue
        absent = labels - set(np.unique(problem.y[part]))
        if absent and name in learning:
            raise InvalidInput(
                f"must leave every label in every part, but the {name} part got none of "
                f"{next(iter(absent))}; try another seed, or do without groups",
                argument="group" if parts.border is None else "time",
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
            rarest = int(answered.argmin()) if len(answered) else 0
            raise InvalidInput(
                f"must all answer 10 cases at least of the {name} part, where no others can be "
                f"judged, but they do in {complete} of {len(part)}, and "
                f"{problem.expert_names[rarest]!r} answered {answered[rarest]}; compare fewer "
                f"experts at a time",
                argument="experts",
            )


def _numbered_along(rows: Ints, groups: NDArray[np.generic]) -> Ints:
    """Number groups as they are met along the rows, so that their own numbers do not matter."""
    _, first, number = np.unique(groups[rows], return_index=True, return_inverse=True)
    along = np.empty(len(rows), dtype=np.int64)
    along[rows] = np.argsort(np.argsort(first))[number]
    return along
