"""Samples that lm-evaluation-harness logs: a file per model and task, a row per document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._folders import (
    check_option,
    chosen,
    files_below,
    json_of,
    parsed,
    texts_of,
)
from cede.logs.tools._graded import Grade, grade_of_number, graded_export, scale_of

__all__ = ["read_lm_eval"]

#: Of older versions, ``samples_TASK_DATE.json``, with a row a line as well.
_START, _ENDS = "samples_", (".jsonl", ".json")


@dataclass(frozen=True)
class _Samples:
    """One file: what one model did on one task, on one day."""

    file: Path
    task: str
    date: str
    agent: str
    rows: list[dict[str, Any]]
    #: By metric, as the results file beside says; empty without one.
    higher_is_better: Mapping[str, bool]


def read_lm_eval(
    paths: Sequence[str | Path] | str | Path,
    *,
    metric: str | None = None,
    filter: str | None = None,
    prompt: str | None = None,
    fields: str | None = None,
    scale: str = "1",
    runs: str | None = None,
) -> Export:
    """Read ``samples_TASK_DATE.jsonl``, which lm-evaluation-harness writes with ``--log_samples``.

    As version 0.4.13 writes them (``lm_eval/evaluator.py``, ``loggers/evaluation_tracker.py``):

    - A case is a task and a ``doc_hash``. ``doc_id`` is wrong where samples were chosen
      (``--samples``): documents come in the order of the data, their numbers in the order asked.
    - A document has a row for each filter of its task. Where there are several, one must be named.
    - The metric is a key of the row that ``metrics`` lists. What is no number there, as the pairs
      that F1 or a Brier score are made of, is worth nothing by itself and refused; so is a metric
      of which the results file says that lower is better.
    - ``resps`` and ``filtered_resps`` hold log-likelihoods and truths as texts: they are neither
      outcomes nor features, and are left out.
    - The model's name stands in ``results_DATE.json`` beside, else the folder bears it, with
      ``__`` for what a file's name cannot hold.
    - A document that its data set holds twice has two rows; its outcomes are averaged.

    Parameters
    ----------
    paths : path, or a sequence of them
        Files of samples, and folders in which they lie however deep.
    metric : str, optional
        One that ``metrics`` lists, or several for several tasks, ``a,b``: each file's first one.
    filter : str, optional
        The filter, where a task has several; of several tasks, ``a,b``: each file's first one.
    prompt : str, optional
        A text of the document that is to be the prompt. Without it, what the models were asked (the
        context of the first request), which must be the same for all.
    fields : str, optional
        Keys of the document that are columns, too, ``a,b``: what is known before anyone answers.
    scale : str
        What an outcome of 1 is: 100 for percentages.
    runs : {"latest"}, optional
        Of several runs of a model on a task, take the latest.

    Returns
    -------
    Export
        A long log with columns ``agent``, ``case``, ``task``, ``outcome``, ``prompt``,
        ``prompt_chars`` and ``prompt_words``.

    Raises
    ------
    InvalidInput
        If a metric, a filter or a run must be named, an outcome is no number in [0, 1], models were
        asked differently, or a row stands twice.
    UnreadableFile
        If a file is not there or not what the tool writes.
    """
    check_option("runs", runs, ("latest",))
    files = files_below(paths, lambda file: _is_samples(file.name))
    read = [_read(file) for file in files if not file.name.startswith("results_")]
    if not read:
        places = [paths] if isinstance(paths, str | Path) else paths
        raise UnreadableFile(
            f"There is no file samples_TASK_DATE.jsonl in {', '.join(map(str, places))}; run "
            f"lm-eval with --log_samples."
        )
    samples, notes = _one_run_each(read, runs)
    grades: list[Grade] = []
    for one in samples:
        name = _metric(one, texts_of(metric))
        rows = _filtered(one, texts_of(filter))
        grades += [_grade(one, row, name, prompt, texts_of(fields)) for row in rows]
    return graded_export(
        grades,
        scale=scale_of(scale),
        notes=notes,
        asked_otherwise="the models had other examples or chat templates, so name the key of the "
        f"document that is to be the prompt (--option prompt=KEY), one of {_texts(samples)}",
    )


def _is_samples(name: str) -> bool:
    return name.startswith(_START) and name.endswith(_ENDS)


def _read(file: Path) -> _Samples:
    task, _, date = file.stem.removeprefix(_START).rpartition("_")
    if not (_is_samples(file.name) and task):
        raise UnreadableFile(
            f"{str(file)!r} is no samples_TASK_DATE.jsonl, from whose name the task is read; name "
            f"it as lm-eval did."
        )
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise UnreadableFile(f"{str(file)!r} cannot be read: {error.strerror}.") from error
    rows = [parsed(text, f"{file}:{i}") for i, text in enumerate(lines, start=1) if text.strip()]
    for row in rows:
        if not isinstance(row, dict) or not {"doc_id", "doc", "doc_hash", "arguments"} <= {*row}:
            raise UnreadableFile(
                f"{str(file)!r} has a row without doc, doc_hash and arguments; samples of "
                f"lm-eval 0.4.13 are read, so run it anew."
            )
    results = _results(file, date)
    agent = results.get("model_name") or file.resolve().parent.name
    better = results.get("higher_is_better", {}).get(task, {})
    return _Samples(file, task, date, str(agent), rows, better)


def _results(file: Path, date: str) -> dict[str, Any]:
    """What the run says of itself, in the file of the same date; empty without it."""
    for beside in sorted(file.parent.glob(f"*_{date}.json")):
        results = None if _is_samples(beside.name) else json_of(beside)
        if isinstance(results, dict) and "model_name" in results:
            return results
    return {}


def _one_run_each(read: Sequence[_Samples], runs: str | None) -> tuple[list[_Samples], list[str]]:
    latest: dict[tuple[str, str], _Samples] = {}
    for samples in sorted(read, key=lambda samples: samples.date):
        key = samples.agent, samples.task
        other = latest.get(key)
        if other is not None and runs is None:
            raise InvalidInput(
                f"A model does a task once, but {samples.agent!r} did {samples.task!r} in "
                f"{str(other.file)!r} and in {str(samples.file)!r}; give one of them, or take the "
                f"later one (--option runs=latest)."
            )
        latest[key] = samples
    left_out = len(read) - len(latest)
    return list(latest.values()), [f"{left_out} earlier runs are left out."] if left_out else []


def _filtered(samples: _Samples, named: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of one filter."""
    filters = list(dict.fromkeys(str(row.get("filter", "none")) for row in samples.rows))
    name = chosen("filter", f"task {samples.task!r}", filters, named)
    return [row for row in samples.rows if str(row.get("filter", "none")) == name]


