"""Part (b): who should foresee whether a patient dies, and for how long they stay.

The protocol of ``support2``, ``diabetes130`` and ``mimic4``. Whole patients are divided at random:
some train the model (agent 0), some make the specialists, the others are for routers, in folds.
Two specialists know three of six k-means clusters each, one of them in common:

- *as published*: within their clusters they know both answers, elsewhere they name the wrong class
  and another patient's stay, as in the authors' code;
- *trained*: boosting on the patients of their clusters.

Routers are trained on the joint cost ``1[wrong class] + smooth L1``, on the class cost alone and on
the number's alone, and judged on both. Stays are ten steps (a step a day to 7, then to 14 days,
then more), errors count up to 5, as in the authors' code.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from cede import TwoStageRouter, classification_costs, multitask_costs, regression_costs
from cede.evaluation.resampling import paired_bootstrap
from cede.routers import Mlp

Array = Any
#: Weights of class cost and number cost that a router is trained on.
TRAINED_ON = {"joint": (1.0, 1.0), "class only": (1.0, 0.0), "number only": (0.0, 1.0)}
KINDS = ("as published", "trained")
CLUSTERS = 6
KNOWS = ((0, 1, 2), (0, 3, 4))
#: The network: the paper's epochs, batch and rate; warm-up and cosine are left out.
NETWORK = Mlp(epochs=100, batch_size=1024, learning_rate=3e-3)
BOOSTING = {"max_iter": 60, "learning_rate": 0.06, "min_samples_leaf": 40, "max_leaf_nodes": 8}
LARGEST_ERROR = 5.0


@dataclass(frozen=True)
class Cohort:
    """Stays of patients, and what became of them."""

    X: Array
    died: Array
    days: Array
    patients: Array
    #: A physician's chance of survival, NaN where none was given; None without a physician.
    survival: Array | None = None
    #: Count an error on the rare class as much in all as one on the other.
    balanced: bool = False

    @property
    def agents(self) -> tuple[str, ...]:
        """Names, the model first."""
        people = ("physician",) if self.survival is not None else ()
        return ("model", "specialist 1", "specialist 2", *people)


@dataclass(frozen=True)
class Task:
    """What the routers are given: their patients, and both costs of every agent."""

    X: Array
    wrong: Array
    late: Array
    rows: Array


def steps_of(days: Array) -> Array:
    """Return a stay as one of ten steps, 0 to 9."""
    whole = np.floor(days)
    return np.select([whole <= 7, whole <= 14], [whole, 8.0], 9.0)


def divide(patients: Array, shares: tuple[float, float], seed: int) -> tuple[Array, Array, Array]:
    """Rows of the model, of the specialists and of the routers; no patient in two of them."""
    everyone = np.unique(patients)
    order = np.random.default_rng(seed).permutation(everyone)
    cuts = (np.cumsum(shares) * len(everyone)).astype(int)
    return tuple(np.flatnonzero(np.isin(patients, own)) for own in np.split(order, cuts))


def prepare(cohort: Cohort, kind: str, shares: tuple[float, float], seed: int) -> Task:
    """Train the agents on patients set aside; what they cost on the others."""
    for_model, for_specialists, rest = divide(cohort.patients, shares, seed)
    aside = np.concatenate([for_model, for_specialists])
    filled = SimpleImputer(strategy="median", keep_empty_features=True).fit(cohort.X[aside])
    X = filled.transform(cohort.X)
    X = StandardScaler().fit(X[aside]).transform(X)
    steps = steps_of(cohort.days)

    weight = "balanced" if cohort.balanced else None
    dies = LogisticRegression(C=0.1, max_iter=1000, class_weight=weight)
    dies.fit(X[for_model], cohort.died[for_model])
    stays = Ridge(100.0).fit(X[for_model], steps[for_model])
    classes, numbers = [dies.predict(X)], [stays.predict(X)]
    clusters = clusters_of(filled.transform(cohort.X), X, for_specialists, seed)
    make = published if kind == "as published" else trained
    rng = np.random.default_rng([seed, 1])
    for knows in KNOWS:
        found = make(X, cohort, steps, np.isin(clusters, knows), for_specialists, rng)
        classes.append(found[0])
        numbers.append(found[1])
    if cohort.survival is not None:
        known = aside[~np.isnan(cohort.survival[aside])]
        curve = np.polyfit(cohort.survival[known], steps[known], 2)
        unsure = np.isnan(cohort.survival)
        classes.append(np.where(unsure, np.nan, cohort.survival < 0.5))
        numbers.append(np.polyval(curve, cohort.survival))

    wrong = classification_costs(np.column_stack(classes).astype(float), cohort.died.astype(float))
    if cohort.balanced:
        share = np.bincount(cohort.died[aside], minlength=2) / len(aside)
        wrong *= (0.5 / share)[cohort.died][:, None]
    late = np.minimum(regression_costs(np.column_stack(numbers), steps), LARGEST_ERROR)
    rest = rest[~np.isnan(wrong[rest]).any(axis=1)]
    seen = np.column_stack([X, dies.decision_function(X), stays.predict(X)])
    return Task(seen[rest], wrong[rest], late[rest], rest)


def clusters_of(plain: Array, X: Array, aside: Array, seed: int) -> Array:
    """Clusters found in patients set aside; yes or no stays 0 or 1, or a rare yes is a cluster."""
    yes_or_no = ((plain == 0.0) | (plain == 1.0)).all(axis=0)
    seen = np.where(yes_or_no, plain, X)
    return KMeans(CLUSTERS, n_init=4, random_state=seed).fit(seen[aside]).predict(seen)


def published(
    X: Array, cohort: Cohort, steps: Array, inside: Array, aside: Array, rng: Any
) -> tuple[Array, Array]:
    """Answers of a specialist who knows all inside, and names what is wrong outside."""
    another = rng.choice(steps[aside], size=len(X))
    return np.where(inside, cohort.died, 1 - cohort.died), np.where(inside, steps, another)


def trained(
    X: Array, cohort: Cohort, steps: Array, inside: Array, aside: Array, rng: Any
) -> tuple[Array, Array]:
    """Answers of models that were trained inside alone."""
    own = aside[inside[aside]]
    dies = HistGradientBoostingClassifier(
        **BOOSTING, class_weight="balanced" if cohort.balanced else None, random_state=0
    )
    stays = HistGradientBoostingRegressor(**BOOSTING, random_state=0)
    return (
        dies.fit(X[own], cohort.died[own]).predict(X),
        stays.fit(X[own], steps[own]).predict(X),
    )


def router(name: str, seed: int) -> TwoStageRouter:
    """A line, or a network for ``"aggregated (network)"``."""
    surrogate, _, network = name.partition(" (")
    if network:
        return TwoStageRouter(surrogate=surrogate, head=NETWORK, random_state=seed)
    return TwoStageRouter(surrogate=surrogate)


def routed(task: Task, patients: Array, costs: Array, name: str, folds: int, seed: int) -> Array:
    """Who answers each case, by routers that did not see the patient."""
    routes = np.empty(len(costs), dtype=np.int64)
    splits = GroupKFold(folds, shuffle=True, random_state=seed)
    for train, test in splits.split(costs, groups=patients):
        fitted = router(name, seed).fit(task.X[train], costs[train])
        routes[test] = fitted.route(task.X[test])
    return routes


def one_division(given: Any) -> dict[str, Any]:
    """Routes of every router on one division of the patients, with the costs of the agents."""
    load, settings, kind, seed = given
    cohort = load()
    task = prepare(cohort, kind, tuple(settings["shares"]), seed)
    patients = cohort.patients[task.rows]
    folds, n_experts = settings["folds"], task.wrong.shape[1] - 1
    routes = {}
    for name in settings["by"]:
        for what, weights in TRAINED_ON.items():
            costs = multitask_costs([task.wrong, task.late], weights)
            routes[name, what] = routed(task, patients, costs, name, folds, seed)
        if name in settings["swept"]:
            for fee in settings["fees"]:
                costs = multitask_costs([task.wrong, task.late], fees=np.full(n_experts, fee))
                routes[name, fee] = routed(task, patients, costs, name, folds, seed)
    return {"routes": routes, "wrong": task.wrong, "late": task.late, "patients": patients}


def judge(parts: list[dict[str, Any]], agents: tuple[str, ...], settings: Any, seed: int) -> Any:
    """Means with intervals over patients, all divisions of a kind together."""
    wrong, late, patients = (
        np.concatenate([part[key] for part in parts]) for key in ("wrong", "late", "patients")
    )
    rows = np.arange(len(wrong))
    ways = {key: np.concatenate([p["routes"][key] for p in parts]) for key in parts[0]["routes"]}
    told: dict[tuple[Any, ...], Array] = {}

    def tell(way: tuple[Any, ...], routes: Array) -> None:
        error, miss = wrong[rows, routes], late[rows, routes]
        told[*way, "right"], told[*way, "late"], told[*way, "joint"] = 1 - error, miss, error + miss

    for agent, name in enumerate(agents):
        tell(("alone", name), np.full(len(rows), agent))
    tell(("alone", "oracle"), (wrong + late).argmin(axis=1))
    for way, routes in ways.items():
        for agent, name in enumerate(agents):
            told[*way, f"share of {name}"] = (routes == agent).astype(float)
        if way[1] not in TRAINED_ON:
            continue
        tell(way, routes)
        for key in ("joint", "right", "late", "share of model"):
            if way[1] != "joint":
                told[*way, f"{key} minus joint's"] = told[*way, key] - told[way[0], "joint", key]
    for name in settings["swept"]:
        fees = settings["fees"]
        key = "share of model"
        told[name, "fees", "rise"] = told[name, fees[-1], key] - told[name, fees[0], key]
        for low, high in pairwise(fees):
            told[name, f"{low:g} to {high:g}", "step"] = (
                told[name, high, key] - told[name, low, key]
            )
    drawn = paired_bootstrap(
        np.column_stack(list(told.values())), settings["resamples"], seed, groups=patients
    )
    ends = np.percentile(drawn, [2.5, 97.5], axis=0).T
    found: dict[str, Any] = {}
    for (first, second, key), values, (low, high) in zip(told, told.values(), ends, strict=True):
        place = found.setdefault(first, {}).setdefault(str(second), {})
        place[key] = (float(values.mean()), low, high)
    return found
