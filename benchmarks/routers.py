"""Fitting a linear router against ``LogisticRegression``, routing against the bare product."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from _timing import interleaved
from sklearn.linear_model import LogisticRegression

from cede import NeighborRouter, RegionRouter, TwoStageRouter


def fitting() -> None:
    """15,000 cases, 384 features like those of sentence embeddings, three agents."""
    rng = np.random.default_rng(0)
    n, d, n_agents = 15_000, 384, 3
    # A falling spectrum and unit length, as embeddings have: L-BFGS then takes its time.
    X = rng.normal(size=(n, d)) / np.sqrt(1.0 + np.arange(d))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    chance = 1.0 / (1.0 + np.exp(-2.0 * X @ rng.normal(size=(d, n_agents))))
    costs = (rng.random((n, n_agents)) < chance) + [0.0, 0.05, 0.1]
    best = costs.argmin(axis=1)
    surrogates = ("cost_regression", "complement", "aggregated", "weighted", "constrained")
    tasks = {
        "LogisticRegression, lbfgs": lambda: LogisticRegression(max_iter=1000).fit(X, best),
        **{
            f"TwoStageRouter, {name}": lambda name=name: TwoStageRouter(surrogate=name).fit(
                X, costs / costs.max()
            )
            for name in surrogates
        },
    }
    show(f"fit of {n:,} x {d}, {n_agents} agents", tasks, "LogisticRegression, lbfgs", 2.0)


def routing() -> None:
    """A million cases, 64 features, on one core."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_000_000, 64))
    weights = rng.normal(size=(64, 3))
    router = TwoStageRouter().fit(X[:2_000], rng.random((2_000, 3)))
    ranking = TwoStageRouter(surrogate="complement").fit(X[:2_000], rng.random((2_000, 3)))
    tasks = {
        "X @ weights": lambda: X @ weights,
        "route, cost_regression": lambda: router.route(X),
        "route, complement": lambda: ranking.route(X),
    }
    show("route 1,000,000 x 64, three agents", tasks, "X @ weights", 2.0)


def baselines() -> None:
    """The routers that train nothing, beside a logistic regression of the same cases."""
    rng = np.random.default_rng(0)
    X, costs = rng.normal(size=(5_000, 16)), rng.random((5_000, 3))
    neighbours = NeighborRouter().fit(X, costs)
    score, truth = rng.random(5_000), rng.random(5_000)
    y = (truth < score).astype(int)
    reader = np.where(rng.random(5_000) < 0.8, y, 1 - y)
    tasks = {
        "LogisticRegression, 5,000 x 16": lambda: LogisticRegression().fit(X, y),
        "NeighborRouter, 500 routes": lambda: neighbours.route(X[:500]),
        "RegionRouter, fit, 250 bins": lambda: RegionRouter(n_bins=250, random_state=0).fit(
            score, y, experts=reader
        ),
    }
    show("routers that train nothing", tasks, "LogisticRegression, 5,000 x 16", 1.0)


def show(title: str, tasks: dict, reference: str, seconds: float) -> None:
    """Print one table of ratios."""
    ratios, base = interleaved(tasks, reference, seconds)
    print(f"{title}: ratio to {reference} ({base * 1e3:.0f} ms)")
    for name, ratio in ratios.items():
        print(f"{name:>36}{ratio:>8.2f}")


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    fitting()
    routing()
    baselines()


if __name__ == "__main__":
    main()
