"""One problem, one split, one size: every method is fitted, tuned and judged by the same rules."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from league_arena import Arena, arena
from league_data import PROBLEMS, Problem
from league_judge import Judge, draws
from league_methods import METHODS, Fitted, Method, enters
from sklearn.exceptions import ConvergenceWarning

from cede import datasets
from cede.costs import expert_costs
from cede.exceptions import CedeError


@dataclass(frozen=True)
class Match:
    """A task for one process."""

    problem: str
    seed: int
    #: The first seed of the run, from which problems are made and resamples drawn.
    first_seed: int
    #: Settings of the part.
    settings: dict[str, Any]
    data: Path | None

    def __str__(self) -> str:
        return f"{self.problem}, seed {self.seed}"


def play(match: Match) -> dict[str, Any]:
    """Results of all methods on one split of one problem, by how many cases they learned from."""
    own = match.settings
    problem = PROBLEMS[match.problem](match.data, match.first_seed)
    at = arena(problem, own["sizes"], own["components"], match.seed)
    test = Judge.of(at.table, at.parts["test"])
    chance, best = test.ends()
    n = len(problem.X)
    groups = np.arange(n) if problem.groups is None else problem.groups
    groups = np.unique(groups, return_inverse=True)[1]
    by_size = {}
    for name, few in {"all": None, **{str(size): size for size in own["few"]}}.items():
        n_boot = own["n_boot"] if few is None else 0
        counts = draws(match.problem, match.first_seed, groups, n_boot)
        by_size[name] = _results(at, test, own, few, counts)
    means = np.nanmean(test.table, axis=0)
    return {
        "kind": problem.kind,
        "agents": problem.agents,
        "ranked": problem.ranked,
        "cases": n,
        "features": at.X.shape[1],
        "classes": 0 if at.y is None else int(at.y.max()) + 1,
        "experts": at.table.shape[1] - 1,
        "answers_known": float((~np.isnan(at.table[:, 1:])).mean()),
        "parts": {part: len(rows) for part, rows in at.parts.items()},
        "model": float(means[0]),
        "best_expert": float(means[1:].min()),
        "random": chance,
        "oracle": best,
        "results": by_size,
    }


def _results(at: Arena, test: Judge, own: Any, few: int | None, counts: Any) -> dict[str, Any]:
    """Of every method by name; the areas on resamples are beside, for paired intervals."""
    fit, tune_rows = at.parts["fit"], at.parts["tune"]
    if few is not None:
        fit, tune_rows = fit[:few], tune_rows[: few // 2]
    tune = Judge.of(at.table, tune_rows)
    found, scored = {}, {}
    for name, method in METHODS.items():
        if name not in own.get("methods", METHODS) or not enters(method, at):
            continue
        try:
            found[name], scored[name] = _one(method, at, fit, tune, test, own)
        except (CedeError, ValueError, RuntimeError) as error:
            found[name] = {"cannot": f"{' '.join(str(error).split())}"}
    areas = test.resampled(list(scored.values()), counts)
    for place, name in enumerate(scored):
        found[name]["resampled"] = areas[:, place].tolist() if areas.size else []
    return found


def _one(
    method: Method, at: Arena, fit: Any, tune: Judge, test: Judge, own: Any
) -> tuple[dict[str, Any], Any]:
    """Fit each configuration, keep the one with the largest area on the tuning cases, judge it."""
    tries, strained = [], 0
    for value in method.values[: own.get("configurations")]:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            fitted: Fitted = method.fit(at, fit, value)
            strained += any(issubclass(w.category, ConvergenceWarning) for w in said)
            tries.append((tune.area(fitted.scores(tune.rows)), fitted))
    chosen = int(np.argmax([area for area, _ in tries]))
    judged = tries[chosen][1].scores(test.rows)
    result = {
        "area": test.area(judged),
        "errors": test.errors(judged, own["budgets"]),
        "own": None if method.kind == "reference" else test.own(judged),
        "chosen": chosen,
        "strained": strained,
    }
    return result, judged


def abilities(method: Method) -> dict[str, bool]:
    """Whether it learns from missing answers, and takes a new price after the fit: it is tried."""
    made = datasets.make_two_specialists(n=800, random_state=0)
    costs = expert_costs(made.experts, made.y)
    sizes = {"model": 200, "fit": 300, "tune": 100, "test": 200}
    facts = {"missing_answers": False, "new_price": False}
    thinned = np.where(np.random.default_rng(0).random(costs.shape) < 0.7, costs, np.nan)
    for name, kind, table in (
        ("new_price", "labels", costs),
        ("missing_answers", "missing", thinned),
    ):
        problem = Problem(kind=kind, X=made.X, y=made.y, costs=table, by_price=True, agents="")
        at = arena(problem, sizes, 1, 0)
        facts[name] = _can(name, method, at)
    return facts


def _can(ability: str, method: Method, at: Arena) -> bool:
    try:
        fitted = method.fit(at, at.parts["fit"], method.values[-1])
        before = fitted.scores(at.parts["test"])
        if ability == "missing_answers":
            return True
        if fitted.router is None:
            return False
        fitted.router.set_params(fees=0.1)
        after = fitted.scores(at.parts["test"])
        return bool(np.allclose(before[:, 1:] - after[:, 1:], 0.1))
    except (CedeError, ValueError):
        return False
