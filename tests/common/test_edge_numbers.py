"""Numbers at the edge: subnormal, tied, of mixed size, and the largest there are.

What is promised of prices, shares, capacities and a spend holds at every number that is finite.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cede import OperatingPoint, choose_operating_point, route
from cede.operating import deferral_curve_from_scores, deferral_gain
from cede.tuning.capacities import CapacityController, assign, prices_within
from cede.tuning.guarantees import certify_scores

TINY = [0.0, -0.0, 5e-324, -5e-324, 1e-323, 2e-310]
USUAL = [0.0, 0.1, 0.2, 0.3, 0.5, 1.0, 1.0 + 2**-52, -1.0]
LARGEST = float(np.finfo(np.float64).max)
HUGE = [0.0, 1e200, -1e200, 1e308, -1e308, LARGEST, -LARGEST]
SETS = [TINY, USUAL, HUGE, TINY + HUGE, TINY + USUAL, [*USUAL, 1e-300, 1e9, 1e16, *HUGE]]
often = settings(max_examples=150, deadline=2_000, derandomize=True, database=None)


@st.composite
def scores(draw):
    numbers = st.sampled_from(draw(st.sampled_from(SETS)))
    if draw(st.booleans()):
        numbers |= st.floats(allow_nan=False, allow_infinity=False)
    n, n_experts = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    values = draw(st.lists(numbers, min_size=n * (n_experts + 1), max_size=n * (n_experts + 1)))
    return np.array(values).reshape(n, n_experts + 1)


def loads(table, prices):
    routes = route(table, OperatingPoint(tuple(prices)))
    return np.bincount(routes, minlength=table.shape[1])[1:]


def drawn(data, values, table):
    return np.array(
        data.draw(st.lists(values, min_size=table.shape[1] - 1, max_size=table.shape[1] - 1))
    )


@often
@given(table=scores(), data=st.data())
def test_prices_and_assignments_stay_within_capacities(table, data):
    limits = drawn(data, st.integers(0, len(table)), table)
    assert (loads(table, prices_within(table, limits)) <= limits).all()
    found = assign(table, limits)
    assert (found.loads <= limits).all()
    assert np.isfinite(found.prices).all()
    assert not np.isnan([found.worth, found.bound]).any()


@often
@given(table=scores(), data=st.data())
def test_a_point_keeps_what_was_asked_for(table, data):
    n = len(table)
    share = st.sampled_from([0.0, 0.2, 0.3, 0.5, 1.0])
    fee = drawn(data, st.sampled_from([0.0, 0.1, 5e-324, 1e300]), table)
    for fees in (None, fee):
        budget, each = data.draw(share), drawn(data, share, table)
        limits = drawn(data, st.integers(0, n), table)
        assert choose_operating_point(table, budget, fee=fees).deferral_rate <= budget
        shares = choose_operating_point(table, each, fee=fees).expected.shares
        assert ([found.value for found in shares] <= each).all()
        point = choose_operating_point(table, capacity=limits, fee=fees)
        assert (loads(table, point.prices) <= limits).all()
    charges = drawn(data, st.sampled_from([0.0, 1e-300, 0.1, 1.0, 3.0, 1e300]), table)
    spend = data.draw(st.sampled_from([0.0, 0.1, 0.5, 1.0, 1e-300, 1e299]))
    if charges.any():
        found = choose_operating_point(table, spend=spend, charges=charges)
        assert found.expected.spend.value <= spend * (1 + 1e-9)


@often
@given(table=scores(), data=st.data())
def test_a_controller_goes_on_and_keeps_the_capacities(table, data):
    n, n_experts = len(table), table.shape[1] - 1
    limits = drawn(data, st.integers(0, n), table)
    controller = CapacityController(np.zeros(n_experts), limits, 2 * n)
    controller.route(table)
    for row in table:
        controller.route(row)
    assert (controller.loads <= limits).all()
    assert np.isfinite(controller.prices).all()


def test_one_huge_score_does_not_stop_a_controller():
    controller = CapacityController([0.1], capacity=50, n_expected=200)
    rng = np.random.default_rng(0)
    controller.route([0.0, 1e200])
    sent = [controller.route([0.0, score]) for score in rng.random(199)]
    assert controller.loads[0] <= 50
    assert sum(sent) > 10


@often
@given(table=scores(), data=st.data())
def test_curves_and_certificates_hold_points(table, data):
    errors = st.lists(st.sampled_from([0.0, 1.0]), min_size=table.size, max_size=table.size)
    costs = np.array(data.draw(errors)).reshape(table.shape)
    curve = deferral_curve_from_scores(table, costs)
    assert not np.isnan(curve.prices).any()
    assert curve.deferral_rate[0] == 0.0
    assert not np.isnan(deferral_gain(table)).any()
    many = np.tile(table, (-(-60 // len(table)), 1))
    certificate = certify_scores(many, np.tile(costs, (-(-60 // len(table)), 1)), risk=0.6)
    if certificate.point is not None:
        assert route(many, certificate.point).shape == (len(many),)


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1.0, 1e300])
def test_equal_cases_that_are_hardly_better_are_not_priced_for_ever(size):
    table = np.array([[0.0, size, size]] * 6 + [[0.0, 0.0, size]])
    for limits in ([5, 0], [0, 0], [2, 2], [7, 7]):
        assert (loads(table, prices_within(table, limits)) <= limits).all()
