"""The flags of a log, and the cases that they say to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit

from cede._checks import Floats, Ints
from cede.cli._options import pairs
from cede.costs import missing
from cede.exceptions import InvalidInput, UnknownName
from cede.logs import Log, read_long, read_wide

__all__ = ["Cases", "LogFlags", "check_complete", "choose_features", "hold_out", "read_cases"]

#: Arguments of the functions that read logs, whose messages are to name the flags.
_ARGUMENTS = re.compile(r"\b(outcome|cost|propensity|exchange_rate)=(?=[ ,;.]|$)")


@dataclass(frozen=True)
class LogFlags:
    """Which column is what, as written: ``COL`` with an agent column, else ``NAME=COL``."""

    outcome: Sequence[str]
    cost: Sequence[str] = ()
    propensity: Sequence[str] = ()
    agent: str | None = None
    case: str | None = None
    group: str | None = None
    exchange_rate: float | None = None

    def __post_init__(self) -> None:
        if bool(self.cost) != (self.exchange_rate is not None):
            raise InvalidInput(
                "--cost (money per call) and --exchange-rate (the quality that one unit of it must "
                "buy) go together; pass both or neither."
            )
        if self.group is not None and self.group == self.case:
            raise InvalidInput(
                f"--group {self.group!r} is the column of --case, whose rows stay together anyway; "
                f"leave it out."
            )
        if self.agent is not None:
            for flag, given in self._columns().items():
                if len(given) > 1 or any("=" in text for text in given):
                    raise InvalidInput(
                        f"With --agent there is a row per case and agent and {flag} is one column, "
                        f"however it was {', '.join(given)}; leave --agent out if each agent has a "
                        f"column."
                    )
        elif len(self.outcome) < 2:
            raise InvalidInput(
                f"--outcome is written NAME=COL, once for each of two agents or more, however it "
                f"was {self.outcome[0]!r} alone; if a column says which agent a row is about, name "
                f"it by --agent."
            )

    def _columns(self) -> dict[str, Sequence[str]]:
        return {
            "--outcome": self.outcome,
            "--cost": self.cost,
            "--propensity": self.propensity,
        }

    def by_agent(self) -> dict[str, dict[str, str]]:
        """Flag -> agent -> column, of a wide log."""
        return {flag: pairs(flag, given) for flag, given in self._columns().items()}

    def taken(self) -> set[str]:
        """Columns that are no features, as they say which case it is or what was found."""
        named = {self.agent, self.case, self.group}
        if self.agent is not None:
            named |= {*self.outcome, *self.cost, *self.propensity}
        else:
            named |= {column for columns in self.by_agent().values() for column in columns.values()}
        return {name for name in named if name is not None}


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
        As in :func:`choose_features`.
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
        raise InvalidInput(_with_flags(str(error))) from None
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


def choose_features(
    frame: nw.DataFrame[Any],
    patterns: Sequence[str] | None,
    exclude: Iterable[str] = (),
    taken: Iterable[str] = (),
) -> list[str]:
    """Names of the feature columns: those that patterns with ``*`` match, in the table's order.

    Without patterns, all columns of numbers. What other flags name (``taken``) matches no pattern.
    """
    left_out = {*taken, *_expand(frame, exclude)}
    if patterns is None:
        chosen = [name for name in frame.columns if frame[name].dtype.is_numeric()]
        chosen = [name for name in chosen if name not in left_out]
    else:
        chosen = _expand(frame, patterns, left_out)
    if not chosen:
        raise InvalidInput(
            "No feature column is left; a router needs one at least: name columns by --features, "
            "as in 'e_*,length'."
        )
    return chosen


def check_complete(X: Floats, names: Sequence[str]) -> None:
    """Refuse missing features: no router here reads them, and nothing is made up."""
    gone = np.isnan(X).sum(axis=0)
    if gone.any():
        first = int(gone.argmax())
        raise InvalidInput(
            f"Feature column {names[first]!r} has {gone[first]:,} missing values, which routers do "
            f"not read; fill them, or leave the column out (cede fit --exclude {names[first]!r})."
        )


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


def _expand(
    frame: nw.DataFrame[Any], patterns: Iterable[str], left_out: Iterable[str] = ()
) -> list[str]:
    """Columns that each pattern matches; a name without ``*`` is taken as it stands."""
    found: dict[str, None] = {}
    candidates = [name for name in frame.columns if name not in set(left_out)]
    for pattern in patterns:
        if pattern in frame.columns:
            found[pattern] = None
            continue
        if "*" not in pattern:
            raise UnknownName("column", pattern, frame.columns)
        wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), flags=re.DOTALL)
        matching = [name for name in candidates if wanted.fullmatch(name)]
        if not matching:
            raise InvalidInput(
                f"No column that is free to be used matches {pattern!r}; there are "
                f"{', '.join(candidates[:40]) or 'none'}."
            )
        found |= dict.fromkeys(matching)
    return list(found)


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


def _with_flags(message: str) -> str:
    """Let a function's message name flags where it names arguments."""
    named = _ARGUMENTS.sub(lambda found: f"--{found[1].replace('_', '-')}", message)
    return named.replace("there is read_long", "there is --agent")
