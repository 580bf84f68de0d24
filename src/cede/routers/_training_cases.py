"""What a router learns from: read and checked once at the door of ``fit``, and never again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._rows._fingerprint import Fingerprint
from cede._rows._order import take_rows

__all__ = ["TrainingCases"]


@dataclass(frozen=True, eq=False)
class TrainingCases:
    """Cases of a fit, in an order that follows from what they hold; row i of every array is one.

    They come from labels, which have ``classes`` and ``y``, or from a table of agent costs.
    """

    #: As they came, array or dataframe ``(n, d)``: what a base model reads.
    X: Any
    #: The same as numbers ``(n, d)``.
    features: NDArray[Any]
    #: What each agent's answer costs before the router's own fees, ``(n, J + 1)``; NaN where it is
    #: not known. Column 0 is NaN throughout where labels wait for the model's answers.
    answer_costs: Floats
    expert_names: tuple[str, ...]
    #: Of the features, in any order.
    fingerprint: Fingerprint
    #: The labels as they came, ``(n,)``; sorted, without repeats, ``(K,)``; and the index of each
    #: case's among these, ``(n,)``. None of a table.
    labels: NDArray[Any] | None = None
    classes: NDArray[Any] | None = None
    y: Ints | None = None
    #: Weights of the cases, ``(n,)``.
    weight: Floats | None = None
    #: With which probability each cost would be known, ``(n, J + 1)``; one where it is not.
    propensities: Floats | None = None
    #: Number of each case's group, ``(n,)``.
    groups: Ints | None = None
    #: What else the router takes of each case, by the name of the argument.
    beside: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.features)

    @property
    def costs(self) -> Floats:
        """What the experts' answers cost before fees, ``(n, J)``."""
        return self.answer_costs[:, 1:]

    @property
    def agent_names(self) -> tuple[str, ...]:
        """Of all agents, as messages call them."""
        return ("the model", *self.expert_names)

    def take(self, rows: Ints) -> TrainingCases:
        """The same cases in another order, or some of them."""
        features = self.features[rows]
        if not isinstance(self.X, np.ndarray | list | tuple):
            features = np.asfortranarray(features)  # as a dataframe's columns lie in memory
        taken: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in _PER_CASE
        }
        beside = {name: value[rows] for name, value in self.beside.items()}
        return replace(self, X=take_rows(self.X, rows), features=features, beside=beside, **taken)

    def with_model_costs(self, costs: Floats) -> TrainingCases:
        """The same cases once it is known what the model's answers cost, ``(n,)``."""
        return replace(self, answer_costs=np.column_stack([costs, self.costs]))

    def paid(self, fees: Floats) -> Floats:
        """What it costs to let each agent answer, these fees included, ``(n, J + 1)``."""
        return np.column_stack([self.answer_costs[:, :1], self.costs + fees])

    def as_table(self) -> TrainingCases:
        """The same cases without labels: a table of costs, for a router that reads no labels."""
        return replace(self, labels=None, classes=None, y=None)


#: Arrays with a row per case that are taken alike.
_PER_CASE = ("answer_costs", "labels", "y", "weight", "propensities", "groups")
