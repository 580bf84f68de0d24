import numpy as np
import pytest
from logged import METHODS, call_one, estimates_for, world

from cede.evaluation.off_policy import off_policy_cost, off_policy_difference


def test_experts_who_answered_one_case_in_twenty_are_weighed_by_twenty():
    rng = np.random.default_rng(5)
    risk, costs, _ = world(20_000, rng)
    chance = np.tile([1.0, 0.05, 0.05], (20_000, 1))
    seen = np.where(rng.random((20_000, 3)) < chance, costs, np.nan)
    found = off_policy_cost(risk.argmin(axis=1), seen, chance)
    assert found.largest_weight == pytest.approx(20.0)
    assert found.low < risk.min(axis=1).mean() < found.high
    assert found.n_matched == (~np.isnan(seen[np.arange(20_000), risk.argmin(axis=1)])).sum()


@pytest.mark.parametrize("method", METHODS)
def test_a_difference_is_paired_and_knows_where_routes_agree(method, log):
    risk, seen, chance = log
    routes = risk.argmin(axis=1)
    other = np.where(np.arange(2_000) % 4 == 0, (routes + 1) % 3, routes)
    options = estimates_for(method, np.full_like(risk, 0.4))
    found = off_policy_difference(routes, other, seen, chance, **options)
    one = off_policy_cost(routes, seen, chance, **options)
    two = off_policy_cost(other, seen, chance, **options)
    assert (found.routes, found.other_routes) == (one, two)
    assert found.value == pytest.approx(one.value - two.value)
    assert found.n_differ == 500
    assert 0 < found.n_matched < 500
    assert found.standard_error < 0.8 * np.hypot(one.standard_error, two.standard_error)
    back = off_policy_difference(other, routes, seen, chance, **options)
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))
    same = off_policy_difference(routes, routes, seen, chance, **options)
    assert (same.value, same.low, same.high, same.n_differ) == (0.0, 0.0, 0.0, 0)


def test_the_variance_of_an_unnormalised_difference_is_that_of_the_cases_that_differ(log):
    risk, seen, chance = log
    routes, other = risk.argmin(axis=1), risk.argmax(axis=1)
    rows = np.arange(2_000)
    terms = [np.nan_to_num(seen[rows, who]) / chance[rows, who] for who in (routes, other)]
    found = off_policy_difference(routes, other, seen, chance)
    assert found.standard_error == pytest.approx(
        np.std(terms[0] - terms[1], ddof=1) / np.sqrt(2_000), rel=1e-12
    )


def test_cases_of_a_group_count_as_one():
    rng = np.random.default_rng(6)
    _, costs, chance = world(500, rng)
    seen = call_one(costs, chance, rng)
    routes = rng.integers(3, size=500)
    once = off_policy_cost(routes, seen, chance)
    four = [np.tile(table, (4, 1)) for table in (seen, chance)]
    groups = np.tile(np.arange(500), 4)
    grouped = off_policy_cost(np.tile(routes, 4), *four, groups=groups)
    assert grouped.standard_error == pytest.approx(once.standard_error, rel=1e-12)
    naive = off_policy_cost(np.tile(routes, 4), *four)
    assert naive.standard_error == pytest.approx(once.standard_error / 2, rel=0.01)
    names = np.array([f"user {i}" for i in groups])
    assert off_policy_cost(np.tile(routes, 4), *four, groups=names) == grouped


def test_few_groups_are_said_to_be_few(log):
    risk, seen, chance = log
    with pytest.warns(UserWarning, match="Few or heavy groups decide the mean cost"):
        off_policy_cost(risk.argmin(axis=1), seen, chance, groups=np.arange(2_000) % 10)


def test_clipping_shortens_the_interval_and_says_what_it_takes():
    rng = np.random.default_rng(7)
    risk, costs, chance = world(20_000, rng, steepness=3.0)
    seen, routes = call_one(costs, chance, rng), risk.argmin(axis=1)
    plain = off_policy_cost(routes, seen, chance)
    clipped = off_policy_cost(routes, seen, chance, clip=10.0)
    assert clipped.largest_weight == 10.0 < plain.largest_weight
    assert clipped.standard_error < plain.standard_error
    assert clipped.mean_weight == plain.mean_weight
    # Costs lie in [0, 1]: what is underestimated is at most the weight that is lost.
    lost = np.maximum(1.0 - 10.0 * chance[np.arange(20_000), routes], 0.0).mean()
    assert clipped.clipped_weight == pytest.approx(lost, abs=0.02)
    assert 0.0 < plain.value - clipped.value <= clipped.clipped_weight
    assert "clipping at 10 took" in str(clipped)
    assert off_policy_cost(routes, seen, chance, clip=1e6).value == plain.value


def test_clipping_does_no_harm_where_estimates_are_right(log):
    risk, seen, chance = log
    costs = np.where(np.isnan(seen), np.nan, risk)
    found = off_policy_cost(
        risk.argmin(axis=1), costs, chance, method="doubly_robust", estimates=risk, clip=2.0
    )
    assert found.clipped_weight > 0.1
    assert found.value == pytest.approx(risk.min(axis=1).mean(), abs=1e-12)
