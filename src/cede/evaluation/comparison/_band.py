"""Bands that hold a whole deferral curve, or the difference of two, and not one point of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import (
    Bools,
    Floats,
    check_agent_table,
    check_same_length,
    number_groups,
)
from cede._checks._arrays import to_array
from cede._intervals import bounded_mean, check_confidence, hardly_vary
from cede.evaluation.comparison._influence import EstimatedRisk, ScoredCosts, estimate_risk
from cede.evaluation.resampling import critical_value
from cede.exceptions import InvalidInput

__all__ = ["Band", "simultaneous_band"]


@dataclass(frozen=True)
class Band:
    """A curve over deferral rates and the band in which all of it is expected to lie."""

    #: Deferral rates, increasing, ``(m,)``.
    rates: Floats
    #: Accuracy or risk there, or what one method's is above the other's.
    value: Floats
    low: Floats
    high: Floats
    #: How many standard errors the band reaches; an interval at one point alone reaches 1.96. Where
    #: costs hardly vary, it reaches further.
    critical: float
    confidence: float
    #: Cases, or groups of cases, on which the band rests.
    n_independent: int

    def __str__(self) -> str:
        """One line for people."""
        reach = float(((self.high - self.low) / 2).max())
        level = f"{self.confidence:.0%}".replace("%", " %")
        return (
            f"{level} band over {len(self.rates)} deferral rates from {self.rates[0]:.3g} to "
            f"{self.rates[-1]:.3g}: ± {self.critical:.2f} standard errors, {reach:.3g} at most"
        )


def simultaneous_band(
    agent_scores: ArrayLike,
    agent_costs: ArrayLike,
    other_scores: ArrayLike | None = None,
    other_costs: ArrayLike | None = None,
    *,
    of: Literal["accuracy", "risk"] = "accuracy",
    rates: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    confidence: float = 0.95,
    n_boot: int = 10_000,
    random_state: int | None = 0,
) -> Band:
    r"""Band that holds the whole true curve with the confidence given, at all rates together.

    With cost :math:`c_0` of the model and :math:`c_e` of the expert with the best score, the risk
    at rate ``r`` is :math:`E[c_0 + A_r (c_e - c_0)]`, where :math:`A_r` is 1 for the share ``r`` of
    cases with the largest gains. That share is cut at a quantile which is estimated too, and a
    case adds

    .. math:: \psi_r = c_0 + A_r (c_e - c_0) - \delta_r (A_r - r),

    :math:`\delta_r` being the slope of the risk curve at ``r``: what the cases at the cut save. The
    band is the curve, plus and minus :func:`cede.evaluation.critical_value` times the standard
    error at each rate. Where gains tie, :math:`A_r` is the share of the tie that is deferred.

    Where few cases tell how much a point of the curve varies, or none does, the band there is at
    least Gaffke's bound from the range of the costs (``cede._intervals``), at the level that the
    critical value stands for. At a rate of 0 a method is its model and differs from it by nothing.

    The theory is for many cases. On simulated draws with costs of 0 and 1, bands of 95 % held the
    whole curve in 95 % of draws of 2,000 cases, in 93 % of 300 and in 91 % of 100; bands of
    differences in 94 to 96 % of each (``tests/long/test_bands.py``).

    Parameters
    ----------
    agent_scores : array of shape (n, J + 1)
        One comparable number per agent, higher is better, the model first.
    agent_costs : array of shape (n, J + 1)
        What letting each agent answer cost, fees included. Cases with a missing cost are left out.
    other_scores : array of shape (n, J + 1), optional
        Another method's scores of the same cases: the band is then that of the first curve less
        the second.
    other_costs : array of shape (n, J + 1), optional
        Of the other method, if its model answers differently; default ``agent_costs``.
    of : {"accuracy", "risk"}, default="accuracy"
        One minus the mean cost, or the mean cost.
    rates : array of shape (m,), optional
        Deferral rates in [0, 1], increasing; default 51 from 0 to 1. Memory is ``n m`` numbers.
    groups : array of shape (n,), optional
        Cases of one group are not independent of each other.
    confidence, n_boot, random_state
        Level; draws of the largest deviation; seed.

    References
    ----------
    Montiel Olea and Plagborg-Møller 2019, "Simultaneous confidence bands: theory, implementation,
    and an application to SVARs", on sup-t bands.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> gain, costs = rng.normal(size=400), rng.integers(2, size=(400, 2))
    >>> band = simultaneous_band(np.column_stack([0 * gain, gain]), costs, rates=[0.1, 0.2, 0.5])
    >>> band.value.shape, bool(2.0 < band.critical < 2.5)
    ((3,), True)
    """
    level = check_confidence(confidence)
    if of not in ("accuracy", "risk"):
        raise InvalidInput(f'must be "accuracy" or "risk", but got {of!r}', argument="of")
    grid = _check_rates(np.linspace(0, 1, 51) if rates is None else rates)
    methods = _read_methods(agent_scores, agent_costs, other_scores, other_costs)
    known = _known_in_all(methods)
    risk = estimate_risk([(scores[known], costs[known]) for scores, costs in methods], grid)
    n = len(risk.influence)
    if groups is not None:
        risk = risk._replace(influence=_by_group(risk.influence, groups, known))
    critical = critical_value(risk.influence, level, n_boot, random_state)
    reach = critical * _standard_error(risk.influence, n)
    # One unseen kind of case may be any agent's.
    together = max(2 * NormalDist().cdf(critical) - 1, 1 - (1 - level) / methods[0][0].shape[1])
    low, high = _widened(risk, n, risk.value - reach, risk.value + reach, together)
    value = risk.value
    if of == "accuracy":
        top = 1.0 if len(methods) == 1 else 0.0
        value, low, high = top - value, top - high, top - low
    return Band(
        rates=grid,
        value=value,
        low=low,
        high=high,
        critical=critical,
        confidence=level,
        n_independent=len(risk.influence),
    )


def _standard_error(influence: Floats, n: int) -> Floats:
    """Of a mean over ``n`` cases, to which each row, a case or a group, adds; ``(m,)``."""
    n_parts = len(influence)
    error = np.sqrt((influence**2).sum(axis=0) * n_parts / (n_parts - 1)) / n
    error[error < 1e-12] = 0.0
    return np.asarray(error)


def _widened(
    risk: EstimatedRisk, n: int, low: Floats, high: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """The band, as wide as Gaffke's bound where few cases tell how much its value varies."""
    unsure = np.flatnonzero(~risk.certain)
    scale = len(risk.influence) / n

    def parts(j: Any) -> Floats:
        """What each case, or group, adds to the value at a rate."""
        return np.asarray(risk.value[j] + risk.influence[:, j] * scale)

    low, high = low.copy(), high.copy()
    for j in unsure[hardly_vary(map(parts, unsure), *risk.bounds)]:
        ends = bounded_mean(parts(j), *risk.bounds, confidence)
        low[j], high[j] = min(low[j], ends[0]), max(high[j], ends[1])
    return low, high


