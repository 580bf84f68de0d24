"""Seconds of one fit, method by method, of one core's time: other work does not count."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from league_arena import arena
from league_data import PROBLEMS
from league_methods import METHODS, enters

from cede.exceptions import CedeError
from cede_papers import Claim, Run, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """Fit the middle configuration a few times; the shortest is told."""
    return {
        "problems": settings["problems"],
        "seconds": dict(zip(settings["problems"], run.map(
            _timed, [(name, settings, run) for name in settings["problems"]], lambda t: t[0]
        ), strict=True)),
    }  # fmt: skip


def _timed(task: tuple[str, dict[str, Any], Run]) -> dict[str, float]:
    name, settings, run = task
    problem = PROBLEMS[name](run.data, run.seed)
    at = arena(problem, settings["sizes"], settings["components"], run.seed)
    found = {}
    for name, method in METHODS.items():
        if not enters(method, at):
            continue
        taken = []
        for _ in range(settings["repeats"]):
            begin = time.process_time()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    method.fit(at, at.parts["fit"], method.values[len(method.values) // 2])
            except CedeError:
                break
            taken.append(time.process_time() - begin)
        else:
            found[name] = float(np.min(taken))
    return found


def tables(found: dict[str, Any]) -> str:
    """A row per method, also of those that entered no problem, or came later than the report."""
    names, rows = found["problems"], []
    for method in METHODS:
        seconds = [found["seconds"][name].get(method) for name in names]
        ran = any(value is not None for value in seconds)
        rows.append([f"`{method}`" if ran else f"`{method}`, not run", *map(_seconds, seconds)])
    return table(["seconds of a core, one fit", *(name.replace("_", " ") for name in names)], rows)


def figures(found: dict[str, Any]) -> dict[str, Figure]:
    """None."""
    return {}


def claims(found: dict[str, Any]) -> list[Claim]:
    """None."""
    return []


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}" if value >= 0.01 else "< 0.01"
