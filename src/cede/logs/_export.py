"""What a tool's files hold, between its reader and the cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cede.exceptions import InvalidInput

__all__ = ["Export", "check_shared", "judged_by"]

#: So many names are listed.
_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Export:
    """A table out of a tool's files, and which of its columns is what.

    :func:`cede.logs.read_log` and :func:`cede.logs.read_problem` take it in place of a table; what
    they are told beside it wins over ``columns``.

    Parameters
    ----------
    table : pyarrow.Table
        Plain columns: numbers, truths and texts, null where nothing is known.
    format : {"wide", "long", "labels"}
        Of a log, as in ``FORMATS``: what answers were worth. "labels": what people and models
        answered, beside the true answer.
    columns : dict
        Arguments of :func:`cede.logs.read_wide`, :func:`cede.logs.read_long` or
        :func:`cede.logs.read_problem` that name columns: ``{"case": "id", "outcome": {"a": "a"}}``.
    notes : tuple of str
        What was left out or taken for something, a sentence each; readers warn of it.
    """

    table: Any
    format: Literal["wide", "long", "labels"]
    columns: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def judged_by(export: Export, label: str | None) -> Export:
    """Keep of an export of labels what can be judged by a column of true answers.

    Cases whose true answer is not known are left out, and experts who answered none of the others.
    Whatever people answered, and its own true answers, are no features.

    Parameters
    ----------
    export : Export
    label : str, optional
        The column; of the export's own choice unless another is said.

    Raises
    ------
    InvalidInput
        If there is no such column, or no true answer in it.
    """
    own = dict(export.columns)
    experts = dict(own.get("experts") or {})
    exclude = [*own.get("exclude", ()), *experts.values(), *filter(None, [own.get("label")])]
    label = own.get("label") if label is None else label
    free = [name for name in export.table.column_names if name not in exclude]
    if label is None:
        raise InvalidInput(
            f"must name the column of the true answers, as the files hold none, but got none; name "
            f"one of {', '.join(free) or 'their columns'}",
            argument="label",
        )
    own |= {"label": label, "experts": experts, "exclude": [n for n in exclude if n != label]}
    if label not in export.table.column_names:
        return replace(export, columns=own)
    known = export.table[label].is_valid()
    table, notes = export.table.filter(known), list(export.notes)
    if not len(table):
        raise InvalidInput(
            f"must hold true answers, but all of column {label!r} are missing; name another",
            argument="label",
        )
    if len(table) < len(export.table):
        notes.append(
            f"{len(export.table) - len(table):,} of {len(export.table):,} cases are left out: "
            f"{label!r} says nothing of them."
        )
    silent = [name for name, col in experts.items() if table[col].null_count == len(table)]
    if silent:
        more = f" and {len(silent) - _SHOWN} more" if len(silent) > _SHOWN else ""
        notes.append(f"Left out, with no answer to the others: {', '.join(silent[:_SHOWN])}{more}.")
    own["experts"] = {name: col for name, col in experts.items() if name not in silent}
    return replace(export, table=table, columns=own, notes=tuple(notes))


def check_shared(export: Export) -> None:
    """Refuse experts of whom no case has the answers of all: a crowd that shares the work.

    Raises
    ------
    InvalidInput
        If there are several, and no case that all of them answered.
    """
    columns = list(export.columns["experts"].values())
    answered = export.table.select(columns)
    if len(columns) > 1 and not len(answered.drop_null()):
        raise InvalidInput(
            f"must all answer some case to be compared, but no case has the answers of all "
            f"{len(columns):,}; take them as one (--option pool=NAME), leave out who answered "
            f"little (--option min_answers=100), or name some of them",
            argument="experts",
        )
