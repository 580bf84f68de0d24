"""CIFAR-10H: four real networks as the model, one of some fifty people as the expert."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from shown import beaten, collect, competitive, curve_figure, missing
from shown import tables as tables

from cede_papers import Claim, Run
from cede_papers.datasets import load_cifar10h
from routers import Cases, bounded, fit_all, judge


def one_seed(task: tuple[int, Any, Any]) -> dict[str, Any]:
    """Every network at one seed: another person for each image, and another split."""
    seed, data, settings = task
    images = load_cifar10h(data, n_experts=1, random_state=seed)
    rows = np.random.default_rng([seed, 7]).permutation(len(images.y))
    parts = np.split(rows, np.cumsum([settings["fit"], settings["validation"], settings["test"]]))
    people = images.experts[:, 0].astype(np.int64)
    results = {}
    for network in settings["networks"]:
        probabilities = bounded(images.extras[f"probs_{network}"])
        fit, validation, test = (
            Cases(images.X[part], images.y[part], probabilities[part], people[part])
            for part in parts[:3]
        )
        results[network] = judge(fit_all(fit, validation, settings), test)
    return results


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """All networks at every seed."""
    tasks = [(seed, run.data, settings) for seed in run.seeds(settings["seeds"])]
    per_seed = run.map(one_seed, tasks, lambda task: f"seed {task[0]}")
    about = {
        name: {"label": name, "family": "network", "strength": 0.0, "axis": "", "shifted": False}
        for name in settings["networks"]
    }
    return collect(per_seed, about, settings["networks"])


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """One panel per network."""
    return {"people_curves": curve_figure(found)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Whether it is competitive."""
    return [competitive(found, "CIFAR-10H with people", beaten(found))]


def not_run() -> list[Claim]:
    """What is claimed of this part without a report."""
    return missing("CIFAR-10H with people")
