"""From a table with named columns to the arrays that a study needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.exceptions import InvalidInput
from cede.logs._answers import answer_costs, grade_costs, read_groups, read_label
from cede.logs._columns import Column, Reading, named_feature, read_columns
from cede.logs._files import open_table
from cede.logs._frames import check_columns

__all__ = ["Problem", "read_problem"]


@dataclass(frozen=True)
class Problem:
    """A table, taken apart."""

    #: Feature columns by name: numbers as floats (NaN where missing), texts as objects (None).
    features: Mapping[str, NDArray[Any]]
    y: NDArray[Any]
    label: str
    #: Cost of each expert's answer before fees, ``(n, J)``; NaN where it is missing.
    costs: Floats
    expert_names: tuple[str, ...]
    #: Cases with the same group stay on the same side of every split; None if each is its own.
    groups: NDArray[Any] | None
    #: What the columns were taken for that no argument names, and which of them are features.
    columns: tuple[Column, ...] = ()

    @property
    def n_cases(self) -> int:
        """Rows of the table."""
        return len(self.y)


def read_problem(
    table: Any,
    label: str,
    experts: Mapping[str, str] | None = None,
    correct: Mapping[str, str] | None = None,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
) -> Problem:
    """Take a table apart.

    Parameters
    ----------
    table : dataframe or path
    label : str
        Column of the true answers.
    experts : dict of expert name to column, optional
        Columns of the experts' answers, missing ones allowed. Values that are equal as written are
        the same, whatever their type: 1, 1.0 and "1", true and "True".
    correct : dict of expert name to column, optional
        Columns that say whether an expert was right (true or 1) or wrong (false or 0), for
        experts whose answers were graded rather than kept.
    features : sequence of str, optional
        Columns the model may see. Without it: all but the label, the experts' columns, the group
        and those in ``exclude``; row numbers, ids, free texts and dates are left out, and
        ``Problem.columns`` says so.
    exclude : sequence of str
        Columns to leave out: identifiers, and anything known only after the answer.
    group : str, optional
        Column whose equal values belong together (a patient, a conversation).

    Raises
    ------
    InvalidInput
        If a column is not there, an answer is no label, a label or a group is missing, or a column
        that is to be a feature holds nothing that a model could read.
    """
    answers, graded = dict(experts or {}), dict(correct or {})
    twice = sorted(set(answers) & set(graded))
    if twice:
        raise InvalidInput(f"Expert {twice[0]!r} is given twice, by answers and by correctness.")
    label, exclude = str(label), [str(name) for name in exclude]
    group = None if group is None else str(group)
    answers = {str(name): str(column) for name, column in answers.items()}
    graded = {str(name): str(column) for name, column in graded.items()}
    for name, column in (answers | graded).items():
        if column == label:
            raise InvalidInput(
                f"Expert {name!r} is given the label column {label!r}, and would be right in every "
                f"case; name the column of that expert's own answers."
            )
    outcome = {label, *answers.values(), *graded.values()}
    frame = open_table(table, texts=[*outcome, group])
    named = None if features is None else list(dict.fromkeys(str(name) for name in features))
    check_columns(frame, [label, *answers.values(), *graded.values(), *(named or ()), *exclude])
    check_columns(frame, [group])
    if len(frame) == 0:
        raise InvalidInput("The table has a header but no rows; a problem needs cases.")
    readings = _features(frame, named, outcome, {*exclude, group}, (*answers, *graded))
    y, labels = read_label(frame, label)
    costs = [answer_costs(frame, name, col, label, labels) for name, col in answers.items()]
    costs += [grade_costs(frame, name, col) for name, col in graded.items()]
    return Problem(
        features={
            one.column.name: one.values
            for one in readings
            if one.column.used and one.values is not None
        },
        y=y,
        label=label,
        costs=np.column_stack([np.empty((len(y), 0)), *costs]),
        expert_names=(*answers, *graded),
        groups=None if group is None else read_groups(frame, group),
        columns=tuple(one.column for one in readings),
    )


def _features(
    frame: Any,
    named: Sequence[str] | None,
    outcome: set[str],
    left_out: set[str | None],
    agents: Sequence[str],
) -> list[Reading]:
    """Look at all columns that may be features; those that are say so."""
    if named is None:
        free = [name for name in frame.columns if name not in outcome | left_out]
        readings = list(read_columns(frame, free, agents))
    else:
        leaking = sorted(outcome & set(named))
        if leaking:
            raise InvalidInput(
                f"Column {leaking[0]!r} is the label or an expert's answer and cannot be a feature "
                f"too."
            )
        readings = [named_feature(frame, name, agents) for name in named]
        # A column without any value says nothing, and no model could be told so.
        readings = [one if one.column.taken_for != "empty" else _unused(one) for one in readings]
    if not any(one.column.used for one in readings):
        why = "; ".join(f"{one.column.name!r}: {one.column.why}" for one in readings[:8])
        raise InvalidInput(
            f"No feature column is left{f' ({why})' if why else ''}; the model needs at least one: "
            f"name columns as features if they are to be used all the same."
        )
    return readings


def _unused(reading: Reading) -> Reading:
    column = reading.column
    return replace(reading, column=replace(column, used=False, why="no value at all"))
