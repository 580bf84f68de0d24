"""Numbers of a set of routes, by hand."""

import numpy as np
import pytest

from cede import InvalidInput, reliability, system_accuracy
from cede.metrics import coverage, deferral_rate, expert_load, routed_costs


def test_by_hand():
    routes = [0, 2, 1, 0]
    answers = [["a", "b", "a"], ["a", "a", "b"], ["a", "b", "c"], ["c", "a", "a"]]
    assert system_accuracy(routes, answers, ["a", "b", "b", "a"]) == 0.75
    assert deferral_rate(routes) == 0.5
    assert coverage(routes) == 0.5
    assert expert_load(routes, 2).tolist() == [0.25, 0.25]
    costs = np.arange(12.0).reshape(4, 3)
    assert routed_costs(routes, costs).tolist() == [0, 5, 7, 9]


def test_a_missing_answer_cannot_be_routed_to():
    costs = [[0.0, np.nan]]
    assert routed_costs([0], costs).tolist() == [0.0]
    with pytest.raises(InvalidInput, match="1 cases are routed to an expert whose answer is miss"):
        routed_costs([1], costs)


@pytest.mark.parametrize("routes", [[-1], [2], [0.5]])
def test_minus_one_is_not_the_model(routes):
    with pytest.raises(InvalidInput, match="routes must"):
        routed_costs(routes, [[0.0, 1.0]])


def test_reliability_by_hand_and_against_the_truth():
    table = reliability([0.2, 0.2, 0.8, 1.4, -0.2], [0, 1, 1, 1, np.nan], n_bins=2)
    assert table.count.tolist() == [2, 2]
    np.testing.assert_allclose(table.estimate, [0.2, 0.9])
    np.testing.assert_allclose(table.outcome, [0.5, 1.0])
    assert table.ece == pytest.approx((2 * 0.3 + 2 * 0.1) / 4)
    assert table.clipped == 0.25
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    right = rng.random(200_000) < p
    assert reliability(p, right).ece < 0.01
    assert reliability(p**2, right).ece > 0.1


def test_reliability_refuses_nothing_to_compare():
    with pytest.raises(InvalidInput, match="No outcome is known"):
        reliability([0.1], [np.nan])
    with pytest.raises(InvalidInput, match="n_bins=0"):
        reliability([0.1], [1], n_bins=0)
