"""Argilla: flat records, with the responses of all users side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cede.exceptions import InvalidInput
from cede.logs._export import Export
from cede.logs.tools._choices import choose_question, one_choice
from cede.logs.tools._people import Annotations, Answer, Rules, name_of
from cede.logs.tools._records import Record, files_of, read_records

_RESPONSES, _SUGGESTION = ".responses", ".suggestion"
_PARTS = ("", ".users", ".status")
#: What a record says of itself, not of its case.
_OWN = {"id", "status", "_server_id", "score"}


def read_argilla(
    paths: Sequence[str | Path] | str | Path,
    *,
    question: str | None = None,
    twice: str = "refuse",
    min_answers: str | int = 0,
    skips: str | None = None,
    pool: str | None = None,
) -> Export:
    """Read flat records of Argilla (2.8.0).

    They are what ``dataset.records.to_list(flatten=True)`` or ``to_dict(flatten=True)`` gives,
    written with ``json.dump``. Of each question there are three lists side by side, values, users
    and status: only what is submitted is an answer, what is discarded was passed over, and drafts
    count for nothing. ``records.to_json`` writes nested records without the status, in which a
    draft looks like an answer: they are refused. Suggestions are columns of a model's answers.

    Parameters
    ----------
    paths : path, or a sequence of them
        Files of records.
    question : str, optional
        The question whose responses are read, if there are several.
    twice : {"refuse", "last"}, default="refuse"
        What to do with a second response of one user to one record.
    min_answers : int, default=0
        Users who responded to fewer records are left out.
    skips : str, optional
        What a discarded record is written as; otherwise there is no answer.
    pool : str, optional
        What to call all people as one expert, whose answer is the first that a case got: where
        each case was answered by a few of many, nobody can be compared with everybody.

    Returns
    -------
    Export
        One row per record, one column per user (by number). Argilla knows no true answer: name the
        column of a field or of metadata as the label.

    Raises
    ------
    InvalidInput
        If records are nested, a response has several values, or the question is not there.
    UnreadableFile
        If a file is not there or not JSON.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "records.jsonl"
    ...     lists = '"q.responses": ["good", "bad"], "q.responses.users": ["u1", "u2"]'
    ...     status = '"q.responses.status": ["submitted", "discarded"]'
    ...     _ = path.write_text('{"id": "r", "length": 4, ' + lists + ", " + status + "}")
    ...     read_argilla(path).table.to_pydict()
    {'length': [4], 'record': ['r'], 'u1': ['good']}
    """
    rules = Rules.read(twice, min_answers, skips, pool)
    records = [record for file in files_of(paths) for record in read_records(file)]
    _check_flat(records)
    names = dict.fromkeys(name for record in records for name in record)
    questions = [n.removesuffix(_RESPONSES) for n in names if n.endswith(_RESPONSES)]
    suggested = [n.removesuffix(_SUGGESTION) for n in names if n.endswith(_SUGGESTION)]
    question = choose_question(question, questions, "Argilla")
    late = {f"{q}{_RESPONSES}{part}" for q in questions for part in _PARTS}
    late |= {f"{q}{_SUGGESTION}{part}" for q in suggested for part in ("", ".score", ".agent")}
    annotations = Annotations("record")
    drafts = 0
    for record in records:
        case = name_of(record["id"], "a record")
        annotations.add_case(case, {n: v for n, v in record.items() if n not in late | _OWN})
        for value, user, status in _responses(record, question):
            if status in ("submitted", "discarded"):
                skipped = status == "discarded"
                said = None if skipped else one_choice(value, f"a response to record {case}")
                annotations.answers.append(Answer(case, user, said, skipped))
            else:
                drafts += 1
        _add_suggestion(annotations, case, record, question)
    if drafts:
        annotations.notes.append(f"{drafts:,} responses were never submitted: they are left out.")
    return annotations.export(rules)


def _check_flat(records: list[Record]) -> None:
    if any(isinstance(record.get("responses"), dict) for record in records):
        raise InvalidInput(
            "must be flat records, but got nested ones, which do not say whether a response was "
            "submitted; write them with records.to_list(flatten=True)",
            argument="paths",
        )
    if not all("id" in record for record in records):
        raise InvalidInput(
            "must be records of Argilla, but got some without an id; write them with "
            "records.to_list(flatten=True)",
            argument="paths",
        )


def _responses(record: Record, question: str) -> list[tuple[object, str, str | None]]:
    """Value, user and status of each response."""
    lists = [record.get(f"{question}{_RESPONSES}{part}") for part in _PARTS]
    if lists == [None, None, None]:
        return []
    sizes = {len(part) if isinstance(part, list) else -1 for part in lists}
    if len(sizes) > 1 or sizes == {-1}:
        raise InvalidInput(
            f"must hold a user and a status of each response, but record {record['id']} does not; "
            f"write the records with records.to_list(flatten=True)",
            argument="paths",
        )
    values, users, status = lists
    return [
        (v, name_of(u, "a user"), s)
        for v, u, s in zip(values or [], users or [], status or [], strict=True)
    ]


def _add_suggestion(annotations: Annotations, case: str, record: Record, question: str) -> None:
    value = one_choice(record.get(f"{question}{_SUGGESTION}"), f"the suggestion to record {case}")
    if value is None:
        return
    agent = str(record.get(f"{question}{_SUGGESTION}.agent") or "suggestion")
    annotations.models.setdefault(agent, {})[case] = value
    score = record.get(f"{question}{_SUGGESTION}.score")
    if isinstance(score, int | float):
        annotations.models.setdefault(f"{agent} score", {})[case] = float(score)
