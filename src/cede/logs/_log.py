"""A log, taken apart, and what has to hold of it whatever its format was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, without_rounding
from cede.costs import llm_costs
from cede.exceptions import InvalidInput
from cede.logs._columns import Column


@dataclass(frozen=True, repr=False, eq=False)
class Log:
    """A log, taken apart; row i of every array is case i, column 0 is the model.

    Routers take it as it is, and then know the agents by name:
    ``router.fit(log.X, log, propensities=log.propensities)``; ``log[cases]`` is a part of it.

    Examples
    --------
    >>> import pandas as pd
    >>> from cede.logs import read_wide
    >>> table = pd.DataFrame({"length": [12, 40], "small": [1, None], "large": [1, 0.5]})
    >>> log = read_wide(
    ...     table, outcome={"small": "small", "large": "large"}, model="small", features=["length"]
    ... )
    >>> log
    Log(2 cases, 2 agents, model 'small', 3 of 4 costs known, 1 feature)
    >>> log.agent_costs
    array([[0. , 0. ],
           [nan, 0.5]])
    >>> log.X
    array([[12.],
           [40.]])
    """

    #: ``(1 - outcome) + exchange_rate * money``, ``(n, J + 1)``; NaN where it is not known.
    agent_costs: Floats
    #: Probability that the cell would be observed, ``(n, J + 1)``, in (0, 1]; NaN where the cost is
    #: not known. None if the table does not tell.
    propensities: Floats | None
    agent_names: tuple[str, ...]
    #: What names each case, ``(n,)``: ids, or row numbers from 0 if there are none.
    cases: NDArray[Any]
    #: Quality in [0, 1] and money per call, ``(n, J + 1)``; NaN where missing. Money may be None.
    outcomes: Floats
    money: Floats | None
    #: Feature columns by name: numbers as floats (NaN where missing), texts as objects (None).
    features: Mapping[str, NDArray[Any]]
    #: What names each case's group, ``(n,)``; None if no column was named.
    groups: NDArray[Any] | None = None
    #: What each feature column was taken for. (``columns`` are the agents' names.)
    feature_columns: tuple[Column, ...] = ()

    @property
    def n_cases(self) -> int:
        """Rows of every array."""
        return len(self.agent_costs)

    @property
    def columns(self) -> tuple[str, ...]:
        """The agents' names: where a table of costs is wanted, a log is one, names included."""
        return self.agent_names

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, J + 1)``."""
        return self.agent_costs.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """The agents' costs."""
        return np.array(self.agent_costs, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return self.n_cases

    def __getitem__(self, cases: Any) -> Log:
        """The log of some cases: a slice, indices or booleans."""
        parts: dict[str, Any] = {}
        for name in ("agent_costs", "propensities", "cases", "outcomes", "money", "groups"):
            array = getattr(self, name)
            parts[name] = None if array is None else array[cases]
        features = {name: values[cases] for name, values in self.features.items()}
        return replace(self, **parts, features=features)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns of ``X``."""
        return tuple(self.features)

    @property
    def X(self) -> Floats | None:
        """The features as one matrix ``(n, d)``, NaN where missing; None if there are none.

        Raises
        ------
        InvalidInput
            If a feature holds texts.
        """
        if not self.features:
            return None
        texts = [name for name, values in self.features.items() if values.dtype.kind == "O"]
        if texts:
            raise InvalidInput(
                f"Feature column {texts[0]!r} holds texts, which a matrix of numbers cannot; "
                f"encode it with what will encode the cases to be routed, or leave it out."
            )
        return np.column_stack(list(self.features.values()))

    def __repr__(self) -> str:
        """One line for people."""
        known, n_features = ~np.isnan(self.agent_costs), len(self.features)
        text = (
            f"Log({self.n_cases:,} cases, {len(self.agent_names)} agents, model "
            f"{self.agent_names[0]!r}, {int(known.sum()):,} of {known.size:,} costs known, "
            f"{n_features} feature{'s' * (n_features != 1)}"
        )
        if self.propensities is not None:
            chances = self.propensities[known]
            text += f", propensities {chances.min():.3g} to {chances.max():.3g}"
        return f"{text})"


def make_log(
    *,
    agent_names: tuple[str, ...],
    cases: NDArray[Any],
    outcomes: Floats,
    money: Floats | None,
    exchange_rate: float | None,
    propensities: Floats | None,
    features: Mapping[str, NDArray[Any]],
    feature_columns: tuple[Column, ...],
    groups: NDArray[Any] | None,
) -> Log:
    """Put a log together; refuse cases of which nothing is known, and what is no propensity."""
    if (money is None) != (exchange_rate is None):
        raise InvalidInput(
            "cost= (money per call) and exchange_rate= (the quality that one unit of it must buy) "
            "go together; pass both or neither."
        )
    prices = np.zeros(len(agent_names)) if money is None else money
    costs = llm_costs(outcomes, prices, exchange_rate=exchange_rate or 0.0)
    known = ~np.isnan(costs)
    silent = np.flatnonzero(~known.any(axis=1))
    if silent.size:
        raise InvalidInput(
            f"{silent.size:,} of {len(costs):,} cases have no agent whose outcome"
            f"{'' if money is None else ' and cost'} is known, the first being case "
            f"{show(cases[silent[0]])}; leave them out."
        )
    if propensities is not None:
        propensities = np.where(known, without_rounding(propensities), np.nan)
        _check_propensities(propensities, known, cases, agent_names)
    return Log(
        costs, propensities, agent_names, cases, outcomes, money, features, groups, feature_columns
    )


def _check_propensities(
    propensities: Floats, known: NDArray[np.bool_], cases: NDArray[Any], names: tuple[str, ...]
) -> None:
    bad = known & ~((propensities > 0.0) & (propensities <= 1.0))
    if bad.any():
        case, agent = np.unravel_index(bad.argmax(), bad.shape)
        value = propensities[case, agent]
        raise InvalidInput(
            f"A propensity is the probability that an outcome would be observed, in (0, 1], but "
            f"{int(bad.sum()):,} of {int(known.sum()):,} are not, the first being that of case "
            f"{show(cases[case])} and agent {names[agent]!r}, which is "
            f"{'missing' if np.isnan(value) else f'{value:.4g}'}."
        )


def show(case: Any) -> str:
    """Write an id as its type does in Python, not in numpy."""
    return repr(case.item() if isinstance(case, np.generic) else case)
