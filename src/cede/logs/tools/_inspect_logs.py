"""Logs of Inspect, from their files to the samples of each run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs.tools._folders import files_below, json_of, parsed
from cede.logs.tools._inspect_zips import samples_in
from cede.logs.tools._zips import Zip

__all__ = ["Run", "Sample", "is_answered", "read_runs"]

Sample = dict[str, Any]

#: What says which eval it is; of a run that was stopped, only the latter is there.
_HEADERS = ("header.json", "_journal/start.json")

_KEPT = (
    *("id", "epoch", "input", "choices", "metadata"),
    *("scores", "error", "invalidation", "model_usage"),
)
_EVENT = ("event", "id", "type", "parent_id", "span_id", "model", "error")


@dataclass(frozen=True)
class Run:
    """What one agent did on one task; several files if it was tried again."""

    #: What was run: the model, the task, when.
    spec: Mapping[str, Any]
    samples: Sequence[Sample]
    file: Path

    @property
    def task(self) -> str:
        """Its name."""
        return str(self.spec["task"])

    @property
    def model(self) -> str:
        """Its name, with the provider's."""
        return str(self.spec["model"])

    @property
    def created(self) -> str:
        """When it was begun; times of one zone sort as texts."""
        return str(self.spec.get("created", ""))


def read_runs(paths: Sequence[str | Path] | str | Path) -> list[Run]:
    """Read the runs in files and folders, each run once, in the order in which they were begun."""
    files = files_below(paths, lambda file: file.suffix in (".eval", ".json"))
    named = {Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)}
    logs = [log for file in files if (log := _read(file, file in named)) is not None]
    if not logs:
        raise UnreadableFile(f"There is no log of Inspect, .eval or .json, in {_listed(named)}.")
    attempts: dict[tuple[str, str], list[Run]] = {}
    for log in sorted(logs, key=lambda log: log.created):
        key = str(log.spec.get("task_id") or log.file), log.model
        attempts.setdefault(key, []).append(log)
    return [_joined(several) for several in attempts.values()]


def is_answered(sample: Sample) -> bool:
    """Whether the sample ran to its end, and nobody declared it invalid."""
    return not sample.get("error") and not sample.get("invalidation")


def _joined(attempts: Sequence[Run]) -> Run:
    """One run of several attempts: each sample out of the latest one that ran to its end."""
    samples: dict[tuple[str, str], Sample] = {}
    for run in attempts:
        for sample in run.samples:
            key = _key(sample)
            if key not in samples or is_answered(sample):
                samples[key] = sample
    return Run(attempts[-1].spec, list(samples.values()), attempts[-1].file)


def _key(sample: Sample) -> tuple[str, str]:
    return str(sample["id"]), str(sample["epoch"])


def _read(file: Path, must: bool) -> Run | None:
    """Read a log; None of another file that merely lies in the folder."""
    if file.suffix == ".eval":
        return _of_zip(file)
    content = json_of(file)
    if isinstance(content, dict) and isinstance(content.get("eval"), dict):
        return _checked(file, content["eval"], content.get("samples") or [])
    if must:
        raise UnreadableFile(f"{str(file)!r} is no log of Inspect, which has an entry eval.")
    return None


def _of_zip(file: Path) -> Run:
    with Zip(file) as archive:
        header = next((name for name in _HEADERS if name in archive.names), None)
        if header is None:
            raise UnreadableFile(f"{str(file)!r} is no log of Inspect, which has a header.json.")
        spec = parsed(archive.read(header), f"{file}:{header}")["eval"]
        return _checked(file, spec, samples_in(archive))


def _checked(file: Path, spec: Mapping[str, Any], samples: Iterable[Sample]) -> Run:
    """The log, if its samples can be told apart."""
    run = Run(spec, [_shortened(sample) for sample in samples], file)
    needed = {"id", "epoch", "input"}
    if not {"task", "model"} <= {*spec} or not all(needed <= {*s} for s in run.samples):
        raise UnreadableFile(
            f"{str(file)!r} lacks task and model, or a sample's id, epoch and input, which logs of "
            f"Inspect have; convert it (inspect log convert)."
        )
    counts = Counter(map(_key, run.samples))
    twice = next((key for key, count in counts.items() if count > 1), None)
    if twice is not None:
        raise InvalidInput(
            f"A log holds a sample once, but {str(file)!r} has two with id {twice[0]!r} and epoch "
            f"{twice[1]}; leave one of them out."
        )
    return run


def _shortened(sample: Sample) -> Sample:
    """What is read of a sample: most of a log are events, and what they have attached."""
    question = json.dumps(sample.get("input"))
    attached = sample.get("attachments") or {}
    return {
        **{key: sample[key] for key in _KEPT if key in sample},
        "attachments": {key: text for key, text in attached.items() if key in question},
        "events": [
            {**{key: event[key] for key in _EVENT if key in event}, "usage": _usage(event)}
            for event in sample.get("events") or []
            if event.get("event") in ("span_begin", "model")
        ],
    }


def _usage(event: Mapping[str, Any]) -> Any:
    """Tokens of a call."""
    return (event.get("output") or {}).get("usage")


def _listed(paths: Iterable[Path]) -> str:
    return ", ".join(sorted(repr(str(path)) for path in paths))
