"""Raw prompts, without any embedding: how much of the gap few calls recover.

The prompts and protocols of ``llm_routing.py``. A router reads the text alone, by what it learned
from the training rows; beside it stands the recipe on embeddings of a sentence encoder. Intervals
are of resampled prompts, the same for both.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from _gap_bootstrap import average_gaps
from _prompts import beside, recipe, statistics
from _setup import Array, arguments, report, table, with_interval
from llm_routing import FIRST_SEED, PROTOCOLS, Protocol, splits

from cede.operating import average_gap_recovered
from cede.routers import EncodedRouter, Encoder, Texts
from cede_papers.datasets import load_routellm

OURS, EMBEDDED = "text", "sentence encoder"
#: What must hold of the text alone, by protocol; the second is what the tests hold.
LEAST = {"MMLU, 1,500 training prompts": 0.640, "GSM8K, five-fold": 0.640}
SPLITS = 5


def routers() -> dict[str, EncodedRouter]:
    """What reads the text alone."""
    return {
        OURS: EncodedRouter(encoder=Encoder(text=0)),
        "text, no form": EncodedRouter(encoder=Encoder(text=0, texts=Texts(form=0.0))),
        "text, form only": EncodedRouter(encoder=Encoder(text=0, texts=Texts(0, form=1.0))),
    }


def measure(protocol: Protocol, seeds: int, data: str | None) -> tuple[list[str], Array, Array]:
    """Methods, their average gap recovered ``(splits, methods)``, and that on resamples."""
    logs = load_routellm(protocol.benchmark, data)
    prompts, costs = logs.extras["prompt"].astype(object)[:, None], logs.answer_costs
    numbers = statistics(logs.extras["prompt"])
    gains = []
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        per_method: dict[str, Array] = {}
        for train, test in splits(logs, protocol, seed):
            features = beside(logs.X, numbers, train, 0.2)
            fitted = {name: r.fit(prompts[train], costs[train]) for name, r in routers().items()}
            scores = {name: router.agent_scores(prompts[test]) for name, router in fitted.items()}
            embedded = recipe().fit(features[train], costs[train])
            scores[EMBEDDED] = embedded.agent_scores(features[test])
            for name, score in scores.items():
                gain = per_method.setdefault(name, np.full(len(costs), np.nan))
                gain[test] = score[:, 1] - score[:, 0]
        gains.append(list(per_method.values()))
    judged = np.array(gains)
    average = [[_average(gain, costs) for gain in split] for split in judged]
    return list(per_method), np.array(average), average_gaps(judged, costs, logs.extras["group"])


def _average(gain: Array, costs: Array) -> float:
    known = ~np.isnan(gain)
    return average_gap_recovered(gain[known], costs[known], n_bins=10)


def present(protocol: Protocol, methods: list[str], average: Array, resampled: Array) -> str:
    """One table: every method, and what the text alone is ahead of it."""
    mean, ours = average.mean(axis=0), methods.index(OURS)
    rows = []
    for i, name in enumerate(methods):
        low, high = np.percentile(resampled[:, i], [2.5, 97.5])
        lead = mean[ours] - mean[i]
        ahead = with_interval(lead, resampled[:, ours] - resampled[:, i]) if i != ours else ""
        rows.append([name, f"{mean[i]:.3f} [{low:.3f} {high:.3f}]", ahead])
    holds = "holds" if mean[ours] >= LEAST[protocol.name] else "does **not** hold"
    return (
        f"**{protocol.name}**: at least {LEAST[protocol.name]:.3f} of the text alone {holds}. "
        f"{len(average)} splits.\n\n"
        f"{table(['method', 'APGR [95 %]', 'text − it [95 %]'], rows)}"
    )


def main() -> None:
    given = arguments(__doc__, seeds=SPLITS)

    def make() -> Iterator[str]:
        for protocol in PROTOCOLS:
            if protocol.name in LEAST:
                yield present(protocol, *measure(protocol, given.seeds, given.data))

    report("text_routing", make, given.write)


if __name__ == "__main__":
    main()
