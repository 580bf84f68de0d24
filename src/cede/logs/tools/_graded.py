"""Graded answers of models to the items of tasks, as a long log: what evaluation tools share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cede.exceptions import InvalidInput, MissingExtra
from cede.logs._export import Export

__all__ = ["Grade", "grade_of_number", "graded_export", "scale_of"]

_Case = tuple[str, str]


@dataclass(frozen=True)
class Grade:
    """What one answer of an agent to an item was worth."""

    agent: str
    task: str
    item: str
    #: None where nobody knows.
    outcome: float | None
    #: What was asked; None where the files do not tell.
    prompt: str | None = None
    #: Which one of several answers of this agent to this item: an epoch, a trial.
    repeat: str = ""
    #: Money; None where nobody knows.
    cost: float | None = None
    #: What else is known of the item before anyone answers.
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def case(self) -> _Case:
        """The item and its task."""
        return self.task, self.item


def graded_export(
    grades: Sequence[Grade],
    *,
    scale: float = 1.0,
    keep_repeats: bool = False,
    costs: bool = False,
    asked_otherwise: str,
    notes: Iterable[str] = (),
) -> Export:
    """Return a long log: a row per case and agent, its prompt and how long that is.

    Parameters
    ----------
    grades : sequence of Grade
    scale : float
        What an outcome of 1 is in the files.
    keep_repeats : bool
        Whether each repeated answer is a case of its own, the item its group; otherwise an agent's
        outcomes for an item, where known, are averaged, and so are its costs.
    costs : bool
        Whether money is a column.
    asked_otherwise : str
        What to do where one item has several prompts, the end of a sentence.
    notes : iterable of str
        What was left out so far.
    """
    _check_scale(grades, scale)
    _check_once(grades)
    _check_same(grades, asked_otherwise)
    if keep_repeats:
        grades = [replace(g, item=f"{g.item}#{g.repeat}", repeat=g.item) for g in grades]
    else:
        grades = _averaged(grades)
    grades, left_out = _with_known_cases(grades, costs)
    _check_shared(grades)
    return Export(
        table=_table(grades, scale, keep_repeats, costs),
        format="long",
        columns={
            "agent": "agent",
            "case": "case",
            "outcome": "outcome",
            **({"cost": "cost"} if costs else {}),
            **({"group": "item"} if keep_repeats else {}),
        },
        notes=(*notes, *left_out),
    )


def scale_of(option: str) -> float:
    """What an outcome of 1 is in the files: a number above 0."""
    try:
        scale = float(option)
    except ValueError:
        scale = math.nan
    if not 0.0 < scale < math.inf:
        raise InvalidInput(
            f"must say as scale a number above 0, but got {option!r}; write scale=100 for "
            f"percentages",
            argument="option",
        )
    return scale


def grade_of_number(value: Any) -> float | None:
    """A number or truth as an outcome, None where it is NaN or none; what else is no outcome.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if value is None:
        return None
    if not isinstance(value, bool | int | float):
        raise TypeError
    return None if math.isnan(value) else float(value)


def _check_scale(grades: Iterable[Grade], scale: float) -> None:
    for grade in grades:
        if grade.outcome is not None and not 0.0 <= grade.outcome <= scale:
            raise InvalidInput(
                f"must be in [0, {scale:g}], the larger the better, but got {grade.outcome:g} for "
                f"item {grade.item!r} of {grade.task!r} and agent {grade.agent!r}; write --option "
                f"scale=100 of percentages, or name another metric",
                argument="outcome",
            )


def _check_once(grades: Sequence[Grade]) -> None:
    seen: set[tuple[str, ...]] = set()
    for grade in grades:
        key = (grade.agent, *grade.case, grade.repeat)
        if key in seen:
            raise InvalidInput(
                f"An agent answers an item once, but item {grade.item!r} of {grade.task!r} has two "
                f"rows of agent {grade.agent!r}"
                f"{f' (repeat {grade.repeat})' if grade.repeat else ''}; leave one of the two out."
            )
        seen.add(key)


