"""One paired bootstrap of ten methods against the bare weighted sums, their counts given."""

from __future__ import annotations

import os

# One thread for both sides: a second one would halve the bare sums, which are one matrix product.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import interleaved

from cede.evaluation.resampling import critical_value, paired_bootstrap


def main() -> None:
    rng = np.random.default_rng(0)
    n, n_methods, n_boot = 100_000, 10, 1_000
    right = (rng.random((n, n_methods)) < rng.random(n)[:, None]).astype(np.float64)
    costs = rng.random((n, n_methods))
    influence = costs @ rng.normal(size=(n_methods, 101))
    # A tenth of the resamples, ten times: all counts at once would be 800 MB.
    counts = rng.multinomial(n, np.full(n, 1 / n), size=n_boot // 10).astype(np.float64)
    tasks = {
        "bare weighted sums": lambda: [counts @ costs for _ in range(10)],
        "right or wrong": lambda: paired_bootstrap(right, n_boot),
        "any costs": lambda: paired_bootstrap(costs, n_boot),
        "critical value of a curve, 101 points": lambda: critical_value(influence),
    }
    ratios, base = interleaved(tasks, "bare weighted sums", seconds=3.0)
    print(
        f"{n_boot:,} resamples of {n:,} cases, {n_methods} methods: ratio to the bare weighted "
        f"sums ({base:.2f} s)"
    )
    for name, ratio in ratios.items():
        print(f"{name:>40}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
