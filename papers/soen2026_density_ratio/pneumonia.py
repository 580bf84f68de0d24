"""PneumoniaMNIST: a model of few or of wrongly labelled films, a specialist for one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from shown import beaten, collect, competitive, curve_figure, missing
from shown import tables as tables
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cede_papers import Claim, Run
from cede_papers.datasets import load_pneumoniamnist
from routers import Cases, bounded, chances, fit_all, judge

CLASSES = ("normal", "pneumonia")


def relabelled(y: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Labels in which those of the first class, normal, are drawn anew."""
    return np.where(y == 0, rng.integers(0, 2, len(y)), y)


def scenarios(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A specialist for each class, beside a model of few films or of noisy labels."""
    made = {}
    for known, name in enumerate(CLASSES):
        for noisy in (False, True):
            words = "noisy labels" if noisy else f"{settings['model_cases']} films"
            made[f"{name}, {'noisy' if noisy else 'few'}"] = {
                "label": f"expert for {name}, model of {words}", "family": name,
                "strength": float(noisy), "axis": "", "shifted": noisy, "known": known,
                "noisy": noisy,
            }  # fmt: skip
    return made


def one_seed(task: tuple[int, Any, Any]) -> dict[str, Any]:
    """Every setting at one seed."""
    seed, data, settings = task
    films = load_pneumoniamnist(data)
    split = films.extras["split"]
    in_training = np.flatnonzero(split == "train")
    whitener = PCA(settings["components"], random_state=0).fit(films.X[in_training])
    X, y = whitener.transform(films.X), films.y
    rows = np.random.default_rng([seed, 0]).permutation(in_training)
    sizes = [settings[key] for key in ("model_cases", "expert_cases", "fit")]
    of_model, of_expert, fit, _ = np.split(rows, np.cumsum(sizes))
    parts = (fit, np.flatnonzero(split == "validation"), np.flatnonzero(split == "test"))
    experts = [_specialist(X, y, of_expert, known, settings, seed) for known in range(2)]
    results = {}
    for name, scenario in scenarios(settings).items():
        own = y[of_model]
        labels = relabelled(own, np.random.default_rng([seed, 1])) if scenario["noisy"] else own
        learner = make_pipeline(StandardScaler(), LogisticRegression(C=settings["C"]))
        model = learner.fit(X[of_model], labels)
        expert = experts[scenario["known"]]
        cases = []
        for part in parts:
            of_expert_too = bounded(chances(expert, X[part], 2))
            answers = of_expert_too.argmax(axis=1)
            cases.append(
                Cases(X[part], y[part], chances(model, X[part], 2), answers, of_expert_too)
            )
        results[name] = judge(fit_all(cases[0], cases[1], settings), cases[2])
    return results


def _specialist(X: Any, y: Any, rows: Any, known: int, settings: Any, seed: int) -> Any:
    """A network that saw all films of one class, and a share of the other's."""
    rng = np.random.default_rng([seed, 2])
    own = rows[(y[rows] == known) | (rng.random(len(rows)) < settings["share"])]
    network = MLPClassifier(
        (settings["hidden"],),
        alpha=1e-2,
        learning_rate_init=3e-3,
        early_stopping=True,
        random_state=seed,
    )
    return make_pipeline(StandardScaler(), network).fit(X[own], y[own])


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """All settings at every seed."""
    tasks = [(seed, run.data, settings) for seed in run.seeds(settings["seeds"])]
    per_seed = run.map(one_seed, tasks, lambda task: f"seed {task[0]}")
    about = scenarios(settings)
    return collect(per_seed, about, list(about))


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """One panel per setting."""
    return {"pneumonia_curves": curve_figure(found)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """Whether it is competitive."""
    return [competitive(found, "PneumoniaMNIST", beaten(found))]


def not_run() -> list[Claim]:
    """What is claimed of this part without a report."""
    return missing("PneumoniaMNIST")
