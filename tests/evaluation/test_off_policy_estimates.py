"""Off-policy estimates: unbiased, covering, exact where all is known; bad logs get a sentence."""

import numpy as np
import pytest
from logged import METHODS, call_one, estimates_for, world

from cede.evaluation.off_policy import off_policy_cost, off_policy_difference


@pytest.mark.parametrize("method", METHODS)
def test_where_every_cost_is_known_it_is_the_plain_mean_exactly(method):
    rng = np.random.default_rng(1)
    costs, guesses = rng.normal(size=(1_001, 4)), rng.normal(size=(1_001, 4))
    routes = rng.integers(4, size=1_001)
    found = off_policy_cost(routes, costs, np.ones((1_001, 4)), **estimates_for(method, guesses))
    chosen = costs[np.arange(1_001), routes]
    assert found.value == chosen.mean()
    assert found.standard_error == pytest.approx(chosen.std(ddof=1) / np.sqrt(1_001), rel=1e-12)
    assert (found.n_matched, found.largest_weight, found.mean_weight) == (1_001, 1.0, 1.0)
    assert found.effective_size == pytest.approx(1_001)


def test_the_three_estimates_of_a_small_log_worked_out_by_hand():
    nan = np.nan
    costs = [[0.5, nan], [nan, 0.2], [1.0, nan], [nan, 0.6]]
    chances = [[0.5, nan], [nan, 0.25], [0.5, 0.5], [nan, 0.8]]
    guesses = [[0.4, 0.9], [0.3, 0.1], [0.2, 0.7], [0.6, 0.5]]
    routes = [0, 1, 1, 0]  # matched, matched, not, not: weights 2, 4, 0, 0
    with pytest.warns(UserWarning, match="2 of 4 cases are matched"):
        plain = off_policy_cost(routes, costs, chances)
    with pytest.warns(UserWarning, match=r"effective sample size of 1.8 and 66.7 % of all weight"):
        ratio = off_policy_cost(routes, costs, chances, method="self_normalised")
    with pytest.warns(UserWarning, match="Few or heavy cases decide the mean cost"):
        robust = off_policy_cost(
            routes, costs, chances, method="doubly_robust", estimates=guesses, confidence=0.9
        )
    assert plain.value == pytest.approx((1.0 + 0.8) / 4)
    assert plain.standard_error == pytest.approx(np.std([1.0, 0.8, 0, 0], ddof=1) / 2)
    assert ratio.value == pytest.approx((1.0 + 0.8) / 6)
    influence = np.array([2 * (0.5 - 0.3), 4 * (0.2 - 0.3), 0, 0]) / 1.5
    assert ratio.standard_error == pytest.approx(np.sqrt((influence**2).sum() / 3 / 4))
    terms = [0.4 + 2 * (0.5 - 0.4), 0.1 + 4 * (0.2 - 0.1), 0.7, 0.6]
    assert robust.value == pytest.approx(np.mean(terms))
    assert robust.high - robust.value == pytest.approx(1.6448536 * np.std(terms, ddof=1) / 2)
    assert (plain.n_matched, plain.largest_weight, plain.mean_weight) == (2, 4.0, 1.5)
    assert plain.effective_size == pytest.approx(36 / 20)


@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_the_truth_about_as_often_as_they_say(method):
    """The longer version, with differences, groups and sparse experts, is in tests/long."""
    rng = np.random.default_rng(2)
    truth = world(400_000, rng)[0].min(axis=1).mean()
    found = []
    for _ in range(300):
        risk, costs, chance = world(800, rng)
        wrong = np.full_like(risk, 0.3)
        seen = call_one(costs, chance, rng)
        options = estimates_for(method, wrong)
        found.append(off_policy_cost(risk.argmin(axis=1), seen, chance, **options))
    covered = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.90 <= covered <= 0.99  # 95 % of 300, within four standard errors
    values = np.array([one.value for one in found])
    # Unbiased, estimates being wrong or not, and the error is as large as is said.
    assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(300)
    assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.15)


def test_good_estimates_leave_little_to_weigh(log):
    risk, seen, chance = log
    routes, costs = risk.argmin(axis=1), np.where(np.isnan(seen), np.nan, risk)
    plain = off_policy_cost(routes, costs, chance)
    robust = off_policy_cost(routes, costs, chance, method="doubly_robust", estimates=risk)
    assert robust.value == pytest.approx(risk.min(axis=1).mean(), abs=1e-12)
    # What is left is how cases differ, as if every cost had been known.
    assert robust.standard_error == pytest.approx(risk.min(axis=1).std(ddof=1) / np.sqrt(2_000))
    assert robust.standard_error < 0.25 * plain.standard_error


