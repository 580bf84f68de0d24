"""One row per case, columns per agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from cede._checks import Floats
from cede.exceptions import InvalidInput, UnknownName
from cede.logs._answer_words import AnswerWords
from cede.logs._cases import Cases
from cede.logs._features import choose_features, features_of
from cede.logs._log import cases_of_log, show
from cede.logs._log_columns import (
    array_of,
    as_text,
    as_texts,
    check_group,
    ids,
    numbers,
    open_log,
    read_groups,
    rows,
)


def read_wide(
    table: Any,
    *,
    outcome: Mapping[str, str],
    model: str,
    case: str | None = None,
    cost: Mapping[str, str] | None = None,
    exchange_rate: float | None = None,
    propensity: Mapping[str, str] | None = None,
    agents: Sequence[str] | None = None,
    features: Sequence[str] | None = (),
    exclude: Sequence[str] = (),
    group: str | None = None,
    outcome_values: Mapping[str, float] | None = None,
    abstain: Sequence[str] = (),
    abstain_pays: bool = False,
) -> Cases:
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
    agents : sequence of str, optional
        All agents in the order of the columns, each of whom ``outcome`` is to name; the model comes
        first wherever it stands.
    exchange_rate, features, exclude, group, outcome_values, abstain, abstain_pays
        As in :func:`read_long`.

    Returns
    -------
    Cases
        Sorted by id (without ids, they are rows), so the order of rows changes nothing.

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
    >>> cases = read_wide(table, outcome={"a": "a", "b": "b"}, model="b", propensity=both)
    >>> cases.agent_names, cases.propensities
    (('b', 'a'), array([[nan, 0.2],
           [0.8, nan],
           [1. , 1. ]]))
    """
    for argument, columns in (("outcome", outcome), ("cost", cost), ("propensity", propensity)):
        _check_several(argument, columns)
    outcome = as_texts(outcome)
    cost, propensity = cost and as_texts(cost), propensity and as_texts(propensity)
    case, group = as_text(case), as_text(group)
    check_group(group, case)
    names = _order(outcome, str(model), agents)
    twice = [column for column in outcome.values() if list(outcome.values()).count(column) > 1]
    if twice:
        raise InvalidInput(
            f"must be a column of its own for each agent, but two have {twice[0]!r}; name another "
            f"one",
            argument="outcome",
        )
    by_agent = {"outcome": outcome, "cost": cost, "propensity": propensity}
    said: dict[str, list[str]] = {}
    for argument, columns in by_agent.items():
        if columns is not None:
            _check_agents(argument, columns, names)
            said[argument] = list(columns.values())
    frame = open_log(table, {"case": case, "group": group}, said)
    named = rows(frame) if case is None else ids(frame, case)
    if len(named) < len(frame):
        first = named.values[int((named.counts > 1).argmax())]
        raise InvalidInput(
            f"must name each row, but {int((named.counts > 1).sum()):,} cases have several, the "
            f"first being case {show(first)}; of a log with a row per case and agent, name the "
            f"column of the agents, too",
            argument="case",
        )

    def gather(columns: Mapping[str, str]) -> Floats:
        return np.column_stack([numbers(frame, columns[name]) for name in names])

    words = AnswerWords.of(outcome_values, abstain, abstain_pays)
    qualities = [words.outcomes(frame, outcome[name]) for name in names]
    taken = {column for column in (case, *chain(*said.values())) if column is not None}
    readings = choose_features(frame, features, exclude, taken=taken, shared=[group], agents=names)
    groups, group_names = read_groups(frame, group)
    cases = cases_of_log(
        agent_names=names,
        ids=array_of(named.values)[named.codes],
        outcomes=np.column_stack([values for values, _ in qualities]),
        abstained=np.column_stack([gone for _, gone in qualities]),
        abstain_pays=abstain_pays,
        money=None if cost is None else gather(cost),
        exchange_rate=exchange_rate,
        propensities=None if propensity is None else gather(propensity),
        features=features_of(readings),
        columns=tuple(reading.column for reading in readings),
        groups=groups,
        group_names=group_names,
    )
    return cases[np.argsort(named.codes, kind="stable")]


def _check_several(argument: str, columns: object) -> None:
    if columns is not None and not isinstance(columns, Mapping):
        raise InvalidInput(
            f"must name a column for each of two agents or more, but got {columns!r} alone; if a "
            f"column says which agent a row is about, name it as that of the agents",
            argument=argument,
        )


def _order(outcome: Mapping[str, str], model: str, agents: Sequence[str] | None) -> tuple[str, ...]:
    """Names of the agents, the model's first."""
    wanted = list(outcome if agents is None else map(str, agents))
    for argument, names in (("model", [model]), ("outcome", outcome)):
        for name in names:
            if name not in wanted:
                raise UnknownName("agent", name, wanted, argument=argument)
    return (model, *(name for name in wanted if name != model))


def _check_agents(argument: str, columns: Mapping[str, str], names: tuple[str, ...]) -> None:
    for name in columns:
        if name not in names:
            raise InvalidInput(
                f"names a column for agent {name!r}, who has no outcome; name one of "
                f"{', '.join(names)}",
                argument=argument,
            )
    absent = [name for name in names if name not in columns]
    if absent:
        raise InvalidInput(
            f"names no column for agent {absent[0]!r}; it needs one for each of {', '.join(names)}",
            argument=argument,
        )
