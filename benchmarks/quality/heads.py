"""What ``TwoStageRouter`` should start with: which loss, which head, which penalty.

Regret: the mean cost on test cases, less that of the best of these on the same problem and split.
Bundled and made-up data, and, where their folder is given, prompts of RouteLLM and of LLMRouter.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from _setup import Array, arguments, report, table
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from support2_multitask import BOOSTING, answers

from cede import TwoStageRouter, agent_costs, llm_costs
from cede.datasets import load_llm_routing, make_realizable_mixture, make_two_specialists
from cede.exceptions import CedeError
from cede.routers import METHODS, Linear
from cede_papers.datasets import load_llmrouter_dc, load_routellm

Problem = tuple[Array, Array, Array, Array]  # features and costs to learn from, and to test on

ROUTERS: dict[str, Callable[[], Any]] = {
    "costs, line (the default)": METHODS["cost_regression"].make,
    "costs, line, decay 1e-3": partial(
        METHODS["cost_regression"].make, head=Linear(weight_decay=1e-3)
    ),
    "complement, line": METHODS["complement"].make,
    "complement, line, decay 1e-3": partial(
        METHODS["complement"].make, head=Linear(weight_decay=1e-3)
    ),
    "complement, line, decay 0.1": partial(
        METHODS["complement"].make, head=Linear(weight_decay=0.1)
    ),
    "aggregated, line": METHODS["aggregated"].make,
    "density ratio, line": METHODS["density_ratio"].make,
    "costs, forest": METHODS["forest"].make,
    "costs, boosting, small": lambda: TwoStageRouter(
        head=HistGradientBoostingRegressor(**BOOSTING)
    ),
    "costs, boosting, as it comes": lambda: TwoStageRouter(head=HistGradientBoostingRegressor()),
    "classifier, boosting, small": lambda: TwoStageRouter(
        head=HistGradientBoostingClassifier(**BOOSTING)
    ),
    "neighbours": METHODS["neighbours"].make,
    "line and neighbours": METHODS["ensemble"].make,
    "line, neighbours and forest": METHODS["ensemble_with_forest"].make,
}


def halves(X: Array, costs: Array, n_learn: int, seed: int) -> Problem:
    """Divide the cases at random."""
    order = np.random.default_rng(seed).permutation(len(X))
    learn, test = order[:n_learn], order[n_learn:]
    return X[learn], costs[learn], X[test], costs[test]


def made_up(make: Callable[..., Any], seed: int) -> Problem:
    """A problem with experts and a model fitted on other cases."""
    X, y, experts = make(14_000, random_state=seed)
    model = LogisticRegression(max_iter=1000).fit(X[:1_000], y[:1_000])
    costs = agent_costs(model.predict(X), experts, y, fees=0.02)
    return X[1_000:4_000], costs[1_000:4_000], X[4_000:], costs[4_000:]


def patients(fee: float, seed: int) -> Problem:
    """Two tasks at once, see ``support2_multitask``."""
    found = answers(seed)
    fees = [0.0, fee, fee, fee, fee]
    return halves(found.X, found.wrong + found.late + fees, 3_500, seed)


def prompts(seed: int) -> Problem:
    """The bundled prompts, GPT-4 at 0.15."""
    logs = load_llm_routing()
    return halves(logs.X, logs.answer_costs + np.array([0.0, 0.15]), 5_000, seed)


def embeddings(data: str | None, seed: int) -> Problem:
    """MMLU with few prompts of many features, GPT-4 at 0.05."""
    logs = load_routellm("mmlu", data=data)
    return halves(logs.X, logs.answer_costs + np.array([0.0, 0.05]), 1_500, seed)


def many_models(data: str | None, seed: int) -> Problem:
    """Nine models; a thousandth of a dollar must buy a hundredth of quality."""
    logs = load_llmrouter_dc(data=data)
    costs = llm_costs(logs.extras["quality"], logs.extras["money"], exchange_rate=10.0)
    return halves(logs.X, costs, 3_700, seed)


def problems(data: str | None) -> dict[str, Callable[[int], Problem]]:
    """All that can be had here."""
    found: dict[str, Callable[[int], Problem]] = {
        "2 spec.": lambda seed: made_up(make_two_specialists, seed),
        "realiz.": lambda seed: made_up(make_realizable_mixture, seed),
        "patients": lambda seed: patients(0.0, seed),
        "fee .05": lambda seed: patients(0.05, seed),
        "prompts": prompts,
    }
    try:
        embeddings(data, 0)
    except CedeError as error:
        print(f"(without the sets of the folder: {error})\n")
        return found
    return found | {
        "MMLU 1.5k": lambda seed: embeddings(data, seed),
        "9 LLMs": lambda seed: many_models(data, seed),
    }


def measure(problem: Problem) -> dict[str, float]:
    """Mean cost of every router on the test cases."""
    X, costs, fresh, truth = problem
    return {
        name: float(1.0 - make().fit(X, costs).score(fresh, truth))
        for name, make in ROUTERS.items()
    }


def main() -> None:
    given = arguments(__doc__, seeds=3)
    warnings.simplefilter("ignore")

    def make() -> Iterator[str]:
        regrets = {}
        for name, problem in problems(given.data).items():
            runs = [measure(problem(seed)) for seed in range(given.seeds)]
            costs = np.array([list(run.values()) for run in runs])
            regrets[name] = costs - costs.min(axis=1, keepdims=True)
        mean = np.stack([regret.mean(axis=0) for regret in regrets.values()])
        each = np.stack(list(regrets.values())).mean(axis=0)  # (seeds, routers)
        spread = each.std(axis=0, ddof=1) if given.seeds > 1 else np.zeros(len(ROUTERS))
        rows = [
            [
                router,
                *(f"{v:.3f}" for v in mean[:, i]),
                f"{mean[:, i].mean():.3f} ± {spread[i]:.3f}",
            ]
            for i, router in enumerate(ROUTERS)
        ]
        yield table(["regret", *regrets, "mean ± sd"], rows)

    report("heads", make, given.write)


if __name__ == "__main__":
    main()
