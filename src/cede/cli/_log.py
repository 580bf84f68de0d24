"""A log as the commands use it: read as the flags say, sorted, and cut in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit

from cede._checks import Floats, Ints
from cede._copies import find_copies
from cede.cli._features import check_complete, choose_features
from cede.cli._log_flags import LogFlags, with_flags
from cede.costs import missing
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Log, read_long, read_wide

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

    def __len__(self) -> int:
        return len(self.X)

    def rows(self, which: NDArray[Any]) -> Cases:
        """Return some of the cases."""
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
    chosen = choose_features(frame, features, exclude, flags.taken())
    grouped = [] if flags.group is None else [flags.group]
    wanted = list(dict.fromkeys([*chosen, *grouped]))
    try:
        read = _read_wide if flags.agent is None else _read_long
        log = read(frame, flags, model, wanted, agents)
    except UnknownName:
        raise
    except InvalidInput as error:
        raise InvalidInput(with_flags(str(error))) from None
    log_features = {name: log.features[name] for name in chosen}
    X = replace(log, features=log_features).X
    assert X is not None  # there is a feature
    check_complete(X, chosen)
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
        groups=None if flags.group is None else _number(log, flags.group),
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
    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    fit, test = next(splitter.split(cases.X, groups=groups))
    return fit, test


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
    )


def _read_long(
    frame: Any, flags: LogFlags, model: str, features: list[str], agents: Sequence[str] | None
) -> Log:
    assert flags.agent is not None
    if agents is not None and flags.agent in frame.columns:
        present = {str(name) for name in frame[flags.agent].unique().to_list() if name is not None}
        strange = sorted(present - set(agents))
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
    )


def _number(log: Log, group: str) -> Ints:
    """Number the groups from 0."""
    values = log.features[group]
    absent = int(missing(values).sum())
    if absent:
        raise InvalidInput(
            f"The group column {group!r} has {absent:,} missing values; fill them, so that it is "
            f"known which cases belong together."
        )
    return np.unique(values, return_inverse=True)[1].astype(np.int64)
