"""Label Studio: tasks with annotations, or one record per annotation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._choices import choose_question, one_choice
from cede.logs.tools._people import Annotations, Answer, Rules, some_names
from cede.logs.tools._records import Record, files_of, read_records

#: Kinds of results that are one answer to a task, and where it stands.
_KINDS = {"choices": "choices", "rating": "rating", "pairwise": "selected", "taxonomy": "taxonomy"}
#: What JSON-MIN tells of an annotation.
_OF_ANNOTATION = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time"}


def read_label_studio(
    paths: Sequence[str | Path] | str | Path,
    *,
    question: str | None = None,
    fee: str | None = None,
    twice: str = "refuse",
    min_answers: str | int = 0,
    skips: str | None = None,
    pool: str | None = None,
) -> Export:
    """Read an export of Label Studio, as JSON or as JSON-MIN (1.23.2, label-studio-sdk 2.1.2).

    - An annotation that was cancelled is a case that its annotator passed over. JSON keeps it,
      JSON-MIN and CSV drop it: nobody can tell any more that asking was paid for. CSV is refused.
    - ``completed_by`` is a number, or a record with e-mail and id; both of one person are one. An
      annotator without an e-mail is null in JSON-MIN.
    - An annotation that is marked as ground truth is the true answer, and nobody's own: whoever
      gave it would be right by definition. JSON-MIN drops the mark.
    - Predictions are columns of a model's answers, one per version, beside their scores. A plain
      export holds their numbers only; a snapshot (with ``predictions: {only_id: false}`` among its
      options) holds what was predicted.
    - JSON-MIN writes answers over data of the same name: of a task with ``{"label": …}``, answered
      by ``<Choices name="label">``, the label of the data is gone. Export JSON then.
    - ``lead_time`` is in seconds, and counts what passed while the page was open.

    Parameters
    ----------
    paths : path, or a sequence of them
        Exports of one project.
    question : str, optional
        The control (``<Choices name=…>``) whose answers are read; JSON-MIN needs it, JSON if there
        are several: choices, ratings, pairwise and taxonomies.
    fee : {"lead_time"}, optional
        Say how many seconds an answer of each annotator took on average.
    twice : {"refuse", "last"}, default="refuse"
        What to do with a second annotation of one person to one task.
    min_answers : int, default=0
        People who annotated fewer tasks are left out.
    skips : str, optional
        What a task that was passed over is written as; otherwise there is no answer.
    pool : str, optional
        What to call all people as one expert, whose answer is the first that a case got: where
        each case was answered by a few of many, nobody can be compared with everybody.

    Returns
    -------
    Export
        One row per task; the ground truth, where there is one, is the label.

    Raises
    ------
    InvalidInput
        If an annotation has several choices, somebody annotated a task twice, true answers differ,
        or the question is not there.
    UnreadableFile
        If a file is not there or no such export.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tasks.json"
    ...     said = '{"from_name": "mood", "type": "choices", "value": {"choices": ["good"]}}'
    ...     given = '{"completed_by": {"id": 1, "email": "ann"}, "result": [' + said + "]}"
    ...     tasks = '[{"id": 7, "data": {"size": 2}, "annotations": [' + given + "]}]"
    ...     _ = path.write_text(tasks)
    ...     read_label_studio(path).table.to_pydict()["ann"]
    ['good']
    """
    rules = Rules.read(twice, min_answers, skips, pool)
    if fee not in (None, "lead_time"):
        raise InvalidInput(
            f"must say lead_time for fee, but got {fee!r}; write fee=lead_time", argument="option"
        )
    records: list[Record] = []
    for file in files_of(paths):
        if file.suffix.lower() in (".csv", ".tsv"):
            raise UnreadableFile(
                f"{str(file)!r} is a table of Label Studio, in which tasks that somebody passed "
                f"over are lost; export JSON."
            )
        records += read_records(file)
    whole = ["data" in r and bool({"annotations", "completions"} & set(r)) for r in records]
    if any(whole) and not all(whole):
        raise InvalidInput(
            "must be of one kind, but got JSON beside JSON-MIN; export all of them as JSON",
            argument="paths",
        )
    read = _read_tasks if all(whole) else _read_min
    annotations = read(records, question)
    if fee:
        annotations.note_payments("lead_time", "seconds", rules)
    return annotations.export(rules)


def _annotations(task: Record) -> list[Record]:
    """Annotations of a task, in the order in which they were given; of old, completions."""
    annotations = task.get("annotations", task.get("completions")) or []
    return sorted(annotations, key=_when)


def _when(annotation: Record) -> str:
    return str(annotation.get("updated_at") or annotation.get("created_at") or "")


def _predictions(task: Record) -> list[Record]:
    return [p for p in task.get("predictions") or [] if isinstance(p, dict)]


def _read_tasks(tasks: list[Record], question: str | None) -> Annotations:
    """JSON: tasks with their annotations."""
    entries = [
        annotation for task in tasks for annotation in (*_annotations(task), *_predictions(task))
    ]
    kinds = {r.get("type") for a in entries for r in _results(a)}
    questions = [str(r["from_name"]) for a in entries for r in _results(a) if r["type"] in _KINDS]
    if kinds and not questions:
        raise InvalidInput(
            f"must hold answers to whole tasks ({', '.join(_KINDS)}), but got "
            f"{', '.join(sorted(map(str, kinds)))}; regions and texts cannot be compared case by "
            f"case",
            argument="paths",
        )
    question = choose_question(question, questions, "Label Studio") if questions else ""
    emails = _emails(entries)
    annotations = Annotations("task", label="ground_truth")
    nobody, own_truth = 0, 0
    for number, task in enumerate(tasks):
        case = str(task.get("id", f"row {number}"))
        annotations.add_case(case, task["data"])
        for annotation in _annotations(task):
            cancelled = bool(annotation.get("was_cancelled") or annotation.get("skipped"))
            value = None if cancelled else _answer(annotation, question, case)
            if annotation.get("ground_truth") and not cancelled:
                annotations.add_truth(case, value)
                own_truth += 1
                continue
            who = _person(annotation.get("completed_by"), emails)
            if who is None:
                nobody += 1
                continue
            paid = annotation.get("lead_time")
            annotations.answers.append(Answer(case, who, value, cancelled, paid))
        _add_predictions(annotations, case, task, question)
    if own_truth:
        annotations.notes.append(
            f"{own_truth:,} annotations are marked as ground truth: they are the label, and not "
            f"counted as an answer of who gave them."
        )
    if any(task.get("predictions") for task in tasks) and not annotations.models:
        annotations.notes.append(
            "Predictions are numbers only in a plain export: export a snapshot with whole "
            "predictions to compare with the model."
        )
    _note_nobody(annotations, nobody)
    return annotations


def _add_predictions(annotations: Annotations, case: str, task: Record, question: str) -> None:
    for prediction in _predictions(task):
        version = str(prediction.get("model_version") or "prediction")
        value = _answer(prediction, question, case)
        if annotations.models.setdefault(version, {}).setdefault(case, value) != value:
            raise InvalidInput(
                f"must hold one prediction of each model version, but task {case} has two of "
                f"{version!r}; delete the older ones",
                argument="paths",
            )
        if prediction.get("score") is not None:
            scores = annotations.models.setdefault(f"{version} score", {})
            scores[case] = float(prediction["score"])


def _results(annotation: Record) -> Iterator[Record]:
    """What was answered, without relations and the like."""
    for result in annotation.get("result") or []:
        if isinstance(result, dict) and "from_name" in result and "type" in result:
            yield result


def _answer(annotation: Record, question: str, case: str) -> str | None:
    """The one answer to the question; None if there is none."""
    values: list[Any] = []
    for result in _results(annotation):
        if result["from_name"] == question and result["type"] in _KINDS:
            value = (result.get("value") or {}).get(_KINDS[result["type"]])
            if result["type"] == "taxonomy":
                value = [" / ".join(map(str, path)) for path in value or []]
            values += value if isinstance(value, list) else [value]
    return one_choice(values, f"an annotation of task {case}")


def _emails(annotations: Iterable[Record]) -> dict[str, str]:
    """E-mails by the number of the person."""
    people = [a.get("completed_by") for a in annotations]
    return {
        str(person["id"]): str(person["email"])
        for person in people
        if isinstance(person, dict) and person.get("email") and person.get("id") is not None
    }


def _person(completed_by: Any, emails: dict[str, str]) -> str | None:
    """What to call who annotated."""
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return None if completed_by is None else emails.get(str(completed_by), str(completed_by))


def _note_nobody(annotations: Annotations, count: int) -> None:
    if count:
        annotations.notes.append(
            f"{count:,} annotations name nobody (completed_by is empty): they are left out."
        )


def _read_min(records: list[Record], question: str | None) -> Annotations:
    """JSON-MIN: one record per annotation, in which data and answers stand side by side."""
    names = dict.fromkeys(name for record in records for name in record)
    if not {"id", *_OF_ANNOTATION} <= set(names):
        raise UnreadableFile(
            "The files hold no export of Label Studio: neither tasks with data and annotations "
            "(JSON) nor records with annotator and annotation_id (JSON-MIN)."
        )
    varying = _varying(records)
    candidates = varying or [n for n in names if n not in {"id", "agreement", *_OF_ANNOTATION}]
    question = question if question in names else choose_question(question, candidates, "JSON-MIN")
    late = sorted({*varying, *_OF_ANNOTATION, question, "agreement", "id"})
    annotations = Annotations("task")
    for record in records:
        annotations.add_case(str(record["id"]), {n: v for n, v in record.items() if n not in late})
    nobody = 0
    annotated = [record for record in records if record.get("annotation_id") is not None]
    for record in sorted(annotated, key=_when):
        case, who = str(record["id"]), record["annotator"]
        if who is None:
            nobody += 1
            continue
        value = _min_answer(record.get(question), case)
        annotations.answers.append(Answer(case, str(who), value, paid=record.get("lead_time")))
    others = [name for name in varying if name != question]
    if others:
        annotations.notes.append(f"Left out, as annotators differ in them: {some_names(others)}.")
    annotations.notes.append(
        "JSON-MIN drops tasks that somebody passed over and marks of ground truth, and does not "
        "tell answers to other questions from data; export JSON to be sure."
    )
    _note_nobody(annotations, nobody)
    return annotations


def _min_answer(value: Any, case: str) -> str | None:
    """An answer as JSON-MIN writes it: a text, or a record for what is no single choice."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and (kind := set(value) & set(_KINDS.values())):
        value = value[kind.pop()]
    return one_choice(value, f"an annotation of task {case}")


def _varying(records: list[Record]) -> list[str]:
    """Columns that differ between annotations of one task."""
    first: dict[Any, Record] = {}
    names: dict[str, None] = {}
    for record in records:
        other = first.setdefault(record["id"], record)
        for name in {**other, **record}:
            if name not in {"id", *_OF_ANNOTATION} and other.get(name) != record.get(name):
                names[name] = None
    return list(names)
