import numpy as np
import pytest
from logged import METHODS, estimates_for

import cede
from cede._intervals import share_estimate
from cede.evaluation.off_policy import off_policy_cost, off_policy_difference


@pytest.mark.parametrize("n_wrong", [0, 1, 3])
@pytest.mark.parametrize("fee", [0.0, 0.25])
@pytest.mark.parametrize("method", ["inverse_propensity", "self_normalised"])
def test_few_errors_where_all_is_known_have_an_exact_interval(n_wrong, fee, method):
    costs = np.column_stack([np.arange(400) % 2, np.r_[np.ones(n_wrong), np.zeros(400 - n_wrong)]])
    costs = costs + np.array([0.0, fee])
    found = off_policy_cost(np.ones(400, int), costs, np.ones((400, 2)), method=method)
    _, low, high = share_estimate(n_wrong, 400)
    assert found.high == pytest.approx(high + fee, abs=1e-4 if fee else 1e-9)
    assert found.low <= low + fee + 1e-9
    assert found.low >= fee * 0.99


@pytest.mark.parametrize("method", METHODS)
def test_no_error_in_a_log_is_no_proof_of_none(method):
    draw = np.random.default_rng(0)
    known = draw.random((400, 2)) < 0.5
    costs = np.where(known, 0.0, np.nan)
    half = np.full((400, 2), 0.5)
    options = estimates_for(method, np.zeros((400, 2)))
    ones, zeros = np.ones(400, int), np.zeros(400, int)
    for groups in (None, np.arange(400) // 2):
        found = off_policy_cost(ones, costs, half, groups=groups, **options)
        assert (found.value, found.low) == (0.0, 0.0)
        assert 0.015 < found.high < 0.06  # of some 200 that are matched
        apart = off_policy_difference(ones, zeros, costs, half, groups=groups, **options)
        assert apart.low < -0.015 < 0.015 < apart.high
    same = off_policy_difference(ones, ones, costs, half, **options)
    assert (same.low, same.high, same.bound_low, same.bound_high) == (0.0, 0.0, 0.0, 0.0)


def heavy(n, draw):
    """An agent who is asked in one of 50 cases, where alone he errs, and always elsewhere."""
    rare = draw.random(n) < 0.05
    chance = np.where(rare, 0.02, 0.5)
    seen = draw.random(n) < chance
    wrong = np.where(rare, 1.0, 0.1) > draw.random(n)
    costs = np.column_stack([np.where(seen, np.nan, 0.0), np.where(seen, wrong, np.nan)])
    return np.ones(n, int), costs, np.column_stack([1 - chance, chance])


def test_a_bound_holds_where_heavy_cells_are_missing_and_that_is_said():
    """Of 15 such cells of 300, mostly none is seen, and nothing seen looks heavy."""
    draw, truth = np.random.default_rng(0), 0.05 * 1.0 + 0.95 * 0.1
    held = {"normal": [], "bound": []}
    missing = 0
    for _ in range(100):
        with pytest.warns(UserWarning, match="Few or heavy|average") as raised:
            found = off_policy_cost(*heavy(300, draw), cost_range=(0, 1))
        missing += "heavier ones may be missing by chance" in str(raised[0].message)
        held["normal"].append(found.low <= truth <= found.high)
        held["bound"].append(found.bound_low <= truth <= found.bound_high)
        assert 0.0 <= found.bound_low < found.bound_high <= 1.0
    assert missing > 50
    assert np.mean(held["normal"]) < 0.85
    assert np.mean(held["bound"]) >= 0.95
    assert "at any weights it lies from" in str(found)


@pytest.mark.filterwarnings("ignore:Few or heavy", "ignore:Weights of")
def test_the_bound_of_a_difference_is_that_of_where_the_two_differ():
    draw = np.random.default_rng(0)
    _, costs, chance = heavy(2_000, draw)
    alike = np.arange(2_000) % 10 > 0
    one = np.where(alike, 1, 0)
    few = off_policy_difference(one, np.ones(2_000, int), costs, chance)
    other = off_policy_difference(np.ones(2_000, int), one, costs, chance)
    # A tenth of the cases differ, so that the difference is a tenth at most.
    assert -0.13 < few.bound_low < few.value < few.bound_high < 0.13
    assert (other.bound_low, other.bound_high) == pytest.approx((-few.bound_high, -few.bound_low))


def test_a_range_that_does_not_hold_the_costs_is_refused():
    costs = [[0.0, 2.0], [1.0, 0.5]]
    with pytest.raises(
        cede.InvalidInput,
        match=r"cost_range must hold every cost, but got 0 to 1 for costs from 0 to 2",
    ):
        off_policy_cost([0, 1], costs, np.ones((2, 2)), cost_range=(0, 1))
    with pytest.raises(cede.InvalidInput, match=r"cost_range must be the least and the most"):
        off_policy_cost([0, 1], costs, np.ones((2, 2)), cost_range=3)


@pytest.mark.filterwarnings("ignore:Weights of")
def test_wrong_propensities_bound_nothing_but_what_the_range_does():
    costs = np.random.default_rng(0).random((2_000, 2))
    half, ones, zeros = np.full((2_000, 2), 0.5), np.ones(2_000, int), np.zeros(2_000, int)
    found = off_policy_cost(ones, costs, half, cost_range=(0, 1))
    assert (found.bound_low, found.bound_high) == (0.0, 1.0)
    apart = off_policy_difference(ones, zeros, costs, half, cost_range=(0, 1))
    assert apart.bound_low <= apart.bound_high


def test_what_stands_behind_a_mask_is_no_propensity():
    rng = np.random.default_rng(0)
    asked = rng.integers(2, size=400)
    costs = np.where(np.arange(2) == asked[:, None], rng.random((400, 2)), np.nan)
    gone = np.isnan(costs)
    masked = np.ma.masked_array(np.where(gone, 1e-6, 0.5), gone)  # as of cells hardly ever observed
    found = off_policy_cost(np.ones(400, dtype=int), costs, masked)
    assert found == off_policy_cost(
        np.ones(400, dtype=int), costs, np.where(gone, np.nan, masked.data)
    )
