"""Label Studio's JSON: tasks with their annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs.tools._choices import choose_question, one_choice
from cede.logs.tools._people import Annotations, Answer
from cede.logs.tools._records import Record

__all__ = ["KINDS", "note_nobody", "read_tasks", "when"]

#: Kinds of results that are one answer to a task, and where it stands.
KINDS = {"choices": "choices", "rating": "rating", "pairwise": "selected", "taxonomy": "taxonomy"}
#: What tells the place of a region that an answer is about, and not the whole task.
_PLACES = {"x", "y", "start", "end", "points", "item_index"}


def read_tasks(tasks: list[Record], question: str | None) -> Annotations:
    """Read tasks with their annotations and predictions."""
    entries = [
        annotation for task in tasks for annotation in (*_annotations(task), *_predictions(task))
    ]
    kinds = {r.get("type") for a in entries for r in _results(a)}
    questions = [str(r["from_name"]) for a in entries for r in _results(a) if r["type"] in KINDS]
    if kinds and not questions:
        raise InvalidInput(
            f"must hold answers to whole tasks ({', '.join(KINDS)}), but got "
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
    note_nobody(annotations, nobody)
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
        if result["from_name"] == question and result["type"] in KINDS:
            given = result.get("value") or {}
            if _PLACES & {*given, *result}:
                raise InvalidInput(
                    f"must hold answers to whole tasks, but {question!r} in task {case} is about a "
                    f"region of it; ask about one region a task",
                    argument="paths",
                )
            value = given.get(KINDS[result["type"]])
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


def note_nobody(annotations: Annotations, count: int) -> None:
    """Say how many annotations name nobody, if any."""
    if count:
        annotations.notes.append(
            f"{count:,} annotations name nobody (completed_by is empty): they are left out."
        )


def _annotations(task: Record) -> list[Record]:
    """Annotations of a task, in the order in which they were given; of old, completions."""
    annotations = task.get("annotations", task.get("completions")) or []
    return sorted(annotations, key=when)


def when(annotation: Record) -> str:
    """When it was given, as a text that sorts."""
    return str(annotation.get("updated_at") or annotation.get("created_at") or "")


def _predictions(task: Record) -> list[Record]:
    return [p for p in task.get("predictions") or [] if isinstance(p, dict)]
