"""Label Studio: tasks with annotations, or one record per annotation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._label_studio_min import read_min
from cede.logs.tools._label_studio_tasks import read_tasks
from cede.logs.tools._people import Rules
from cede.logs.tools._records import Record, files_of, read_records


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
    read = read_tasks if all(whole) else read_min
    annotations = read(records, question)
    if fee:
        annotations.note_payments("lead_time", "seconds", rules)
    return annotations.export(rules)
