"""Side-by-side timing: interleaved repetitions in one process, reported as ratios."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping


def interleaved(
    tasks: Mapping[str, Callable[[], object]], reference: str, seconds: float = 1.0
) -> tuple[dict[str, float], float]:
    """Time every task in turn, again and again; return ratios to the reference, and its seconds.

    CPU time of this process, lower quartile of the repetitions: what a busy machine adds is noise
    that only ever lengthens a run, and interleaving spreads it over all tasks alike.
    """
    for task in tasks.values():
        task()
        task()
    samples: dict[str, list[float]] = {name: [] for name in tasks}
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    try:
        while time.perf_counter() - started < seconds * len(tasks) or len(samples[reference]) < 5:
            for name, task in tasks.items():
                begin = time.process_time()
                task()
                samples[name].append(time.process_time() - begin)
    finally:
        gc.enable()
    quartile = {name: sorted(times)[len(times) // 4] for name, times in samples.items()}
    base = quartile[reference]
    return {name: value / base for name, value in quartile.items()}, base
