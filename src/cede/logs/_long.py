"""One row per case and agent that was called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede._checks._arrays import missing
from cede.exceptions import InvalidInput, UnknownName
from cede.logs._answer_words import AnswerWords
from cede.logs._cases import Cases
from cede.logs._features import choose_features, features_of
from cede.logs._log import cases_of_log, show
from cede.logs._log_columns import (
    array_of,
    as_text,
    check_group,
    ids,
    numbers,
    open_log,
    read_groups,
    rows,
)
from cede.logs._values import Distinct


def read_long(
    table: Any,
    *,
    agent: str,
    outcome: str,
    model: str,
    case: str | None = None,
    cost: str | None = None,
    exchange_rate: float | None = None,
    propensity: str | None = None,
    agents: Sequence[str] | None = None,
    features: Sequence[str] | None = (),
    exclude: Sequence[str] = (),
    group: str | None = None,
    outcome_values: Mapping[str, float] | None = None,
    abstain: Sequence[str] = (),
    abstain_pays: bool = False,
) -> Cases:
    """Read a log with one row per case and agent that was called.

    Parameters
    ----------
    table : dataframe (pandas, polars, pyarrow) or path
        Files as :func:`cede.logs.read_table` reads them.
    agent : str
        Column that names the agent.
    outcome : str
        Column of the quality, in [0, 1]; true or false do. Missing where nobody graded.
    model : str
        The agent that is column 0.
    case : str, optional
        Column that names the case; without it, every row is a case, of which one agent is known.
    cost : str, optional
        Column of the money that the call took, in any currency. Where it is missing, the cost is
        not known, whatever the outcome.
    exchange_rate : float, optional
        The quality that one unit of money must buy, as in :func:`cede.costs.llm_costs`.
    propensity : str, optional
        Column of the probability, in (0, 1], that this row's outcome would be observed.
    agents : sequence of str, optional
        All agents in the order of the columns; the model comes first wherever it stands. Without
        it: the model, then the others sorted by name. Pass it where several logs are to have the
        same columns; one who has no row gets a column of NaN.
    features : sequence of str or None
        Columns that say what is known of the case before anyone answers, the same in all its rows;
        by name, or by patterns with ``*``. None takes all numbers and truths that no other argument
        names, without row numbers and ids; ``Cases.columns`` tells why.
    exclude : sequence of str
        Columns, or patterns, that ``features=None`` is not to take: what is known too late.
    group : str, optional
        Column that names what cases share, a user or a document; the same in all rows of a case.
    outcome_values : dict of str to float, optional
        What the words in the column of outcomes are worth, in [0, 1]: ``{"C": 1, "P": 0.5,
        "I": 0}``. Without it: numbers, truths, or one pair of words such as yes and no, right and
        wrong, pass and fail.
    abstain : sequence of str
        Words, in any case, that say in that column that an agent was asked and did not answer: the
        outcome is missing.
    abstain_pays : bool, default=False
        Whether asking who abstains is paid for all the same: the model's answer stands, the outcome
        is the model's, and the money that of both calls.

    Returns
    -------
    Cases
        Sorted by id (without ids, they are rows), so the order of rows changes nothing.

    Raises
    ------
    InvalidInput
        If a column or the model is not there, a case and an agent have two rows, a feature varies
        within a case, a case has no known cost, or a value leaves its range.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "case": ["q1", "q2", "q3", "q3"],
    ...         "agent": ["small", "large", "small", "large"],
    ...         "right": [True, True, False, True],
    ...         "cents": [0.1, 3, 0.1, 3],
    ...         "p": [0.9, 0.1, 1, 1],
    ...     }
    ... )
    >>> columns = {"case": "case", "agent": "agent", "outcome": "right", "propensity": "p"}
    >>> cases = read_long(table, **columns, model="small", cost="cents", exchange_rate=0.1)
    >>> cases
    Cases(3 cases, 2 agents, model 'small', 4 of 6 costs known, 0 features, propensities 0.1 to 1)
    >>> cases.agent_costs
    array([[0.01,  nan],
           [ nan, 0.3 ],
           [1.01, 0.3 ]])
    """
    for argument, column in (("outcome", outcome), ("cost", cost), ("propensity", propensity)):
        _check_one(argument, column)
    case, group, agent, outcome = as_text(case), as_text(group), str(agent), str(outcome)
    cost, propensity = as_text(cost), as_text(propensity)
    check_group(group, case)
    frame = open_log(
        table,
        {"case": case, "agent": agent, "group": group},
        {"outcome": outcome, "cost": cost, "propensity": propensity},
    )
    named = rows(frame) if case is None else ids(frame, case)
    cases, row_case = array_of(named.values), named.codes
    first = np.empty(len(cases), dtype=np.intp)
    first[row_case[::-1]] = np.arange(len(frame))[::-1]
    names, row_agent = _order(ids(frame, agent), model, agents)
    cell = row_case * len(names) + row_agent
    _check_once(cell, cases, names)

    def spread(values: NDArray[Any]) -> Floats:
        table = np.full(len(cases) * len(names), np.nan)
        table[cell] = values
        return table.reshape(len(cases), len(names))

    def pivot(column: str) -> Floats:
        return spread(numbers(frame, column))

    words = AnswerWords.of(outcome_values, abstain, abstain_pays)
    qualities, abstained = map(spread, words.outcomes(frame, outcome))

    def one_each(what: str, values: NDArray[Any]) -> NDArray[Any]:
        _check_constant(what, values, values[first][row_case], row_case, cases)
        return values[first]

    taken = {column for column in (case, agent, outcome, cost, propensity) if column is not None}
    readings = choose_features(frame, features, exclude, taken=taken, shared=[group], agents=names)
    groups, group_names = read_groups(frame, group)
    return cases_of_log(
        agent_names=names,
        ids=cases,
        outcomes=qualities,
        abstained=abstained == 1.0,
        abstain_pays=abstain_pays,
        money=None if cost is None else pivot(cost),
        exchange_rate=exchange_rate,
        propensities=None if propensity is None else pivot(propensity),
        features={
            name: one_each(f"Feature column {name!r}", values)
            for name, values in features_of(readings).items()
        },
        columns=tuple(reading.column for reading in readings),
        groups=None if groups is None else one_each(f"Group column {group!r}", groups),
        group_names=group_names,
    )


def _check_one(argument: str, column: object) -> None:
    if isinstance(column, Mapping):
        raise InvalidInput(
            f"is one column of a log with a row per case and agent, but got one for each of "
            f"{', '.join(map(str, column))}; name no column of agents if each agent has its own",
            argument=argument,
        )


def _order(
    row_names: Distinct, model: str, agents: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Names of the agents, the model's first, and each row's place among them."""
    ordered = row_names.sorted(str)
    present, model = [str(name) for name in ordered.values], str(model)
    wanted = present if agents is None else [str(name) for name in agents]
    if model not in wanted:
        raise UnknownName("agent", model, wanted, argument="model")
    if len(set(wanted)) < len(wanted):
        raise InvalidInput(
            f"must name each agent once, but got {', '.join(wanted)}; leave one out",
            argument="agents",
        )
    names = (model, *(name for name in wanted if name != model))
    places = {name: place for place, name in enumerate(names)}
    unnamed = [name for name in present if name not in places]
    if unnamed:
        raise InvalidInput(
            f"must be all agents of the log, but {unnamed[0]!r} has rows and is none of "
            f"{', '.join(wanted)}; leave these rows out, or name it, too",
            argument="agents",
        )
    return names, np.array([places[name] for name in present])[ordered.codes]


