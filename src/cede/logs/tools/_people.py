"""Answers of people, one by one, to a table with a column per person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cede.exceptions import InvalidInput
from cede.logs._export import Export
from cede.logs.tools._cells import as_table, as_text, columns_of, free_name, nested

__all__ = ["Annotations", "Answer", "Rules", "name_of", "some_names"]

#: So many people are named in a note.
_NAMED = 5


class Answer(NamedTuple):
    """What one person said of one case."""

    case: str
    who: str
    #: None if nothing was chosen.
    value: str | None = None
    #: Whether the person was asked and passed the case over.
    skipped: bool = False
    #: What it took, in the unit that the reader says.
    paid: float | None = None


@dataclass(frozen=True)
class Rules:
    """What holds of every tool's answers; the options that all readers take."""

    #: What to do with a second answer of one person to one case: ``refuse``, or take the ``last``.
    twice: str = "refuse"
    #: People who answered fewer cases are left out.
    min_answers: int = 0
    #: What a case that was passed over is written as; None leaves it without an answer.
    skips: str | None = None
    #: What to call all people as one expert, whose answer is the first that a case got.
    pool: str | None = None

    @classmethod
    def read(cls, twice: str, min_answers: str | int, skips: str | None, pool: str | None) -> Rules:
        """Check what was said as texts."""
        if twice not in ("refuse", "last"):
            raise InvalidInput(
                f"must say refuse or last for twice, but got {twice!r}; write twice=last to take "
                f"what a person said last of a case",
                argument="option",
            )
        if not str(min_answers).strip().isdigit():
            raise InvalidInput(
                f"must say a whole number for min_answers, but got {min_answers!r}; write "
                f"min_answers=10 to leave out who answered fewer cases",
                argument="option",
            )
        return cls(twice, int(min_answers), skips, pool)


