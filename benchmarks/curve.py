"""The exact curve of ten million cases against ``numpy.argsort`` of the same gains."""

from __future__ import annotations

import numpy as np
from _timing import interleaved

from cede import choose_operating_point, deferral_curve_from_scores


def main() -> None:
    rng = np.random.default_rng(0)
    n = 10_000_000
    scores = rng.random((n, 2))
    costs = (rng.random((n, 2)) < 0.3).astype(np.float64)
    gain = scores[:, 1] - scores[:, 0]
    tasks = {
        "argsort": lambda: np.argsort(gain),
        "deferral curve, all points": lambda: deferral_curve_from_scores(scores, costs),
        "operating point of a budget": lambda: choose_operating_point(scores, 0.2),
    }
    ratios, base = interleaved(tasks, "argsort", seconds=4.0)
    print(f"{n:,} cases, one expert: ratio to numpy.argsort ({base:.2f} s)")
    for name, ratio in ratios.items():
        print(f"{name:>30}{ratio:>8.2f}")


if __name__ == "__main__":
    main()
