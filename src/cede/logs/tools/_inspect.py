"""Logs of Inspect: a file per run of a model on a task, a sample per item and epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput
from cede.logs._export import Export
from cede.logs.tools._folders import check_option, chosen, texts_of
from cede.logs.tools._graded import Grade, grade_of_number, graded_export, scale_of
from cede.logs.tools._inspect_costs import cost_of
from cede.logs.tools._inspect_logs import Run, Sample, is_answered, read_runs
from cede.logs.tools._prices import read_prices

__all__ = ["read_inspect"]

#: What Inspect's own scorers say instead of a number, and what value_to_float() reads besides.
_LETTERS = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_TRUTHS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_ATTACHED = "attachment://"


def read_inspect(
    paths: Sequence[str | Path] | str | Path,
    *,
    scorer: str | None = None,
    words: str | None = None,
    epochs: str = "average",
    agent: str = "model",
    fields: str | None = None,
    prices: str | None = None,
    scale: str = "1",
    runs: str | None = None,
) -> Export:
    """Read ``.eval`` and ``.json`` logs of Inspect.

    As version 0.3.285 writes them (``inspect_ai/log``); Inspect itself is not needed.

    - C is 1, P .5, I and N (no answer) 0; yes, no, true, false and numbers are read. Inspect counts
      any other word as 0; here it is refused unless ``words`` says what it is worth.
    - NaN, which a scorer says of what it could not grade, and a sample that failed or was declared
      invalid are unknown, whatever it was scored. A log whose status is success may hold failed
      samples only.
    - With several scorers, or one that gives several numbers, one must be named.
    - Epochs are averaged as far as they are known, or kept: cases of their own, the item their
      group.
    - An id is a number in one file and a text in another: both are read as texts.
    - A run that was tried again leaves two files with one ``task_id``, of which the later one holds
      again what had succeeded. Each sample is taken once, from the latest file where it did.
    - ``model_usage`` counts what scorers asked a model, too, and the model under test grades itself
      unless told otherwise. Costs are of the calls outside scorers, if the log holds its events.
    - A large sample may stand in several members of the zip, its long texts apart.
    - Its zip files are packed with Zstandard, which Python reads from 3.14 on; Arrow does.

    Parameters
    ----------
    paths : path, or a sequence of them
        Logs, and folders in which they lie however deep.
    scorer : str, optional
        A scorer as ``NAME``, or ``NAME.KEY`` of one that gives several numbers; several for several
        tasks, ``a,b``: each task's first one.
    words : str, optional
        What a scorer's other words are worth, ``A=1,B=0``.
    epochs : {"average", "keep"}
        What becomes of an item's epochs.
    agent : str
        What tells agents apart: ``model``, or another entry of the log's ``eval``, as ``solver``.
    fields : str, optional
        Keys of the samples' metadata that are columns, too, ``a,b``: what is known before anyone
        answers.
    prices : str, optional
        A table with columns ``model``, ``input``, ``output`` and, if need be, ``cached``, in USD
        per million tokens; or ``log`` for what the log itself says that calls cost. Then there are
        costs, and commands need an exchange rate.
    scale : str
        What an outcome of 1 is: 10 of grades from 0 to 10.
    runs : {"latest"}, optional
        Of several runs of an agent on a task, take the latest.

    Returns
    -------
    Export
        A long log with columns ``agent``, ``case``, ``task``, ``outcome``, ``prompt`` (the input,
        and the choices below it), ``prompt_chars`` and ``prompt_words``.

    Raises
    ------
    InvalidInput
        If a scorer or a run must be named, a score is a word that says no worth or leaves [0, 1],
        items differ between files, or a sample stands twice.
    UnreadableFile
        If a file is not there or no log.
    """
    check_option("epochs", epochs, ("average", "keep"))
    check_option("runs", runs, ("latest",))
    worth = _worth(words)
    table = None if prices is None or prices == "log" else read_prices(prices)
    runs_by_agent, notes = _one_each(read_runs(paths), agent, runs)
    grades, unknown = [], 0
    for name, run in runs_by_agent:
        score = _scorer(run, texts_of(scorer))
        for sample in run.samples:
            outcome = _outcome(sample, score, worth, run)
            unknown += outcome is None
            grades.append(
                Grade(
                    agent=name,
                    task=run.task,
                    item=str(sample["id"]),
                    outcome=outcome,
                    prompt=_prompt(sample),
                    repeat=str(sample["epoch"]),
                    cost=None if prices is None else cost_of(sample, run.model, table),
                    fields={key: _metadata(sample, key, run) for key in texts_of(fields)},
                )
            )
    if unknown:
        notes.append(f"{unknown:,} of {len(grades):,} samples failed or are ungraded: unknown.")
    return graded_export(
        grades,
        scale=scale_of(scale),
        keep_repeats=epochs == "keep",
        costs=prices is not None,
        notes=notes,
        asked_otherwise="give files of one data set only",
    )


def _worth(words: str | None) -> dict[str, float]:
    """Letters and words, and what they are worth."""
    pairs = [pair.partition("=") for pair in texts_of(words)]
    try:
        return {**_LETTERS, **{word: float(number) for word, _, number in pairs}}
    except ValueError:
        raise InvalidInput(
            f"must say words as A=1,B=0, but got {words!r}; write it so", argument="option"
        ) from None


def _one_each(
    runs: Sequence[Run], agent: str, choice: str | None
) -> tuple[list[tuple[str, Run]], list[str]]:
    """Agents and their runs, one for each task."""
    latest: dict[tuple[str, str], Run] = {}
    for run in sorted(runs, key=lambda run: run.created):
        name = run.spec.get(agent)
        if not isinstance(name, str):
            known = ", ".join(key for key, value in run.spec.items() if isinstance(value, str))
            raise InvalidInput(
                f"must say as agent an entry of eval that is a text in {str(run.file)!r}, but got "
                f"{agent!r}; there are {known}",
                argument="option",
            )
        other = latest.get((name, run.task))
        if other is not None and choice is None:
            raise InvalidInput(
                f"An agent does a task once, but {name!r} did {run.task!r} in {str(other.file)!r} "
                f"and, not as another try, in {str(run.file)!r}; give one of them, take the later "
                f"one (--option runs=latest), or name what tells them apart (--option "
                f"agent=solver)."
            )
        latest[name, run.task] = run
    left_out = len(runs) - len(latest)
    notes = [f"{left_out:,} earlier runs are left out."] if left_out else []
    return [(name, run) for (name, _), run in latest.items()], notes


def _scorer(run: Run, named: Sequence[str]) -> str | None:
    """Which score of a run is the outcome; None if there is no score at all."""
    offered: dict[str, None] = {}
    for sample in run.samples:
        for name, score in (sample.get("scores") or {}).items():
            value = score.get("value")
            keys = [f"{name}.{key}" for key in value] if isinstance(value, dict) else [name]
            offered |= dict.fromkeys(keys)
    return chosen("scorer", f"task {run.task!r}", list(offered), named) if offered else None


def _outcome(
    sample: Sample, scorer: str | None, worth: Mapping[str, float], run: Run
) -> float | None:
    scores = sample.get("scores") or {}
    if scorer is None or not is_answered(sample):
        return None
    values = {name: score.get("value") for name, score in scores.items()}
    name, _, key = scorer.rpartition(".")
    value = values.get(scorer)
    if scorer not in values and isinstance(values.get(name), dict):
        value = values[name].get(key)
    try:
        return _read_value(value, worth)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"must be C, P, I, N, yes, no, true, false or a number, but got {value!r} of "
            f"{scorer!r} for sample {sample['id']!r} in {str(run.file)!r}; say what it is worth "
            f"(--option words=A=1,B=0), or name another scorer",
            argument="outcome",
        ) from None


def _read_value(value: Any, worth: Mapping[str, float]) -> float | None:
    if not isinstance(value, str):
        return grade_of_number(value)
    if value in worth:
        return worth[value]
    truth = _TRUTHS.get(value.strip().casefold())
    return grade_of_number(float(value)) if truth is None else truth


def _prompt(sample: Sample) -> str:
    """The input, and the choices below it."""
    question = sample["input"]
    texts = [question] if isinstance(question, str) else list(chain(*map(_texts, question)))
    attached = {_ATTACHED + name: text for name, text in sample["attachments"].items()}
    lines = [*texts, *(sample.get("choices") or [])]
    return "\n".join(attached.get(line, line) for line in lines)


def _texts(message: Mapping[str, Any]) -> list[str]:
    content = message.get("content") or []
    if isinstance(content, str):
        return [content]
    return [str(part["text"]) for part in content if part.get("text")]


def _metadata(sample: Sample, key: str, run: Run) -> Any:
    metadata = sample.get("metadata") or {}
    if key not in metadata:
        raise InvalidInput(
            f"must say keys of the samples' metadata, but got {key!r}; sample {sample['id']!r} of "
            f"task {run.task!r} has {', '.join(metadata) or 'none'}",
            argument="option",
        )
    return metadata[key]
