"""Outcomes and labels out of a table beside the log, joined by case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs.files import read_table
from cede.logs.tools._calls import Call

__all__ = ["outcome_of", "with_grades", "with_labels"]

_TRUTHS = {"true": 1.0, "false": 0.0}


def with_grades(calls: Sequence[Call], file: str | Path) -> tuple[list[Call], list[str]]:
    """Give calls the outcomes of a table with columns ``case``, ``outcome`` and often ``agent``.

    Returns
    -------
    calls : list of Call
    notes : list of str
        How many calls have no grade, how many grades no call.

    Raises
    ------
    InvalidInput
        If a column is not there, a row is there twice, an outcome leaves [0, 1], or the table names
        no agent and a case has answers of several.
    """
    rows = _rows(file, ("case", "outcome"), "grades", texts=("case", "agent"))
    by_agent = bool(rows) and "agent" in rows[0]
    if not by_agent:
        _check_one_agent(calls, str(file))
    grades: dict[tuple[str, ...], float | None] = {}
    for row in rows:
        key = (str(row["case"]), str(row["agent"])) if by_agent else (str(row["case"]),)
        if key in grades:
            raise InvalidInput(
                f"must have one row per case{' and agent' if by_agent else ''}, but {str(file)!r} "
                f"has two of {' and '.join(map(repr, key))}; leave one out",
                argument="grades",
            )
        grades[key] = outcome_of(row["outcome"], f"case {key[0]!r}", "grades")
    keys = [(call.case, call.agent) if by_agent else (call.case,) for call in calls]
    graded = [replace(c, outcome=grades.get(k)) for c, k in zip(calls, keys, strict=True)]
    return graded, _unmatched(keys, grades, "a grade", "grades")


def with_labels(calls: Sequence[Call], file: str | Path) -> tuple[list[Call], list[str]]:
    """Give calls outcome 1 where the answer is the ``label`` of the ``case``, as written, else 0.

    White space around the two does not count; anything else does, an answer in a sentence is wrong.
    """
    rows = _rows(file, ("case", "label"), "labels", texts=("case", "label"))
    labels: dict[tuple[str, ...], str] = {}
    for row in rows:
        case = str(row["case"])
        if (case,) in labels:
            raise InvalidInput(
                f"must have one row per case, but {str(file)!r} has two of {case!r}; leave one out",
                argument="labels",
            )
        if row["label"] is not None:
            labels[(case,)] = str(row["label"]).strip()
    keys = [(call.case,) for call in calls]
    judged = [
        call
        if call.answer is None or key not in labels
        else replace(call, outcome=float(call.answer.strip() == labels[key]))
        for call, key in zip(calls, keys, strict=True)
    ]
    return judged, _unmatched(keys, labels, "a label", "labels")


def outcome_of(value: Any, whose: str, argument: str = "outcome") -> float | None:
    """An outcome in [0, 1]; None where there is none.

    Raises
    ------
    InvalidInput
        If it is something else, a percentage say.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
        value = _TRUTHS.get(value.casefold(), value)
    try:
        outcome = float(value)
    except (TypeError, ValueError):
        outcome = math.nan
    if not 0.0 <= outcome <= 1.0:
        raise InvalidInput(
            f"must be in [0, 1], 1 for a perfect answer, but got {value!r} for {whose}; divide "
            f"what counts to 100 or to 5, and leave empty what nobody graded",
            argument=argument,
        )
    return outcome


def _rows(
    file: str | Path, needed: Sequence[str], argument: str, texts: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of a table that has some columns."""
    table = read_table(file, texts=texts)
    absent = [name for name in needed if name not in table.columns]
    if absent:
        raise InvalidInput(
            f"must be a table with columns {' and '.join(needed)}, but {str(file)!r} has "
            f"{', '.join(table.columns)}; rename them",
            argument=argument,
        )
    rows: list[dict[str, Any]] = table.to_arrow().to_pylist()
    return rows


def _check_one_agent(calls: Iterable[Call], file: str) -> None:
    agents: dict[str, str] = {}
    for call in calls:
        other = agents.setdefault(call.case, call.agent)
        if other != call.agent:
            raise InvalidInput(
                f"must say whose answer was graded, but {file!r} has no column agent and case "
                f"{call.case!r} was answered by {other!r} and {call.agent!r}; add the column",
                argument="grades",
            )


def _unmatched(
    keys: Sequence[tuple[str, ...]], rows: Iterable[tuple[str, ...]], what: str, argument: str
) -> list[str]:
    asked, known = set(keys), set(rows)
    if keys and not asked & known:
        raise InvalidInput(
            f"must name the cases of the calls, such as {' and '.join(map(repr, keys[0]))}, but "
            f"got {' and '.join(map(repr, next(iter(known), ('nothing',))))} and no case of "
            f"theirs; use the same names in both",
            argument=argument,
        )
    without = sum(key not in known for key in keys)
    return [f"{without:,} of {len(keys):,} calls have no row with {what}."] if without else []
