"""The one answer that needs no model: the commonest, or cheapest, given in every case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede._checks._arrays import missing
from cede.exceptions import InvalidInput

__all__ = ["Constant", "commonest"]


@dataclass(frozen=True)
class Constant:
    """An answer that is given in every case."""

    #: As in the labels.
    answer: Any
    #: As people read it.
    name: str

    @property
    def row(self) -> str:
        """The name of its row."""
        return f"always {self.name}"


def commonest(
    y: Any,
    y_fit: ArrayLike | None,
    class_names: Sequence[str] | None,
    class_costs: Floats | None = None,
) -> Constant | None:
    """Choose the commonest answer; of several, the first in their order.

    None where all labels are equal: such a label says that an answer is right, and is none itself.

    Parameters
    ----------
    y : array of shape (n,)
        Labels of the cases that are judged.
    y_fit : array of shape (m,), optional
        Labels of the cases it is chosen on; by default ``y``.
    class_names : sequence of str, optional
        Names of the labels 0, 1, …
    class_costs : array of shape (K, K), optional
        What each answer (columns) costs where each of the labels 0, 1, … (rows) is the truth: it is
        then the answer that costs least.
    """
    labels = np.asarray(y if y_fit is None else y_fit)
    if labels.ndim != 1:
        raise InvalidInput(
            f"must have one label per case, but got shape {labels.shape}; pass a list of labels",
            argument="y_fit",
        )
    labels = labels[~missing(labels)]
    if len(labels) == 0:
        raise InvalidInput(
            "must hold a label, but got none, so that none is the commonest; pass those of the "
            "cases that were fitted on",
            argument="y_fit",
        )
    if _is_text(labels) != _is_text(np.asarray(y)):
        raise InvalidInput(
            f"must hold labels of the same kind as y, but got {_kind(labels)} beside "
            f"{_kind(np.asarray(y))}; write both alike",
            argument="y_fit",
        )
    values, counts = np.unique(labels, return_counts=True)
    if len(values) == 1:
        return None
    answer = values[counts.argmax()]
    if class_costs is not None:
        answer = (counts @ class_costs[values]).argmin()
    if class_names is None:
        return Constant(answer, str(answer))
    number = int(answer)
    if not 0 <= number < len(class_names):
        raise InvalidInput(
            f"must name every label from 0 on, but got {len(class_names)} names and the label "
            f"{number}; add those that lack",
            argument="class_names",
        )
    return Constant(answer, str(class_names[number]))


def _is_text(values: Any) -> bool:
    if values.dtype.kind != "O":
        return values.dtype.kind in "US"
    return any(isinstance(value, str) for value in values)


def _kind(values: Any) -> str:
    return "text" if _is_text(values) else f"{values.dtype}"
