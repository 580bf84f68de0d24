"""A model that is fixed already: columns of the table hold its answers, or its probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs._answers import answer_places, written
from cede.logs._log_columns import numbers
from cede.logs._values import Distinct

__all__ = ["FixedModel", "Said"]


class Said(NamedTuple):
    """What a fixed model says in each case."""

    #: Place of its answer among the distinct labels, ``(n,)``.
    places: Ints
    #: Probability of each distinct label, ``(n, K)``; None where only answers are known.
    probabilities: Floats | None
    #: Its columns as they stand in the table.
    columns: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class FixedModel:
    """A model that is there already, judged and deferred around without training one.

    Parameters
    ----------
    answers : str, optional
        Column of its answers, written like the labels, one in every case.
    proba : dict of label to column, optional
        Columns of the probabilities that it gives to each label, which sum to one; its answer is
        the likeliest. Of two labels one is enough.

    Raises
    ------
    InvalidInput
        Unless one of the two is passed.

    Examples
    --------
    >>> FixedModel(proba={"fraud": "score"}).columns
    ('score',)
    """

    answers: str | None = None
    proba: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if (self.answers is None) == (not self.proba):
            raise InvalidInput(
                "must be known by its answers or by its probabilities, but got "
                + ("none; name their columns" if not self.proba else "both; name one of them"),
                argument="model",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that hold what it says."""
        if self.proba:
            return tuple(str(column) for column in self.proba.values())
        return (str(self.answers),)

    def read(self, frame: nw.DataFrame[Any], label: str, labels: Distinct) -> Said:
        """Read what it says of each case of a table.

        Raises
        ------
        InvalidInput
            If an answer is missing or no label, a label has no probability, or probabilities are
            none.
        """
        if self.proba:
            return self._probabilities(frame, labels)
        (column,) = self.columns
        places = answer_places(frame, None, column, label, labels)
        missing = int((places < 0).sum())
        if missing:
            raise InvalidInput(
                f"must hold the model's answer in every case, but {missing:,} of column "
                f"{column!r} are missing; leave these rows out",
                argument="model_answers",
            )
        texts = [written(value) for value in labels.values]
        return Said(places, None, {column: Distinct(texts, places).spread(texts)})

    def _probabilities(self, frame: nw.DataFrame[Any], labels: Distinct) -> Said:
        columns = {name: numbers(frame, name) for name in self.columns}
        values = [None if c is None else columns[c] for c in self.order(labels.values)]
        known = next(value for value in values if value is not None)
        table = np.column_stack([1.0 - known if v is None else v for v in values])
        _check_probabilities(table, self.columns)
        table = table / table.sum(axis=1, keepdims=True)
        return Said(table.argmax(axis=1).astype(np.int64), table, columns)

    def order(self, labels: list[Any]) -> tuple[str | None, ...]:
        """The column of each label's probability; None where it is one minus the other's."""
        assert self.proba is not None
        by_label = {written(name): str(column) for name, column in self.proba.items()}
        texts = [written(value) for value in labels]
        strange = [name for name in by_label if name not in texts]
        absent = [text for text in texts if text not in by_label]
        if strange or (absent and not len(texts) == 2 > len(absent)):
            what = f"got {strange[0]!r}" if strange else f"got none of {absent[0]!r}"
            raise InvalidInput(
                f"must name a column for each of the labels {', '.join(sorted(texts)[:10])}, but "
                f"{what}; write LABEL=COLUMN for each",
                argument="model_proba",
            )
        return tuple(by_label.get(text) for text in texts)


def _check_probabilities(table: Floats, columns: tuple[str, ...]) -> None:
    """Refuse what sums to something else than one, a percentage or a logarithm."""
    names = ", ".join(map(repr, columns))
    if np.isnan(table).any():
        raise InvalidInput(
            f"must hold probabilities in every case, but {int(np.isnan(table).any(axis=1).sum()):,}"
            f" rows of {names} miss one; leave these rows out",
            argument="model_proba",
        )
    low, high = float(table.min()), float(table.max())
    total = table.sum(axis=1)
    if low < -1e-9 or high > 1.0 + 1e-9 or (np.abs(total - 1.0) > 0.01).any():
        raise InvalidInput(
            f"must hold probabilities from 0 to 1 that sum to one, but {names} gives "
            f"{low:.4g} to {high:.4g} with sums from {total.min():.4g} to {total.max():.4g}; turn "
            f"percentages, logarithms or scores into probabilities first",
            argument="model_proba",
        )
