"""Where the truth is known: whether estimates are bounded, right, and enough to decide by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from judging import (
    METHODS,
    PROPOSED,
    Cases,
    fitted,
    gathered,
    judged,
    quantity_table,
    usual_claims,
)
from problems import PROBLEMS
from sklearn.kernel_approximation import RBFSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cede.losses import SURROGATES
from cede.report.plotting import Line, Panel, lines
from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    REPRODUCED,
    Claim,
    Run,
    mean_and_interval,
    table,
    with_interval,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cede.datasets import Dataset

#: Beside those of :data:`judging.QUANTITIES`, what only the truth can tell.
QUANTITIES = {
    "distance": "mean distance from truth",
    "ece": "ECE against truth",
    "outside": "estimates outside [0, 1]",
    "sure": "overestimate where the classes are surest",
    "excess": "error above the best",
    "agreement": "agreement with the best",
}


class Task(NamedTuple):
    """One draw of one problem."""

    problem: str
    size: int
    seed: int
    settings: dict[str, Any]


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Everything that is reported, by problem, number of training cases, head and method."""
    tasks = [
        Task(problem, size, seed, settings)
        for problem in PROBLEMS
        for size in settings["sizes"]
        for seed in run.seeds(settings["trials"])
    ]
    results = run.map(draw, tasks, lambda t: f"{t.problem}, {t.size} cases, seed {t.seed}")
    found: dict[str, Any] = {"sizes": settings["sizes"], "problems": {}, "random": {}}
    for problem in PROBLEMS:
        found["problems"][problem] = by_size = {}
        for size in settings["sizes"]:
            mine = [
                result
                for task, result in zip(tasks, results, strict=True)
                if (task.problem, task.size) == (problem, size)
            ]
            by_size[str(size)] = {
                "heads": {h: gathered(r["judged"][h] for r in mine) for h in settings["heads"]},
                "spread": {m: mean_spread([r["spread"][m] for r in mine]) for m in METHODS},
            }
    for n_classes in settings["random_classes"]:
        shares = outside_of_random_scores(n_classes, settings["random_scores"], run.seed)
        found["random"][str(n_classes)] = shares
    return found


def draw(task: Task) -> dict[str, Any]:
    """Fit and judge every head and method on one draw."""
    settings, make = task.settings, PROBLEMS[task.problem]
    problem = make(task.size + settings["test"], random_state=task.seed)
    train, test = np.arange(task.size), np.arange(task.size, problem.n_cases)
    result: dict[str, Any] = {"judged": {}, "spread": {}}
    for head in settings["heads"]:
        features = features_of(head, problem, train, settings)
        result["judged"][head] = {}
        for method in METHODS:
            cases = Cases(features[train], problem.y[train], problem.experts[train])
            router = fitted(method, head, cases, settings[head], task.seed)
            unseen = Cases(features[test], problem.y[test], problem.experts[test])
            result["judged"][head][method] = against_truth(router, unseen, problem, test)
            if head == settings["heads"][0]:
                estimates = router.expert_accuracy(features[test])
                truth = problem.expert_accuracy[test]
                result["spread"][method] = spread(estimates, truth, settings["bins"])
    return result


def features_of(head: str, problem: Dataset, train: Any, settings: dict[str, Any]) -> Any:
    """Fixed cosines of the features for a linear head, standardised features for a network."""
    scaled = StandardScaler().fit(problem.X[train])
    if head != "linear":
        return scaled.transform(problem.X)
    cosines = RBFSampler(gamma=settings["gamma"], n_components=settings["features"], random_state=0)
    return make_pipeline(scaled, cosines).fit(problem.X[train]).transform(problem.X)


def against_truth(router: Any, unseen: Cases, problem: Dataset, test: Any) -> dict[str, float]:
    """What :func:`judged` says, and how far estimates and actions are from the best."""
    truth, posterior = problem.expert_accuracy[test], problem.class_posterior[test]
    estimates = router.expert_accuracy(unseen.X)
    routes, answers = router.route(unseen.X), router.predict(unseen.X)
    rows = np.arange(len(test))
    chances = np.column_stack([posterior[rows, answers], truth])
    best_routes = problem.best_routes()[test]
    best_chances = np.column_stack([posterior.max(axis=1), truth]).max(axis=1)
    same = (routes == best_routes) & ((routes > 0) | (answers == posterior.argmax(axis=1)))
    return judged(router, unseen, truth) | {
        "distance": float(np.abs(estimates - truth).mean()),
        "excess": float((best_chances - chances[rows, routes]).mean()),
        "agreement": float(same.mean()),
    }


def spread(estimates: Any, truth: Any, n_bins: int) -> list[Any]:
    """In bins of the true accuracy: its mean, and the 5 %, 50 % and 95 % quantiles of estimates."""
    place = (truth.ravel() * n_bins).astype(int).clip(0, n_bins - 1)
    return [
        [truth.ravel()[place == b].mean(), *np.quantile(estimates.ravel()[place == b], LEVELS)]
        if (place == b).sum() >= 20
        else None
        for b in range(n_bins)
    ]


LEVELS = (0.05, 0.5, 0.95)


def mean_spread(draws: list[list[Any]]) -> list[list[float]]:
    """Mean over draws, of the bins that every draw filled."""
    by_bin = zip(*draws, strict=True)
    return [np.mean(bins, axis=0).tolist() for bins in by_bin if None not in bins]


