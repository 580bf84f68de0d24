"""Every method on every problem that has experts, by one protocol; one league table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from league_match import Match, abilities, play
from league_methods import METHODS
from league_ranks import draw
from league_standing import areas_of, ranks_of
from league_tables import tables as tables

from cede_papers import (
    IN_DIRECTION,
    NOT_REPRODUCED,
    Claim,
    Run,
    mean_and_interval,
    with_interval,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OPTIONAL = ("methods", "configurations")
#: Problems whose cases are made up; elsewhere at least the cases are real.
MADE_UP = ("two_specialists", "realizable_mixture")
#: Differences are shown to this method: what TwoStageRouter is by default, and runs everywhere.
REFERENCE = "cost_regression"


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Play every match, and put together what belongs to one problem."""
    tasks = [
        Match(name, seed, run.seed, settings, run.data)
        for name in settings["problems"]
        for seed in run.seeds(settings["seeds"])
    ]
    played = run.map(play, tasks)
    problems, results = {}, {}
    for name in settings["problems"]:
        own = [found for task, found in zip(tasks, played, strict=True) if task.problem == name]
        problems[name] = _facts(own)
        for size in own[0]["results"]:
            together = _together([one["results"][size] for one in own])
            results.setdefault(size, {})[name] = together
    configurations = settings.get("configurations")
    methods = {
        name: {
            "kind": method.kind,
            "knob": method.knob,
            "values": [str(value) for value in method.values[:configurations]],
            "needs_labels": method.needs_labels,
            "ranked": method.ranked,
            **abilities(method),
        }
        for name, method in METHODS.items()
        if name in settings.get("methods", METHODS)
    }
    return {
        "reference": REFERENCE,
        "seeds": settings["seeds"],
        "budgets": settings["budgets"],
        "methods": methods,
        "problems": problems,
        "results": results,
    }


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """Mean ranks of all methods, and who is tied with whom."""
    panels = {}
    for size in found["results"]:
        learned = "all cases to learn from" if size == "all" else f"{size} cases"
        panels[f"With labels, {learned}"] = ranks_of(found, size, ("labels",))
        panels[f"Every complete table, {learned}"] = ranks_of(found, size, ("labels", "costs"))
    return {"critical_difference": draw({k: r for k, r in panels.items() if r is not None})}


#: What is claimed, where, which method is claimed to beat which, and on which problems.
_CLAIMS = (
    ("One-vs-all defers better than cost-sensitive softmax.",
     "Verma and Nalisnick 2022: none known",
     "one_vs_all", "cost_sensitive_softmax", None),
    ("Asymmetric softmax defers better than cost-sensitive softmax.",
     "Cao et al. 2023: error 19.3 % on CIFAR-100, not to be had here",
     "asymmetric_softmax", "cost_sensitive_softmax", None),
    ("Asymmetric softmax defers better than one-vs-all.",
     "Cao et al. 2023: error 19.3 % on CIFAR-100, not to be had here",
     "asymmetric_softmax", "one_vs_all", None),
    ("Post-hoc threshold correction defers better than cost-sensitive softmax.",
     "Narasimhan et al. 2022: curves only", "threshold_correction", "cost_sensitive_softmax", None),
    ("Where a line with classes of its own could route without error, a realizable-consistent "
     "loss defers better than cost-sensitive softmax.",
     "Mao et al. 2025: about 100 % against a plateau",
     "realizable", "cost_sensitive_softmax", ("realizable_mixture",)),
    ("One density ratio, any deferral rate, defers better than the model's confidence.",
     "Soen et al. 2026: curves on other data", "density_ratio", "confidence", None),
    ("Learning when the expert is right defers better than the model's confidence.",
     "the premise of all of these papers", "threshold_correction", "confidence", None),
    ("On a line, complement is better than a regression of the costs.",
     "benchmarks/quality, seven problems", "complement", "cost_regression", None),
)  # fmt: skip


def claims(found: dict[str, Any]) -> list[Claim]:
    """One method against another, over the problems whose table is complete."""
    made = (_claim(found, *row) for row in _CLAIMS)
    return [claim for claim in made if claim is not None]


