"""Test the prices, and write down what was found at the certified one or the nearest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cede._checks import Bools, Floats
from cede._intervals import share_estimate
from cede.operating import OperatingPoint
from cede.tuning.guarantees._certificate import Certificate, SubgroupRisk
from cede.tuning.guarantees._p_values import cases_for, p_values, risk_upper_bound
from cede.tuning.guarantees._path import Cases, Tally, candidate_prices, tally
from cede.tuning.guarantees._procedures import bonferroni_tests, cheapest, front, least_deferral
from cede.tuning.guarantees._wanted import Wanted

__all__ = ["search"]


def search(
    wanted: Wanted,
    cases: Cases,
    scouts: Bools,
    names: tuple[str, ...],
    n_experts: int,
    n_left_out: int,
) -> Certificate:
    """Certify the price with the fewest deferrals, or describe the one that came nearest."""
    tested = cases.take(~scouts)
    if wanted.of == "kept" and n_experts:
        prices, n_candidates = np.array([least_deferral(cases, wanted.holds)]), len(cases) + 1
        found = tally(tested, prices, wanted.of)
        chosen: int | None = 0
    else:
        prices = candidate_prices(cases.gain[scouts])
        n_candidates = len(prices)
        if scouts.any():
            trial = tally(cases.take(scouts), prices, wanted.of)
            prices = prices[front(trial, _level(wanted), wanted.largest_cost)]
        found = tally(tested, prices, wanted.of)
        chosen = cheapest(_p(wanted, found).max(axis=0), _level(wanted), wanted.procedure)
    at, needed = (chosen, None) if chosen is not None else _nearest(wanted, found)
    rows = _group_rows(wanted, found, at, names or ("",))
    n, deferred = len(tested), int(found.deferred[at])
    point = OperatingPoint(
        prices=(float(prices[at]),) * n_experts,
        chosen_by="risk",
        value=wanted.risk,
        delta=wanted.delta,
        deferral_rate=deferred / n,
        n_cases=n,
    )
    certain = wanted.delta is not None
    worst = max(rows, key=lambda row: row.observed_risk)
    return Certificate(
        certified=chosen is not None,
        point=point if chosen is not None else None,
        risk=wanted.risk,
        delta=wanted.delta,
        of=wanted.of,
        largest_cost=wanted.largest_cost,
        zero_one=wanted.zero_one,
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


def _level(wanted: Wanted) -> float:
    """Delta of a test; of one on average there is none, and nothing is tested."""
    return 1.0 if wanted.delta is None else wanted.delta


def _p(wanted: Wanted, found: Tally) -> Floats:
    return p_values(found.loss, found.n, wanted.risk, wanted.largest_cost, wanted.zero_one)


def _nearest(wanted: Wanted, found: Tally) -> tuple[int, float | None]:
    """Position of the price that the fewest tested cases would certify, and how many those are.

    The fewer deferrals in a tie; nobody deferred, and None, if no number of cases would do.
    """
    m = found.n.shape[1]
    tests = len(bonferroni_tests(m)) if wanted.procedure == "bonferroni" else 1
    counted = cases_for(
        found.mean,
        wanted.risk,
        _level(wanted) / tests,
        wanted.largest_cost,
        zero_one=wanted.zero_one,
    )
    n_tested = found.n[:, -1].sum()  # where nobody is deferred, every case counts
    with np.errstate(divide="ignore"):
        needed = (counted * n_tested / found.n).max(axis=0)
    at = int(np.lexsort((-np.arange(m), needed))[0])
    if np.isfinite(needed[at]):
        return at, float(needed[at])
    worst = found.mean.max(axis=0)
    return int(np.lexsort((-np.arange(m), worst))[0]), None


def _group_rows(
    wanted: Wanted, found: Tally, at: int, names: tuple[str, ...]
) -> tuple[SubgroupRisk, ...]:
    loss, n, mean = found.loss[:, at], found.n[:, at], found.mean[:, at]
    rows = [
        SubgroupRisk(name, int(size), float(seen), None, None, float(total))
        for name, size, seen, total in zip(names, n, mean, loss, strict=True)
    ]
    if wanted.delta is None:
        return tuple(rows)
    p = _p(wanted, found)[:, at]
    bound = risk_upper_bound(loss, n, wanted.delta, wanted.largest_cost, zero_one=wanted.zero_one)
    return tuple(
        replace(row, upper_bound=float(b), p_value=float(q))
        for row, b, q in zip(rows, bound, p, strict=True)
    )
