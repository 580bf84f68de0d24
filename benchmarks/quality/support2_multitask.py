"""Two tasks, one decision: who should foresee a patient's death and days in hospital.

Routers trained on the joint cost, on the class cost only and on the number cost only, all judged on
the joint cost 1[wrong about death within six months] + smooth L1 of log(1 + days), in standard
deviations. Bundled data.

Per seed, patients are divided at random: 1,000 for the model (agent 0), 3,000 for k-means and the
specialists, the others for routers, five-fold, if both forecasts are known. Physician and SUPPORT
model gave a chance of survival and no days: theirs are read off that chance, by a parabola fitted
to the 4,000 patients set aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from _setup import RESAMPLES, Array, arguments, grouped_folds, report, table, with_interval
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cede import (
    TwoStageRouter,
    classification_costs,
    multitask_costs,
    regression_costs,
)
from cede.datasets import load_support2
from cede.evaluation.resampling import paired_bootstrap
from cede.routers import METHODS

AGENTS = ("model", "physician", "SUPPORT model", "specialist 1", "specialist 2")
N_MODEL, N_SPECIALISTS = 1_000, 3_000
#: What a router is trained on: weights of the class cost and of the number cost.
TRAINED_ON = {"joint": (1.0, 1.0), "class only": (1.0, 0.0), "number only": (0.0, 1.0)}
HEADS = ("line", "line and neighbours", "boosting")
BOOSTING = {"max_iter": 60, "learning_rate": 0.06, "min_samples_leaf": 40, "max_leaf_nodes": 8}


@dataclass(frozen=True)
class Table:
    """The routers' patients: features, both costs of every agent, and who they are."""

    X: Array
    wrong: Array
    late: Array
    rows: np.ndarray
    clusters: np.ndarray


def router(head: str) -> Any:
    """The library's default, its mean with neighbours, or boosting for each agent."""
    if head == "boosting":
        return TwoStageRouter(head=HistGradientBoostingRegressor(**BOOSTING))
    return METHODS["cost_regression" if head == "line" else "ensemble"].make()


def answers(seed: int) -> Table:
    """Train the agents on patients set aside; what they cost on the others."""
    patients = load_support2("died_6m")
    extras, died = patients.extras, patients.extras["died_6m"]
    days = np.log1p(extras["length_of_stay"])
    order = np.random.default_rng(seed).permutation(patients.n_cases)
    for_model, aside = order[:N_MODEL], order[: N_MODEL + N_SPECIALISTS]
    for_specialists, rest = aside[N_MODEL:], order[N_MODEL + N_SPECIALISTS :]
    filled = SimpleImputer(strategy="median").fit(patients.X[aside]).transform(patients.X)
    scaled = StandardScaler().fit(filled[aside]).transform(filled)
    clusters = KMeans(2, n_init=10, random_state=seed).fit(scaled[for_specialists]).predict(scaled)

    dies = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    stays = make_pipeline(StandardScaler(), Ridge(100.0))
    dies.fit(filled[for_model], died[for_model])
    stays.fit(filled[for_model], days[for_model])
    classes, numbers = [dies.predict(filled)], [stays.predict(filled)]
    for name in ("physician_survival_6m", "model_survival_6m"):
        chance = extras[name]
        known = aside[~np.isnan(chance[aside])]
        classes.append(np.where(np.isnan(chance), np.nan, chance < 0.5))
        numbers.append(np.polyval(np.polyfit(chance[known], days[known], 2), chance))
    for cluster in range(2):
        own = for_specialists[clusters[for_specialists] == cluster]
        boosted = HistGradientBoostingClassifier(**BOOSTING).fit(filled[own], died[own])
        classes.append(boosted.predict(filled))
        numbers.append(
            HistGradientBoostingRegressor(**BOOSTING).fit(filled[own], days[own]).predict(filled)
        )

    wrong = classification_costs(np.column_stack(classes).astype(float), died.astype(float))
    late = regression_costs(np.column_stack(numbers), days, unit=float(days[aside].std()))
    rest = rest[~np.isnan(wrong[rest]).any(axis=1)]
    seen = np.column_stack([filled, dies.predict_proba(filled)[:, 1], stays.predict(filled)])
    return Table(seen[rest], wrong[rest], late[rest], rest, clusters[rest])