def _check_once(cell: NDArray[np.intp], cases: NDArray[Any], names: tuple[str, ...]) -> None:
    """Raise if two rows fall into one cell: whichever is written last overwrote the other."""
    rows, last = np.arange(len(cell)), np.empty(len(cases) * len(names), dtype=np.intp)
    last[cell] = rows
    lost = np.flatnonzero(last[cell] != rows)
    if lost.size:
        case, agent = divmod(int(cell[lost].min()), len(names))
        raise InvalidInput(
            f"A case and an agent may have one row, but {lost.size:,} rows are about a case and an "
            f"agent that another row is about, the first being case {show(cases[case])} and agent "
            f"{names[agent]!r}; keep one of them, or name repeated calls as cases of their own, "
            f"and the case that they repeat as their group."
        )


def _check_constant(
    what: str,
    values: NDArray[Any],
    reference: NDArray[Any],
    row_case: NDArray[np.intp],
    cases: NDArray[Any],
) -> None:
    """Raise unless a feature is in all rows what it is in one row of the same case."""
    same = (values == reference) | (missing(values) & missing(reference))
    if not same.all():
        varying = np.unique(row_case[~same])
        raise InvalidInput(
            f"{what} varies within {varying.size:,} cases, the first being case "
            f"{show(cases[varying[0]])}; it says what is known of the case before anyone answers, "
            f"so it is the same in all of its rows."
        )
