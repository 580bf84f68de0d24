"""What a part may know besides its settings: seed, device, data, and how many workers there are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from cede.exceptions import InvalidInput

__all__ = ["Run"]

_MOST_SEEDS = 1_000
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Run:
    """One run of an experiment."""

    #: Everything that is random follows from it.
    seed: int = 0
    #: "cpu", or what torch calls another device.
    device: str = "cpu"
    #: Folder of the data sets; None is the one that ``CEDE_DATA`` names.
    data: Path | None = None
    #: Processes, each with one thread. The report does not depend on them.
    workers: int = 1

    def seeds(self, n: int) -> list[int]:
        """Seeds of ``n`` repetitions, at most a thousand; no two runs share one.

        Raises
        ------
        InvalidInput
            If there are more.
        """
        if n > _MOST_SEEDS:
            raise InvalidInput(f"must be at most {_MOST_SEEDS:,}, but got {n:,}", argument="n")
        first = _MOST_SEEDS * self.seed
        return list(range(first, first + n))

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        label: Callable[[Task], str] = str,
    ) -> list[Result]:
        """Return ``function`` of every task, in their order; a line is printed as each is done.

        Parameters
        ----------
        function : callable
            At the top level of a module. It runs in a process of its own, with one thread.
        tasks : sequence
            What can be pickled.
        label : callable, default=str
            A task as a few words.
        """
        work = partial(_alone, function)
        if self.workers <= 1 or len(tasks) <= 1:
            return self._counted(map(work, tasks), tasks, label)
        with ProcessPoolExecutor(
            min(self.workers, len(tasks)), mp_context=get_context("spawn")
        ) as pool:
            return self._counted(pool.map(work, tasks), tasks, label)

    def _counted(
        self, results: Iterable[Result], tasks: Sequence[Task], label: Callable[[Task], str]
    ) -> list[Result]:
        begin, finished = time.perf_counter(), []
        for number, (task, result) in enumerate(zip(tasks, results, strict=True), 1):
            finished.append(result)
            so_far = time.perf_counter() - begin
            print(f"{number:>5}/{len(tasks)}  {so_far:6.0f} s  {label(task)}", file=sys.stderr)
        return finished


def _alone(function: Callable[[Any], Any], task: Any) -> Any:
    """Run a task with one thread, so that neither speed nor rounding depends on its neighbours."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            return function(task)
    finally:
        torch.set_num_threads(before)
