"""How logs are written: a table of those who read them, and one verb for all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

from cede.exceptions import InvalidInput, UnknownName
from cede.logs._cases import Cases
from cede.logs._export import Export
from cede.logs._features import check_complete
from cede.logs._long import read_long
from cede.logs._selection import Selection
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
    outcome_values: Mapping[str, float] | None = None,
    abstain: Sequence[str] | None = None,
    abstain_pays: bool | None = None,
    agents: Sequence[str] | None = None,
    features: Sequence[str] | Selection | None = None,
    exclude: Sequence[str] = (),
    texts: Sequence[str] = (),
    encoded: bool = False,
) -> Cases:
    """Read a log of any format, for a router to be fitted or judged on.

    Parameters
    ----------
    table : dataframe (pandas, polars, pyarrow), path or Export
        An :class:`Export`, which :mod:`cede.logs.tools` reads, says itself which column is what;
        arguments that are said win.
    model : str
        The agent that is column 0.
    format : str, optional
        A name out of ``FORMATS``. Without it: ``long`` if a column of agents is named, else
        ``wide``; of an export, its own.
    agents, features, exclude
        As every reader takes them: :func:`read_long`.
    texts : sequence of str, default=()
        Columns of texts, used as features for a router that encodes them.
    encoded : bool, default=False
        Whether categories, dates and numbers with holes are features, too, for such a router; so
        they are beside texts.
    outcome, cost, propensity, exchange_rate, agent, case, group
        As the format's own reader takes them: :func:`read_long`, :func:`read_wide`.
    outcome_values, abstain, abstain_pays
        How outcomes are written, as these readers take them.

    Returns
    -------
    Cases
        None of the features is missing, unless they are to be encoded.

    Raises
    ------
    InvalidInput
        As the reader; if the format takes no such argument, or needs another; if the log tells of
        one agent only, or a feature is missing.

    Warns
    -----
    UserWarning
        Of what the reader of an export left out.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"length": [12, 40, 25], "a": [1, 0, 1], "b": [1, 1, 0]})
    >>> read_log(table, model="a", outcome={"a": "a", "b": "b"})
    Cases(3 cases, 2 agents, model 'a', 6 of 6 costs known, 1 feature)
    """
    columns = {
        "outcome": outcome,
        "cost": cost,
        "exchange_rate": exchange_rate,
        "propensity": propensity,
        "agent": agent,
        "case": case,
        "group": group,
        "outcome_values": outcome_values,
        "abstain": abstain,
        "abstain_pays": abstain_pays or None,
    }
    said: dict[str, Any] = {a: value for a, value in columns.items() if value is not None}
    if isinstance(table, Export):
        table, format, said = _of_export(table, format, said)
        exclude = [*exclude, *said.pop("exclude", ())]
    name = format or ("wide" if agent is None else "long")
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS, argument="format")
    _check_arguments(name, said)
    if texts or encoded:
        features = _selected(features, texts)
    whom = {"model": model, "agents": agents, "features": features, "exclude": exclude}
    cases = FORMATS[name](table, **whom, **said)
    if len(cases.agent_names) < 2:
        raise InvalidInput(
            f"The log tells of one agent, {cases.agent_names[0]!r}, and routing needs two or more; "
            f"name the outcomes of another one, too."
        )
    if not isinstance(features, Selection):
        check_complete(cases)
    return cases


def _selected(features: Any, texts: Sequence[str]) -> Selection:
    """Features for a router that encodes; of one that is fitted, they are selected already."""
    if isinstance(features, Selection):
        return features
    return Selection(features, (texts,) if isinstance(texts, str) else tuple(texts))


def _of_export(
    export: Export, format: str | None, said: Mapping[str, Any]
) -> tuple[Any, str, dict[str, Any]]:
    """The table of an export, its format, its columns unless others are said; warn of its notes."""
    if export.format not in FORMATS:
        raise InvalidInput(
            "must tell what answers were worth, but got an export of answers beside true ones; "
            "compare it (cede compare, or cede.study.compare_table)",
            argument="table",
        )
    if format not in (None, export.format):
        raise InvalidInput(
            f"is {export.format} of this export, but got {format!r}; leave it out",
            argument="format",
        )
    columns, notes = {**export.columns, **said}, [*export.notes]
    if "cost" in export.columns and not {"cost", "exchange_rate"} & set(said):
        money = columns.pop("cost")
        late = money.values() if isinstance(money, Mapping) else [money]
        columns["exclude"] = [*columns.get("exclude", ()), *late]
        notes.append(
            "What calls cost in money is left aside; say the exchange rate, the quality that one "
            "unit of money must buy, to weigh it (--exchange-rate)."
        )
    table, silent = _of_known_cases(export, columns)
    for note in [*notes, *silent]:
        warnings.warn(note, UserWarning, stacklevel=3)
    return table, export.format, columns


def _of_known_cases(export: Export, columns: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The rows of a long export that tell of some agent, and how many cases are left out."""
    from pyarrow import compute

    table, case = export.table, columns.get("case")
    needed = [columns[n] for n in ("outcome", "cost") if columns.get(n) in table.column_names]
    if export.format != "long" or not needed:
        return table, []
    known = table.select(needed).append_column("row", [list(range(len(table)))]).drop_null()["row"]
    if len(known) == len(table):
        return table, []
    if case not in table.column_names:
        rows, n = table.take(known), len(table) - len(known)
    else:
        named = compute.is_in(table[case], table[case].take(known).combine_chunks())
        rows = table.filter(named)
        n = len(table[case].unique()) - len(rows[case].unique())
    if not n or not len(rows):
        return table, []
    what = "outcome and cost are" if len(needed) > 1 else "outcome is"
    return rows, [f"{n:,} cases of which no agent's {what} known are left out."]


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
