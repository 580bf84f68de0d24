"""Off-policy intervals on 1,000 draws: how often they hold the truth, and where they are warned of.

Three agents, whose risks depend on x; the routes call the one with the least. Logs differ in who is
observed: one agent per case, drawn by a softmax that prefers the wrong agent the more the steeper
it is; or the model always and experts in one case of twenty, oftener where x is large.
"""

import warnings

import numpy as np
import pytest

from cede.evaluation.off_policy import off_policy_cost, off_policy_difference

pytestmark = pytest.mark.long

METHODS = ("inverse_propensity", "self_normalised", "doubly_robust")
DRAWS = 1_000
#: 95 % of 1,000, less and more four standard errors of a binomial, and one percentage point for
#: what the normal law lacks at these sizes.
LOW, HIGH = 0.912, 0.988
TRUTH = 0.32  # integral of min(0.2 + x/2, 0.7 - x/2, 0.4), the risk of the cheapest, over [0, 1]


def risks(x):
    return np.column_stack([0.2 + 0.5 * x, 0.7 - 0.5 * x, np.full(len(x), 0.4)])


def one_called(x, rng, steepness):
    chance = np.exp(steepness * np.column_stack([x, 1.0 - x, np.full(len(x), 0.5)]))
    chance /= chance.sum(axis=1, keepdims=True)
    called = np.minimum((chance.cumsum(axis=1) < rng.random((len(x), 1))).sum(axis=1), 2)
    return chance, np.arange(3) == called[:, None]


def sparse_experts(x, rng):
    chance = np.column_stack([np.ones(len(x)), 0.02 + 0.06 * x, np.full(len(x), 0.05)])
    return chance, rng.random(chance.shape) < chance


LOGS = {
    "one agent called": (1_000, lambda x, rng: one_called(x, rng, 2.0)),
    "experts answer one in twenty": (6_000, sparse_experts),
}


def draw(log, rng, repeats=1):
    """Routes, other routes, what is known, propensities, and estimates that are wrong."""
    n, observe = LOGS[log]
    x = np.repeat(rng.random(n // repeats), repeats)
    risk = risks(x)
    uniform = np.repeat(rng.random((n // repeats, 3)), repeats, axis=0)
    chance, seen = observe(x, rng)
    known = np.where(seen, (uniform < risk).astype(float), np.nan)
    second = np.where(x < 0.6, 0, 1)
    return risk.argmin(axis=1), second, known, chance, np.clip(risk + x[:, None] / 4, 0.0, 1.0)


def options(method, estimates):
    return {"method": method, "estimates": estimates if method == "doubly_robust" else None}


def share_covered(found, truth):
    return np.mean([one.low <= truth <= one.high for one in found])


def test_the_truth_is_what_it_is_said_to_be():
    x = (np.arange(1_000_000) + 0.5) / 1_000_000
    assert risks(x).min(axis=1).mean() == pytest.approx(TRUTH, abs=1e-9)


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_and_estimates_are_unbiased(log, method):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        routes, _, known, chance, estimates = draw(log, rng)
        found.append(off_policy_cost(routes, known, chance, **options(method, estimates)))
    assert LOW <= share_covered(found, TRUTH) <= HIGH
    values = np.array([one.value for one in found])
    assert abs(values.mean() - TRUTH) < 4 * values.std() / np.sqrt(DRAWS)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.1)


@pytest.mark.parametrize("log", LOGS)
@pytest.mark.parametrize("method", METHODS)
def test_intervals_of_differences_cover(log, method):
    rng = np.random.default_rng(1)
    x = (np.arange(1_000_000) + 0.5) / 1_000_000
    truth = TRUTH - risks(x)[np.arange(len(x)), np.where(x < 0.6, 0, 1)].mean()
    found = []
    for _ in range(DRAWS):
        routes, second, known, chance, estimates = draw(log, rng)
        found.append(
            off_policy_difference(routes, second, known, chance, **options(method, estimates))
        )
    assert LOW <= share_covered(found, truth) <= HIGH


@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_if_cases_come_in_groups_that_are_named(method):
    rng = np.random.default_rng(2)
    grouped, alone = [], []
    for _ in range(DRAWS):
        routes, _, known, chance, estimates = draw("one agent called", rng, repeats=5)
        kind = options(method, estimates)
        groups = np.arange(len(routes)) // 5
        grouped.append(off_policy_cost(routes, known, chance, groups=groups, **kind))
        alone.append(off_policy_cost(routes, known, chance, **kind))
    assert LOW <= share_covered(grouped, TRUTH) <= HIGH
    assert share_covered(alone, TRUTH) < share_covered(grouped, TRUTH) - 0.03


@pytest.mark.parametrize("method", ["inverse_propensity", "self_normalised"])
def test_intervals_that_miss_too_often_are_warned_of(method):
    """Warnings separate: what is not warned of covers, and what mostly is does not."""
    covered = {True: [], False: []}
    rng = np.random.default_rng(3)
    for steepness in (0.0, 2.0, 4.0, 6.0):
        for n in (50, 100, 200, 400, 1_000, 3_000):
            for _ in range(150):
                x = rng.random(n)
                chance, seen = one_called(x, rng, steepness)
                known = np.where(seen, (rng.random((n, 3)) < risks(x)).astype(float), np.nan)
                with warnings.catch_warnings(record=True) as raised:
                    warnings.simplefilter("always")
                    found = off_policy_cost(risks(x).argmin(axis=1), known, chance, method=method)
                covered[bool(raised)].append(found.low <= TRUTH <= found.high)
    assert min(len(covered[True]), len(covered[False])) > 1_000
    assert np.mean(covered[False]) > 0.93
    assert np.mean(covered[True]) < 0.88


STRATA = [
    (share, chance, usual, rare_error, error)
    for share in (0.02, 0.05, 0.2)
    for chance in (0.01, 0.05)
    for usual in (1.0, 0.5)
    for rare_error, error in ((1.0, 0.02), (0.5, 0.2), (0.02, 0.5))
]


def test_rare_heavy_cells_are_warned_of_and_the_bound_holds():
    """Errors lie where hardly anybody looks: what is not warned of covers, and the bound does."""
    rng, held, bound = np.random.default_rng(4), {True: [], False: []}, []
    for share, chance, usual, rare_error, error in STRATA:
        truth = share * rare_error + (1 - share) * error
        unwarned = []
        for _ in range(200):
            n = 300 if rng.random() < 0.5 else 2_000
            rare = rng.random(n) < share
            p = np.where(rare, chance, usual)
            seen = rng.random(n) < p
            wrong = (rng.random(n) < np.where(rare, rare_error, error)).astype(float)
            costs = np.column_stack([np.where(seen, np.nan, 0.0), np.where(seen, wrong, np.nan)])
            chances = np.column_stack([1.0 - p, p])
            with warnings.catch_warnings(record=True) as raised:
                warnings.simplefilter("always")
                found = off_policy_cost(np.ones(n, int), costs, chances, cost_range=(0, 1))
            held[bool(raised)].append(found.low <= truth <= found.high)
            bound.append(found.bound_low <= truth <= found.bound_high)
            if not raised:
                unwarned.append(held[False][-1])
        if len(unwarned) >= 40:  # less three standard errors of a binomial
            assert np.mean(unwarned) > 0.9 - 3 * np.sqrt(0.09 / len(unwarned))
    assert np.mean(held[False]) > 0.93
    assert np.mean(held[True]) < 0.9
    assert np.mean(bound) > 0.99
