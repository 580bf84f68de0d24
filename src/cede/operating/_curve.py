"""The deferral curve: its points, its areas, and the references that areas are read against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, Ints, check_budget
from cede.exceptions import InvalidInput
from cede.operating._choice import Choice
from cede.operating._hull import hull_of
from cede.operating._point import NEVER, OperatingPoint
from cede.operating._sorting import rank

__all__ = ["DeferralCurve"]


@dataclass(frozen=True, eq=False)
class DeferralCurve:
    """The system at every price, from nobody deferred to everybody deferred.

    Point ``i`` is the rule "defer every case whose gain exceeds ``prices[i]``". There is one point
    per distinct gain and one before the first: ``n + 1`` points if no two gains tie. Cases that
    tie cannot be told apart by their scores, so no point lies inside a tie; the straight line
    between two neighbouring points is what splitting a tie at random gives on average.

    Everything else is computed when it is first asked for.
    """

    #: Price of each point, decreasing; the first is the largest gain (nobody is deferred), the
    #: last minus infinity. Points with a negative price defer against the scores' advice.
    prices: Floats
    #: Mean cost of whoever answers, before fees; with 0-1 costs, the system's error rate.
    error: Floats
    #: How many cases the curve was computed on, and how many experts there are.
    n_cases: int
    n_experts: int
    #: The curve of each subgroup's cases alone, by name, if subgroups were named. It has points of
    #: its own; ``curve.subgroups[name].at_prices(curve.prices)`` has the system's prices.
    subgroups: Mapping[Any, DeferralCurve] = field(default_factory=dict, repr=False)
    # How many cases each point defers; None for 0, 1, ..., n.
    _count: Ints | None = field(default=None, repr=False)
    # Mean fee and mean charge at each point, if there are any.
    _paid: Mapping[str, Floats] = field(default_factory=dict, repr=False)
    # Whom each case goes to, in order of gain; None for the one expert, or for anyone.
    _asked: NDArray[np.unsignedinteger] | None = field(default=None, repr=False)
    # The best expert of each case; and what the model, and experts drawn at random, cost in all.
    _best: Choice | None = field(default=None, repr=False)
    _alone: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)

    @classmethod
    def _of(
        cls, choice: Choice, best: Choice, alone: Mapping[str, tuple[float, float]], n_experts: int
    ) -> DeferralCurve:
        ranked = rank(choice, {name: of_model for name, (of_model, _) in alone.items()})
        paid = {name: mean for name, mean in ranked.means.items() if name != "error"}
        return cls(
            ranked.prices, ranked.means["error"], len(choice.gain) - 1, n_experts,
            _count=ranked.count, _paid=paid, _asked=ranked.expert, _best=best, _alone=alone,
        )  # fmt: skip

    @cached_property
    def deferral_rate(self) -> Floats:
        """Share of cases deferred, increasing from 0 to 1."""
        return self._counts / self.n_cases

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{len(self.prices):,} points on {self.n_cases:,} cases, {self.n_experts} experts: "
            f"accuracy {self.accuracy[0]:.4g} if nobody is deferred, {self.accuracy[-1]:.4g} if "
            f"everybody is, {self.accuracy.max():.4g} at best; area {self.area:.4g}"
        )

    @property
    def coverage(self) -> Floats:
        """Share of cases that the model keeps."""
        return 1.0 - self.deferral_rate

    @property
    def accuracy(self) -> Floats:
        """One minus :attr:`error`: the accuracy of the system where costs are 0-1 errors."""
        return 1.0 - self.error

    @cached_property
    def risk(self) -> Floats:
        """Mean cost of the system: :attr:`error` and the fees paid, in units of one error."""
        return self.error + self._paid["fee"] if "fee" in self._paid else self.error

    @property
    def spend(self) -> Floats:
        """What asking costs per case, in the unit of the charges (of the fees, if there are none).

        Raises
        ------
        InvalidInput
            If the curve was computed without fees and charges.
        """
        for name in ("charge", "fee"):
            if name in self._paid:
                return self._paid[name]
        raise InvalidInput(
            "is not known of a curve that was computed without fees; say fees or charges when you "
            "compute it",
            argument="spend",
        )

    @cached_property
    def loads(self) -> Floats:
        """Share of all cases that each expert answers, one row per point, ``(points, J)``."""
        n_experts = self.n_experts
        if self._asked is None:
            return np.repeat(self.deferral_rate[:, None] / max(1, n_experts), n_experts, axis=1)
        levels, at = np.unique(self._counts, return_inverse=True)
        level = np.repeat(np.arange(len(levels)), np.diff(levels, prepend=0))
        asked = level * n_experts + self._asked[: len(level)]
        new = np.bincount(asked, minlength=len(levels) * n_experts).reshape(-1, n_experts)
        total = np.cumsum(new, axis=0, out=new)
        ordered = np.array_equal(levels, self._counts)
        return (total if ordered else total[at]) / self.n_cases

    @property
    def area(self) -> float:
        """Area under accuracy against deferral rate, by the trapezoid between points.

        It is the accuracy on average over all deferral rates. Without experts, the model's.
        """
        if self.n_experts == 0:
            return float(self.accuracy[0])
        return float(np.trapezoid(self.accuracy, self.deferral_rate))

    @property
    def normalised_area(self) -> float:
        """Where the area lies between the random mix's (0) and the oracle's (1).

        Below zero, deferring at random to random experts would be better.

        Raises
        ------
        InvalidInput
            If the oracle is no better than the random mix.
        """
        chance, best = self.random.area, self.oracle.area
        if not best > chance + 1e-12:
            raise InvalidInput(
                f"The oracle's area, {best:.4g}, is not above the random mix's: it makes no "
                f"difference here who answers which case, so nothing lies between the two; compare "
                f"by area instead."
            )
        return (self.area - chance) / (best - chance)

    @cached_property
    def oracle(self) -> DeferralCurve:
        """The most accurate curve that any scores could give on these cases.

        It knows every outcome: each case would go to the expert with the lowest cost before fees
        (the first of several), and cases leave in the order of what that saves. No router has
        a higher accuracy at any deferral rate. Fees are paid, but play no part.
        """
        if self._best is None:
            return self
        best = replace(self._best, gain=np.append(-self._best.added["error"], 0.0))
        return DeferralCurve._of(best, self._best, self._alone, self.n_experts)

    @cached_property
    def random(self) -> DeferralCurve:
        """The straight line of deferring cases at random, each to an expert drawn at random.

        Two points, as all cases tie. Its area is the mean of the two ends.
        """
        if self.n_experts == 0:
            return self
        ends = {name: np.array(pair) / self.n_cases for name, pair in self._alone.items()}
        error = ends.pop("error")
        return DeferralCurve(
            np.array([0.0, -np.inf]), error, self.n_cases, self.n_experts,
            _count=np.array([0, self.n_cases]), _paid=ends, _best=self._best, _alone=self._alone,
        )  # fmt: skip

    @cached_property
    def hull(self) -> DeferralCurve:
        """The points on the upper hull of accuracy against deferral rate.

        The lines between them are what two prices give if each case draws one of them at random:
        the best that these scores allow, at each deferral rate, if outcomes are known. On other
        cases, the same prices do worse on average.
        """
        return self._at(hull_of(self.deferral_rate, self.accuracy))

    def risk_at(self, rates: ArrayLike) -> Floats:
        """Mean cost when exactly these shares are deferred, ties split at random."""
        return np.asarray(
            np.interp(np.asarray(rates), self.deferral_rate, self.risk), dtype=np.float64
        )

    def at_prices(self, prices: ArrayLike) -> DeferralCurve:
        """The curve with one point for each of these prices, of the subgroups too.

        Examples
        --------
        >>> from cede.operating import deferral_curve_from_scores
        >>> scores, costs = [[0.0, 0.9], [0.0, 0.2]], [[1.0, 0.0], [0.0, 1.0]]
        >>> curve = deferral_curve_from_scores(scores, costs, subgroups=["a", "b"])
        >>> at = curve.at_prices([0.5, 0.1])
        >>> at.deferral_rate, at.subgroups["b"].deferral_rate
        (array([0.5, 1. ]), array([0., 1.]))
        """
        thresholds = np.atleast_1d(np.asarray(prices, dtype=np.float64))
        if thresholds.ndim != 1 or np.isnan(thresholds).any():
            raise InvalidInput(
                f"must be one number or a list of numbers, but got {prices!r}; write 0.1 or "
                f"[0.1, 0.2]",
                argument="prices",
            )
        # The rule of a price is that of the first point whose price is not above it; the last
        # point's is minus infinity.
        not_above = np.searchsorted(self.prices[::-1], thresholds, side="right")
        picked = self._at(len(self.prices) - not_above)
        inside = {name: group.at_prices(thresholds) for name, group in self.subgroups.items()}
        return replace(picked, prices=thresholds, subgroups=inside)

    def at_budget(self, budget: float) -> OperatingPoint:
        """The point :func:`cede.choose_operating_point` chooses on the same scores."""
        share = check_budget(budget)
        last = int(np.searchsorted(self.deferral_rate, share, side="right")) - 1
        price = NEVER if share == 0.0 else max(0.0, float(self.prices[last]))
        useful = int(np.count_nonzero(self.prices > 0))  # beyond this point nobody gains
        return OperatingPoint(
            prices=(price,) * self.n_experts,
            chosen_by="budget",
            value=share,
            deferral_rate=float(self.deferral_rate[min(last, useful)]),
            n_cases=self.n_cases,
        )

    @property
    def _counts(self) -> Ints:
        return np.arange(self.n_cases + 1) if self._count is None else self._count

    def _at(self, index: Ints) -> DeferralCurve:
        """The same curve with these of its points."""
        return replace(
            self,
            prices=self.prices[index],
            error=self.error[index],
            _count=self._counts[index],
            _paid={name: mean[index] for name, mean in self._paid.items()},
        )
