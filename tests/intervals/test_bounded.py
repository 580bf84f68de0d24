"""Bounds of means in a known range: exact where that is known, covering, and never a point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cede._intervals import (
    bounded_mean,
    bounded_p_value,
    cost_range,
    hardly_varies,
    least_mean,
    share_interval,
)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 7), (1, 20), (10, 20), (20, 20), (3, 1_000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_of_both_ends_of_the_range_it_is_clopper_and_pearsons(k, n, confidence):
    """To what the saddlepoint leaves: a hundredth of the interval."""
    found = bounded_mean(np.r_[np.ones(k), np.zeros(n - k)], 0.0, 1.0, confidence)
    low, high = share_interval(k, n, confidence)
    assert found == pytest.approx((float(low), float(high)), abs=0.012 * float(high - low))


def test_it_is_the_quantile_of_exponential_weights():
    """By 400,000 draws of the weights of four numbers and one unseen one."""
    values, draw = np.array([0.1, 0.1, 0.4, 0.9]), np.random.default_rng(0)
    weights = draw.dirichlet(np.ones(5), 400_000)
    low, high = bounded_mean(values, 0.0, 2.0)
    assert high == pytest.approx(np.quantile(weights @ np.r_[values, 2.0], 0.975), abs=0.01)
    assert low == pytest.approx(np.quantile(weights @ np.r_[values, 0.0], 0.025), abs=0.005)


def test_of_many_numbers_it_tends_to_students():
    values = np.random.default_rng(0).random(20_000)
    exact = stats.ttest_1samp(values, 0.0).confidence_interval()
    found = bounded_mean(values, 0.0, 1.0)
    width = exact.high - exact.low
    assert found == pytest.approx((exact.low, exact.high), abs=0.02 * width)
    assert not hardly_varies(values, 0.0, 1.0)


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.floats(-1, 3, allow_subnormal=False), min_size=1, max_size=40),
    room=st.tuples(st.floats(0.01, 5), st.floats(0.01, 5)),
    confidence=st.floats(0.5, 0.999),
)
def test_it_holds_the_mean_lies_in_the_range_and_has_a_width(values, room, confidence):
    table = np.array(values)
    low, high = table.min() - room[0], table.max() + room[1]
    found = bounded_mean(table, low, high, confidence)
    assert low <= found[0] < table.mean() + 1e-9
    assert table.mean() - 1e-9 < found[1] <= high
    wider = bounded_mean(table, low - 1, high + 1, confidence)
    assert wider[0] <= found[0] + 1e-9
    assert found[1] <= wider[1] + 1e-9
    mirrored = bounded_mean(-table, -high, -low, confidence)
    assert mirrored == pytest.approx((-found[1], -found[0]), abs=1e-6)
    moved = bounded_mean(2 * table + 1, 2 * low + 1, 2 * high + 1, confidence)
    assert moved == pytest.approx((2 * found[0] + 1, 2 * found[1] + 1), abs=1e-6)


def test_the_p_value_is_one_less_the_level_at_which_the_interval_ends_at_the_mean():
    draw = np.random.default_rng(0)
    values = draw.choice([-1.0, 0.0, 1.0], 60, p=[0.02, 0.85, 0.13])
    p = bounded_p_value(values, -1.0, 1.0)
    assert 0.001 < p < 0.2
    assert bounded_mean(values, -1.0, 1.0, 1 - p)[0] == pytest.approx(0.0, abs=1e-6)
    assert bounded_p_value(-values, -1.0, 1.0) == pytest.approx(p)
    assert bounded_p_value(np.zeros(50), -1.0, 1.0) == 1.0
    assert bounded_p_value(np.ones(9), -1.0, 1.0) < 0.05


@pytest.mark.parametrize(
    ("table", "ends"),
    [
        ([[0, 1], [0, 0]], (0, 1)),
        ([[1, 1], [1, 1]], (0, 1)),
        ([[0, 0.1], [1, 1.1]], (0, 1.1)),
        ([[0.3], [0.3]], (0, 1.3)),
        ([[-2.0], [-2.0]], (-3.0, -1.0)),
        ([[0.25], [0.75]], (0.25, 0.75)),
        ([[np.nan, 0.1], [np.nan, 1.1]], (0.1, 1.1)),
        ([[np.nan], [np.nan]], (0, 1)),
        ([[0.001, 0.02], [0.002, 0.02], [0.003, 0.02]], (0, 0.02)),
    ],
)
def test_the_range_of_costs(table, ends):
    assert cost_range(np.array(table, dtype=float)) == pytest.approx(ends)


def test_the_range_of_some_agents_is_theirs():
    table = np.array([[0, 0.1, 5.1], [1, 0.1, 5.1]])
    assert cost_range(table, np.array([1])) == pytest.approx((0.0, 1.1))
    assert cost_range(table, np.array([0, 2])) == pytest.approx((0.0, 6.1))


@pytest.mark.parametrize("chance", [0.001, 0.01, 0.2])
def test_a_betting_bound_is_above_the_mean_less_often_than_it_says(chance):
    """Numbers of mean 1, the rarer the heavier; a tail of 0.1, on 400 draws of 300 numbers."""
    draw = np.random.default_rng(0)
    above = [least_mean((draw.random(300) < chance) / chance, 0.1) > 1.0 for _ in range(400)]
    assert np.mean(above) < 0.1
    many = (draw.random(200_000) < chance) / chance
    assert 0.6 < least_mean(many, 0.1) < many.mean()


def test_a_betting_bound_knows_neither_order_nor_unit_and_of_nothing_is_nothing():
    values = np.random.default_rng(0).pareto(1.5, 500)
    bound = least_mean(values, 0.05)
    assert 0.0 < bound < values.mean()
    assert least_mean(np.sort(values)[::-1], 0.05) == bound
    assert least_mean(1e6 * values, 0.05) == pytest.approx(1e6 * bound, rel=2e-3)
    assert least_mean(np.zeros(20), 0.05) == 0.0
    assert least_mean(np.ones(2), 0.05) < 0.3 < 0.99 < least_mean(np.ones(10_000), 0.05) <= 1.0
