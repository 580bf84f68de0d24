"""The path from nobody deferred to everybody deferred, and what happens at each price on it.

One price for all experts moves the system along one path: the case with the largest gain is
deferred first. Who is asked does not depend on that price, so going back along the path defers
fewer cases **and** spends less, whatever the fees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cede._checks import Bools, Floats, Ints
from cede.operating import NEVER

__all__ = ["PathCases", "Tally", "below_all", "candidate_prices", "tally"]

#: With this many, neighbours differ in one case of 500; more would tell scouts nothing.
_MOST_PRICES = 500


@dataclass(frozen=True)
class PathCases:
    """What a test reads of ``n`` cases: gain, cost if kept, cost if deferred, number of group."""

    gain: Floats
    kept_cost: Floats
    deferred_cost: Floats
    group: Ints
    n_groups: int

    def __len__(self) -> int:
        return len(self.gain)

    def take(self, rows: Bools) -> PathCases:
        """Some of the cases; the subgroups stay."""
        return PathCases(
            self.gain[rows],
            self.kept_cost[rows],
            self.deferred_cost[rows],
            self.group[rows],
            self.n_groups,
        )

    @property
    def group_sizes(self) -> Ints:
        """Number of cases of each group."""
        return np.bincount(self.group, minlength=self.n_groups).astype(np.int64)


@dataclass(frozen=True)
class Tally:
    """Losses at ``m`` prices in ``G`` subgroups."""

    #: Sum of the losses, and of how many cases, ``(G, m)``.
    loss: Floats
    n: Floats
    #: How many cases of all are deferred, ``(m,)``.
    deferred: Ints

    @property
    def mean(self) -> Floats:
        """Observed risk, ``(G, m)``; NaN where there is no case."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.loss / self.n, dtype=np.float64)


def candidate_prices(gain: Floats) -> Floats:
    """Increasing prices from below every gain to above any: 500 quantiles of the gains, at most.

    Prices below zero defer cases against the advice of the scores.
    """
    finite = gain[np.isfinite(gain)]
    if not finite.size:
        return np.array([NEVER])
    known = np.unique(finite)
    if known.size > _MOST_PRICES:
        known = np.unique(np.quantile(finite, np.linspace(0, 1, _MOST_PRICES), method="lower"))
    lowest = below_all(known)
    known[-1] = NEVER  # nobody is deferred, now or later
    return np.append(lowest, known)


def below_all(gain: Floats) -> float:
    """Return the price just below every gain; far below, rounding would make all experts tie."""
    return float(np.nextafter(gain.min(), -NEVER))


def tally(cases: PathCases, prices: Floats, of: str) -> Tally:
    """Losses and deferrals at each price, if cases are deferred whose gain exceeds it."""
    m, subgroups = len(prices), cases.n_groups
    exceeded = np.searchsorted(prices, cases.gain, side="left")
    cell = cases.group * (m + 1) + exceeded

    def kept_sum(weights: Floats | None) -> Floats:
        sums = np.bincount(cell, weights, minlength=subgroups * (m + 1)).reshape(subgroups, m + 1)
        return np.asarray(sums.cumsum(axis=1), dtype=np.float64)

    n_kept, loss = kept_sum(None), kept_sum(cases.kept_cost)
    n = n_kept if of == "among_kept" else np.broadcast_to(n_kept[:, -1:], n_kept.shape)
    if of == "system":
        other = kept_sum(cases.deferred_cost)
        loss = loss + (other[:, -1:] - other)
    deferred = np.rint(len(cases) - n_kept.sum(axis=0)).astype(np.int64)
    return Tally(loss[:, :-1], n[:, :-1], deferred[:-1])