def _read_methods(
    agent_scores: ArrayLike,
    agent_costs: ArrayLike,
    other_scores: ArrayLike | None,
    other_costs: ArrayLike | None,
) -> list[ScoredCosts]:
    """The one method whose curve is wanted, or the two whose difference is."""
    if other_scores is None and other_costs is not None:
        raise InvalidInput(
            "must come with the other scores, but got costs alone; pass both, or neither",
            argument="other_costs",
        )
    methods = [_read(agent_scores, agent_costs)]
    if other_scores is not None:
        methods.append(_read(other_scores, agent_costs if other_costs is None else other_costs))
        check_same_length(agent_scores=methods[0][0], other_scores=methods[1][0])
    return methods


def _known_in_all(methods: Sequence[ScoredCosts]) -> Bools:
    """In which cases every agent's cost is known, by every table; two at least."""
    known = np.logical_and.reduce([~np.isnan(costs).any(axis=1) for _, costs in methods])
    if known.sum() < 2:
        raise InvalidInput(
            f"must tell the cost of every agent in two cases at least, but got {known.sum()} such "
            f"cases; a band needs more of them",
            argument="agent_costs",
        )
    return np.asarray(known, dtype=np.bool_)


def _read(agent_scores: ArrayLike, agent_costs: ArrayLike) -> ScoredCosts:
    scores = check_agent_table("agent_scores", agent_scores)
    costs = check_agent_table("agent_costs", agent_costs, allow_missing=True)
    if scores.shape != costs.shape:
        raise InvalidInput(
            f"must have the shape of the scores, {scores.shape}, but got {costs.shape}; give both "
            f"a row per case and a column per agent",
            argument="agent_costs",
        )
    return scores, costs


def _check_rates(rates: ArrayLike) -> Floats:
    grid = np.asarray(rates, dtype=np.float64)
    inside = grid.ndim == 1 and len(grid) > 0 and bool(((grid >= 0) & (grid <= 1)).all())
    if not inside or (np.diff(grid) <= 0).any():
        raise InvalidInput(
            f"must be shares of cases between 0 and 1, increasing, but got {grid.tolist()}",
            argument="rates",
        )
    return grid


def _by_group(influence: Floats, groups: ArrayLike, known: Bools) -> Floats:
    """Sums over groups, of which ``groups`` has one per case that came, ``(all,)``."""
    values = to_array(groups)
    check_same_length(agent_scores=known, groups=values)
    number = number_groups(values[known])
    if number.max() == 0:
        raise InvalidInput(
            "must be two at least for a band, but got one; leave them out if cases are independent",
            argument="groups",
        )
    sums = np.zeros((number.max() + 1, influence.shape[1]))
    np.add.at(sums, number, influence)
    return sums