@dataclass(frozen=True)
class Result:
    """Every way of routing on the patients of all seeds, one below the other."""

    routes: dict[tuple[str, str], np.ndarray]  # (head, trained on) or ("alone", agent)
    wrong: Array
    late: Array
    patients: np.ndarray
    clusters: np.ndarray

    def costs(self, way: tuple[str, str]) -> Array:
        """Joint cost, class cost and number cost of each case, ``(n, 3)``."""
        rows, routes = np.arange(len(self.wrong)), self.routes[way]
        both = np.column_stack([self.wrong[rows, routes], self.late[rows, routes]])
        return np.column_stack([both.sum(axis=1), both])

    def lead(self, head: str, other: str) -> tuple[float, Array]:
        """Joint cost of another training minus that of the joint one, and that on resamples."""
        gap = self.costs((head, other))[:, :1] - self.costs((head, "joint"))[:, :1]
        resampled = paired_bootstrap(gap, RESAMPLES, groups=self.patients)
        return float(gap.mean()), resampled[:, 0]


def measure(seeds: int, heads: tuple[str, ...] = HEADS) -> Result:
    """Routers of every kind, five-fold, for so many divisions of the patients."""
    tables = [answers(seed) for seed in range(seeds)]
    routes: dict[tuple[str, str], list[np.ndarray]] = {}
    for seed, own in enumerate(tables):
        for head in heads:
            for name, weights in TRAINED_ON.items():
                found = out_of_fold(
                    own, multitask_costs([own.wrong, own.late], weights), head, seed
                )
                routes.setdefault((head, name), []).append(found)
        joint = own.wrong + own.late
        for agent, name in enumerate(AGENTS):
            routes.setdefault(("alone", name), []).append(np.full(len(joint), agent))
        routes.setdefault(("alone", "oracle"), []).append(joint.argmin(axis=1))
    return Result(
        routes={way: np.concatenate(parts) for way, parts in routes.items()},
        wrong=np.vstack([own.wrong for own in tables]),
        late=np.vstack([own.late for own in tables]),
        patients=np.unique(np.concatenate([own.rows for own in tables]), return_inverse=True)[1],
        clusters=np.concatenate([own.clusters for own in tables]),
    )


def out_of_fold(own: Table, costs: Array, head: str, seed: int) -> np.ndarray:
    """Who answers each patient, by routers that did not see the patient."""
    routes = np.empty(len(costs), dtype=np.int64)
    for train, test in grouped_folds(np.arange(len(costs)), seed):
        routes[test] = router(head).fit(own.X[train], costs[train]).route(own.X[test])
    return routes


def present(found: Result) -> Iterator[str]:
    """The agents, then the routers."""
    rows = []
    for cluster in range(2):
        here = found.clusters == cluster
        for name, costs in (("wrong", found.wrong), ("smooth L1", found.late)):
            means = costs[here].mean(axis=0)
            rows.append([f"{name}, cluster {cluster + 1}", *(f"{value:.3f}" for value in means)])
    n = len(np.unique(found.patients))
    yield f"{n:,} patients.\n\n" + table(["mean cost of", *AGENTS], rows)
    rows = [row(found, way) for way in found.routes]
    shares = ["mod", "phy", "SUP", "sp 1", "sp 2"]
    yield table(["who routes", "joint", "− joint's [95 %]", "right", "sm. L1", *shares], rows)


def row(found: Result, way: tuple[str, str]) -> list[str]:
    head, name = way
    joint, wrong, late = found.costs(way).mean(axis=0)
    share = np.bincount(found.routes[way], minlength=len(AGENTS)) / len(found.patients)
    lead = "" if head == "alone" or name == "joint" else with_interval(*found.lead(head, name))
    label = name if head == "alone" else f"{head}: {name}"
    return [label, f"{joint:.3f}", lead, f"{1 - wrong:.3f}", f"{late:.3f}",
            *(f"{100 * s:.0f}" for s in share)]  # fmt: skip


def main() -> None:
    given = arguments(__doc__, seeds=5)
    report("support2_multitask", lambda: present(measure(given.seeds)), given.write)


if __name__ == "__main__":
    main()
