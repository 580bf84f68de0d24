"""One row per case, columns per agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks import Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.logs._log import Log, make_log, show
from cede.logs._log_columns import as_text, as_texts, each, feature, ids, numbers, open_log, rows


def read_wide(
    table: Any,
    *,
    outcome: Mapping[str, str],
    model: str,
    case: str | None = None,
    cost: Mapping[str, str] | None = None,
    exchange_rate: float | None = None,
    propensity: Mapping[str, str] | None = None,
    features: Sequence[str] = (),
    group: str | None = None,
) -> Log:
    """Read a log with one row per case.

    Parameters
    ----------
    table : dataframe (pandas, polars, pyarrow) or path
        Files as :func:`cede.logs.read_table` reads them.
    outcome : dict of agent to column
        Each agent's quality, in [0, 1]; true or false do. Missing where the agent was not called
        or nobody graded.
    model : str
        The agent that is column 0; the others follow in the order of ``outcome``.
    case : str, optional
        Column that names the case; without it, cases are rows.
    cost, propensity : dict of agent to column, optional
        As in :func:`read_long`, for the same agents as ``outcome``.
    exchange_rate, features, group
        As in :func:`read_long`.

    Returns
    -------
    Log
        Cases in the order of the rows.

    Raises
    ------
    InvalidInput
        If a column or the model is not there, a case has two rows or no known cost, dicts name
        different agents, or a value leaves its range.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"a": [1, None, 0], "b": [None, 0.5, 1], "p": [0.2, 0.8, 1]})
    >>> both = {"a": "p", "b": "p"}
    >>> log = read_wide(table, outcome={"a": "a", "b": "b"}, model="b", propensity=both)
    >>> log.agent_names, log.propensities
    (('b', 'a'), array([[nan, 0.2],
           [0.8, nan],
           [1. , 1. ]]))
    """
    outcome = as_texts(outcome)
    cost, propensity = cost and as_texts(cost), propensity and as_texts(propensity)
    case, group, model = as_text(case), as_text(group), str(model)
    features = list(dict.fromkeys(map(str, features)))
    if model not in outcome:
        raise UnknownName("agent", model, outcome)
    names = (model, *(name for name in outcome if name != model))
    twice = [column for column in outcome.values() if list(outcome.values()).count(column) > 1]
    if twice:
        raise InvalidInput(f"Column {twice[0]!r} is given as the outcome of two agents.")
    for what, columns in (("cost", cost), ("propensity", propensity)):
        if columns is not None:
            _check_agents(what, columns, names)
    given = [*outcome.values(), *(cost or {}).values(), *(propensity or {}).values()]
    frame = open_log(table, [case], given, features, group)
    found = rows(frame) if case is None else ids(frame, case)
    if len(found) < len(frame):
        first = found.values[int((found.counts > 1).argmax())]
        raise InvalidInput(
            f"A case may have one row, but {int((found.counts > 1).sum()):,} have several, the "
            f"first being case {show(first)}; for one row per case and agent, there is "
            f"read_long."
        )

    read = [feature(frame, name, names) for name in features]

    def gather(columns: Mapping[str, str]) -> Floats:
        return np.column_stack([numbers(frame, columns[name]) for name in names])

    return make_log(
        agent_names=names,
        cases=each(found),
        outcomes=gather(outcome),
        money=None if cost is None else gather(cost),
        exchange_rate=exchange_rate,
        propensities=None if propensity is None else gather(propensity),
        features=dict(zip(features, (values for _, values in read), strict=True)),
        feature_columns=tuple(column for column, _ in read),
        groups=None if group is None else each(ids(frame, group, "The group column")),
    )


def _check_agents(what: str, columns: Mapping[str, str], names: tuple[str, ...]) -> None:
    for name in columns:
        if name not in names:
            raise InvalidInput(
                f"{what}= names a column for agent {name!r}, whom outcome= does not name "
                f"({', '.join(names)})."
            )
    absent = [name for name in names if name not in columns]
    if absent:
        raise InvalidInput(
            f"{what}= names no column for agent {absent[0]!r}; it needs one for each of "
            f"{', '.join(names)}."
        )
