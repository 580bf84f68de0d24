"""A weak and a strong language model: how much of the gap between them few calls recover.

Mixtral 8x7B and GPT-4 on MMLU and GSM8K, judged by RouteLLM's protocol (ten bins). A router sees
the prompt only. Copies of a prompt stay on one side of every split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from _gap_bootstrap import average_gaps
from _prompts import beside, nearest, recipe, statistics
from _setup import Array, arguments, grouped_folds, report, table, with_interval

from cede.datasets import Dataset
from cede.operating import average_gap_recovered, call_share_for_gap
from cede_papers.datasets import load_routellm

OURS, LENGTH, NEIGHBOURS = "ours", "prompt length", "kNN, embedding"
CHOSEN = "ours, chosen in training rows"
WEIGHT = 0.2  # of the prompt's statistics
FIRST_SEED = 100  # none of those that the recipe was chosen on
#: What may be chosen in training rows: weight of the statistics, and share of the neighbours.
WEIGHTS, SHARES = (0.0, 0.1, 0.2), (0.0, 0.5, 2 / 3, 1.0)


@dataclass(frozen=True)
class Protocol:
    """One question: which prompts, how many to train on (None is five-fold), what must hold."""

    name: str
    benchmark: str
    n_train: int | None
    least: float
    published: float
    n_splits: int


PROTOCOLS = (
    Protocol("MMLU, 1,500 training prompts", "mmlu", 1500, 0.635, 0.603, 5),
    Protocol("MMLU, five-fold", "mmlu", None, 0.68, 0.603, 3),
    Protocol("GSM8K, five-fold", "gsm8k", None, 0.64, 0.627, 20),
)


@dataclass(frozen=True)
class Result:
    """Gains ``(splits, methods, n)``, their scores, and the same on resamples."""

    methods: tuple[str, ...]
    costs: Array
    gains: Array
    average: Array  # (splits, methods)
    shares: Array  # calls for 20, 50, 80 % of the gap, (methods, 3)
    resampled: Array  # (resamples, methods)

    def of(self, method: str) -> float:
        """Average gap recovered, the mean over splits."""
        return float(self.average.mean(axis=0)[self.methods.index(method)])

    def lead(self, over: str, method: str = OURS) -> tuple[float, Array]:
        """How much more of the gap a method recovers than another, and that on resamples."""
        one, other = self.methods.index(method), self.methods.index(over)
        return self.of(method) - self.of(over), self.resampled[:, one] - self.resampled[:, other]


def measure(protocol: Protocol, seeds: int, data: Any = None, choose: bool = True) -> Result:
    """Every method on so many splits of one protocol."""
    logs = load_routellm(protocol.benchmark, data)
    numbers, costs = statistics(logs.extras["prompt"]), logs.answer_costs
    gains = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        per_method: dict[str, Array] = {}
        for train, test in splits(logs, protocol, seed):
            for name, gain in gains_of(logs, numbers, train, test, seed, choose).items():
                per_method.setdefault(name, np.full(len(costs), np.nan))[test] = gain
        gains.append(list(per_method.values()))
    judged = np.array(gains)
    scores = [[_both(gain, costs) for gain in split] for split in judged]
    return Result(
        methods=tuple(per_method),
        costs=costs,
        gains=judged,
        average=np.array([[average for average, _ in split] for split in scores]),
        shares=np.mean([[shares for _, shares in split] for split in scores], axis=0),
        resampled=average_gaps(judged, costs, logs.extras["group"]),
    )


def splits(logs: Dataset, protocol: Protocol, seed: int) -> Iterator[tuple[Any, Any]]:
    """Training and test rows; all copies of a prompt on one side."""
    groups = logs.extras["group"]
    if protocol.n_train is None:
        yield from grouped_folds(groups, seed)
        return
    place = np.random.default_rng(seed).permutation(groups.max() + 1)[groups]
    train = place <= np.sort(place)[protocol.n_train - 1]
    yield np.flatnonzero(train), np.flatnonzero(~train)


def gains_of(
    logs: Dataset, numbers: Array, train: Any, test: Any, seed: int, choose: bool
) -> dict[str, Array]:
    """What each method expects calling the strong model to save, in the test rows."""
    costs, embedding = logs.answer_costs, logs.X
    features = beside(embedding, numbers, train, WEIGHT)
    ours = recipe().fit(features[train], costs[train])
    line, near = ours.routers_
    found = {
        "random": np.random.default_rng(seed).random(len(test)),
        LENGTH: logs.extras["prompt_chars"][test].astype(np.float64),
        NEIGHBOURS: _gain(nearest().fit(embedding[train], costs[train]), embedding[test]),
        "kNN, same features": _gain(nearest().fit(features[train], costs[train]), features[test]),
        "line alone": _gain(line, features[test]),
        "kernel neighbours alone": _gain(near, features[test]),
        OURS: _gain(ours, features[test]),
    }
    if choose:
        found[CHOSEN] = chosen_inside(logs, numbers, train, test, seed)
    return found | {"oracle": costs[test, 0] - costs[test, 1]}


def chosen_inside(logs: Dataset, numbers: Array, train: Any, test: Any, seed: int) -> Array:
    """The same with both weights chosen by three folds of the training rows."""
    inner = np.zeros((len(WEIGHTS), len(SHARES), len(train)))
    for fit, held in grouped_folds(logs.extras["group"][train], seed, n_splits=3):
        for w, weight in enumerate(WEIGHTS):
            inner[w][:, held] = blends(logs, numbers, train[fit], train[held], weight)
    known = logs.answer_costs[train]
    worth = [[average_gap_recovered(gain, known, n_bins=10) for gain in row] for row in inner]
    w, s = np.unravel_index(np.argmax(worth), (len(WEIGHTS), len(SHARES)))
    return np.asarray(blends(logs, numbers, train, test, WEIGHTS[w])[s])


def blends(logs: Dataset, numbers: Array, train: Any, test: Any, weight: float) -> Array:
    """Gains of a line and neighbours mixed in every share, ``(shares, n)``."""
    features = beside(logs.X, numbers, train, weight)
    fitted = recipe().fit(features[train], logs.answer_costs[train])
    line, near = (_gain(router, features[test]) for router in fitted.routers_)
    return np.array([(1.0 - share) * line + share * near for share in SHARES])


def _gain(router: Any, X: Array) -> Array:
    scores = router.agent_scores(X)
    return np.asarray(scores[:, 1] - scores[:, 0])


def _both(gain: Array, costs: Array) -> tuple[float, Array]:
    """Average gap recovered and calls for 20, 50 and 80 % of it, where a gain is known."""
    known = ~np.isnan(gain)
    pair = gain[known], costs[known]
    return average_gap_recovered(*pair, n_bins=10), call_share_for_gap(*pair, n_bins=10)


def present(protocol: Protocol, result: Result) -> str:
    """One table: every method, and what ours is ahead of it."""
    n_splits = len(result.average)
    spread = result.average.std(axis=0, ddof=min(1, n_splits - 1))
    ahead = {m: "" if m == OURS else with_interval(*result.lead(m)) for m in result.methods}
    rows = [
        [
            m,
            f"{result.of(m):.3f}",
            f"{spread[i]:.3f}",
            *(f"{100 * share:.1f}" for share in result.shares[i]),
            ahead[m],
        ]
        for i, m in enumerate(result.methods)
    ]
    header = ["method", "APGR", "sd", "CPT 20", "50", "80", "ours − it [95 %]"]
    low, high = np.percentile(result.resampled[:, result.methods.index(OURS)], [2.5, 97.5])
    mark = "holds" if result.of(OURS) >= protocol.least else "does **not** hold"
    return (
        f"**{protocol.name}**: APGR of ours {result.of(OURS):.3f} [{low:.3f} {high:.3f}]; at least "
        f"{protocol.least} {mark}. {n_splits} splits.\n"
        f"Best published: {protocol.published}.\n\n"
        f"{table(header, rows)}"
    )


def main() -> None:
    given = arguments(__doc__, seeds="5, 3 and 20 splits")

    def make() -> Iterator[str]:
        for protocol in PROTOCOLS:
            n_splits = given.seeds or protocol.n_splits
            yield present(protocol, measure(protocol, n_splits, given.data))

    report("llm_routing", make, given.write)


if __name__ == "__main__":
    main()
