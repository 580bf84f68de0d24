"""What a stage of a cascade decides at given prices, and the scores that say the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.operating import NEVER
from cede.routers._base import Router

__all__ = ["Policy", "asking_prices", "saved_by", "scores_of", "unit_of"]

#: How far agents at whom the cascade does not stop are behind, at least.
_APART = 1e-6


class Policy(NamedTuple):
    """Who goes on at every stage, at one price per agent."""

    #: Routers between stopping (agent 0) and going on (agent 1); None where nobody goes on.
    stages: list[Router | None]
    #: What going on must save at each stage: the price of the agent that is asked.
    thresholds: Floats
    #: What was added to both costs that a stage learned from, as costs cannot be negative.
    added: Floats

    def goes_on(self, stage: int, seen: Floats, unit: float) -> Bools:
        """Decide at a stage, by what is known there."""
        router = self.stages[stage]
        if router is None:
            return np.zeros(len(seen), dtype=np.bool_)
        return np.asarray(saved_by(router, seen, unit) > self.thresholds[stage])


def asking_prices(prices: Floats) -> Floats:
    """What asking each agent adds to the price of ending with the one before it, ``(J,)``.

    ``NEVER`` ends the cascade: nobody goes on to that agent, nor to one behind it.
    """
    shut = np.maximum.accumulate(prices >= NEVER)
    with np.errstate(over="ignore"):
        asking = np.diff(np.where(shut, 0.0, prices), prepend=0.0)
    return np.where(shut, NEVER, np.clip(asking, -NEVER, NEVER))


def unit_of(table: Floats) -> float:
    """A power of two, far below what matters and far above rounding, in units of the costs."""
    largest = float(np.nanmax(np.abs(table), initial=0.0))
    return float(2.0 ** (np.ceil(np.log2(largest)) - 40)) if largest > 1e-250 else 2.0**-40


def saved_by(router: Router, seen: Floats, unit: float) -> Floats:
    """What going on saves each case, by a stage's router, ``(n,)``."""
    if not len(seen):
        return np.zeros(0)
    scores = router.agent_scores(seen)
    return np.asarray(np.rint((scores[:, 1] - scores[:, 0]) / unit) * unit, dtype=np.float64)


def scores_of(saved: Floats) -> Floats:
    """Agent scores ``(n, J + 1)`` from what going on saves at each stage, ``(n, J)``."""
    n, n_stages = saved.shape
    scores = np.zeros((n, n_stages + 1))
    if n_stages:
        last = _stops_at(saved[:, 1:]) + 1
        # Too soon, one gives up what going on would save; too late, what stopping would.
        agent = np.arange(1, n_stages + 1)
        onwards = np.append(saved[:, 1:], np.zeros((n, 1)), axis=1)  # of agents 1..J
        lost = np.where(agent < last[:, None], onwards, 0.0)
        stop = onwards[np.arange(n), last - 1][:, None]
        lost = np.where(agent > last[:, None], -stop, lost)
        # A price that is taken off may round a little away, so a little must not be all.
        apart = np.where(agent != last[:, None], _APART * (1.0 + np.abs(saved[:, :1])), 0.0)
        scores[:, 1:] = saved[:, :1] - lost - apart
    return scores


def _stops_at(saved: Floats) -> Ints:
    """Index of the first column that is not above zero, or the number of columns."""
    stops = np.append(saved <= 0.0, np.ones((len(saved), 1), dtype=np.bool_), axis=1)
    return np.asarray(stops.argmax(axis=1), dtype=np.int64)
