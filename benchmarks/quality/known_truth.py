"""Which routers reach the best system accuracy, where it is known, and with which head.

80,000 cases to learn from, of which a fixed model, logistic regression, takes the first 20,000;
50,000 fresh ones to test on. A fixed model bounds what a router beside it can reach: that bound is
computed from the truth as well, and is what routers of fixed agents are held to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from _setup import arguments, report, table
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from cede import CascadeRouter, EnsembleRouter, NeighborRouter, TwoStageRouter
from cede.datasets import Dataset, make_realizable_mixture, make_two_specialists
from cede.routers import METHODS, Linear, Mlp

N_MODEL, N_LEARN, N_TEST = 20_000, 80_000, 50_000
PROBLEMS = {"two specialists": make_two_specialists, "realizable mixture": make_realizable_mixture}
LIGHT = {"head": Linear(weight_decay=1e-6)}
LIGHT_EXPERTS = {"weight_decay": 1e-6}
NETWORK = {"head": Mlp(learning_rate=3e-3, batch_size=1024), "random_state": 0}
TREES = {"max_leaf_nodes": 8, "learning_rate": 0.05, "max_iter": 300, "random_state": 0}
BOOSTING = HistGradientBoostingRegressor(**TREES)
ONE = "one stage: "


def own(name: str, **options: Any) -> Callable[[Any], Any]:
    """A method that trains classes of its own."""
    return lambda _: METHODS[name].make(**options)


def beside(name: str, **options: Any) -> Callable[[Any], Any]:
    """A method beside a fixed model."""
    return lambda model: METHODS[name].make(model=model, **options)


#: Name -> the router beside a fixed model; those of one stage train their own classes instead.
ROUTERS: dict[str, Callable[[Any], Any]] = {
    f"{ONE}softmax + one-vs-all, line": own("softmax_one_vs_all", **LIGHT),
    f"{ONE}one-vs-all, line": own("one_vs_all", **LIGHT),
    f"{ONE}one-vs-all, network": own("one_vs_all", **NETWORK),
    f"{ONE}realizable, line": own("realizable", **LIGHT),
    f"{ONE}expected cost, line": own("expected_cost", **LIGHT),
    "post hoc: correction, line": beside("threshold_correction", **LIGHT_EXPERTS),
    "post hoc: correction, boosting": beside(
        "threshold_correction", expert_model=HistGradientBoostingClassifier(**TREES)
    ),
    "post hoc: rejector, line": beside("rejector", **LIGHT_EXPERTS),
    "two stages: costs, line": beside("cost_regression"),
    "two stages: costs, boosting": beside("cost_regression", head=BOOSTING),
    "two stages: costs, network": beside("cost_regression", **NETWORK),
    "two stages: complement, line": beside("complement", **LIGHT),
    "two stages: complement, network": beside("complement", **NETWORK),
    "neighbours, k = 200": beside("neighbours"),
    "ensemble: boosting, neighbours": lambda m: EnsembleRouter(
        [TwoStageRouter(head=BOOSTING), NeighborRouter()], model=m
    ),
    "density ratio, network": beside("density_ratio", **NETWORK),
    "cascade, boosting": lambda m: CascadeRouter(m, router=TwoStageRouter(head=BOOSTING)),
}


@dataclass(frozen=True)
class Result:
    """Accuracy on fresh cases, the best there is, and the best with these agents."""

    accuracy: float
    best: float
    reachable: float

    @property
    def half(self) -> float:
        """Half of the 95 % interval of the accuracy."""
        return 1.96 * float(np.sqrt(self.accuracy * (1.0 - self.accuracy) / N_TEST))

    @property
    def reached(self) -> bool:
        """Whether the best there is lies within the interval, or below it."""
        return self.best <= self.accuracy + self.half


def measure(problem: str, seed: int, routers: Any = tuple(ROUTERS)) -> dict[str, Result]:
    """Fit routers on one draw of a problem, and test them on cases of the same."""
    data = PROBLEMS[problem](N_LEARN + N_TEST, random_state=seed)
    X, y, experts = data
    model = LogisticRegression(C=100.0, max_iter=2000).fit(X[:N_MODEL], y[:N_MODEL])
    test = slice(N_LEARN, None)
    best, reached = reachable(data, model.predict(X), test)
    found = {}
    for name in routers:
        rows = slice(0 if name.startswith(ONE) else N_MODEL, N_LEARN)
        router = ROUTERS[name](model).fit(X[rows], y[rows], experts=experts[rows])
        accuracy = router.score(X[test], y[test], experts=experts[test])
        found[name] = Result(accuracy, best, best if name.startswith(ONE) else reached)
    return found


def reachable(data: Dataset, answers: np.ndarray, test: slice) -> tuple[float, float]:
    """The best system accuracy with the best model, and with this one."""
    posterior, accuracy = data.class_posterior[test], data.expert_accuracy[test]
    of_experts = accuracy.max(axis=1)
    own = posterior[np.arange(len(posterior)), answers[test]]
    best = np.maximum(posterior.max(axis=1), of_experts)
    return float(best.mean()), float(np.maximum(own, of_experts).mean())


def present(problem: str, found: dict[str, Result]) -> str:
    rows = [
        [
            name,
            f"{100 * r.accuracy:.2f} ± {100 * r.half:.2f}",
            f"{100 * (r.accuracy - r.best):+.2f}",
            "yes" if r.reached else "no",
            f"{100 * (r.accuracy - r.reachable):+.2f}",
            "yes" if r.reachable <= r.accuracy + r.half else "no",
        ]
        for name, r in found.items()
    ]
    bounds = {r.reachable for r in found.values()} - {r.best for r in found.values()}
    one = next(iter(found.values()))
    beside = "".join(f"; beside the fixed model* {100 * b:.2f} %" for b in bounds)
    header = ["router", "accuracy", "− best", "reached", "− best*", "reached*"]
    return f"**{problem}**: best {100 * one.best:.2f} %{beside}.\n\n{table(header, rows)}"


def main() -> None:
    given = arguments(__doc__, seeds=1)

    def make() -> Iterator[str]:
        for problem in PROBLEMS:
            for seed in range(given.seeds):
                yield present(problem, measure(problem, seed))

    report("known_truth", make, given.write)


if __name__ == "__main__":
    main()
