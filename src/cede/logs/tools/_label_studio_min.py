"""Label Studio's JSON-MIN: a record per annotation, data and answers side by side."""

from __future__ import annotations

from typing import Any

from cede.exceptions import UnreadableFile
from cede.logs.tools._choices import choose_question, one_choice
from cede.logs.tools._label_studio_tasks import KINDS, note_nobody, when
from cede.logs.tools._people import Annotations, Answer, some_names
from cede.logs.tools._records import Record, varying

__all__ = ["read_min"]

#: What a record tells of its annotation.
_OF_ANNOTATION = {"annotator", "annotation_id", "created_at", "updated_at", "lead_time"}
_OWN = {*_OF_ANNOTATION, "id", "agreement"}


def read_min(records: list[Record], question: str | None) -> Annotations:
    """Read records of annotations; which of their fields are answers, they do not tell."""
    names = dict.fromkeys(name for record in records for name in record)
    if not {"id", *_OF_ANNOTATION} <= set(names):
        raise UnreadableFile(
            "The files hold no export of Label Studio: neither tasks with data and annotations "
            "(JSON) nor records with annotator and annotation_id (JSON-MIN)."
        )
    differing = varying(records, "id", _OWN)
    candidates = differing or [name for name in names if name not in _OWN]
    question = question if question in names else choose_question(question, candidates, "JSON-MIN")
    late = {*differing, *_OWN, question}
    annotations = Annotations("task")
    for record in records:
        annotations.add_case(str(record["id"]), {n: v for n, v in record.items() if n not in late})
    nobody = 0
    annotated = [record for record in records if record.get("annotation_id") is not None]
    for record in sorted(annotated, key=when):
        case, who = str(record["id"]), record["annotator"]
        if who is None:
            nobody += 1
            continue
        value = _min_answer(record.get(question), case)
        annotations.answers.append(Answer(case, str(who), value, paid=record.get("lead_time")))
    others = [name for name in differing if name != question]
    if others:
        annotations.notes.append(f"Left out, as annotators differ in them: {some_names(others)}.")
    annotations.notes.append(
        "JSON-MIN drops tasks that somebody passed over and marks of ground truth, and does not "
        "tell answers to other questions from data; export JSON to be sure."
    )
    note_nobody(annotations, nobody)
    return annotations


def _min_answer(value: Any, case: str) -> str | None:
    """An answer as JSON-MIN writes it: a text, or a record for what is no single choice."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and (kind := set(value) & set(KINDS.values())):
        value = value[kind.pop()]
    return one_choice(value, f"an annotation of task {case}")
