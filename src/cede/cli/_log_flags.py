"""Which column of a log is what, as written on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cede.cli._options import pairs
from cede.exceptions import InvalidInput

__all__ = ["LogFlags", "with_flags"]

#: Arguments of the functions that read logs, whose messages are to name the flags.
_ARGUMENTS = re.compile(r"\b(outcome|cost|propensity|exchange_rate|group)=(?=[ ,;.]|$)")


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

    @property
    def names(self) -> tuple[str | None, ...]:
        """Columns that name something, and are read as they are written."""
        return self.agent, self.case, self.group

    def taken(self) -> set[str]:
        """Columns that are no features, as they say which case it is or what was found."""
        named = {self.agent, self.case, self.group}
        if self.agent is not None:
            named |= {*self.outcome, *self.cost, *self.propensity}
        else:
            named |= {column for columns in self.by_agent().values() for column in columns.values()}
        return {name for name in named if name is not None}


def with_flags(message: str) -> str:
    """Let a function's message name flags where it names arguments."""
    named = _ARGUMENTS.sub(lambda found: f"--{found[1].replace('_', '-')}", message)
    return named.replace("there is read_long", "there is --agent")