@pytest.mark.filterwarnings("ignore:Weights of routes")
def test_right_estimates_repair_wrong_propensities():
    rng = np.random.default_rng(8)
    errors = {method: [] for method in ("inverse_propensity", "doubly_robust")}
    for _ in range(100):
        risk, costs, chance = world(1_000, rng)
        seen, routes = call_one(costs, chance, rng), risk.argmin(axis=1)
        for method, found in errors.items():
            options = estimates_for(method, risk)
            value = off_policy_cost(routes, seen, np.sqrt(chance), **options).value
            found.append(value - risk.min(axis=1).mean())
    repaired = np.array(errors["doubly_robust"])
    assert abs(repaired.mean()) < 4 * repaired.std() / np.sqrt(100)
    assert np.mean(errors["inverse_propensity"]) < -0.1


def test_wrong_propensities_are_noticed(log):
    risk, seen, chance = log
    with pytest.warns(UserWarning, match=r"Weights of routes average 0\.4\d+ ± .* are wrong"):
        off_policy_cost(risk.argmin(axis=1), seen, np.sqrt(chance))
    with pytest.warns(UserWarning, match=r"Weights of other_routes average"):
        off_policy_difference(np.zeros(2_000, int), risk.argmin(axis=1), seen, chance ** [1, 2, 1])


def test_agents_that_could_not_be_observed_are_noticed():
    rng = np.random.default_rng(3)
    _, costs, _ = world(2_000, rng)
    chance = np.where(np.arange(2_000)[:, None] % 2, [0.5, 0.5, 0.0], [0.25, 0.25, 0.5])
    with pytest.warns(UserWarning, match="choose agents that could not be observed"):
        off_policy_cost(np.full(2_000, 2), call_one(costs, chance, rng), chance)


@pytest.mark.parametrize("method", METHODS)
def test_routes_are_a_table_of_ones_and_zeros(method, log):
    risk, seen, chance = log
    routes, other = risk.argmin(axis=1), np.arange(2_000) % 3
    options = estimates_for(method, risk)
    hot, other_hot = np.eye(3)[routes], np.eye(3)[other]
    assert off_policy_cost(hot, seen, chance, **options) == off_policy_cost(
        routes, seen, chance, **options
    )
    apart = off_policy_difference(routes, other, seen, chance, **options)
    assert off_policy_difference(hot, other_hot, seen, chance, **options) == apart
    assert off_policy_difference(hot, other, seen, chance, **options) == apart


def test_a_policy_that_draws_is_the_mixture_of_its_routes(log):
    _, seen, chance = log
    shares = np.tile([0.2, 0.3, 0.5], (2_000, 1))
    parts = [off_policy_cost(np.full(2_000, agent), seen, chance).value for agent in range(3)]
    mixed = off_policy_cost(shares, seen, chance)
    assert mixed.value == pytest.approx(np.dot(parts, [0.2, 0.3, 0.5]))
    assert mixed.n_matched == 2_000


def test_the_policy_that_made_the_log_costs_what_the_log_cost(log):
    _, seen, chance = log
    found = off_policy_cost(chance, seen, chance)
    assert found.value == pytest.approx(np.nanmean(seen))
    assert found.largest_weight == pytest.approx(1.0)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_cases_and_of_agents_changes_nothing(method, log):
    risk, seen, chance = log
    rng = np.random.default_rng(4)
    routes, groups = risk.argmin(axis=1), np.arange(2_000) // 5
    before = off_policy_cost(routes, seen, chance, groups=groups, **estimates_for(method, risk))
    rows, agents = rng.permutation(2_000), np.array([2, 0, 1])
    after = off_policy_cost(
        np.argsort(agents)[routes][rows],
        seen[rows][:, agents],
        chance[rows][:, agents],
        groups=groups[rows],
        **estimates_for(method, risk[rows][:, agents]),
    )
    for name in ("value", "low", "high", "effective_size", "largest_weight", "mean_weight"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-12)


def test_self_normalised_moves_with_a_constant_and_stays_among_the_costs(log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    before = off_policy_cost(routes, seen, chance, method="self_normalised")
    after = off_policy_cost(routes, seen + 10.0, chance, method="self_normalised")
    assert after.value - before.value == pytest.approx(10.0)
    assert after.standard_error == pytest.approx(before.standard_error)
    constant = off_policy_cost(routes, np.where(np.isnan(seen), seen, 0.7), chance)
    assert constant.value != pytest.approx(0.7, abs=1e-3)
