"""A table with a label and experts' answers, read as the cases of a study."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.exceptions import InvalidInput
from cede.logs._answer_words import AnswerWords, grade_costs
from cede.logs._answers import abstained_in, answer_places, costs_of, graded_places, read_label
from cede.logs._cases import Cases
from cede.logs._consensus import agreed
from cede.logs._export import Export, check_shared, judged_by
from cede.logs._features import choose_features, features_of
from cede.logs._fixed_model import FixedModel, Said
from cede.logs._frames import check_columns
from cede.logs._log_columns import read_groups
from cede.logs._times import read_times
from cede.logs.files import open_table

__all__ = ["read_problem"]


def read_problem(
    table: Any,
    label: str | None = None,
    experts: Mapping[str, str] | None = None,
    correct: Mapping[str, str] | None = None,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    model: FixedModel | None = None,
    outcome_values: Mapping[str, float] | None = None,
    abstain: Sequence[str] = (),
    label_from: str | None = None,
) -> Cases:
    """Read the cases of a study from a table with labels.

    Parameters
    ----------
    table : dataframe, path or Export
        An :class:`Export`, which :mod:`cede.logs.tools` reads, says itself which column is the
        label, which are the experts'; arguments that are said win.
    label : str
        Column of the true answers; of an export, its own unless another is said.
    experts : dict of expert name to column, optional
        Columns of the experts' answers, missing ones allowed. Values that are equal as written are
        the same, whatever their type: 1, 1.0 and "1", true and "True".
    correct : dict of expert name to column, optional
        Columns that say whether an expert was right (true or 1) or wrong (false or 0), for
        experts whose answers were graded rather than kept.
    features : sequence of str, optional
        Columns the model may see, by name or by patterns with ``*``. Without it: all but the label,
        the experts' columns, the group and those in ``exclude``; row numbers, ids, free texts and
        dates are left out, and ``Cases.columns`` says so.
    exclude : sequence of str
        Columns, or patterns, to leave out: identifiers, and anything known only after the answer.
    group : str, optional
        Column whose equal values belong together (a patient, a conversation).
    time : str, optional
        Column that says when a case came: numbers, or dates. No feature unless it is named.
    model : FixedModel, optional
        Columns of what a model says that is fixed already. They are features beside all others, and
        may be the only ones.
    outcome_values : dict of str to float, optional
        What the words in columns of ``correct`` are worth, in [0, 1]; truths, 0 and 1, and pairs of
        words such as yes and no are understood.
    abstain : sequence of str
        Words, in any case, of experts who were asked and did not answer. These are missing answers;
        as nobody knows what the model would have answered, asking them is counted nowhere.
    label_from : {"majority", "dawid-skene"}, optional
        Where no column holds true answers: what the experts agree on. Each of them is judged by
        what the others agree on, in which their own answer has no part. Cases in which no answer
        has most voices are left out.

    Returns
    -------
    Cases
        In the order of the rows, whose numbers are the ids unless an export names its cases, with
        labels ``y``; ``agent_costs`` hold 1 where an agent is wrong
        and 0 where right, before fees, and nothing of a model that is yet to be trained.

    Raises
    ------
    InvalidInput
        If a column is not there, an answer is no label, a label or a group is missing, or a column
        that is to be a feature holds nothing that a model could read.
    """
    case = None
    if isinstance(table, Export):
        table = _of_export(table, label)
        if experts is None and correct is None:
            check_shared(table)
        own = table.columns
        label = own["label"]
        experts = own["experts"] if experts is None and correct is None else experts
        group = group or own.get("group")
        exclude = [*exclude, *own["exclude"]]
        case = own.get("case")
        table = table.table
    if label_from is not None:
        if label is not None or correct:
            raise InvalidInput(
                f"must stand alone, as it makes true answers of the experts' own, but got "
                f"{'true answers' if label is not None else 'graded experts'} beside it; leave one "
                f"of them out",
                argument="label_from",
            )
    elif label is None:
        raise InvalidInput(
            "must name the column of the true answers, but got none; name it", argument="label"
        )
    answers, graded = dict(experts or {}), dict(correct or {})
    twice = sorted(set(answers) & set(graded))
    if twice:
        raise InvalidInput(f"Expert {twice[0]!r} is given twice, by answers and by correctness.")
    label = None if label is None else str(label)
    group = None if group is None else str(group)
    answers = {str(name): str(column) for name, column in answers.items()}
    graded = {str(name): str(column) for name, column in graded.items()}
    for name, column in (answers | graded).items():
        if column == label:
            raise InvalidInput(
                f"Expert {name!r} is given the label column {label!r}, and would be right in every "
                f"case; name the column of that expert's own answers."
            )
    time = None if time is None else str(time)
    said_in = () if model is None else model.columns
    words = AnswerWords.of(outcome_values, abstain)
    outcome = {*answers.values(), *graded.values(), *said_in, *([] if label is None else [label])}
    if label in said_in:
        raise InvalidInput(
            f"must be other columns than the label {label!r}, by which the model would be right in "
            f"every case, but got it; name the columns of what the model says",
            argument="model",
        )
    texts = outcome if model is None or model.answers else outcome - set(said_in)
    frame = open_table(table, texts=[*texts, group])
    check_columns(
        frame,
        {
            "label": label,
            "experts": answers.values(),
            "correct": graded.values(),
            "model_answers" if model is None or model.answers else "model_proba": said_in,
            "group": group,
            "time": time,
        },
    )
    if len(frame) == 0:
        raise InvalidInput("The table has a header but no rows; a comparison needs cases.")
    names = (*answers, *graded)
    readings = choose_features(
        frame,
        features,
        exclude,
        taken=outcome,
        shared=[group, time],
        agents=names,
        encoded=True,
        may_be_none=model is not None,
    )
    if label_from is None:
        y, labels = read_label(frame, str(label))
    else:
        labels, others = agreed(frame, answers, label_from, words.abstain)
        y, label = np.array(labels.values)[labels.codes], f"consensus ({label_from})"
    truth = labels.codes
    said = None if model is None else model.read(frame, str(label), labels)
    places = [np.full(len(y), -1) if said is None else said.places]
    costs = [costs_of(places[0], truth)]
    for j, (name, column) in enumerate(answers.items()):
        answer = answer_places(frame, name, column, str(label), labels, words.abstain)
        # What an expert says is part of the consensus, by which nobody is to price it.
        places.append(answer if label_from is None else np.full(len(y), -1))
        costs.append(costs_of(answer, truth) if label_from is None else others[:, j])
    for name, column in graded.items():
        costs.append(grade_costs(frame, name, column, words))
        places.append(graded_places(costs[-1], truth, len(labels)))
    for name, column in (answers | graded).items():
        _warn_of_abstentions(name, abstained_in(frame, column, words.abstain))
    groups, group_names = read_groups(frame, group)
    times, time_names = read_times(frame, time)
    order = np.argsort(np.array(labels.values))
    cases = Cases(
        agent_names=("model", *names),
        agent_costs=np.column_stack(costs),
        features={**features_of(readings), **({} if said is None else said.columns)},
        ids=np.arange(len(y)) if case is None else np.array(frame[case].to_list(), dtype=object),
        columns=tuple(reading.column for reading in readings),
        y=y,
        label=label,
        groups=groups,
        group_names=group_names,
        times=times,
        time_names=time_names,
        answers=np.append(np.argsort(order), -1)[np.column_stack(places)],
        probabilities=_of_labels(said, order),
    )
    known = truth >= 0
    if known.all():
        return cases
    warnings.warn(
        f"In {int((~known).sum()):,} of {len(known):,} cases no answer has most voices: they are "
        f"left out.",
        UserWarning,
        stacklevel=2,
    )
    return cases[known]


def _warn_of_abstentions(name: str, abstained: Bools) -> None:
    if abstained.any():
        warnings.warn(
            f"{name!r} abstained in {int(abstained.sum()):,} of {len(abstained):,} cases: these "
            f"are missing answers, and what asking took there is not counted.",
            UserWarning,
            stacklevel=3,
        )


def _of_export(export: Export, label: str | None) -> Export:
    """What of an export can be judged; warn of its notes."""
    if export.format != "labels":
        raise InvalidInput(
            "must hold answers beside true ones, but got an export that tells what answers were "
            "worth; learn from it (cede fit, or cede.logs.read_log)",
            argument="table",
        )
    judged = judged_by(export, label)
    for note in judged.notes:
        warnings.warn(note, UserWarning, stacklevel=3)
    return judged


def _of_labels(said: Said | None, order: Ints) -> Floats | None:
    """The probabilities of a fixed model, in the order of the labels."""
    if said is None or said.probabilities is None:
        return None
    return np.asarray(said.probabilities[:, order])
