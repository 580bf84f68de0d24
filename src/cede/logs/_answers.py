"""Labels, experts' answers and grades: which are the same value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from shlex import quote
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs._identity import MANY
from cede.logs._values import Distinct, as_texts, distinct

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_GRADES = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}
_TYPES = {bool: "truths", int: "whole numbers", float: "numbers", str: "texts"}


def read_label(frame: nw.DataFrame[Any], name: str) -> tuple[NDArray[Any], Distinct]:
    """Return the labels ``(n,)`` as texts, whole numbers, floats or truths; and distinct."""
    labels = _stripped(distinct(frame[name], f"The label column {name!r}"))
    if labels.n_missing:
        raise InvalidInput(
            f"The label column {name!r} has {labels.n_missing:,} missing values; drop those rows "
            f"first."
        )
    values, n = labels.values, len(labels)
    kinds = {type(value) for value in values}
    if not kinds <= set(_TYPES):
        values = as_texts(values)
        labels, kinds = Distinct(values, labels.codes), {str}
    if str in kinds and len(kinds) > 1:
        labels = Distinct(_all_texts(name, values), labels.codes)
        values, kinds = labels.values, {str}
    if kinds == {str}:
        _check_cases(name, values)
    measured = kinds == {float} and (n > MANY or any(value % 1 for value in values))
    if measured or (n > MANY and kinds == {str} and all(map(_NUMBER.fullmatch, values))):
        raise InvalidInput(
            f"The label column {name!r} holds {n:,} different numbers, which look like "
            f"measurements; cede compare decides between classes."
        )
    if n < 2:
        raise InvalidInput(
            f"The label column {name!r} holds one value only, {values[0] if n else 'none'}; there "
            f"is nothing to decide."
        )
    return np.array(values)[labels.codes], labels


def answer_places(
    frame: nw.DataFrame[Any], expert: str | None, column: str, label: str, labels: Distinct
) -> Ints:
    """Return the place of each answer among the distinct labels, -1 where it is missing; (n,).

    They are an expert's, or the model's where ``expert`` is None.
    """
    who = "the model" if expert is None else f"expert {expert!r}"
    answers = _stripped(distinct(frame[column], f"The column {column!r} of {who}"))
    if not len(answers):
        raise InvalidInput(f"Every answer of {who} (column {column!r}) is missing.")
    places, unmatched = _match(answers.values, labels.values)
    if unmatched:
        raise InvalidInput(
            _why_unmatched(expert, column, label, answers.values, labels.values, unmatched)
        )
    return np.array([*places, -1], dtype=np.int64)[answers.codes]


def costs_of(places: Ints, truth: Ints) -> Floats:
    """Return 1 where an answer is wrong, 0 where right, NaN where it is missing; ``(n,)``."""
    return np.where(places < 0, np.nan, (places != truth).astype(np.float64))


def graded_places(costs: Floats, truth: Ints, n_labels: int) -> Ints:
    """Return which of the labels was answered, where a grade tells it: if right, or one of two."""
    places = np.where(costs == 0.0, truth, -1)
    return np.where(costs == 1.0, 1 - truth, places) if n_labels == 2 else places


def grade_costs(frame: nw.DataFrame[Any], expert: str, column: str) -> Floats:
    """Return 1 where the expert was wrong, 0 where right, NaN where nobody graded; ``(n,)``."""
    marks = distinct(frame[column], f"The column {column!r} of expert {expert!r}")
    if not len(marks):
        raise InvalidInput(
            f"must hold a grade of expert {expert!r}, but all of column {column!r} are missing; "
            "leave the expert out",
            argument="correct",
        )
    grades = [_GRADES.get(written(value)) for value in marks.values]
    if None in grades:
        unreadable = sorted(str(v) for v, g in zip(marks.values, grades, strict=True) if g is None)
        raise InvalidInput(
            f"must say whether expert {expert!r} was right, as true or false or 1 or 0, but "
            f"column {column!r} holds {', '.join(unreadable[:5])}; mend these cells",
            argument="correct",
        )
    return 1.0 - np.array([*grades, np.nan], dtype=np.float64)[marks.codes]


def written(value: Any) -> str:
    """Write a value so that what is equal is written alike: 1, 1.0 and "1"; True and "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip()
    if text.casefold() in ("true", "false"):
        return text.casefold()
    if len(text) <= 25 and _NUMBER.fullmatch(text):
        number = Decimal(text)
        return str(number.normalize()) if number else "0"
    return text


