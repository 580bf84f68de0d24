"""How long ``import cede`` takes, in a fresh interpreter, and what it drags in."""

from __future__ import annotations

import statistics
import subprocess
import sys

PROBE = """
import sys, time
begin = time.perf_counter()
{statement}
print(time.perf_counter() - begin, "torch" in sys.modules, "sklearn" in sys.modules)
"""


def measure(statement: str, repeats: int = 7) -> tuple[float, str]:
    seconds, loads = [], ""
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", PROBE.format(statement=statement)],
            capture_output=True,
            text=True,
            check=True,
        )
        first, torch, sklearn = done.stdout.split()
        seconds.append(float(first))
        loads = f"torch {torch}, scikit-learn {sklearn}"
    return statistics.median(seconds), loads


def main() -> None:
    print("seconds to import, median of 7 fresh interpreters")
    for statement in (
        "import numpy",
        "import cede",
        "from cede.operating import deferral_curve_from_scores",
        "from cede.losses import one_vs_all",
        "from cede import SingleStageClassifier",
    ):
        seconds, loads = measure(statement)
        print(f"{seconds:>8.3f}  {statement:<55} loads {loads}")


if __name__ == "__main__":
    main()
