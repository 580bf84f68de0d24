"""Which column of a log is what, as written on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cede.cli._options import listed, pairs, values_of

__all__ = ["log_flags"]


def log_flags(
    *,
    outcome: Sequence[str] | None,
    cost: Sequence[str] | None = None,
    propensity: Sequence[str] | None = None,
    outcome_values: str | None = None,
    abstain: str | None = None,
    **others: Any,
) -> dict[str, Any]:
    """What :func:`cede.logs.read_log` takes, from what was typed: ``COL``, or ``NAME=COL`` each."""
    columns = {"outcome": outcome, "cost": cost, "propensity": propensity}
    return {
        **{argument: _columns(argument, texts) for argument, texts in columns.items() if texts},
        "outcome_values": values_of(outcome_values),
        "abstain": listed(abstain),
        **others,
    }


def _columns(argument: str, texts: Sequence[str]) -> str | dict[str, str]:
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    return pairs(f"--{argument}", texts)