def _metric(samples: _Samples, named: Sequence[str]) -> str:
    """The metric that is the outcome; older files do not list what their rows hold."""
    listed = dict.fromkeys(name for row in samples.rows for name in row.get("metrics", ()))
    offered = list(listed) or [name for name in named if all(name in row for row in samples.rows)]
    name = chosen("metric", f"task {samples.task!r}", offered, named)
    if samples.higher_is_better.get(name) is False:
        raise InvalidInput(
            f"must say a metric that is larger for better answers, but got {name!r}, which is "
            f"smaller; name another one",
            argument="option",
        )
    return name


def _grade(
    samples: _Samples,
    row: Mapping[str, Any],
    metric: str,
    prompt: str | None,
    fields: Sequence[str],
) -> Grade:
    try:
        outcome = grade_of_number(row.get(metric))
    except TypeError:
        raise InvalidInput(
            f"must say a metric with a number for each document, but {metric!r} of task "
            f"{samples.task!r} holds {row[metric]!r}, which is worth something only together "
            f"with others; name another one",
            argument="option",
        ) from None
    return Grade(
        agent=samples.agent,
        task=samples.task,
        item=str(row["doc_hash"]),
        outcome=outcome,
        prompt=_asked(row) if prompt is None else str(_value(samples, row, prompt)),
        repeat=str(row["doc_id"]),
        fields={name: _value(samples, row, name) for name in fields},
    )


def _asked(row: Mapping[str, Any]) -> str | None:
    """The context of the first request, which holds no answer."""
    requests = row["arguments"]
    if isinstance(requests, list):  # older versions
        context = requests[0][0] if requests and requests[0] else None
    else:
        context = requests.get("gen_args_0", {}).get("arg_0")
    return context if isinstance(context, str) else None


def _value(samples: _Samples, row: Mapping[str, Any], key: str) -> Any:
    doc = row["doc"]
    if not isinstance(doc, dict) or key not in doc:
        known = ", ".join(doc) if isinstance(doc, dict) else "none"
        raise InvalidInput(
            f"must say keys of the documents, but got {key!r}; those of task {samples.task!r} have "
            f"{known}",
            argument="option",
        )
    return doc[key]


def _texts(samples: Sequence[_Samples]) -> str:
    """Keys of documents that hold texts."""
    docs = [
        one.rows[0]["doc"] for one in samples if one.rows and isinstance(one.rows[0]["doc"], dict)
    ]
    keys = dict.fromkeys(key for doc in docs for key in doc if isinstance(doc[key], str))
    return ", ".join(keys) or "none that is a text"