def _check_same(grades: Sequence[Grade], asked_otherwise: str) -> None:
    """Refuse an item that is not the same for all who answer it."""
    first: dict[_Case, Grade] = {}
    for grade in grades:
        other = first.setdefault(grade.case, grade)
        if grade.prompt != other.prompt:
            raise InvalidInput(
                f"An item is the same for all agents, but {grade.item!r} of {grade.task!r} reads "
                f"{_start(other.prompt)} for {other.agent!r} and {_start(grade.prompt)} for "
                f"{grade.agent!r}; {asked_otherwise}."
            )
        if grade.fields != other.fields:
            name = next(n for n, value in grade.fields.items() if value != other.fields.get(n))
            raise InvalidInput(
                f"An item is the same for all agents, but {name!r} of {grade.item!r} of "
                f"{grade.task!r} is {other.fields.get(name)!r} for {other.agent!r} and "
                f"{grade.fields[name]!r} for {grade.agent!r}; do not name this field."
            )


def _start(prompt: str | None) -> str:
    if prompt is None:
        return "nothing"
    return repr(prompt if len(prompt) <= 40 else f"{prompt[:40]}…")


def _averaged(grades: Sequence[Grade]) -> list[Grade]:
    answers: dict[tuple[str, ...], list[Grade]] = {}
    for grade in grades:
        answers.setdefault((grade.agent, *grade.case), []).append(grade)
    return [
        replace(
            group[0],
            outcome=_mean([grade.outcome for grade in group]),
            cost=_mean([grade.cost for grade in group]),
        )
        for group in answers.values()
    ]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _with_known_cases(grades: Sequence[Grade], costs: bool) -> tuple[list[Grade], list[str]]:
    """Leave out cases of which nothing is known, and say how many."""
    if all(grade.outcome is None for grade in grades):
        raise InvalidInput(
            "The files hold no outcome at all: every answer failed, or none was graded and logged."
        )
    if costs and all(grade.cost is None for grade in grades):
        raise InvalidInput(
            "must say a table of prices, as the files do not tell what a call cost; write "
            "prices=FILE",
            argument="option",
        )
    known = {g.case for g in grades if g.outcome is not None and not (costs and g.cost is None)}
    silent = len({grade.case for grade in grades} - known)
    note = f"{silent:,} items of which nothing is known are left out."
    return [grade for grade in grades if grade.case in known], [note] if silent else []


def _check_shared(grades: Sequence[Grade]) -> None:
    agents: dict[_Case, set[str]] = {}
    for grade in grades:
        agents.setdefault(grade.case, set()).add(grade.agent)
    everybody = set().union(*agents.values())
    if len(everybody) > 1 and all(len(who) == 1 for who in agents.values()):
        raise InvalidInput(
            f"No item has answers of two agents, of {', '.join(sorted(everybody))}; give files of "
            f"runs on the same items of the same tasks."
        )


def _table(grades: Sequence[Grade], scale: float, keep_repeats: bool, costs: bool) -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtra("pyarrow", "cli", "Reading files of evaluation tools") from error
    outcomes = [None if grade.outcome is None else grade.outcome / scale for grade in grades]
    columns: dict[str, Any] = {
        "agent": [grade.agent for grade in grades],
        "case": [f"{grade.task}/{grade.item}" for grade in grades],
        "task": [grade.task for grade in grades],
        "outcome": pa.array(outcomes, pa.float64()),
    }
    if keep_repeats:
        columns["item"] = [f"{grade.task}/{grade.repeat}" for grade in grades]
    if costs:
        columns["cost"] = pa.array([grade.cost for grade in grades], pa.float64())
    prompts = [grade.prompt for grade in grades]
    if any(prompts):
        columns["prompt"] = prompts
        columns["prompt_chars"] = [len(prompt or "") for prompt in prompts]
        columns["prompt_words"] = [len((prompt or "").split()) for prompt in prompts]
    for name in dict.fromkeys(name for grade in grades for name in grade.fields):
        columns[name] = _field(name, [grade.fields.get(name) for grade in grades], columns)
    return pa.table(columns)


def _field(name: str, values: list[Any], columns: Mapping[str, Any]) -> list[Any]:
    if name in columns:
        raise InvalidInput(
            f"must say as fields names that are free, but got {name!r}, which is a column already; "
            f"leave it out",
            argument="option",
        )
    odd = next((v for v in values if not isinstance(v, bool | int | float | str | None)), None)
    if odd is not None:
        raise InvalidInput(
            f"must say as fields what holds numbers, truths or texts, but {name!r} holds {odd!r}; "
            f"leave it out",
            argument="option",
        )
    if len({type(value) for value in values} - {type(None), int, float}) > 1:
        return [None if value is None else str(value) for value in values]
    return values
