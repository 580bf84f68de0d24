"""Test the prices, and describe the certified one, or the one that came nearest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cede._checks import Bools, Floats
from cede._intervals import share_estimate
from cede.operating import OperatingPoint
from cede.tuning.guarantees._certificate import Certificate, SubgroupRisk
from cede.tuning.guarantees._claim import Claim
from cede.tuning.guarantees._p_values import cases_for, p_values, risk_upper_bound
from cede.tuning.guarantees._path import PathCases, Tally, candidate_prices, tally
from cede.tuning.guarantees._procedures import bonferroni_tests, cheapest, front, least_deferral

__all__ = ["search"]


def search(
    claim: Claim,
    cases: PathCases,
    scouts: Bools,
    names: tuple[str, ...],
    n_experts: int,
    n_left_out: int,
) -> Certificate:
    """Certify the price with the fewest deferrals, or describe the one that came nearest."""
    tested = cases.take(~scouts)
    if claim.of == "kept" and n_experts:
        prices, n_candidates = np.array([least_deferral(cases, claim.holds)]), len(cases) + 1
        counts = tally(tested, prices, claim.of)
        chosen: int | None = 0
    else:
        prices = candidate_prices(cases.gain[scouts])
        n_candidates = len(prices)
        if scouts.any():
            trial = tally(cases.take(scouts), prices, claim.of)
            prices = prices[front(trial, _level(claim), claim.largest_cost)]
        counts = tally(tested, prices, claim.of)
        chosen = cheapest(_p(claim, counts).max(axis=0), _level(claim), claim.procedure)
    at, needed = (chosen, None) if chosen is not None else _nearest(claim, counts)
    rows = _group_rows(claim, counts, at, names or ("",))
    n, deferred = len(tested), int(counts.deferred[at])
    point = OperatingPoint(
        prices=(float(prices[at]),) * n_experts,
        chosen_by="risk",
        value=claim.risk,
        delta=claim.delta,
        deferral_rate=deferred / n,
        n_cases=n,
    )
    certain = claim.delta is not None
    worst = max(rows, key=lambda row: row.observed_risk)
    return Certificate(
        certified=chosen is not None,
        point=point if chosen is not None else None,
        risk=claim.risk,
        delta=claim.delta,
        of=claim.of,
        largest_cost=claim.largest_cost,
        zero_one=claim.zero_one,
        observed_risk=worst.observed_risk,
        upper_bound=max(row.upper_bound or 0.0 for row in rows) if certain else None,
        p_value=max(row.p_value or 0.0 for row in rows) if certain else None,
        deferral_rate=share_estimate(deferred, n),
        n_tested=n,
        n_scouts=int(scouts.sum()),
        n_left_out=n_left_out,
        n_candidates=n_candidates,
        subgroups=rows if names else (),
        cases_needed=None if needed is None else int(np.ceil(needed * len(cases) / n)),
        loss=worst.loss,
        n_counted=worst.n_cases,
    )


def _level(claim: Claim) -> float:
    """Delta of the tests; where the claim is on average, nothing is tested, and it is 1."""
    return 1.0 if claim.delta is None else claim.delta


def _p(claim: Claim, counts: Tally) -> Floats:
    return p_values(counts.loss, counts.n, claim.risk, claim.largest_cost, claim.zero_one)


def _nearest(claim: Claim, counts: Tally) -> tuple[int, float | None]:
    """Position of the price that the fewest tested cases would certify, and how many those are.

    Of several, the one with the fewest deferrals. If no number of cases would do, the one with the
    least risk, and None.
    """
    m = counts.n.shape[1]
    tests = len(bonferroni_tests(m)) if claim.procedure == "bonferroni" else 1
    counted = cases_for(
        counts.mean,
        claim.risk,
        _level(claim) / tests,
        claim.largest_cost,
        zero_one=claim.zero_one,
    )
    n_tested = counts.n[:, -1].sum()  # where nobody is deferred, every case counts
    with np.errstate(divide="ignore"):
        needed = (counted * n_tested / counts.n).max(axis=0)
    at = int(np.lexsort((-np.arange(m), needed))[0])
    if np.isfinite(needed[at]):
        return at, float(needed[at])
    worst = counts.mean.max(axis=0)
    return int(np.lexsort((-np.arange(m), worst))[0]), None


def _group_rows(
    claim: Claim, counts: Tally, at: int, names: tuple[str, ...]
) -> tuple[SubgroupRisk, ...]:
    loss, n, mean = counts.loss[:, at], counts.n[:, at], counts.mean[:, at]
    rows = [
        SubgroupRisk(name, int(size), float(seen), None, None, float(total))
        for name, size, seen, total in zip(names, n, mean, loss, strict=True)
    ]
    if claim.delta is None:
        return tuple(rows)
    p = _p(claim, counts)[:, at]
    bound = risk_upper_bound(loss, n, claim.delta, claim.largest_cost, zero_one=claim.zero_one)
    return tuple(
        replace(row, upper_bound=float(b), p_value=float(q))
        for row, b, q in zip(rows, bound, p, strict=True)
    )
