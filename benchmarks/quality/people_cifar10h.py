"""A network and one person name a photograph, better than either of them.

CIFAR-10H: 10,000 images, four networks whose probabilities were logged, one of about fifty people
drawn for each image. Threshold correction learns, from 64 features and the network's probabilities,
when a person is right; five-fold, judged out of fold. The person is free, then costs 0.02 errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from _setup import RESAMPLES, Array, arguments, grouped_folds, report, table, with_interval

from cede.evaluation.resampling import paired_bootstrap
from cede.routers import METHODS, LoggedModel
from cede_papers.datasets import load_cifar10h

NETWORKS = ("cnn_low", "resnet110", "preresnet110", "densenet_bc_l190")
FEES = (0.0, 0.02)


@dataclass(frozen=True)
class Result:
    """Who was right, per image: network, person, the two, the oracle; and the share deferred."""

    right: Array  # (n, 4)
    deferred: float
    resampled: Array  # (resamples, 4)

    def lead(self, over: int) -> tuple[float, Array]:
        """Accuracy of the two minus that of the network (0) or the person (1)."""
        gap = self.right[:, 2] - self.right[:, over]
        return float(gap.mean()), self.resampled[:, 2] - self.resampled[:, over]


def measure(network: str, fee: float, seeds: int, data: Any = None) -> Result:
    """One network, with another draw of persons and folds for every seed."""
    per_seed = [out_of_fold(network, fee, seed, data) for seed in range(seeds)]
    right = np.mean([found for found, _ in per_seed], axis=0)
    deferred = float(np.mean([share for _, share in per_seed]))
    return Result(right, deferred, paired_bootstrap(right, RESAMPLES))


def out_of_fold(network: str, fee: float, seed: int, data: Any) -> tuple[Array, float]:
    """Who was right on each image, and the share that went to the person."""
    images = load_cifar10h(data, n_experts=1, random_state=seed)
    logged = images.extras[f"probs_{network}"]
    X, y = np.hstack([images.X, logged]), images.y
    n_features, n_classes = images.X.shape[1], logged.shape[1]
    model = LoggedModel(range(n_features, n_features + n_classes), range(n_classes))
    asked = np.zeros(len(X), dtype=np.bool_)
    for train, test in grouped_folds(np.arange(len(X)), seed):
        router = METHODS["threshold_correction"].make(model=model, fees=fee)
        router.fit(X[train], y[train], experts=images.experts[train])
        asked[test] = router.route(X[test]) == 1
    alone = np.column_stack([model.predict(X) == y, images.experts[:, 0] == y]).astype(np.float64)
    both = np.where(asked, alone[:, 1], alone[:, 0])
    return np.column_stack([alone, both, alone.max(axis=1)]), float(asked.mean())


def row(network: str, fee: float, found: Result) -> list[str]:
    model, person, both, oracle = (f"{100 * share:.2f}" for share in found.right.mean(axis=0))
    leads = [with_interval(*found.lead(agent), scale=100, digits=2) for agent in (0, 1)]
    return [
        f"{network}, {fee:g}",
        model,
        person,
        both,
        f"{100 * found.deferred:.0f}",
        *leads,
        oracle,
    ]


def main() -> None:
    given = arguments(__doc__, seeds=3)

    def make() -> Iterator[str]:
        header = ["network, fee", "alone", "person", "both", "asked", "both − network [95 %]",
                  "both − person [95 %]", "oracle"]  # fmt: skip
        yield "In %.\n\n" + table(
            header,
            [row(n, f, measure(n, f, given.seeds, given.data)) for n in NETWORKS for f in FEES],
        )

    report("people_cifar10h", make, given.write)


if __name__ == "__main__":
    main()
