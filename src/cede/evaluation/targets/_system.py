"""What whoever answers detects, row by row, with bootstrap intervals from the same resamples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede._intervals import Estimate
from cede.evaluation.targets._scorers import Target
from cede.exceptions import InvalidInput

__all__ = ["Detected", "Shown", "detected"]

#: Draws in memory at a time.
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Shown:
    """What a row of a comparison shows of each case."""

    #: Is its answer the label that is to be found? ``(n,)``
    answers: Bools
    #: How likely it says that is, ``(n,)``: a model's probability, 1 or 0 where answers are all.
    scores: Floats


@dataclass(frozen=True)
class Detected:
    """A target of one row, and how it differs from that of the model alone."""

    row: str
    budget: float | None
    target: str
    value: Estimate
    #: None of the model alone.
    over_model: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def detected(
    rows: Mapping[tuple[str, float | None], Shown],
    truth: Bools,
    targets: Sequence[Target],
    *,
    groups: Ints | None = None,
    n_boot: int = 1000,
    confidence: float = 0.95,
    random_state: int | None = 0,
) -> tuple[Detected, ...]:
    """Score every row by every target, with percentile intervals of a paired bootstrap.

    Parameters
    ----------
    rows : dict of (name, budget) to Shown
        The model alone first.
    truth : bool array of shape (n,)
        Which cases have the label.
    targets : sequence of Target
    groups : int array of shape (n,), optional
        Cases that belong together: groups are then drawn.
    n_boot, confidence, random_state
        Resamples, level, seed. Resamples that have nothing to find are left out.

    Raises
    ------
    InvalidInput
        If no case has the label, or all have.

    Examples
    --------
    >>> from cede.evaluation.targets import find_target
    >>> truth = np.arange(200) % 2 == 0
    >>> said = Shown(truth ^ (np.arange(200) % 10 == 0), truth * 0.8)
    >>> (one,) = detected({("model alone", None): said}, truth, [find_target("f1")])
    >>> [round(end, 2) for end in one.value]
    [0.89, 0.83, 0.93]
    """
    if truth.all() or not truth.any():
        raise InvalidInput(
            f"must be the label of some of the cases that are judged, but is that of "
            f"{'all' if truth.any() else 'none'} of {len(truth):,}; name another",
            argument="positive",
        )
    once = np.ones((1, len(truth)))
    keys = [(key, target) for key in rows for target in targets]

    def values(draws: Floats) -> Floats:
        scored = [t.of(truth, rows[key].answers, rows[key].scores, draws) for key, t in keys]
        return np.column_stack(scored)

    exact = values(once)[0]
    resampled = np.vstack([values(draws) for draws in _draws(truth, groups, n_boot, random_state)])
    tail = [(1 - confidence) / 2, (1 + confidence) / 2]
    results = []
    for i, ((name, budget), target) in enumerate(keys):
        model = i % len(targets)
        over = None
        if i >= len(targets):
            gap = np.nanquantile(resampled[:, i] - resampled[:, model], tail)
            over = Estimate(float(exact[i] - exact[model]), *map(float, gap))
        ends = np.nanquantile(resampled[:, i], tail)
        value = Estimate(float(exact[i]), *map(float, ends))
        results.append(Detected(name, budget, target.title, value, over))
    return tuple(results)


def _draws(truth: Bools, groups: Ints | None, n_boot: int, random_state: int | None) -> Any:
    """How often each case is drawn, some resamples at a time, ``(b, n)``."""
    rng = np.random.default_rng(random_state)
    unit = np.arange(len(truth)) if groups is None else np.unique(groups, return_inverse=True)[1]
    n_units = int(unit.max()) + 1
    at_once = max(1, _CELLS // len(truth))
    for start in range(0, n_boot, at_once):
        size = min(at_once, n_boot - start)
        drawn = rng.multinomial(n_units, np.full(n_units, 1.0 / n_units), size=size)
        yield drawn[:, unit].astype(np.float64)