def outside_of_random_scores(n_classes: int, n: int, seed: int) -> dict[str, float]:
    """Share of standard normal scores, K classes and an expert, whose estimate leaves [0, 1]."""
    scores = torch.from_numpy(np.random.default_rng(seed).standard_normal((n, n_classes + 1)))
    shares = {}
    for method in METHODS:
        accuracy = SURROGATES[method].decode(scores, 1, 1.0).expert_accuracy
        shares[method] = float(((accuracy < 0) | (accuracy > 1)).double().mean())
    return shares


def tables(found: dict[str, Any]) -> str:
    """A table for each problem at each size, and one of random scores."""
    parts = []
    for problem, by_size in found["problems"].items():
        for size, one in by_size.items():
            title = f"**{problem}**, {int(size):,} training cases"
            parts.append(f"{title}\n\n{quantity_table(one['heads'], QUANTITIES)}")
    rows = [
        [method, *(f"{100 * shares[method]:.1f}" for shares in found["random"].values())]
        for method in METHODS
    ]
    header = ["loss", *(f"{k} classes" for k in found["random"])]
    parts.append(f"**Random scores** with an estimate outside [0, 1], %\n\n{table(header, rows)}")
    return "\n\n".join(parts)


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Estimate against truth, one panel per method and problem, with the fewest cases."""
    size = str(found["sizes"][0])
    panels = []
    for problem, by_size in found["problems"].items():
        for method in METHODS:
            truth, low, middle, high = zip(*by_size[size]["spread"][method], strict=True)
            title = f"{problem.replace('_', ' ')}: {method.replace('_', ' ')}"
            rows = {method: Line(truth, middle, low, high), "oracle (truth)": Line([0, 1], [0, 1])}
            levels = {"above this: no probability": 1.0}
            panels.append(Panel(title, "true accuracy", "estimate", rows, levels))
    top = max(float(np.max(row.high)) for p in panels for row in p.rows.values() if row.high)
    panels = [replace(panel, y_limits=(-0.05, 1.05 * top)) for panel in panels]
    return {"estimate_against_truth": lines(panels, columns=len(METHODS), width=13.0)}


def claims(found: dict[str, Any]) -> list[Claim]:
    """What the paper proves, on problems of which everything is known."""
    every = [
        (size, head, methods)
        for by_size in found["problems"].values()
        for size, one in by_size.items()
        for head, methods in one["heads"].items()
    ]
    settings = [methods for _, _, methods in every]
    return [
        _unbounded(found, settings),
        _bounded(found, settings),
        _consistent(found),
        *usual_claims("Problems whose truth is known", settings, IN_DIRECTION),
    ]


def _unbounded(found: dict[str, Any], settings: list[Any]) -> Claim:
    method = "cost_sensitive_softmax"
    shares = [mean_and_interval(m[method]["outside"]) for m in settings]
    random = [share[method] for share in found["random"].values()]
    largest = max(max(m[method]["largest"]) for m in settings)
    held = min(low for _, low, _ in shares) > 0 and min(random) > 0
    return Claim(
        "Cost-sensitive softmax, a symmetric loss, gives estimates above 1",
        "proved; no number",
        f"{100 * min(s[0] for s in shares):.1f} to {100 * max(s[0] for s in shares):.1f} % of "
        f"estimates after training, up to {largest:.1f}; {100 * min(random):.1f} to "
        f"{100 * max(random):.1f} % of random scores",
        "–",
        REPRODUCED if held else NOT_REPRODUCED,
        "" if held else "in some setting no estimate left [0, 1]",
    )


def _bounded(found: dict[str, Any], settings: list[Any]) -> Claim:
    shares = [max(m[PROPOSED]["outside"]) for m in settings]
    worst = max(shares + [share[PROPOSED] for share in found["random"].values()])
    return Claim(
        "Estimates of asymmetric softmax lie in [0, 1], whatever the scores",
        "proved: none outside",
        f"{100 * worst:.1f} % outside at most, trained or random",
        f"{100 * worst:.1f} points",
        REPRODUCED if worst == 0.0 else NOT_REPRODUCED,
        "" if worst == 0.0 else "some estimates left [0, 1]",
    )


def _consistent(found: dict[str, Any]) -> Claim:
    """The error above the best falls with the number of cases, in every setting."""
    first, last = str(found["sizes"][0]), str(found["sizes"][-1])
    falls, ends = [], []
    for by_size in found["problems"].values():
        for head, methods in by_size[last]["heads"].items():
            excess = np.asarray(methods[PROPOSED]["excess"])
            falls.append(excess - by_size[first]["heads"][head][PROPOSED]["excess"])
            ends.append(excess.mean())
    held = all(mean_and_interval(fall)[2] < 0 for fall in falls)
    return Claim(
        "Asymmetric softmax's error nears the best with more cases, as that of a consistent loss "
        "must (so do the three others')",
        "proved consistent; no number",
        f"error above the best after {last} training cases: {100 * min(ends):.1f} to "
        f"{100 * max(ends):.1f} points",
        f"{with_interval(np.mean(falls, axis=0), scale=100, signed=True)} points from {first} to "
        f"{last} cases",
        IN_DIRECTION if held else NOT_REPRODUCED,
        "" if held else "in some setting the interval of the fall holds zero",
    )
