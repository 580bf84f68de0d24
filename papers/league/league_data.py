"""The problems of the league: cases, what each expert's answer costs there, and labels if any.

Three kinds: *labels* (a base model is trained on cases set aside, and every expert answered),
*costs* (a table of what each agent costs, nothing else) and *missing* (labels, and answers of
only some experts in each case). What is random here follows from one seed, the same for all
splits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from cede import multitask_costs
from cede.costs import expert_costs
from cede.datasets import (
    load_llm_routing,
    load_support2,
    make_realizable_mixture,
    make_two_specialists,
)
from cede_papers.datasets import (
    load_cifar10h,
    load_cifar10n,
    load_detection_voc_animals,
    load_diabetes130,
    load_hatespeech,
    load_lewidi,
    load_llmrouter_dc,
    load_openl2d_adult,
    load_pneumoniamnist,
    load_routellm,
    majority_of_others,
    simulate_experts,
    specialist_accuracy,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Cases, and what is known of the agents there."""

    #: "labels", "costs" or "missing".
    kind: str
    #: Features, NaN where missing, and whether they are coordinates of one space (an embedding).
    X: Floats
    embedded: bool = False
    #: What experts cost, (n, J), beside labels; or all agents, (n, J + 1), without.
    costs: Floats
    y: NDArray[Any] | None = None
    #: Cases with one number stay on one side of a split.
    groups: NDArray[Any] | None = None
    #: Do the agents stand in order of price?
    by_price: bool = False
    #: Does it count in ranks? Not if its cases are those of other problems.
    ranked: bool = True
    #: Who answers.
    agents: str


def two_specialists(data: Path | None, seed: int) -> Problem:
    made = make_two_specialists(n=9_000, random_state=seed)
    costs = expert_costs(made.experts, made.y)
    return Problem(kind="labels", X=made.X, costs=costs, y=made.y, agents="2 made-up experts")


def realizable_mixture(data: Path | None, seed: int) -> Problem:
    made = make_realizable_mixture(n=9_000, random_state=seed)
    costs = expert_costs(made.experts, made.y)
    return Problem(kind="labels", X=made.X, costs=costs, y=made.y, agents="3 made-up experts")


def support2(data: Path | None, seed: int) -> Problem:
    """Patients whose physician gave a forecast; the others have nobody to defer to."""
    found = load_support2("died_6m")
    asked = ~np.isnan(found.experts[:, 0])
    X, y, experts = found.X[asked], found.y[asked], found.experts[asked]
    costs = expert_costs(experts, y)
    return Problem(kind="labels", X=X, costs=costs, y=y, agents="the attending physician")


def cifar10h(data: Path | None, seed: int) -> Problem:
    found = load_cifar10h(data, n_experts=1, random_state=seed)
    costs = expert_costs(found.experts, found.y)
    return Problem(
        kind="labels", X=found.X, embedded=True, costs=costs, y=found.y,
        agents="one of about 50 people",
    )  # fmt: skip


def cifar10n(data: Path | None, seed: int) -> Problem:
    found = load_cifar10n(data)
    costs = expert_costs(found.experts, found.y)
    return Problem(
        kind="labels", X=found.X, embedded=True, costs=costs, y=found.y, agents="3 people"
    )


def hatespeech(data: Path | None, seed: int) -> Problem:
    """One person drawn per tweet, part of the majority that is the label: flattered a little."""
    found = load_hatespeech(data, n_experts=1, random_state=seed)
    costs = expert_costs(found.experts, found.y)
    return Problem(
        kind="labels", X=found.X, embedded=True, costs=costs, y=found.y,
        agents="one of 3 to 9 people",
    )  # fmt: skip


def openl2d_adult(data: Path | None, seed: int) -> Problem:
    found = load_openl2d_adult(data)
    rows = np.random.default_rng([seed, 1]).permutation(found.n_cases)[:9_000]
    costs = expert_costs(found.experts[rows], found.y[rows])
    return Problem(
        kind="labels", X=found.X[rows], costs=costs, y=found.y[rows], agents="25 made-up experts"
    )


def diabetes130(data: Path | None, seed: int) -> Problem:
    """A stay of more than four days, foreseen at admission; two people, each with a ward."""
    found = load_diabetes130("length_of_stay", data)
    rows = np.random.default_rng([seed, 2]).permutation(found.n_cases)[:9_000]
    y = (found.y[rows] > 4).astype(np.int64)
    known = found.extras["specialty"][rows] != ""
    accuracy = specialist_accuracy(known, [[True], [False]], inside=0.8, outside=0.55)
    experts = simulate_experts(y, accuracy, random_state=seed)
    return Problem(
        kind="labels", X=found.X[rows], costs=expert_costs(experts, y), y=y,
        groups=found.extras["patient"][rows], agents="2 simulated, by known specialty",
    )  # fmt: skip


