"""A log as the commands use it: read as the flags say, sorted, and cut in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._rows._copies import find_copies
from cede._rows._folds import hold_out as held_out
from cede.cli._features import check_complete, choose_features
from cede.cli._log_flags import LogFlags, with_flags
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Column, Log, read_long, read_wide
from cede.logs._values import as_texts, distinct, distinct_of

__all__ = ["Cases", "hold_out", "keep_copies_together", "read_cases"]


@dataclass(frozen=True, eq=False)
class Cases:
    """A log in the order of its case ids, so that neither rows' order nor format matters."""

    agent_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    exchange_rate: float | None
    X: Floats
    #: As in :class:`cede.logs.Log`, ``(n, J + 1)``.
    agent_costs: Floats
    outcomes: Floats
    money: Floats | None
    propensities: Floats | None
    #: Numbers from 0; None if each case is its own.
    groups: Ints | None
    #: What each group is called, in the order of the numbers.
    group_names: tuple[str, ...] = ()
    #: What the columns were taken for that may be features.
    columns: tuple[Column, ...] = ()

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, which: NDArray[Any]) -> Cases:
        """Return some of the cases."""
        return self[which]

    def __getitem__(self, which: NDArray[Any]) -> Cases:
        arrays = {k: v[which] for k, v in vars(self).items() if isinstance(v, np.ndarray)}
        return replace(self, **arrays)


def read_cases(
    frame: nw.DataFrame[Any],
    flags: LogFlags,
    *,
    model: str,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    agents: Sequence[str] | None = None,
) -> Cases:
    """Take a log apart.

    Parameters
    ----------
    frame : DataFrame
    flags : LogFlags
    model : str
        The agent that is column 0.
    features, exclude : sequence of str, optional
        As in :func:`cede.cli._features.choose_features`.
    agents : sequence of str, optional
        Who may be in the log, in the order of the columns; without it, whoever is.
    """
    if len(frame) == 0:
        raise InvalidInput("The log has a header but no rows; it needs one case at least.")
    taken, known = flags.taken(), _agents(frame, flags)
    chosen, columns = choose_features(frame, features, exclude, taken, known)
    try:
        read = _read_wide if flags.agent is None else _read_long
        log = read(frame, flags, model, chosen, agents)
    except UnknownName:
        raise
    except InvalidInput as error:
        raise InvalidInput(with_flags(error.message), argument=error.argument) from None
    X = log.X
    assert X is not None  # there is a feature
    check_complete(X, log.feature_columns)
    found = None if log.groups is None else distinct_of(log.groups)
    order = np.argsort(log.cases, kind="stable")
    cases = Cases(
        agent_names=log.agent_names,
        feature_names=tuple(chosen),
        exchange_rate=flags.exchange_rate,
        X=X,
        agent_costs=log.agent_costs,
        outcomes=log.outcomes,
        money=log.money,
        propensities=log.propensities,
        groups=None if found is None else found.codes,
        group_names=() if found is None else tuple(as_texts(found.values)),
        columns=tuple(columns) or log.feature_columns,
    )
    return cases.rows(order)


def keep_copies_together(cases: Cases) -> tuple[Cases, list[str]]:
    """Join copies of a case to groups; and what to say of them."""
    features = dict(zip(cases.feature_names, cases.X.T, strict=True))
    found = find_copies(features, cases.groups)
    return replace(cases, groups=found.groups), [] if found.text is None else [found.text]


def hold_out(cases: Cases, share: float, seed: int) -> tuple[Ints, Ints]:
    """Rows to fit on, and rows to judge on; no group is in both."""
    if not 0.0 < share < 1.0:
        raise InvalidInput(
            f"--test-share is the share of cases to judge on, between 0 and 1, however it was "
            f"{share:g}."
        )
    groups = np.arange(len(cases)) if cases.groups is None else cases.groups
    count = len(np.unique(groups))
    if not 2 <= np.ceil(share * count) <= count - 2:
        raise InvalidInput(
            f"The log has {count:,} {'cases' if cases.groups is None else 'groups'}, of which "
            f"--test-share {share:g} leaves fewer than two to fit on or to judge on."
        )
    out = held_out(cases.X, share, groups=cases.groups, seed=seed)
    return np.flatnonzero(~out), np.flatnonzero(out)


def _read_wide(
    frame: Any, flags: LogFlags, model: str, features: list[str], agents: Sequence[str] | None
) -> Log:
    given = flags.by_agent()
    outcome = given["--outcome"]
    if agents is not None:
        for name in outcome:
            if name not in agents:
                raise UnknownName("agent", name, agents)
        absent = [name for name in agents if name not in outcome]
        if absent:
            raise InvalidInput(
                f"The router was fitted with agent {absent[0]!r}, however --outcome names no "
                f"column for it; it needs one for each of {', '.join(agents)}."
            )
        outcome = {name: outcome[name] for name in agents}
    return read_wide(
        frame,
        outcome=outcome,
        model=model,
        case=flags.case,
        cost=given["--cost"] or None,
        exchange_rate=flags.exchange_rate,
        propensity=given["--propensity"] or None,
        features=features,
        group=flags.group,
    )


def _read_long(
    frame: Any, flags: LogFlags, model: str, features: list[str], agents: Sequence[str] | None
) -> Log:
    assert flags.agent is not None
    if agents is not None and flags.agent in frame.columns:
        strange = sorted(set(_agents(frame, flags)) - set(agents))
        if strange:
            raise InvalidInput(
                f"The log has rows of agent {strange[0]!r}, whom the router does not know (it was "
                f"fitted with {', '.join(agents)}); leave these rows out, or fit again."
            )
    return read_long(
        frame,
        case=flags.case,
        agent=flags.agent,
        outcome=flags.outcome[0],
        model=model,
        cost=flags.cost[0] if flags.cost else None,
        exchange_rate=flags.exchange_rate,
        propensity=flags.propensity[0] if flags.propensity else None,
        agents=agents,
        features=features,
        group=flags.group,
    )


def _agents(frame: nw.DataFrame[Any], flags: LogFlags) -> list[str]:
    """Names of the agents, for a look at the names of columns; none that is not there."""
    if flags.agent is None:
        return list(flags.by_agent()["--outcome"])
    if flags.agent not in frame.columns:
        return []
    return as_texts(distinct(frame[flags.agent], f"Column {flags.agent!r}").values)
