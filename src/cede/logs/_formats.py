"""How logs are written: a table of those who read them, and one verb for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from cede.exceptions import InvalidInput, UnknownName
from cede.logs._cases import Cases
from cede.logs._features import check_complete
from cede.logs._long import read_long
from cede.logs._wide import read_wide

__all__ = ["FORMATS", "read_log"]

#: How a log is written, and who reads it: a function of a table, and of what its signature names
#: among the arguments of :func:`read_log`.
FORMATS: dict[str, Callable[..., Cases]] = {
    "wide": read_wide,
    "long": read_long,
}

#: What every reader takes. A command that has a router passes all of them, in the router's order.
_EVERYBODY = ("table", "model", "agents", "features", "exclude")


def read_log(
    table: Any,
    *,
    model: str,
    format: str | None = None,
    outcome: str | Mapping[str, str] | None = None,
    cost: str | Mapping[str, str] | None = None,
    exchange_rate: float | None = None,
    propensity: str | Mapping[str, str] | None = None,
    agent: str | None = None,
    case: str | None = None,
    group: str | None = None,
    agents: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
) -> Cases:
    """Read a log of any format, for a router to be fitted or judged on.

    Parameters
    ----------
    table : dataframe (pandas, polars, pyarrow) or path
    model : str
        The agent that is column 0.
    format : str, optional
        A name out of ``FORMATS``. Without it: ``long`` if a column of agents is named, else
        ``wide``.
    agents, features, exclude
        As every reader takes them: :func:`read_long`.
    outcome, cost, propensity, exchange_rate, agent, case, group
        As the format's own reader takes them: :func:`read_long`, :func:`read_wide`.

    Returns
    -------
    Cases
        None of the features is missing.

    Raises
    ------
    InvalidInput
        As the reader; if the format takes no such argument, or needs another; if the log tells of
        one agent only, or a feature is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"length": [12, 40, 25], "a": [1, 0, 1], "b": [1, 1, 0]})
    >>> read_log(table, model="a", outcome={"a": "a", "b": "b"})
    Cases(3 cases, 2 agents, model 'a', 6 of 6 costs known, 1 feature)
    """
    name = format or ("wide" if agent is None else "long")
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS)
    columns = {
        "outcome": outcome,
        "cost": cost,
        "exchange_rate": exchange_rate,
        "propensity": propensity,
        "agent": agent,
        "case": case,
        "group": group,
    }
    said = {argument: value for argument, value in columns.items() if value is not None}
    _check_arguments(name, said)
    whom = {"model": model, "agents": agents, "features": features, "exclude": exclude}
    cases = FORMATS[name](table, **whom, **said)
    if len(cases.agent_names) < 2:
        raise InvalidInput(
            f"The log tells of one agent, {cases.agent_names[0]!r}, and routing needs two or more; "
            f"name the outcomes of another one, too."
        )
    check_complete(cases)
    return cases


def _check_arguments(name: str, said: Mapping[str, Any]) -> None:
    takes = signature(FORMATS[name]).parameters
    for argument in said:
        if argument not in takes:
            raise InvalidInput(
                f"is nothing that a log of the format {name} has, but got {said[argument]!r}; "
                f"leave it out",
                argument=argument,
            )
    for argument, parameter in takes.items():
        needed = parameter.default is Parameter.empty and argument not in _EVERYBODY
        if needed and argument not in said:
            raise InvalidInput(
                f"must be said of a log of the format {name}, but got nothing; name its columns",
                argument=argument,
            )
