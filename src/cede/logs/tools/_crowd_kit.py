"""crowd-kit: a row per answer of a worker to a task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cede.logs._export import Export
from cede.logs.tools._cells import as_text
from cede.logs.tools._people import Annotations, Answer, Rules, name_of, some_names
from cede.logs.tools._records import files_of, varying
from cede.logs.tools._tables import add_cases, first_name, rows_of

_TASK, _WORKER, _LABEL = "task", ("worker", "performer"), "label"
_TRUE = ("true_label", "label", "truth", "gold")


def read_crowd_kit(
    paths: Sequence[str | Path] | str | Path,
    *,
    gold: str | None = None,
    cases: str | None = None,
    twice: str = "refuse",
    min_answers: str | int = 0,
    skips: str | None = None,
    pool: str | None = None,
) -> Export:
    r"""Read frames of crowd-kit (1.4.2), with columns task, worker and label.

    A row without a label is a task that its worker passed over; crowd-kit leaves it out of the vote
    and counts it as an error of the worker. Older data sets say performer for worker. Other columns
    are known of a task if all its rows agree.

    Parameters
    ----------
    paths : path, or a sequence of them
        Tables that :func:`cede.logs.read_table` reads.
    gold : str, optional
        Table of true answers, with columns task and true_label, label or truth.
    cases : str, optional
        Table of what is known of each task, with a column task; needed if the frame itself holds
        nothing that a model could see.
    twice, min_answers, skips, pool
        As :func:`read_label_studio` takes them.

    Returns
    -------
    Export
        One row per task, one column per worker; the gold, if there is any, is the label.

    Raises
    ------
    InvalidInput
        If a column is not there, or somebody answered a task twice.
    UnreadableFile
        If a file is not there or no table.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "answers.csv"
    ...     lines = ["task,worker,label,length", "t,ann,good,4", "t,bob,bad,4"]
    ...     _ = path.write_text("\n".join(lines))
    ...     read_crowd_kit(path).table.to_pydict()
    {'length': [4], 'task': ['t'], 'ann': ['good'], 'bob': ['bad']}
    """
    rules = Rules.read(twice, min_answers, skips, pool)
    files = files_of(paths)
    rows = [row for file in files for row in rows_of(file, [_TASK, *_WORKER, _LABEL])]
    worker = first_name(rows, _WORKER, files[0], "workers")
    for name, what in ((_TASK, "tasks"), (_LABEL, "answers")):
        first_name(rows, [name], files[0], what)
    differing = varying(rows, _TASK, {_LABEL, *_WORKER})
    late = {_TASK, worker, _LABEL, *differing}
    annotations = Annotations(_TASK, label="true_label")
    for row in rows:
        task, value = name_of(row[_TASK], "a task"), as_text(row[_LABEL])
        annotations.add_case(task, {n: v for n, v in row.items() if n not in late})
        who = name_of(row[worker], "a worker")
        annotations.answers.append(Answer(task, who, value, skipped=value is None))
    if differing:
        annotations.notes.append(
            f"Left out, as answers to a task differ in them: {some_names(differing)}."
        )
    _add_gold(annotations, gold)
    add_cases(annotations, cases, [_TASK], needed=True)
    return annotations.export(rules)


def _add_gold(annotations: Annotations, gold: str | None) -> None:
    if gold is None:
        return
    rows = rows_of(gold, [_TASK, *_TRUE])
    task = first_name(rows, [_TASK], gold, "tasks")
    truth = first_name(rows, _TRUE, gold, "true answers")
    for row in rows:
        if (name := name_of(row[task], "a task")) in annotations.data:
            annotations.add_truth(name, as_text(row[truth]))
