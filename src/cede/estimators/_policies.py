"""How a cascade runs: what a stage decides at given prices, and who goes on where shares mix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.estimators._base import Router
from cede.operating import NEVER

__all__ = ["Policy", "Walk", "asking_prices", "saved_by", "scores_of", "unit_of"]

#: How far agents at whom the cascade does not stop are behind, at least.
_APART = 1e-6
#: Shares this near to none or all are none or all.
_ALL = 1e-9


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


class Walk:
    """Which of the prices each case can still have gone by, as far as it has come.

    Shares of the cases go by each policy. What a case knows at a stage holds what it knew before,
    so the share of those like it that a policy brought here, and sends on, is known there as well:
    nothing need be drawn at the start and remembered (Kuhn 1953, "Extensive games").
    """

    def __init__(self, blend: list[tuple[float, Policy]], n: int) -> None:
        self.shares = np.array([share for share, _ in blend])
        self.policies = [policy for _, policy in blend]
        self.here = np.ones((len(blend), n), dtype=np.bool_)
        self.onwards = self.here

    def decide(self, stage: int, seen: Floats, cases: Ints, unit: float) -> None:
        """Ask each policy, by what is known at the stage."""
        arrived = self.here if stage == 0 else self.onwards
        onwards = np.zeros_like(arrived)
        for mine, there, policy in zip(onwards, arrived, self.policies, strict=True):
            mine[cases] = there[cases] & policy.goes_on(stage, seen, unit)
        self.here, self.onwards = arrived, onwards

    def goes_on(self, seen: Floats, cases: Ints) -> Bools:
        """Decide: all of those that are alike, none, or a share of them."""
        brought = self.shares @ self.here[:, cases]
        sent = self.shares @ self.onwards[:, cases]
        share = np.divide(sent, brought, out=np.zeros_like(sent), where=brought > 0.0)
        return _shared_out(share, seen)


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


def _shared_out(share: Floats, seen: Floats) -> Bools:
    """Who goes on, where a share of equal cases is to: in turn, and never more than the share.

    Equal are cases that see the same. A case that is alone goes on only if all like it do.
    """
    on = share >= 1.0 - _ALL
    open_ = np.flatnonzero((share > _ALL) & ~on)
    if open_.size:
        alike = np.unique(seen[open_], axis=0, return_inverse=True)[1].reshape(-1)
        order = np.argsort(alike, kind="stable")
        starts = np.flatnonzero(np.diff(alike[order], prepend=-1))
        place = np.arange(open_.size) - np.repeat(starts, np.diff(np.append(starts, open_.size)))
        among = share[open_[order]]
        on[open_[order]] = np.floor((place + 1) * among + _ALL) > np.floor(place * among + _ALL)
    return np.asarray(on, dtype=np.bool_)


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
