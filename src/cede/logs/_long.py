"""One row per case and agent that was called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede._checks._arrays import missing
from cede.exceptions import InvalidInput, UnknownName
from cede.logs._log import Log, make_log, show
from cede.logs._log_columns import array_of, as_text, each, feature, ids, numbers, open_log, rows
from cede.logs._values import Distinct


def read_long(
    table: Any,
    *,
    case: str | None,
    agent: str,
    outcome: str,
    model: str,
    cost: str | None = None,
    exchange_rate: float | None = None,
    propensity: str | None = None,
    agents: Sequence[str] | None = None,
    features: Sequence[str] = (),
    group: str | None = None,
) -> Log:
    """Read a log with one row per case and agent that was called.

    Parameters
    ----------
    table : dataframe (pandas, polars, pyarrow) or path
        Files as :func:`cede.logs.read_table` reads them.
    case : str or None
        Column that names the case. None: every row is a case, of which one agent is known.
    agent : str
        Column that names the agent.
    outcome : str
        Column of the quality, in [0, 1]; true or false do. Missing where nobody graded.
    model : str
        The agent that is column 0.
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
    features : sequence of str
        Columns that say what is known of the case before anyone answers; the same in all its rows.
    group : str, optional
        Column that names what cases share, a user or a document; the same in all rows of a case.

    Returns
    -------
    Log
        Cases are sorted by id (without ids, they are rows), so the order of rows changes nothing.

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
    >>> log = read_long(table, **columns, model="small", cost="cents", exchange_rate=0.1)
    >>> log
    Log(3 cases, 2 agents, model 'small', 4 of 6 costs known, 0 features, propensities 0.1 to 1)
    >>> log.agent_costs
    array([[0.01,  nan],
           [ nan, 0.3 ],
           [1.01, 0.3 ]])
    """
    case, group, agent, outcome = as_text(case), as_text(group), str(agent), str(outcome)
    cost, propensity = as_text(cost), as_text(propensity)
    features = list(dict.fromkeys(map(str, features)))
    frame = open_log(table, [case, agent], [outcome, cost, propensity], features, group)
    named = rows(frame) if case is None else ids(frame, case)
    cases, row_case = array_of(named.values), named.codes
    first = np.empty(len(cases), dtype=np.intp)
    first[row_case[::-1]] = np.arange(len(frame))[::-1]
    names, row_agent = _order(ids(frame, agent), model, agents)
    cell = row_case * len(names) + row_agent
    _check_once(cell, cases, names)

    def pivot(column: str) -> Floats:
        values = np.full(len(cases) * len(names), np.nan)
        values[cell] = numbers(frame, column)
        return values.reshape(len(cases), len(names))

    def one_each(what: str, values: NDArray[Any]) -> NDArray[Any]:
        _check_constant(what, values, values[first][row_case], row_case, cases)
        return values[first]

    read = [feature(frame, name, names) for name in features]
    values = [one_each(f"Feature column {column.name!r}", cells) for column, cells in read]
    grouped = None if group is None else ids(frame, group, "The group column")
    if grouped is not None:
        one_each(f"Group column {group!r}", grouped.codes)
    return make_log(
        agent_names=names,
        cases=cases,
        outcomes=pivot(outcome),
        money=None if cost is None else pivot(cost),
        exchange_rate=exchange_rate,
        propensities=None if propensity is None else pivot(propensity),
        features=dict(zip(features, values, strict=True)),
        feature_columns=tuple(column for column, _ in read),
        groups=None if grouped is None else each(grouped)[first],
    )


def _order(
    row_names: Distinct, model: str, agents: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Names of the agents, the model's first, and each row's place among them."""
    found = row_names.sorted(str)
    present, model = [str(name) for name in found.values], str(model)
    wanted = present if agents is None else [str(name) for name in agents]
    if model not in wanted:
        raise UnknownName("agent", model, wanted)
    if len(set(wanted)) < len(wanted):
        raise InvalidInput(f"agents= names an agent twice: {', '.join(wanted)}.")
    names = (model, *(name for name in wanted if name != model))
    places = {name: place for place, name in enumerate(names)}
    unnamed = [name for name in present if name not in places]
    if unnamed:
        raise InvalidInput(
            f"The table holds rows of agent {unnamed[0]!r}, whom agents= does not name "
            f"({', '.join(wanted)}); name all agents, or leave out these rows."
        )
    return names, np.array([places[name] for name in present])[found.codes]


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
            f"and the case that they repeat as their group: group=."
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