def pneumoniamnist(data: Path | None, seed: int) -> Problem:
    """One simulated reader, good on two of four kinds of film and poor on the others."""
    found = load_pneumoniamnist(data)
    kind = KMeans(4, n_init=3, random_state=seed).fit_predict(found.X)
    accuracy = specialist_accuracy(kind, [[0, 1]], inside=0.99, outside=0.8)
    experts = simulate_experts(found.y, accuracy, random_state=seed)
    return Problem(
        kind="labels", X=found.X, embedded=True, costs=expert_costs(experts, found.y), y=found.y,
        agents="one simulated reader",
    )  # fmt: skip


def routellm_mmlu(data: Path | None, seed: int) -> Problem:
    return _routellm("mmlu", data)


def routellm_gsm8k(data: Path | None, seed: int) -> Problem:
    return _routellm("gsm8k", data)


def llm_routing(data: Path | None, seed: int) -> Problem:
    """The bundled set: the prompts of the two above in one, so it does not count in ranks."""
    found = load_llm_routing()
    return Problem(
        kind="costs", X=found.X, embedded=True, costs=found.answer_costs, ranked=False,
        agents="2 language models",
    )  # fmt: skip


def llmrouter_dc(data: Path | None, seed: int) -> Problem:
    found = load_llmrouter_dc(data)
    order = np.argsort(found.extras["money"].mean(axis=0), kind="stable")
    return Problem(
        kind="costs", X=found.X, embedded=True, costs=found.answer_costs[:, order], by_price=True,
        agents="9 language models",
    )  # fmt: skip


def detection_voc_animals(data: Path | None, seed: int) -> Problem:
    """Class and box decided together: the mean of 1[wrong class] and one minus the overlap."""
    found = load_detection_voc_animals(data)
    costs = multitask_costs([found.class_costs / 2, found.box_costs / 2])
    return Problem(
        kind="costs", X=found.X, embedded=True, costs=costs, by_price=True, agents="4 detectors"
    )


def lewidi_convabuse(data: Path | None, seed: int) -> Problem:
    """Each person is judged by the majority of the others, the model by that of all."""
    return _lewidi("convabuse", 8, data)


def lewidi_md_agreement(data: Path | None, seed: int) -> Problem:
    """The ten who answered most, and the cases that one of them answered."""
    return _lewidi("md-agreement", 10, data)


def openl2d_adult_sparse(data: Path | None, seed: int) -> Problem:
    """Ten of the experts, two of each kind, and three in ten of their answers, at random."""
    whole = openl2d_adult(data, seed)
    two_of_each = [place for place in range(whole.costs.shape[1]) if place % 5 < 2]
    some = replace(whole, costs=whole.costs[:, two_of_each], agents="10 made-up experts")
    return _thinned(some, 0.3, seed)


def cifar10n_sparse(data: Path | None, seed: int) -> Problem:
    """Half of the answers are left, at random."""
    return _thinned(cifar10n(data, seed), 0.5, seed)


def _routellm(benchmark: str, data: Path | None) -> Problem:
    found = load_routellm(benchmark, data)
    return Problem(
        kind="costs", X=found.X, embedded=True, costs=found.answer_costs,
        groups=found.extras["group"], agents="2 language models",
    )  # fmt: skip


def _lewidi(part: str, n_experts: int, data: Path | None) -> Problem:
    found = load_lewidi(part, data)
    others = majority_of_others(found.experts)
    costs = np.where(np.isnan(others), np.nan, (found.experts != others).astype(np.float64))
    busiest = np.argsort(-(~np.isnan(costs)).sum(axis=0), kind="stable")[:n_experts]
    asked = ~np.isnan(costs[:, busiest]).all(axis=1)
    return Problem(
        kind="missing", X=found.X[asked], embedded=True, costs=costs[np.ix_(asked, busiest)],
        y=found.y[asked], agents=f"{n_experts} people",
    )  # fmt: skip


def _thinned(problem: Problem, share: float, seed: int) -> Problem:
    left = np.random.default_rng([seed, 3]).random(problem.costs.shape) < share
    rows = left.any(axis=1)
    assert problem.y is not None
    return Problem(
        kind="missing", X=problem.X[rows], embedded=problem.embedded,
        costs=np.where(left, problem.costs, np.nan)[rows], y=problem.y[rows],
        agents=f"{problem.agents}, {share:.0%} of the answers",
    )  # fmt: skip


#: Every problem by name.
PROBLEMS: dict[str, Callable[[Path | None, int], Problem]] = {
    make.__name__: make
    for make in (
        two_specialists, realizable_mixture, support2, cifar10h, cifar10n, hatespeech,
        openl2d_adult, diabetes130, pneumoniamnist,
        routellm_mmlu, routellm_gsm8k, llm_routing, llmrouter_dc, detection_voc_animals,
        lewidi_convabuse, lewidi_md_agreement, openl2d_adult_sparse, cifar10n_sparse,
    )
}  # fmt: skip
