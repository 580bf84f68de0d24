"""Exact assignments to 20 experts: 100,000 cases against ``argmax``, 3,000 against HiGHS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from _timing import interleaved
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import eye_array, kron

from cede.tuning.capacities import assign, prices_within

N_EXPERTS = 20
Array = NDArray[np.float64]


def continuous(n: int, rng: np.random.Generator) -> Array:
    return rng.random((n, N_EXPERTS + 1))


def coarse(n: int, rng: np.random.Generator) -> Array:
    """Scores on a grid of eleven: nearly every case ties."""
    return rng.integers(0, 11, (n, N_EXPERTS + 1)) / 10


def few_rows(n: int, rng: np.random.Generator) -> Array:
    """Fifty cases, again and again."""
    return rng.random((50, N_EXPERTS + 1))[rng.integers(0, 50, n)]


def same_experts(n: int, rng: np.random.Generator) -> Array:
    """Half of the experts are one and the same."""
    scores = continuous(n, rng)
    scores[:, N_EXPERTS // 2 :] = scores[:, [1]]
    return scores


KINDS: tuple[Callable[[int, np.random.Generator], Array], ...] = (
    continuous,
    coarse,
    few_rows,
    same_experts,
)

#: The two that are timed in full: without ties, and with ties nearly everywhere.
DIFFERENT = (continuous, coarse)


def draw(kind: Callable[[int, np.random.Generator], Array], n: int) -> tuple[Array, Array]:
    """Scores, and capacities that most experts fill."""
    rng = np.random.default_rng(0)
    return kind(n, rng), rng.integers(n // 60, n // 20 + 1, N_EXPERTS)


def highs(scores: Array, capacity: Array) -> float:
    """Worth of the same assignment, by the linear programme as it stands."""
    n, n_agents = scores.shape
    once = kron(eye_array(n), np.ones((1, n_agents)), format="csc")
    load = kron(np.ones((1, n)), eye_array(n_agents), format="csc")[1:]
    found = linprog(-scores.ravel(), load, capacity, once, np.ones(n), method="highs")
    return -float(found.fun)


def main() -> None:
    for kind in KINDS:
        scores, capacity = draw(kind, 100_000)
        tasks = {
            "argmax": lambda s=scores: s.argmax(axis=1),
            "assign": lambda s=scores, c=capacity: assign(s, c),
        }
        if kind in DIFFERENT:
            tasks["prices_within"] = lambda s=scores, c=capacity: prices_within(s, c)
        ratios, base = interleaved(tasks, "argmax", seconds=0.1)
        name = kind.__name__.replace("_", " ")
        print(f"100,000 cases, {N_EXPERTS} experts, {name}: ratio to numpy.argmax ({base:.4f} s)")
        for task, ratio in ratios.items():
            print(f"{task:>30}{ratio:>10.2f}{ratio * base:>10.2f} s")
    for kind in DIFFERENT:
        scores, capacity = draw(kind, 3_000)
        ours, theirs = assign(scores, capacity).worth, highs(scores, capacity)
        tasks = {
            "linprog, HiGHS": lambda s=scores, c=capacity: highs(s, c),
            "assign": lambda s=scores, c=capacity: assign(s, c),
        }
        ratios, base = interleaved(tasks, "linprog, HiGHS", seconds=0.1)
        name = kind.__name__.replace("_", " ")
        print(f"3,000 cases, {N_EXPERTS} experts, {name}: ratio to scipy's HiGHS ({base:.2f} s)")
        for task, ratio in ratios.items():
            print(f"{task:>30}{ratio:>10.4f}")
        print(f"{'worth, ours less theirs':>30}{ours - theirs:>10.1e}")


if __name__ == "__main__":
    main()