def _stripped(distinct_values: Distinct) -> Distinct:
    """Take the blanks around texts away, and true, True and TRUE for one truth."""
    if not all(isinstance(value, str) for value in distinct_values.values):
        return distinct_values
    texts = [value.strip() for value in distinct_values.values]
    truths = {text.casefold() for text in texts} <= {"true", "false"}
    values = [text.casefold() == "true" for text in texts] if truths else texts
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    places.pop("", None)
    order = {value: place for place, value in enumerate(places)}
    new = np.array([*(order.get(value, -1) for value in values), -1], dtype=np.int64)
    return Distinct(list(order), new[distinct_values.codes])


def _check_cases(name: str, values: Sequence[str]) -> None:
    """Refuse Yes beside yes; single letters, such as a and A, may well be two labels."""
    alike: dict[str, str] = {}
    for value in values:
        other = alike.setdefault(value.casefold(), value)
        if other != value and len(value) > 1:
            raise InvalidInput(
                f"The label column {name!r} holds {other!r} and {value!r}, which differ in upper "
                f"and lower case only; write them alike."
            )


def _all_texts(name: str, values: Sequence[Any]) -> list[str]:
    texts = [str(value) for value in values]
    if len({written(value) for value in values}) < len(texts):
        raise InvalidInput(
            f"The label column {name!r} mixes texts and numbers that are written alike, so that it "
            f"is not known which of them are the same; write all as texts, or all as numbers."
        )
    return texts


def _match(answers: Sequence[Any], labels: Sequence[Any]) -> tuple[list[int], list[Any]]:
    """Place of each answer among the labels; and the answers that are none, or could be two."""
    exact = {(isinstance(value, str), value): place for place, value in enumerate(labels)}
    alike: dict[str, list[int]] = {}
    for place, value in enumerate(labels):
        alike.setdefault(written(value), []).append(place)
    places = []
    for value in answers:
        same = alike.get(written(value), [])
        otherwise = same[0] if len(same) == 1 else -1
        places.append(exact.get((isinstance(value, str), value), otherwise))
    return places, [value for value, place in zip(answers, places, strict=True) if place < 0]


def _why_unmatched(
    expert: str | None,
    column: str,
    label: str,
    answers: Sequence[Any],
    labels: Sequence[Any],
    unmatched: Sequence[Any],
) -> str:
    listed = ", ".join(sorted(map(str, unmatched))[:5]) + (", …" if len(unmatched) > 5 else "")
    known = ", ".join(sorted(map(str, labels))[:10]) + (", …" if len(labels) > 10 else "")
    who = "The model" if expert is None else f"Expert {expert!r}"
    text = (
        f"{who} (column {column!r}) answered {listed} ({_type(unmatched)}), which no case has as "
        f"its label; {label!r} holds {known} ({_type(labels)})."
    )
    graded = {written(value) for value in answers} <= set(_GRADES)
    if expert and graded and not {written(value) for value in labels} & set(_GRADES):
        return (
            f"{text} If the column says whether the expert was right, use --correct "
            f"{quote(f'{expert}={column}')}."
        )
    return (
        f"{text} Write answers as labels are written, and leave a cell empty where there is none."
    )


def _type(values: Sequence[Any]) -> str:
    return " and ".join(sorted({_TYPES.get(type(value), type(value).__name__) for value in values}))
