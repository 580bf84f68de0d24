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

from cede._checks import Bools, Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs._identity import MANY
from cede.logs._values import Distinct, as_texts, distinct

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_GRADES = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0}
_TYPES = {bool: "truths", int: "whole numbers", float: "numbers", str: "texts"}


def read_label(frame: nw.DataFrame[Any], name: str) -> tuple[NDArray[Any], Distinct]:
    """Return the labels ``(n,)`` as texts, whole numbers, floats or truths; and distinct."""
    labels = stripped(distinct(frame[name], f"The label column {name!r}"))
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
        labels = _all_texts(name, labels)
        values, kinds = labels.values, {str}
    if kinds == {str}:
        check_alike(f"The label column {name!r}", values)
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
    frame: nw.DataFrame[Any],
    expert: str | None,
    column: str,
    label: str,
    labels: Distinct,
    abstain: frozenset[str] = frozenset(),
) -> Ints:
    """Return the place of each answer among the distinct labels, -1 where it is missing; (n,).

    They are an expert's, or the model's where ``expert`` is None; answers that are one of the words
    that ``abstain`` are missing ones.
    """
    who = "the model" if expert is None else f"expert {expert!r}"
    answers = stripped(distinct(frame[column], f"The column {column!r} of {who}"))
    answers, _ = abstentions(answers, abstain)
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


def abstentions(answers: Distinct, words: frozenset[str]) -> tuple[Distinct, Bools]:
    """The answers without those that are such words, in any case; and which rows hold one."""
    abstains = [written(value).casefold() in words for value in answers.values]
    kept = [value for value, gone in zip(answers.values, abstains, strict=True) if not gone]
    places = iter(range(len(kept)))
    codes = np.array([-1 if gone else next(places) for gone in abstains] + [-1], np.int64)
    return Distinct(kept, codes[answers.codes]), np.array([*abstains, False])[answers.codes]


def abstained_in(frame: nw.DataFrame[Any], column: str, words: frozenset[str]) -> Bools:
    """Which rows of a column hold one of these words, in any case; ``(n,)``."""
    if not words:
        return np.zeros(len(frame), dtype=np.bool_)
    return abstentions(distinct(frame[column], f"Column {column!r}"), words)[1]


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


def stripped(distinct_values: Distinct) -> Distinct:
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


def check_alike(what: str, values: Sequence[str]) -> None:
    """Refuse Yes beside yes; single letters, such as a and A, may well be two labels."""
    alike: dict[str, str] = {}
    for value in values:
        other = alike.setdefault(value.casefold(), value)
        if other != value and len(value) > 1:
            raise InvalidInput(
                f"{what} {'hold' if what.endswith('together') else 'holds'} {other!r} and "
                f"{value!r}, which differ in upper and lower case only; write them alike."
            )


def _all_texts(name: str, labels: Distinct) -> Distinct:
    """Texts and numbers as texts: 0 and "0" are one; 0 and "0.0", or 1 and "01", may be two."""
    texts = [value if isinstance(value, str) else written(value) for value in labels.values]
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    if len({written(text) for text in places}) < len(places):
        raise InvalidInput(
            f"The label column {name!r} mixes values of types {_type(labels.values)} that may be "
            f"the same, as 0 and '0.0'; write all as texts, or all as numbers."
        )
    codes = np.array([*(places[text] for text in texts), -1], dtype=np.int64)
    return Distinct(list(places), codes[labels.codes])


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
