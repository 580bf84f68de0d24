"""A day with four experts of limited time: prices that follow the stream, and prices that do not.

Hours bring about four hundred cases. Scores are true chances to be right: the model's falls with a
case's difficulty, an expert's lies higher in one of four fields. Yesterday's optimal prices are
where today starts. Trouble is a burst at noon, when for two hours twice as many cases come and they
are hard, while expert 1 is away from the third hour to the sixth. Nobody is told: as many cases are
expected as came yesterday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from _setup import Array, arguments, report, table

from cede import OperatingPoint
from cede._intervals import mean_estimate
from cede.tuning.capacities import CapacityController, assign

CAPACITY = np.array([150, 100, 200, 50])
HOURS, PER_HOUR = 8, 400
BURST, AWAY = (4, 5), (2, 3, 4, 5)
#: Cases that wait together, where they are not sent one by one.
TOGETHER = 25
#: Title -> was there trouble yesterday, and is there today?
DAYS = {
    "An ordinary day after an ordinary day": (False, False),
    "Burst and absence after an ordinary day": (False, True),
    "Burst and absence, as yesterday": (True, True),
}


@dataclass(frozen=True)
class Day:
    """Cases in order of arrival, ``(n, 5)`` scores, and who was there for each, ``(n, 4)``."""

    scores: Array
    present: np.ndarray


def draw_day(rng: np.random.Generator, troubled: bool) -> Day:
    scores, present = [], []
    for hour in range(HOURS):
        burst = troubled and hour in BURST
        n = rng.poisson(PER_HOUR * (1 + burst))
        difficulty = rng.standard_normal(n) + 1.5 * burst
        field = rng.integers(len(CAPACITY), size=n)[:, None] == np.arange(len(CAPACITY))
        model = 2.0 - 1.2 * difficulty
        experts = 1.0 + 2.0 * field - 0.4 * difficulty[:, None] + 0.5 * rng.standard_normal((n, 4))
        scores.append(1.0 / (1.0 + np.exp(-np.column_stack([model, experts]))))
        there = np.ones((n, len(CAPACITY)), dtype=np.bool_)
        there[:, 0] = not (troubled and hour in AWAY)
        present.append(there)
    return Day(np.vstack(scores), np.vstack(present))


def dispatch(day: Day, controller: CapacityController, together: int = 1) -> np.ndarray:
    """Agents of a day's cases, sent one by one or some at a time."""
    starts = range(0, len(day.scores), together)
    parts = [slice(start, start + together) for start in starts]
    return np.concatenate([controller.route(day.scores[p], day.present[p]) for p in parts])


def ways(yesterday: Day) -> dict[str, Callable[[Day], np.ndarray]]:
    """Name -> agents of a day's cases."""
    prices = assign(yesterday.scores, CAPACITY, available=yesterday.present).prices
    n = len(yesterday.scores)

    def controlled(start: Any, **options: Any) -> CapacityController:
        return CapacityController(start, CAPACITY, n, **options)

    return {
        "hindsight": lambda day: assign(day.scores, CAPACITY, available=day.present).routes,
        "controller": lambda day: dispatch(day, controlled(prices)),
        f"controller, {TOGETHER} at a time": lambda day: dispatch(
            day, controlled(prices), TOGETHER
        ),
        "controller, from price zero": lambda day: dispatch(day, controlled(np.zeros(4))),
        "fixed prices": lambda day: dispatch(
            day, controlled(OperatingPoint(tuple(prices)), spread=0.0)
        ),
        "first come, first served": lambda day: dispatch(day, controlled(np.zeros(4), spread=0.0)),
    }


def measure(
    trouble: tuple[bool, bool], seeds: int
) -> tuple[dict[str, Array], dict[str, np.ndarray]]:
    """Worth per 1,000 cases beyond the model alone, ``(seeds,)``, and largest loads, ``(4,)``."""
    worth: dict[str, list[float]] = {}
    most: dict[str, np.ndarray] = {}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        yesterday, today = (draw_day(rng, troubled) for troubled in trouble)
        n = len(today.scores)
        for name, way in ways(yesterday).items():
            routes = way(today)
            rows = np.arange(n)
            if not today.present[rows, routes - 1][routes > 0].all():
                raise AssertionError(f"{name} asks somebody who is away.")
            gain = today.scores[rows, routes] - today.scores[:, 0]
            worth.setdefault(name, []).append(1_000 * float(gain.mean()))
            loads = np.bincount(routes, minlength=5)[1:]
            most[name] = np.maximum(most.get(name, loads), loads)
    return {name: np.array(values) for name, values in worth.items()}, most


def present_day(title: str, worth: dict[str, Array], most: dict[str, np.ndarray]) -> str:
    best, ours = worth["hindsight"], worth["controller"]
    rows = []
    for name, values in worth.items():
        lost = with_half(100 * (1.0 - values / best))
        apart = mean_estimate(ours - values)
        rows.append(
            [
                name,
                f"{values.mean():.1f}",
                "" if values is best else lost,
                ""
                if values is ours
                else f"{apart.value:+.2f} [{apart.low:+.2f} {apart.high:+.2f}]",
                " ".join(str(load) for load in most[name]),
                "yes" if (most[name] <= CAPACITY).all() else "NO",
            ]
        )
    header = ["way", "gain", "% lost", "controller − it [95 %]", "largest loads", "within"]
    return f"**{title}**, {len(best)} days.\n\n{table(header, rows)}"


def with_half(values: Array) -> str:
    """Mean, and half of its 95 % interval."""
    found = mean_estimate(values)
    return f"{found.value:.1f} ± {found.half_width:.1f}"


def main() -> None:
    given = arguments(__doc__, seeds=40)

    def make() -> Iterator[str]:
        for title, trouble in DAYS.items():
            yield present_day(title, *measure(trouble, given.seeds))

    report("capacity_day", make, given.write)


if __name__ == "__main__":
    main()
