"""Answers as people write them: words for right and wrong, values of their own, abstentions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np

from cede._checks import Bools, Floats
from cede.exceptions import InvalidInput
from cede.logs._answers import abstentions, written
from cede.logs._log_columns import numbers, numbers_of_texts
from cede.logs._values import Distinct, distinct

__all__ = ["AnswerWords", "grade_costs"]

#: Words for wrong and right; a column that holds no others is understood.
_PAIRS = (
    ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("wrong", "right"),
    ("incorrect", "correct"), ("fail", "pass"), ("failed", "passed"),
)  # fmt: skip
_GRADES = {"0": 0.0, "1": 1.0}


@dataclass(frozen=True)
class AnswerWords:
    """What is said of how answers are written.

    Parameters
    ----------
    values : dict of str to float
        What each word is worth, in [0, 1]; empty if numbers or plain words say it.
    abstain : sequence of str
        Words of those who were asked and did not answer, in upper or lower case.
    pays : bool
        Whether who abstains was asked all the same, so that the model's answer stands.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    abstain: frozenset[str] = frozenset()
    pays: bool = False

    @classmethod
    def of(
        cls,
        outcome_values: Mapping[Any, float] | None = None,
        abstain: Sequence[Any] = (),
        abstain_pays: bool = False,
    ) -> AnswerWords:
        """Check the arguments of a reader.

        Raises
        ------
        InvalidInput
            If a value is not in [0, 1], a word is an abstention and a value, or somebody pays for
            abstentions and none are named.
        """
        values = {written(word): float(value) for word, value in (outcome_values or {}).items()}
        for word, value in values.items():
            if not 0.0 <= value <= 1.0:
                raise InvalidInput(
                    f"must be in [0, 1], from useless to perfect, but got {value:g} for {word!r}; "
                    f"write 0.5 for half right",
                    argument="outcome_values",
                )
        words = frozenset(written(word).casefold() for word in abstain)
        both = [word for word in values if word.casefold() in words]
        if both:
            raise InvalidInput(
                f"must be words that are worth nothing else, but got {both[0]!r}, which has a "
                f"value; leave it out of one",
                argument="abstain",
            )
        if abstain_pays and not words:
            raise InvalidInput(
                "needs the words that say that somebody abstained; say them, too",
                argument="abstain_pays",
            )
        return cls(values, words, abstain_pays)

    def outcomes(self, frame: nw.DataFrame[Any], column: str) -> tuple[Floats, Bools]:
        """Qualities of a column, NaN where missing; and where somebody abstained, each ``(n,)``."""
        series = frame[column]
        plain = series.dtype.is_numeric() or series.dtype == nw.Boolean
        if plain and not self.values and not self.abstain:
            return numbers(frame, column), np.zeros(len(frame), dtype=np.bool_)
        marks, abstained = abstentions(distinct(series, f"Column {column!r}"), self.abstain)
        return self._worth(marks, frame, column), abstained

    def grades(self, marks: Distinct) -> list[float] | None:
        """What each mark is worth by the words alone; None if some are no such words."""
        words = [written(value) for value in marks.values]
        folded = {word.casefold() for word in words}
        tables = [self.values] if self.values else [
            dict(zip(pair, (0.0, 1.0), strict=True)) for pair in _PAIRS if folded <= set(pair)
        ]  # fmt: skip
        if not tables or not words:
            return None
        found = [tables[0].get(word if self.values else word.casefold()) for word in words]
        unknown = sorted(word for word, value in zip(words, found, strict=True) if value is None)
        if unknown:
            raise InvalidInput(
                f"must say what each word is worth, but got nothing for {', '.join(unknown[:5])}; "
                f"add {unknown[0]}=NUMBER, or name it among the abstentions",
                argument="outcome_values",
            )
        return [float(value) for value in found if value is not None]

    def _worth(self, marks: Distinct, frame: nw.DataFrame[Any], column: str) -> Floats:
        grades = self.grades(marks)
        if grades is not None:
            return marks.spread(grades, np.nan).astype(np.float64)
        if all(isinstance(value, str) for value in marks.values):
            return numbers_of_texts(marks, column).astype(np.float64)
        if all(isinstance(value, bool | int | float) for value in marks.values):
            return marks.spread([float(value) for value in marks.values], np.nan)
        return numbers(frame, column)


def grade_costs(frame: nw.DataFrame[Any], expert: str, column: str, words: AnswerWords) -> Floats:
    """Return 1 where the expert was wrong, 0 where right, NaN where nobody graded; ``(n,)``."""
    marks = distinct(frame[column], f"The column {column!r} of expert {expert!r}")
    marks, _ = abstentions(marks, words.abstain)
    if not len(marks):
        raise InvalidInput(
            f"must hold a grade of expert {expert!r}, but all of column {column!r} are missing; "
            "leave the expert out",
            argument="correct",
        )
    grades = words.grades(marks)
    if grades is None:
        found = [_GRADES.get(written(value)) for value in marks.values]
        if None in found:
            odd = sorted(str(v) for v, g in zip(marks.values, found, strict=True) if g is None)
            raise InvalidInput(
                f"must say whether expert {expert!r} was right, as true or false or 1 or 0, but "
                f"column {column!r} holds {', '.join(odd[:5])}; mend these cells, or say what they "
                f"are worth (--outcome-values)",
                argument="correct",
            )
        grades = [float(value) for value in found if value is not None]
    return 1.0 - np.array([*grades, np.nan], dtype=np.float64)[marks.codes]