@dataclass
class Annotations:
    """What a tool's files hold: cases, what is known of them, and who answered what."""

    #: What a case is called there, and the name of its column.
    case: str
    #: What is known of each case before anybody answers, in the order of the files.
    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: In the order in which they were given.
    answers: list[Answer] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)
    #: What the column of the truth is called.
    label: str = "truth"
    #: Columns of what models said, by case.
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add_case(self, case: str, known: Mapping[str, Any]) -> None:
        """Note what is known of a case; the same twice is one case, something else refused."""
        values = {name: None if value != value else value for name, value in known.items()}
        if self.data.setdefault(case, values) != values:
            raise InvalidInput(
                f"must tell the same of each case, but {self.case} {case} holds two different "
                f"things; leave out the files of other projects",
                argument="paths",
            )

    def add_truth(self, case: str, value: str | None) -> None:
        """Note a true answer; two different ones are refused."""
        if value is not None and self.truth.setdefault(case, value) != value:
            raise InvalidInput(
                f"must know one true answer of each case, but {self.case} {case} has "
                f"{self.truth[case]!r} and {value!r}; keep one of them",
                argument="paths",
            )

    def export(self, rules: Rules) -> Export:
        """Return one row per case, one column per person."""
        if not self.answers:
            raise InvalidInput(
                "must hold somebody's answers, but got none; export what people have submitted",
                argument="paths",
            )
        people = self._people(rules)
        places = {case: row for row, case in enumerate(self.data)}
        known = list(self.data.values())
        out = nested(known)
        if out:
            self.notes.append(
                f"Left out, as lists or records are no values of a case: {some_names(out)}."
            )
        columns = columns_of(known)
        case_column = free_name(self.case, columns, "case")
        columns[case_column] = list(self.data)
        experts = self._add(columns, people, places, "answers")
        models = self._add(columns, self.models, places, "model")
        taken: dict[str, Any] = {
            "case": case_column,
            "experts": experts,
            "exclude": (case_column,),
        }
        if self.truth:
            label = free_name(self.label, columns, "truth")
            self._add(columns, {label: self.truth}, places, "truth")
            taken["label"] = label
        if models:
            self.notes.append(f"What models said stands in {some_names(models.values())}.")
        return Export(as_table(columns), "labels", taken, tuple(self.notes))

    def _people(self, rules: Rules) -> dict[str, dict[str, str | None]]:
        """What each person answered, by case."""
        people: dict[str, dict[str, Answer]] = {}
        repeated: list[Answer] = []
        for answer in self._pooled(rules.pool) if rules.pool else self.answers:
            own = people.setdefault(answer.who, {})
            if answer.case in own:
                repeated.append(answer)
            own[answer.case] = answer
        if repeated:
            self._note_repeated(repeated, rules)
        self._note_skips(people, rules)
        few = [who for who, own in people.items() if len(own) < rules.min_answers]
        if few:
            self.notes.append(
                f"Left out, with fewer than {rules.min_answers} answers: {some_names(few)}."
            )
        kept = {who: own for who, own in people.items() if who not in set(few)}
        if not kept:
            raise InvalidInput(
                f"must leave somebody, but nobody has {rules.min_answers} answers; ask for fewer "
                f"(min_answers)",
                argument="option",
            )
        skipped = rules.skips
        answers = {
            who: {case: skipped if a.skipped else a.value for case, a in own.items()}
            for who, own in kept.items()
        }
        silent = [who for who, own in answers.items() if not any(map(_said, own.values()))]
        if silent:
            self.notes.append(f"Left out, with no answer at all: {some_names(silent)}.")
        return {who: own for who, own in answers.items() if who not in set(silent)}

    def _pooled(self, name: str) -> list[Answer]:
        """The first answer to each case, whoever gave it."""
        first: dict[str, Answer] = {}
        for answer in self.answers:
            first.setdefault(answer.case, answer._replace(who=name))
        return list(first.values())

    def _note_repeated(self, repeated: list[Answer], rules: Rules) -> None:
        first, others = repeated[0], len(repeated) - 1
        if rules.twice == "refuse":
            more = f", and there are {others:,} such answers more" if others else ""
            raise InvalidInput(
                f"must hold one answer of each person to each case, but {first.who!r} answered "
                f"{self.case} {first.case} twice{more}; take the last (--option twice=last), or "
                f"mend the files",
                argument="paths",
            )
        self.notes.append(f"Of {len(repeated):,} answers that were given anew, the last counts.")

    def _note_skips(self, people: Mapping[str, Mapping[str, Answer]], rules: Rules) -> None:
        counts = {who: sum(a.skipped for a in own.values()) for who, own in people.items()}
        shares = [f"{who} {count} of {len(people[who])}" for who, count in counts.items() if count]
        if shares:
            written = "no answer" if rules.skips is None else f"written as {rules.skips!r}"
            self.notes.append(
                f"Passed over by whom they were shown to ({written}, though asking has its price): "
                f"{some_names(shares)}."
            )

    def note_payments(self, what: str, unit: str, rules: Rules) -> None:
        """Say what an answer of each person took on average, skips included."""
        paid: dict[str, list[float]] = {}
        for answer in self.answers:
            if answer.paid is not None:
                paid.setdefault(rules.pool or answer.who, []).append(answer.paid)
        if not paid:
            raise InvalidInput(
                f"must name what the files hold for fee, but {what} is nowhere in them; leave it "
                f"out",
                argument="option",
            )
        means = [f"{who} {sum(values) / len(values):.3g}" for who, values in paid.items()]
        self.notes.append(
            f"What an answer took ({what}, mean, {unit}): {some_names(means)}; a fee is said in "
            f"units of one error (--fee NAME=VALUE)."
        )

    @staticmethod
    def _add(
        columns: dict[str, list[Any]],
        by_name: Mapping[str, Mapping[str, Any]],
        places: Mapping[str, int],
        what: str,
    ) -> dict[str, str]:
        """Add a column for each name, and return which."""
        added: dict[str, str] = {}
        for name, values in by_name.items():
            cells: list[Any] = [None] * len(places)
            for case, value in values.items():
                cells[places[case]] = value
            added[name] = free_name(name, columns, what)
            columns[added[name]] = cells
        return added


def name_of(value: Any, what: str) -> str:
    """Write whose or which something is; nobody and nothing are refused."""
    text = as_text(value)
    if text is None:
        raise InvalidInput(
            f"must name {what} everywhere, but got some without; leave these out, or mend them",
            argument="paths",
        )
    return text


def _said(value: str | None) -> bool:
    return value is not None


def some_names(names: Iterable[str]) -> str:
    """List the first ones, and say how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    return f"{', '.join(listed[:_NAMED])}{more}"
