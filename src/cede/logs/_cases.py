"""What a table or a log says of its cases: read once, at the door, and taken whole by all else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs._columns import Column

__all__ = ["Cases", "not_numeric"]

#: Fields that have a column per agent.
_TABLES = ("agent_costs", "outcomes", "money", "propensities", "answers")


@dataclass(frozen=True, repr=False, eq=False)
class Cases:
    """Cases with all that is known of them; row i of every array is case i, column 0 is the model.

    :func:`cede.logs.read_long`, :func:`cede.logs.read_wide` and :func:`cede.logs.read_problem` make
    it; routers take it whole: ``router.fit(cases)``, ``router.route(cases)``. ``len(cases)`` is n;
    ``cases[rows]`` are some of them, by a slice, indices or booleans.

    Parameters
    ----------
    agent_names : tuple of str
        The model's name, then the J experts'.
    agent_costs : array of shape (n, J + 1)
        What it costs to let each agent answer, in units of one error; NaN where it is not known.
        Of a log, ``(1 - outcome) + exchange_rate * money``; of a table with a label, 1 where an
        agent is wrong and 0 where right, to which routers add their fees. Column 0 is NaN
        throughout while the model is yet to be trained.
    features : dict of name to array of shape (n,)
        What is known before anyone answers: numbers as floats (NaN where missing), texts as objects
        (None where missing), dates as ``datetime64[s]`` (NaT where missing).
    ids : array of shape (n,)
        What names each case: texts, whatever the file held (1 is "1", and 01 another), or row
        numbers from 0 if there are none.
    columns : tuple of Column
        What each column that may be a feature was taken for, and whether it is one.
    y : array of shape (n,), optional
        True answers, from the column ``label``; None of a log, which says what answers were worth.
    label : str, optional
        Name of the column of true answers.
    outcomes : array of shape (n, J + 1), optional
        What each answer was worth, in [0, 1]; NaN where it is not known.
    money : array of shape (n, J + 1), optional
        What each call took, at least 0, in any currency; NaN where it is not known.
    exchange_rate : float, optional
        The quality that one unit of money must buy; goes with ``money``.
    propensities : array of shape (n, J + 1), optional
        Probability, in (0, 1], that the cost would be known; NaN where it is not.
    groups : int array of shape (n,), optional
        Number, from 0, of the group that each case belongs to; None if each is its own.
    group_names : tuple of str
        What the groups are called, in the order of their numbers.
    times : int array of shape (n,), optional
        Rank, from 0, of the time at which each case came; equal times have the same.
    time_names : tuple of str
        What the times are called, in the order of their ranks.
    answers : int array of shape (n, J + 1), optional
        Which of the labels, sorted, each agent answered, from 0; -1 where it is not known.
    probabilities : array of shape (n, K), optional
        What a fixed model gives to each of the labels, sorted.

    Raises
    ------
    InvalidInput
        If an array has not one row per case, or a table not one column per agent.

    Examples
    --------
    >>> import numpy as np
    >>> cases = Cases(
    ...     agent_names=("small", "large"),
    ...     agent_costs=np.array([[0.0, 0.2], [1.0, 0.2], [np.nan, 0.2]]),
    ...     features={"length": np.array([12.0, 40.0, 25.0])},
    ...     ids=np.array(["q1", "q2", "q3"], dtype=object),
    ... )
    >>> cases
    Cases(3 cases, 2 agents, model 'small', 5 of 6 costs known, 1 feature)
    >>> cases.X.shape, cases.expert_names
    ((3, 1), ('large',))
    >>> cases[~np.isnan(cases.agent_costs).any(axis=1)].ids.tolist()
    ['q1', 'q2']
    """

    agent_names: tuple[str, ...]
    agent_costs: Floats
    features: Mapping[str, NDArray[Any]]
    ids: NDArray[Any]
    columns: tuple[Column, ...] = ()
    y: Any = None
    label: str | None = None
    outcomes: Floats | None = None
    money: Floats | None = None
    exchange_rate: float | None = None
    propensities: Floats | None = None
    groups: Ints | None = None
    group_names: tuple[str, ...] = ()
    times: Ints | None = None
    time_names: tuple[str, ...] = ()
    answers: Ints | None = None
    probabilities: Floats | None = None

    def __post_init__(self) -> None:
        n, n_agents = len(self.ids), len(self.agent_names)
        for name, array in self._arrays().items():
            shape = (n, n_agents) if name in _TABLES else (n, *array.shape[1:])
            shape = shape if name in (*_TABLES, "probabilities") else (n,)
            if array.shape != shape:
                raise InvalidInput(
                    f"must have shape {shape}, for {n:,} ids and {n_agents} agents, but got "
                    f"{array.shape}",
                    argument=name,
                )
        for name, column in self.features.items():
            if column.shape != (n,):
                raise InvalidInput(
                    f"must have shape {(n,)}, for {n:,} ids, but got {column.shape} for {name!r}",
                    argument="features",
                )

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: Any) -> Cases:
        """Some of the cases: by a slice, indices or booleans."""
        features = {name: column[rows] for name, column in self.features.items()}
        arrays = {name: array[rows] for name, array in self._arrays().items()}
        return replace(self, features=features, **arrays)

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Names of the agents without the model's, ``(J,)``."""
        return self.agent_names[1:]

    @property
    def costs(self) -> Floats:
        """What the experts' answers cost, ``(n, J)``: ``agent_costs`` without the model's."""
        return self.agent_costs[:, 1:]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of ``X``."""
        return tuple(self.features)

    @cached_property
    def X(self) -> Floats:
        """The features as one matrix ``(n, d)``, NaN where missing.

        Raises
        ------
        InvalidInput
            If a feature holds texts or dates.
        """
        others = [n for n, values in self.features.items() if values.dtype.kind not in "fiub"]
        if others:
            raise InvalidInput(not_numeric(others[0]))
        return np.column_stack([np.empty((len(self), 0)), *self.features.values()])

    @property
    def is_numeric(self) -> bool:
        """Whether all features are numbers, so that there is a matrix ``X``."""
        return all(values.dtype.kind in "fiub" for values in self.features.values())

    @cached_property
    def cells(self) -> NDArray[Any]:
        """The features as one matrix of objects ``(n, d)``: numbers, texts and dates."""
        cells = np.empty((len(self), len(self.features)), dtype=object)
        for i, values in enumerate(self.features.values()):
            cells[:, i] = values.astype(object)
        return cells

    def __repr__(self) -> str:
        """One line for people."""
        known, d = ~np.isnan(self.agent_costs), len(self.features)
        parts = [
            f"{len(self):,} cases",
            f"{len(self.agent_names)} agents",
            f"model {self.agent_names[0]!r}",
            f"{int(known.sum()):,} of {known.size:,} costs known",
            f"{d} feature{'s' * (d != 1)}",
        ]
        if self.label is not None:
            parts.append(f"label {self.label!r}")
        if self.propensities is not None and known.any():
            logged = self.propensities[known]
            parts.append(f"propensities {logged.min():.3g} to {logged.max():.3g}")
        return f"Cases({', '.join(parts)})"

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays that have a row per case, without the features."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if isinstance(value, np.ndarray)}


def not_numeric(name: str) -> str:
    """Say that a feature is no number, to who can read numbers only."""
    return (
        f"Feature column {name!r} holds texts or dates, which a matrix of numbers cannot; encode "
        f"it with what will encode the cases to be routed (cede.routers.EncodedRouter), or leave "
        f"it out."
    )
