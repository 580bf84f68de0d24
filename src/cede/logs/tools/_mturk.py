"""Amazon Mechanical Turk: results of a batch, a row per assignment."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.files import read_table
from cede.logs.tools._choices import choose_question, one_choice
from cede.logs.tools._people import Annotations, Answer, Rules, name_of
from cede.logs.tools._records import Record, files_of

_ANSWER, _INPUT = "Answer.", "Input."
_JSON = "taskAnswers"
_NEEDED = ("HITId", "WorkerId", "AssignmentStatus")
#: What a fee can be taken from: the column, what it is, its unit.
_FEES = {"reward": ("Reward", "USD"), "time": ("WorkTimeInSeconds", "seconds")}

Answers = dict[str, str]


def read_mturk(
    paths: Sequence[str | Path] | str | Path,
    *,
    question: str | None = None,
    case: str = "HITId",
    fee: str | None = None,
    twice: str = "refuse",
    min_answers: str | int = 0,
    skips: str | None = None,
    pool: str | None = None,
) -> Export:
    r"""Read the CSV files that the requester site offers for batches (API version 2017-01-17).

    Assignments that are rejected, or for whose rejection a reason stands in ``Reject``, are left
    out. ``Input.*`` is what is known of a case. ``Answer.*`` is what was answered: a column per
    field; ``NAME.label`` of a crowd-classifier; a column of true and false per option of a radio
    group (``NAME.OPTION``), of which one may be true; or all of it as JSON in
    ``Answer.taskAnswers``. ``Reward`` is without what the site takes itself.

    Parameters
    ----------
    paths : path, or a sequence of them
        Results of batches.
    question : str, optional
        The field of the form whose answers are read, if there are several.
    case : str, default="HITId"
        Column that says which case it is: ``Input.id``, where batches repeat cases.
    fee : {"reward", "time"}, optional
        Say what an answer of each worker cost on average, in USD, or took, in seconds.
    twice, min_answers, skips, pool
        As :func:`read_label_studio` takes them. Nothing is known to be passed over.

    Returns
    -------
    Export
        One row per case, one column per worker. There is no true answer: name an input as the
        label.

    Raises
    ------
    InvalidInput
        If several options are true, somebody answered a case twice, or the question is not there.
    UnreadableFile
        If a file is not there or no such results.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "batch.csv"
    ...     names = "HITId,WorkerId,AssignmentStatus,Input.length,Answer.mood.label"
    ...     _ = path.write_text(f"{names}\n3H,A1,Approved,4,good\n3H,A2,Rejected,4,bad\n")
    ...     read_mturk(path).table.to_pydict()["A1"]
    ['good']
    """
    rules = Rules.read(twice, min_answers, skips, pool)
    if fee is not None and fee not in _FEES:
        raise InvalidInput(
            f"must say reward or time for fee, but got {fee!r}; write fee=reward",
            argument="option",
        )
    rows = [row for file in files_of(paths) for row in _rows(file, case)]
    kept = [row for row in rows if not _rejected(row)]
    forms = [_form(row) for row in kept]
    question = choose_question(question, _questions(forms), "Mechanical Turk")
    annotations = Annotations(case)
    for row, form in zip(kept, forms, strict=True):
        name = name_of(row[case], f"a case ({case})")
        annotations.add_case(
            name, {n: v for n, v in row.items() if n.startswith(_INPUT) and n != case}
        )
        value = one_choice(_value(form, question), f"an answer to {case} {name}")
        paid = _amount(row[_FEES[fee][0]]) if fee and _FEES[fee][0] in row else None
        annotations.answers.append(
            Answer(name, name_of(row["WorkerId"], "a worker"), value, paid=paid)
        )
    if len(kept) < len(rows):
        annotations.notes.append(f"{len(rows) - len(kept):,} rejected assignments are left out.")
    if fee:
        annotations.note_payments(*_FEES[fee], rules)
    return annotations.export(rules)


def _rows(file: Path, case: str) -> list[Record]:
    """Rows of a file; ids and answers as they are written."""
    if not file.is_file():
        raise UnreadableFile(f"There is no file {str(file)!r}.")
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = next(csv.reader(stream), [])
    absent = [name for name in (*_NEEDED, case) if name not in header]
    if absent:
        raise UnreadableFile(
            f"{str(file)!r} has no column {absent[0]!r}, as results of a batch have; download them "
            f"as CSV."
        )
    texts = [name for name in header if not name.startswith(_INPUT)]
    table = read_table(file, texts=[*texts, case]).to_arrow()
    rows: list[Record] = table.to_pylist()
    return rows


def _rejected(row: Record) -> bool:
    status, reason = str(row["AssignmentStatus"]).strip().casefold(), row.get("Reject")
    return status == "rejected" or bool(reason is not None and str(reason).strip())


def _form(row: Record) -> Answers:
    """The fields of the form that were sent, by name."""
    form: Answers = {}
    for name, value in row.items():
        field = name.removeprefix(_ANSWER)
        if field == name or value is None:
            continue
        if field != _JSON:
            form[field] = str(value).strip()
            continue
        try:
            form |= _flat(json.loads(value))
        except ValueError as error:
            raise UnreadableFile(f"{name} holds {value!r}, which is no JSON.") from error
    return form


def _flat(value: Any, name: str = "") -> Answers:
    """Nested answers by names with dots; a list of one form is that form."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else json.dumps(value)
    if not isinstance(value, dict):
        written = str(value).lower() if isinstance(value, bool) else str(value)
        return {} if value is None else {name: written}
    return {
        inner: text
        for key, part in value.items()
        for inner, text in _flat(part, f"{name}.{key}" if name else str(key)).items()
    }


def _questions(forms: Iterable[Answers]) -> list[str]:
    """Fields of all forms, options of one group together."""
    values: dict[str, set[str]] = {}
    for form in forms:
        for name, value in form.items():
            values.setdefault(name, set()).add(value.casefold())
    return [
        _group(name) if seen <= {"true", "false"} or name.endswith(".label") else name
        for name, seen in values.items()
    ]


def _group(name: str) -> str:
    return name.rpartition(".")[0] or name


def _value(form: Answers, question: str) -> list[str]:
    """What was answered: a text, or the options that are true."""
    own = form.get(question, form.get(f"{question}.label"))
    if own is not None:
        return [own] if own else []
    options = {n.rpartition(".")[2]: v for n, v in form.items() if _group(n) == question}
    if set(options) == {"on"}:
        return [options["on"]]
    return [option for option, value in options.items() if value.casefold() == "true"]


def _amount(value: Any) -> float | None:
    """A number, of money or of seconds."""
    try:
        return float(str(value).strip().lstrip("$"))
    except ValueError:
        return None