def _claim(
    found: dict[str, Any], claim: str, paper: str, first: str, second: str, only: Any
) -> Claim | None:
    names = [
        name for name in areas_of(found, "all", ("labels", "costs")) if only is None or name in only
    ]
    results = found["results"]["all"]
    ran = [n for n in names if all("areas" in results[n].get(m, {}) for m in (first, second))]
    both = [results[n] for n in ran]
    if not both:
        return None
    pairs = np.array([[np.mean(one[m]["areas"]) for m in (first, second)] for one in both])
    if len(both) == 1:
        apart = np.subtract(both[0][first]["areas"], both[0][second]["areas"])
        over = f"{len(apart)} splits of {only[0] if only else names[0]}, which overlap"
    else:
        apart = pairs[:, 0] - pairs[:, 1]
        over = f"{len(apart)} problems"
    if len(apart) < 2:
        return None
    interval = mean_and_interval(apart)
    holds = interval[1] > 0
    better = int((apart > 0).sum())
    reason = f"better in {better} of {over}"
    if not holds:
        reason += ", the other way round" if interval[2] < 0 else "; the interval holds zero"
        if found["methods"][second]["kind"] == "single stage":
            reason += ". Here the model is fixed and the whole curve is judged"
    real = np.array([name not in MADE_UP for name in ran])
    if len(both) > 1 and 1 < real.sum() < len(real):
        rest = mean_and_interval(apart[real])
        reason += f"; without made-up cases {with_interval(rest, scale=100, signed=True)}"
    ours = " against ".join(f"{100 * value:.1f}" for value in pairs.mean(axis=0))
    return Claim(
        claim,
        paper,
        f"{ours} % of the way from random to oracle",
        with_interval(interval, scale=100, signed=True),
        IN_DIRECTION if holds else NOT_REPRODUCED,
        reason,
    )


def _facts(own: list[dict[str, Any]]) -> dict[str, Any]:
    """What is told of a problem; what depends on the split is its mean."""
    means = ("model", "best_expert", "random", "oracle")
    facts = {key: value for key, value in own[0].items() if key != "results"}
    return facts | {key: float(np.mean([one[key] for one in own])) for key in means}


def _together(splits: list[dict[str, Any]]) -> dict[str, Any]:
    """Results of one problem over its splits, by method, with paired differences."""
    found: dict[str, Any] = {}
    for name in splits[0]:
        own = [one[name] for one in splits]
        failed = [one["cannot"] for one in own if "cannot" in one]
        if failed:
            found[name] = {"cannot": failed[0], "splits": len(failed)}
            continue
        found[name] = {
            "areas": [one["area"] for one in own],
            "errors": np.mean([one["errors"] for one in own], axis=0).tolist(),
            "own": None if own[0]["own"] is None else float(np.mean([one["own"] for one in own])),
            "chosen": [one["chosen"] for one in own],
            "strained": sum(one["strained"] for one in own),
        }
        against = [one.get(REFERENCE, {}) for one in splits]
        if name == REFERENCE or any("area" not in one for one in against):
            continue
        found[name] |= _difference(own, against)
    return found


def _difference(own: list[dict[str, Any]], other: list[dict[str, Any]]) -> dict[str, Any]:
    """Two intervals: over splits, and over cases, which are the same for both methods."""
    apart = [one["area"] - two["area"] for one, two in zip(own, other, strict=True)]
    found: dict[str, Any] = {
        "difference": float(np.mean(apart)),
        "in_every_split": bool(min(apart) > 0 or max(apart) < 0),
    }
    if len(apart) > 1:
        found["over_splits"] = list(mean_and_interval(apart)[1:])
    if own[0]["resampled"]:
        drawn = np.mean([one["resampled"] for one in own], axis=0)
        drawn = drawn - np.mean([two["resampled"] for two in other], axis=0)
        found["over_cases"] = np.quantile(drawn, [0.025, 0.975]).tolist()
    return found
