"""Prodigy: one JSON object per annotation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._choices import one_choice
from cede.logs.tools._people import Annotations, Answer, Rules, some_names
from cede.logs.tools._records import Record, files_of, read_records, varying

#: What an annotation says of itself, and what only shows the case.
_LATE = {"answer", "accept", "options", "sessions", "versions", "config", "tokens", "spans"}
_LATE |= {"user_input", "flagged", "html", "style"}
#: A session without a name is called by the time at which it began.
_TIME = re.compile(r"(.*-)?\d{4}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2}")
_REGIONS = ("_manual", "relations", "text_input")


def read_prodigy(
    paths: Sequence[str | Path] | str | Path,
    *,
    unnamed: str | None = None,
    twice: str = "refuse",
    min_answers: str | int = 0,
    skips: str | None = None,
    pool: str | None = None,
) -> Export:
    """Read what ``prodigy db-out`` writes (by its documentation, as it cannot be installed freely).

    - With options to choose from, the answer is what ``accept`` holds, and a case is an
      ``_input_hash``. Without, it is ``accept`` or ``reject`` of the ``label`` that was proposed,
      and a case is a ``_task_hash``: a text is another case for each label.
    - ``ignore`` passes a case over. ``reject`` beside options says that none was chosen.
    - Annotators are sessions (``?session=ann`` makes ``dataset-ann``). One without a name is called
      by the time at which it began, and one person has as many as days: it is refused, unless
      ``unnamed`` says who that was.
    - What the ``review`` recipe wrote is the truth. Its ``versions`` hold who answered what before,
      without what was ignored; they count where no annotations stand beside.

    Parameters
    ----------
    paths : path, or a sequence of them
        Annotations, reviews, or both.
    unnamed : str, optional
        What to call whoever annotated in sessions without a name, if it was one person.
    twice : {"refuse", "last"}, default="refuse"
        What to do with a second answer of one person to one case.
    min_answers : int, default=0
        People who answered fewer cases are left out.
    skips : str, optional
        What an ignored case is written as; otherwise there is no answer.
    pool : str, optional
        What to call all people as one expert, whose answer is the first that a case got: where
        each case was answered by a few of many, nobody can be compared with everybody.

    Returns
    -------
    Export
        One row per case; what was reviewed, if anything, is the label.

    Raises
    ------
    InvalidInput
        If several options are accepted, nobody can tell who annotated, or it is about spans.
    UnreadableFile
        If a file is not there or no such export.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "reviews.jsonl"
    ...     hashes = '"_input_hash": 1, "_task_hash": 2, "_annotator_id": "reviews-ann"'
    ...     _ = path.write_text('{"accept": ["good"], "answer": "accept", ' + hashes + "}")
    ...     read_prodigy(path).table.to_pydict()["reviews-ann"]
    ['good']
    """
    rules = Rules.read(twice, min_answers, skips, pool)
    records = [record for file in files_of(paths) for record in read_records(file)]
    if not all({"answer", "_input_hash", "_task_hash"} <= set(record) for record in records):
        raise UnreadableFile(
            "The files hold no annotations of Prodigy, which have an answer, an _input_hash and a "
            "_task_hash; write them with prodigy db-out."
        )
    regions = sorted({str(r.get("_view_id", "")) for r in records if _is_regions(r)})
    if regions:
        raise InvalidInput(
            f"must hold choices, or accepted and rejected labels, but got {regions[0]}; spans and "
            f"texts cannot be compared case by case",
            argument="paths",
        )
    choice = any(_has_options(record) for record in records)
    key = "_input_hash" if choice else "_task_hash"
    reviews = [record for record in records if "versions" in record]
    answered = [record for record in records if "versions" not in record] or _versions(reviews)
    own = {n for record in records for n in record if n.startswith("_")}
    differing = varying(records, key, _LATE | own)
    late = _LATE | set(differing)
    annotations = Annotations("case", label="reviewed")
    for record in records:
        annotations.add_case(str(record[key]), _data(record, late))
    for record in sorted(answered, key=lambda record: int(record.get("_timestamp") or 0)):
        value = _value(record, choice)
        skipped = record["answer"] == "ignore"
        for who in _people(record, unnamed):
            annotations.answers.append(Answer(str(record[key]), who, value, skipped))
    for record in reviews:
        annotations.add_truth(str(record[key]), _value(record, choice))
    if differing:
        annotations.notes.append(
            f"Left out, as annotations of a case differ in them: {some_names(differing)}."
        )
    return annotations.export(rules)


def _has_options(record: Record) -> bool:
    return "options" in record or "accept" in record


def _is_regions(record: Record) -> bool:
    view = str(record.get("_view_id", ""))
    return not _has_options(record) and (view.endswith(_REGIONS) or "relations" in record)


def _value(record: Record, choice: bool) -> str | None:
    """What was answered; None if it was ignored, or nothing was chosen."""
    answer = record["answer"]
    if answer not in ("accept", "reject", "ignore"):
        raise InvalidInput(
            f"must be accept, reject or ignore in each answer, but got {answer!r}; mend the files",
            argument="paths",
        )
    if answer == "ignore" or (choice and answer == "reject"):
        return None
    chosen = record.get("accept") or []
    return one_choice(chosen, "an annotation") if choice else str(answer)


def _people(record: Record, unnamed: str | None) -> list[str]:
    """Who gave this answer: one person, or in a version of a review all who agreed."""
    sessions = record.get("sessions") or [record.get("_annotator_id") or record.get("_session_id")]
    return [_name(session, unnamed) for session in sessions]


def _name(session: Any, unnamed: str | None) -> str:
    if session and not _TIME.fullmatch(str(session)):
        return str(session)
    if unnamed is None:
        raise InvalidInput(
            f"must say who unnamed is, but got nothing for the session {session}, which has no "
            f"name; write unnamed=NAME if all such sessions were one person's",
            argument="option",
        )
    return unnamed


def _versions(reviews: list[Record]) -> list[Record]:
    """What was answered before the review."""
    return [
        {**{n: v for n, v in review.items() if n.startswith("_")}, **version}
        for review in reviews
        for version in review["versions"]
    ]


def _data(record: Record, late: set[str]) -> dict[str, Any]:
    """What is known of a case: its own fields, and those of meta."""
    data = {n: v for n, v in record.items() if n not in late and not n.startswith("_")}
    meta = data.pop("meta", None)
    return data | {f"meta.{n}": v for n, v in (meta if isinstance(meta, dict) else {}).items()}
