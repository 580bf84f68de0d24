"""CIFAR-10 features: a small model, a specialist, and what can be wrong with the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from shown import (
    beaten,
    collect,
    competitive,
    curve_figure,
    gain,
    missing,
    robust,
    robustness_figure,
)
from shown import tables as tables
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cede_papers import NOT_RUN, Claim, Run, with_interval
from cede_papers.datasets import load_cifar10h, load_cifar10n
from routers import Cases, bounded, chances, fit_all, judge

N_CLASSES = 10
NOISE, TAIL = "noisy labels", "long tail"
GAUSS, DROPOUT, SPARED = "feature noise", "features lost", "feature noise, expert spared"
FAMILIES = (NOISE, TAIL, GAUSS, DROPOUT)


def relabelled(y: NDArray[np.int64], first: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Labels in which those of the first classes are drawn anew, uniformly from all classes."""
    return np.where(y < first, rng.integers(0, N_CLASSES, len(y)), y)


def long_tailed(
    y: NDArray[np.int64], heads: int, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which cases stay: all of the last classes, the heads, and a share of each of the others."""
    return (y >= N_CLASSES - heads) | (rng.random(len(y)) < share)


def of_specialist(
    y: NDArray[np.int64], speciality: list[int], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which cases a specialist learns from: all of the speciality, and a share of the rest."""
    return np.isin(y, speciality) | (rng.random(len(y)) < share)


def corrupted(
    X: NDArray[np.float64], family: str, strength: float, like: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Features with noise of so many standard deviations, or with a share replaced by means."""
    rng = np.random.default_rng([seed, 99])
    if family == DROPOUT:
        return np.where(rng.random(X.shape) < strength, like.mean(axis=0), X)
    return X + strength * like.std(axis=0) * rng.standard_normal(X.shape)


def scenarios(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every setting that has fits of its own, by name; all of them differ from the first."""
    clean = {
        "label": "clean", "family": "clean", "strength": 0.0, "axis": "", "shifted": False,
        "model_cases": settings["model_cases"], "share": settings["share"],
        "first": 0, "heads": N_CLASSES, "everywhere": False,
    }  # fmt: skip
    made = {"clean": clean}
    for first in settings["relabelled"]:
        made[f"noise {first}"] = clean | {
            "label": f"labels of {first} classes noisy", "family": NOISE, "strength": first,
            "axis": "classes with random labels", "shifted": True, "first": first,
        }  # fmt: skip
    for heads in settings["heads"]:
        made[f"tail {heads}"] = clean | {
            "label": f"long tail, {heads} head classes", "family": TAIL,
            "strength": N_CLASSES - heads, "axis": "classes in the tail", "shifted": True,
            "heads": heads,
        }  # fmt: skip
    if settings["everywhere_relabelled"]:
        first, heads = settings["everywhere_relabelled"], settings["everywhere_heads"]
        for kind, like in (("noise", f"noise {first}"), ("tail", f"tail {heads}")):
            made[f"{kind} everywhere"] = made[like] | {
                "label": f"{made[like]['label']}, for routers too",
                "family": "everywhere",
                "everywhere": True,
            }
    for share in settings["other_shares"]:
        made[f"share {share:g}"] = clean | {
            "label": f"expert keeps {100 * share:.0f} % of the rest", "family": "expert",
            "share": share,
        }  # fmt: skip
    more = settings["more_model_cases"]
    made["more"] = clean | {
        "label": f"model of {more:,} cases",
        "family": "model",
        "model_cases": more,
    }
    return made


def corruptions(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What happens to test features after the fits of clean data."""
    made = {}
    for family, key, axis in (
        (GAUSS, "noise", "standard deviation of the noise"),
        (DROPOUT, "lost", "share of features lost"),
        (SPARED, "noise", "standard deviation of the noise"),
    ):
        for strength in settings[key]:
            made[f"{family} {strength:g}"] = {
                "label": f"{family}: {strength:g}", "family": family, "strength": strength,
                "axis": axis, "shifted": True,
            }  # fmt: skip
    return made


def one_seed(task: tuple[int, Any, Any]) -> dict[str, Any]:
    """Every setting at one seed."""
    seed, data, settings = task
    train, test = load_cifar10n(data), load_cifar10h(data, n_experts=0)
    rows = np.random.default_rng([seed, 0]).permutation(len(train.y))
    sizes = [settings[key] for key in ("more_model_cases", "expert_cases", "fit", "validation")]
    of_model, of_expert, fit, validation, _ = np.split(rows, np.cumsum(sizes))
    kept = np.random.default_rng([seed, 1]).permutation(len(test.y))[: settings["test"]]
    test_X, test_y = test.X[kept], test.y[kept]
    experts: dict[float, Any] = {}
    results: dict[str, Any] = {}
    for name, scenario in scenarios(settings).items():
        share = scenario["share"]
        if share not in experts:
            experts[share] = _specialist(train, of_expert, share, settings, seed)
        expert = experts[share]
        own = of_model[: scenario["model_cases"]]
        X, y = _built(train.X[own], train.y[own], scenario, settings, [seed, 2])
        model = make_pipeline(StandardScaler(), LogisticRegression(C=settings["C"])).fit(X, y)
        routed = scenario if scenario["everywhere"] else scenario | {"first": 0, "heads": N_CLASSES}
        parts = [
            _cases(model, expert, *_built(train.X[part], train.y[part], routed, settings, salt))
            for part, salt in ((fit, [seed, 3]), (validation, [seed, 4]))
        ]
        fitted = fit_all(*parts, settings)
        results[name] = judge(fitted, _cases(model, expert, test_X, test_y))
        if name != "clean":
            continue
        for corruption, how in corruptions(settings).items():
            seen = corrupted(test_X, how["family"], how["strength"], train.X[own], seed)
            by_expert = test_X if how["family"] == SPARED else seen
            results[corruption] = judge(fitted, _cases(model, expert, seen, test_y, by_expert))
    return results


def _specialist(train: Any, rows: Any, share: float, settings: Any, seed: int) -> Any:
    X, y = train.X[rows], train.y[rows]
    own = of_specialist(y, settings["speciality"], share, np.random.default_rng([seed, 5]))
    network = MLPClassifier(
        (settings["hidden"],),
        alpha=1e-2,
        learning_rate_init=3e-3,
        early_stopping=True,
        random_state=seed,
    )
    return make_pipeline(StandardScaler(), network).fit(X[own], y[own])


def _built(X: Any, y: Any, scenario: Mapping[str, Any], settings: Any, salt: list[int]) -> Any:
    """Training cases as a scenario has them."""
    rng = np.random.default_rng(salt)
    stays = long_tailed(y, scenario["heads"], settings["tail_share"], rng)
    return X[stays], relabelled(y, scenario["first"], rng)[stays]


def _cases(model: Any, expert: Any, X: Any, y: Any, by_expert: Any = None) -> Cases:
    seen = X if by_expert is None else by_expert
    of_expert = bounded(chances(expert, seen, N_CLASSES))
    return Cases(X, y, chances(model, X, N_CLASSES), of_expert.argmax(axis=1), of_expert)


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """All settings at every seed."""
    tasks = [(seed, run.data, settings) for seed in run.seeds(settings["seeds"])]
    per_seed = run.map(one_seed, tasks, lambda task: f"seed {task[0]}")
    about = scenarios(settings) | corruptions(settings)
    return collect(per_seed, about, settings["drawn"])


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Curves, and what becomes of the gain as data get worse."""
    return {
        "cifar10_curves": curve_figure(found),
        "cifar10_robustness": robustness_figure(found, FAMILIES),
    }


def claims(found: dict[str, Any]) -> list[Claim]:
    """Whether it is competitive and more robust; and what could not be run."""
    settings = found["settings"]
    apart = {"settings": {n: one for n, one in settings.items() if one["family"] != "everywhere"}}
    told = [
        with_interval(gain(settings[name], "one_vs_all"), scale=100, signed=True)
        for name in ("clean", "more")
    ]
    where = "CIFAR-10 features"
    only = competitive(apart, where, beaten(apart))
    words = (
        f"{beaten(found)}. Without the settings in which routers learn from spoilt cases: "
        f"{only.ours}, {beaten(apart)}. one vs all learns the classes anew from the router's "
        f"cases: over it the gain is {told[0]} points beside a model of few cases, {told[1]} "
        f"beside one of many"
    )
    return [
        competitive(found, where, words),
        robust(found, f"; without those same settings: {robust(apart).ours}"),
        *_other_data(),
    ]


def not_run() -> list[Claim]:
    """What is claimed of this part without a report."""
    return [*missing("CIFAR-10 features"), *_other_data()]


def _other_data() -> list[Claim]:
    published = (
        ("CIFAR-100, clean", "70.12; 64.54 on [8-32]"),
        ("CIFAR-100, long tail", "45.64 on [8-32]"),
        ("CIFAR-100, noisy labels", "60.47"),
        ("DermaMNIST, specialist", "76.59"),
        ("PathMNIST, specialist", "86.33"),
    )
    reason = "its images are not at hand; CIFAR-10 and PneumoniaMNIST stand in"
    return [
        Claim(f"Accuracy on {name}", f"{number} (third-party index)", "–", "–", NOT_RUN, reason)
        for name, number in published
    ]
