"""Scorers of detection, over many resamples at once: a case counts as often as it was drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput, UnknownName

__all__ = ["TARGETS", "Target", "find_target"]

_AT = "sensitivity@"
#: Names, and what each is.
TARGETS = {
    "f1": "F1, of answers",
    "auc": "area under the ROC curve",
    f"{_AT}0.9": "sensitivity at a specificity of 90 %, or of any other",
}


@dataclass(frozen=True)
class Target:
    """What is asked of a system beside right answers, in [0, 1]; higher is better."""

    #: As it is asked for.
    name: str
    #: As people read it.
    title: str
    #: From truth ``(n,)``, answers ``(n,)`` (both: is it the label?), scores ``(n,)`` and draws
    #: ``(B, n)`` to values ``(B,)``, NaN where a resample has nothing to find.
    of: Callable[[Bools, Bools, Floats, Floats], Floats]


def find_target(name: str) -> Target:
    """Return the target of that name: *f1*, *auc*, *sensitivity@0.9*.

    Raises
    ------
    UnknownName
        If there is none.
    InvalidInput
        If a specificity is not in (0, 1).

    Examples
    --------
    >>> truth, said = np.array([True, True, False]), np.array([True, False, False])
    >>> once = np.ones((1, 3))
    >>> find_target("f1").of(truth, said, said.astype(float), once).round(3).tolist()
    [0.667]
    """
    if name == "f1":
        return Target(name, "F1", _f1)
    if name == "auc":
        return Target(name, "AUC", _auc)
    if not name.startswith(_AT):
        raise UnknownName("target", name, TARGETS, argument="targets")
    try:
        specificity = float(name.removeprefix(_AT))
    except ValueError:
        specificity = np.nan
    if not 0.0 < specificity < 1.0:
        raise InvalidInput(
            f"must name a specificity in (0, 1), but got {name!r}; write {_AT}0.9 for 90 %",
            argument="targets",
        )
    title = f"sensitivity at {100 * specificity:.4g} % specificity"
    return Target(name, title, partial(_sensitivity, specificity))


def _f1(truth: Bools, answers: Bools, scores: Floats, draws: Floats) -> Floats:
    hits = draws @ (truth & answers)
    misses = draws @ (truth ^ answers)
    return _ratio(2.0 * hits, 2.0 * hits + misses)


def _auc(truth: Bools, answers: Bools, scores: Floats, draws: Floats) -> Floats:
    found, false = _at_thresholds(truth, scores, draws)
    wins = found * (false.sum(axis=1, keepdims=True) - false.cumsum(axis=1) + false / 2.0)
    return _ratio(wins.sum(axis=1), found.sum(axis=1) * false.sum(axis=1))


def _sensitivity(
    specificity: float, truth: Bools, answers: Bools, scores: Floats, draws: Floats
) -> Floats:
    found, false = _at_thresholds(truth, scores, draws)
    n_false = false.sum(axis=1, keepdims=True)
    allowed = (1.0 - specificity) * n_false * (1 + 1e-12)
    counted = np.where(false.cumsum(axis=1) <= allowed, found.cumsum(axis=1), 0.0)
    share = _ratio(counted.max(axis=1, initial=0.0), found.sum(axis=1))
    return np.where(n_false[:, 0] > 0, share, np.nan)


def _at_thresholds(truth: Bools, scores: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Draws with the label, and without, at each distinct score from the highest; ``(B, T)``."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    drawn = draws[:, order]
    found = np.add.reduceat(drawn * truth[order], starts, axis=1)
    return found, np.add.reduceat(drawn * ~truth[order], starts, axis=1)


def _ratio(part: Floats, whole: Floats) -> Floats:
    out = np.full(len(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=out, where=whole > 0))
