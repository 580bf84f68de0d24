"""Estimates from a log, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias

Method: TypeAlias = Literal["inverse_propensity", "self_normalised", "doubly_robust"]


@dataclass(frozen=True)
class OffPolicyEstimate:
    """The mean cost that routes would have had."""

    value: float
    low: float
    high: float
    standard_error: float
    confidence: float
    method: Method
    n_cases: int
    #: Cases in which the cost of an agent that the routes choose is known.
    n_matched: int
    #: ``(sum w)² / sum w²`` over cases: so many equal weights would be as good.
    effective_size: float
    #: Largest weight of a case, after clipping.
    largest_weight: float
    #: Mean weight before clipping: 1 up to chance if propensities are right and every agent that
    #: the routes choose could have been observed.
    mean_weight: float
    #: Where weights were clipped, and how much of the mean weight that took away.
    clip: float | None = None
    clipped_weight: float = 0.0
    #: Interval that holds the truth at least as often as ``confidence`` says at any weights, if the
    #: propensities are right and no cost leaves ``cost_range``; wider where weights are light. It
    #: looks at weights and costs only, and is the same for all methods, clipped or not.
    bound_low: float = -inf
    bound_high: float = inf
    #: Whether few or heavy cases decide, of which a warning was given. Trust the bound then, and
    #: not ``low`` to ``high``.
    few_or_heavy: bool = False

    def __str__(self) -> str:
        """One line for people."""
        text = (
            f"mean cost {self.value:.4g} ({percent(self.confidence)} interval {self.low:.4g} to "
            f"{self.high:.4g}), {words(self.method)} on {self.n_cases:,} cases: "
            f"{self.n_matched:,} matched, effective sample size {self.effective_size:,.0f}, "
            f"largest weight {self.largest_weight:.4g}"
        )
        if self.clip is not None:
            text += f"; clipping at {self.clip:.4g} took {percent(self.clipped_weight)} of weight"
        return text + _bound_text(self)


@dataclass(frozen=True)
class OffPolicyDifference:
    """The mean cost of some routes less that of others, on the same log."""

    #: Below zero, the first routes cost less.
    value: float
    low: float
    high: float
    standard_error: float
    confidence: float
    method: Method
    n_cases: int
    #: Cases that the two route differently, and those of them in which a cost is known of an agent
    #: that only one of the two chooses (or oftener than the other, if they draw).
    n_differ: int
    n_matched: int
    #: As in :class:`OffPolicyEstimate`, of the weight by which the two differ.
    effective_size: float
    largest_weight: float
    routes: OffPolicyEstimate
    other_routes: OffPolicyEstimate
    #: As in :class:`OffPolicyEstimate`.
    bound_low: float = -inf
    bound_high: float = inf
    few_or_heavy: bool = False

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"mean cost {self.value:+.4g} ({percent(self.confidence)} interval {self.low:+.4g} to "
            f"{self.high:+.4g}): {self.routes.value:.4g} against {self.other_routes.value:.4g}, "
            f"{words(self.method)} on {self.n_cases:,} cases; {self.n_differ:,} are routed "
            f"differently, {self.n_matched:,} of them matched, effective sample size "
            f"{self.effective_size:,.0f}, largest weight {self.largest_weight:.4g}"
            f"{_bound_text(self)}"
        )


def _bound_text(result: OffPolicyEstimate | OffPolicyDifference) -> str:
    """The bound, where it is what can be believed; or where the interval leaves it."""
    outside = result.value < result.bound_low or result.value > result.bound_high
    if not (result.few_or_heavy or outside):
        return ""
    return (
        f"; few or heavy cases decide, and at any weights it lies from {result.bound_low:.4g} to "
        f"{result.bound_high:.4g}"
    )


def percent(share: float) -> str:
    """Write a share for people, as 95 %."""
    return f"{100 * share:.3g} %"


def words(method: Method) -> str:
    """Write a method's name for people."""
    return method.replace("_", " ")
