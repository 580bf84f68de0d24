"""Runs of HELM: a folder per model and scenario, statistics per instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._folders import chosen, files_below, json_of, texts_of
from cede.logs.tools._graded import Grade, grade_of_number, graded_export, scale_of

__all__ = ["read_helm"]

_SPEC, _STATS, _SHOWN = "run_spec.json", "per_instance_stats.json", "display_predictions.json"


@dataclass(frozen=True)
class _Row:
    """What one metric, or several, found in one trial of one instance."""

    instance: str
    trial: str
    perturbation: str | None
    stats: Mapping[str, Any]


@dataclass(frozen=True)
class _Run:
    folder: Path
    model: str
    scenario: str
    rows: Sequence[_Row]


def read_helm(
    paths: Sequence[str | Path] | str | Path,
    *,
    metric: str | None = None,
    perturbation: str | None = None,
    scale: str = "1",
) -> Export:
    """Read the folders of runs of HELM, by instance.

    As crfm-helm 0.5.16 writes them (``helm/benchmark/runner.py``): ``run_spec.json``,
    ``scenario.json`` and ``per_instance_stats.json``, or ``display_predictions.json``, which
    ``helm-summarize`` makes of it; texts of ``instances.json``, or of ``scenario_state.json``.

    - A case is a scenario with its arguments and an instance's id. The name of a run will not do,
      which holds the model and what is particular to it.
    - A metric must be named: how many tokens there were stands among them as well.
    - An instance has a record for each group of metrics, and for each trial, over which outcomes
      are averaged.
    - Statistics that are NaN were removed, and those of nothing have a count of 0 and no mean: they
      are unknown.
    - Instances that were perturbed bear the id of the original. They are left out unless the
      perturbation is named; then only they are read.

    Parameters
    ----------
    paths : path, or a sequence of them
        Folders of runs, or folders in which they lie however deep.
    metric : str, optional
        Such as ``exact_match``; several for several scenarios, ``a,b``: each run's first one.
    perturbation : str, optional
        Such as ``lowercase``.
    scale : str
        What an outcome of 1 is: 100 of percentages.

    Returns
    -------
    Export
        A long log with columns ``agent``, ``case``, ``task``, ``outcome``, ``prompt`` (the
        instance's input, without examples), ``prompt_chars`` and ``prompt_words``.

    Raises
    ------
    InvalidInput
        If a metric must be named, one model has two runs of a scenario, an outcome is not in
        [0, 1], or an instance differs between runs.
    UnreadableFile
        If a file is not there or not what HELM writes.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    files = files_below(named, lambda file: file.name == _SPEC)
    folders = list(dict.fromkeys(file.parent for file in files))
    runs = [_read(folder) for folder in folders]
    if not runs:
        raise UnreadableFile(
            f"There is no {_SPEC} in {', '.join(map(str, named))}, which a run of HELM has."
        )
    _check_once(runs)
    grades, left_out = [], 0
    for run in runs:
        texts = _texts(run.folder, perturbation)
        which = _metric(run, texts_of(metric))
        rows = [row for row in run.rows if row.perturbation == perturbation]
        left_out += len(run.rows) - len(rows)
        for (instance, trial), outcome in _outcomes(run, rows, which).items():
            grades.append(
                Grade(
                    agent=run.model,
                    task=run.scenario,
                    item=instance,
                    outcome=outcome,
                    prompt=texts.get(instance),
                    repeat=trial,
                )
            )
    if not grades:
        known = {str(row.perturbation) for run in runs for row in run.rows} - {"None"}
        raise InvalidInput(
            f"must say as perturbation one of {', '.join(sorted(known)) or 'none'}, but got "
            f"{perturbation!r}; write it so, or leave it out",
            argument="option",
        )
    return graded_export(
        grades,
        scale=scale_of(scale),
        notes=[f"{left_out:,} records of other perturbations are left out."] if left_out else [],
        asked_otherwise="give runs of one version of the scenario only",
    )


def _read(folder: Path) -> _Run:
    spec, scenario = json_of(folder / _SPEC), _scenario(folder)
    try:
        arguments = spec["scenario_spec"].get("args", {})
        listed = ",".join(f"{key}={value}" for key, value in sorted(arguments.items()))
        name = scenario if not listed else f"{scenario}:{listed}"
        return _Run(folder, str(spec["adapter_spec"]["model"]), name, list(_rows(folder)))
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(
            f"{str(folder)!r} is no run of HELM 0.5.16: {error} is not where it should be."
        ) from error


def _scenario(folder: Path) -> str:
    """The scenario's own name; without its file, the start of the run's."""
    file = folder / "scenario.json"
    return str(json_of(file)["name"]) if file.is_file() else folder.name.partition(":")[0]


def _rows(folder: Path) -> Iterator[_Row]:
    """Records of the full statistics, or of those that a page shows."""
    full = folder / _STATS
    if not full.is_file() and not (folder / _SHOWN).is_file():
        raise UnreadableFile(
            f"{str(folder)!r} has neither {_STATS} nor {_SHOWN}; run it to its end."
        )
    for record in json_of(full if full.is_file() else folder / _SHOWN):
        stats = record["stats"]
        if not isinstance(stats, dict):
            stats = _means(stats, folder)
        changed = record.get("perturbation")
        yield _Row(
            instance=str(record["instance_id"]),
            trial=str(record.get("train_trial_index", 0)),
            perturbation=None if changed is None else str(changed["name"]),
            stats=stats,
        )


def _means(stats: Sequence[Mapping[str, Any]], folder: Path) -> dict[str, Any]:
    means: dict[str, Any] = {}
    for stat in stats:
        name, mean = stat["name"]["name"], stat.get("mean")
        if means.setdefault(name, mean) != mean:
            raise InvalidInput(
                f"A metric says one thing of an instance, but {name!r} says {means[name]!r} and "
                f"{mean!r} in {str(folder)!r}; leave one of the two metrics out."
            )
    return means


def _check_once(runs: Sequence[_Run]) -> None:
    seen: dict[tuple[str, str], _Run] = {}
    for run in runs:
        other = seen.setdefault((run.model, run.scenario), run)
        if other is not run:
            raise InvalidInput(
                f"A model does a scenario once, but {run.model!r} did {run.scenario!r} in "
                f"{str(other.folder)!r} and in {str(run.folder)!r}; give one of them."
            )


def _metric(run: _Run, named: Sequence[str]) -> str:
    offered = dict.fromkeys(name for row in run.rows for name in row.stats)
    return chosen("metric", f"run {run.folder.name!r}", list(offered), named)


def _outcomes(run: _Run, rows: Sequence[_Row], metric: str) -> dict[tuple[str, str], float | None]:
    """By instance and trial; None where no record has the metric."""
    outcomes: dict[tuple[str, str], float | None] = {}
    for row in rows:
        key = row.instance, row.trial
        outcome = grade_of_number(row.stats.get(metric))
        known = outcomes.setdefault(key, outcome)
        if known is None:
            outcomes[key] = outcome
        elif outcome is not None and outcome != known:
            raise InvalidInput(
                f"An instance has one outcome in a trial, but {metric!r} is {known:g} and "
                f"{outcome:g} for {row.instance!r} in {str(run.folder)!r}; leave one of them out."
            )
    return outcomes


def _texts(folder: Path, perturbation: str | None) -> dict[str, str]:
    """Inputs by instance."""
    shown, state = folder / "instances.json", folder / "scenario_state.json"
    if shown.is_file():
        instances = json_of(shown)
    elif state.is_file():
        instances = [request["instance"] for request in json_of(state)["request_states"]]
    else:
        return {}
    return {
        str(instance["id"]): str(instance["input"].get("text", ""))
        for instance in instances
        if (instance.get("perturbation") or {}).get("name") == perturbation
    }
