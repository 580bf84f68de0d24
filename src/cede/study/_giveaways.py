"""Columns that give the label away: what is known only after the answer, or the label itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from cede._checks import Ints
from cede._text import shown
from cede.evaluation.appraisal._suspicion import next_to_none
from cede.logs import Cases

__all__ = ["giveaways", "sentence"]

#: Of so many rows at most, a rule on one column is learned, and judged on as many others.
_MOST_ROWS = 1_000
#: A value that the rule has not seen tells nothing; of a column of ids, all are such.
_FEWEST_SEEN = 0.5


def giveaways(problem: Cases, learned: Ints, judged: Ints) -> tuple[str, ...]:
    """Names of columns that by themselves tell the label in nearly every case not learned from.

    Parameters
    ----------
    problem : Cases
    learned, judged : int arrays
        Rows from which a rule on each column is learned, and rows on which it is judged.
    """
    learned, judged = _thinned(learned), _thinned(judged)
    labels, y = np.unique(problem.y, return_inverse=True)
    counts = np.bincount(y[judged], minlength=len(labels))
    allowed = next_to_none(1.0 - counts.max() / len(judged))
    if allowed == 0.0:
        return ()
    return tuple(
        name
        for name, column in problem.features.items()
        if _error(column, y, learned, judged) <= allowed
    )


def sentence(names: tuple[str, ...]) -> str:
    """What is to be done about such columns."""
    some = ", ".join(repr(shown(name)) for name in names[:5]) + (", …" if len(names) > 5 else "")
    if len(names) == 1:
        return (
            f"Column {some} by itself tells the label in nearly every case: if it is known only "
            f"after the answer, leave it out (exclude) and compare again."
        )
    return (
        f"Columns {some} tell the label, each by itself, in nearly every case: leave out (exclude) "
        f"those that are known only after the answer, and compare again."
    )


def _thinned(rows: Ints) -> Ints:
    """Every so many-th row, as many as are needed."""
    return rows[:: max(1, len(rows) // _MOST_ROWS)]


def _error(column: NDArray[Any], y: Ints, learned: Ints, judged: Ints) -> float:
    """Share of the judged cases that the best rule on a column gets wrong."""
    rows = np.concatenate([learned, judged])
    is_text = column.dtype.kind not in "fiub"
    # Ranks: trees read no numbers beyond float32, and missing ones are the largest.
    values, place = np.unique(
        column[rows].astype(str) if is_text else column[rows], return_inverse=True
    )
    first, second = place[: len(learned)], place[len(learned) :]
    if not is_text:
        leaves = max(8, 2 * len(np.unique(y[learned])))
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
        tree.fit(first[:, None], y[learned])
        return float(np.mean(tree.predict(second[:, None]) != y[judged]))
    table = np.zeros((len(values), y.max() + 1))
    np.add.at(table, (first, y[learned]), 1.0)
    is_known = table.sum(axis=1)[second] > 0
    if is_known.mean() < _FEWEST_SEEN:
        return 1.0
    return float(np.mean(table.argmax(axis=1)[second][is_known] != y[judged][is_known]))
