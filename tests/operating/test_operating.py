"""The rule and the point: chosen and applied by one expression."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cede import InvalidInput, OperatingPoint, choose_operating_point, route
from cede.operating import deferral_gain

finite = st.floats(-1e300, 1e300)
# Few distinct values, so that ties of every pattern are common; and arbitrary floats.
score_tables = st.one_of(
    arrays(
        float,
        array_shapes(min_dims=2, max_dims=2, max_side=12),
        elements=st.sampled_from([0.0, 0.1, 0.2, 0.3, -0.1, 1 / 3]),
    ),
    arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=finite),
)
budgets = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.29, 0.3, 0.5, 2 / 3, 1.0]))


@given(scores=score_tables, budget=budgets)
def test_budget_is_never_exceeded_and_the_rate_is_as_stated(scores, budget):
    point = choose_operating_point(scores, budget)
    routes = route(scores, point)
    assert np.mean(routes > 0) <= budget
    assert point.deferral_rate == np.mean(routes > 0)
    assert all(price >= 0 for price in point.prices)


@given(scores=score_tables, budget=budgets)
def test_deferral_is_only_on_strict_improvement_by_the_best_expert(scores, budget):
    routes = route(scores, choose_operating_point(scores, budget))
    for row, agent in zip(scores, routes, strict=True):
        if agent:
            assert row[agent] > row[0]
            assert agent == 1 + int(np.argmax(row[1:] - row[0]))  # the first of those that tie


@given(scores=score_tables, budget=budgets)
def test_as_much_as_the_budget_allows_is_deferred(scores, budget):
    """One more group of equal gains would exceed the budget, or gain nothing."""
    gain = deferral_gain(scores)
    point = choose_operating_point(scores, budget)
    kept = gain[route(scores, point) == 0]
    if len(kept) and kept.max() > 0:
        assert np.mean(gain >= kept.max()) > budget


def test_budget_of_29_of_100_is_29():
    """0.29 * 100 is 28.999999999999996 in floating point."""
    scores = np.column_stack([np.zeros(100), np.arange(1, 101)])
    assert int((route(scores, choose_operating_point(scores, 0.29)) > 0).sum()) == 29


def test_the_golden_budget_case():
    """Published case: eight scores, budget 0.4, three deferred; a price needs a strict gain."""
    gains = [0.9, -0.1, 0.4, 0.35, 0.2, -0.7, 0.05, 0.3]
    scores = np.column_stack([np.zeros(8), gains])
    assert route(scores, choose_operating_point(scores, 0.4)).tolist() == [1, 0, 1, 1, 0, 0, 0, 0]


def test_a_tie_at_the_threshold_stays_with_the_model():
    scores = [[0.0, 0.9], [0.0, 0.4], [0.0, 0.4], [0.0, 0.4]]
    assert route(scores, choose_operating_point(scores, 0.5)).tolist() == [1, 0, 0, 0]


def test_no_experts_keeps_everything():
    scores = np.zeros((3, 1))
    point = choose_operating_point(scores, 1.0)
    assert point.prices == ()
    assert route(scores, point).tolist() == [0, 0, 0]
    assert np.isneginf(deferral_gain(scores)).all()


def test_prices_are_per_expert():
    scores = [[0.5, 1.0, 0.75]]
    assert route(scores, OperatingPoint(prices=(0.375, 0.0))).tolist() == [2]
    assert route(scores, OperatingPoint(prices=(0.5, 0.25))).tolist() == [0]  # both only tie


def test_a_point_survives_json():
    scores, costs = np.array([[0.5, 0.9], [0.5, 0.7], [0.5, 0.1]]), np.eye(3)[:, :2]
    point = choose_operating_point(scores, 0.4, answer_costs=costs, charges=3.0)
    assert OperatingPoint.from_dict(json.loads(json.dumps(point.to_dict()))) == point
    assert point.expected.spend.value == 1.0


def test_a_point_says_in_one_line_what_it_was_chosen_for():
    point = OperatingPoint(
        (0.1, 0.25), chosen_by="risk", value=0.05, delta=0.1, deferral_rate=0.19, n_cases=500
    )
    assert str(point) == (
        "price 0.1, 0.25, for a risk of at most 0.05, with confidence 90 %; chosen on 500 cases, "
        "of which 19.0 % left the model"
    )
    assert str(OperatingPoint(())) == "price none"


def test_a_point_of_unknown_origin_is_refused():
    with pytest.raises(InvalidInput, match="Did you mean 'budget'"):
        OperatingPoint((0.1,), chosen_by="budgets", value=0.1)
    with pytest.raises(
        InvalidInput, match="This operating point does not say what it was chosen on"
    ):
        OperatingPoint((0.1,)).rate_among(100)


@pytest.mark.parametrize("budget", [-0.1, 1.5, math.nan])
def test_a_budget_outside_0_to_1_is_refused(budget):
    with pytest.raises(InvalidInput, match=r"budget must be in \[0, 1\], but got"):
        choose_operating_point(np.zeros((2, 2)), budget)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_scores_that_are_not_finite_are_refused_and_located(bad):
    with pytest.raises(
        InvalidInput, match=r"1 of 4 are NaN or infinite, the first at index \(1, 0"
    ):
        route([[0.0, 1.0], [bad, 1.0]])


def test_wrong_shapes_and_other_experts_are_refused():
    with pytest.raises(InvalidInput, match=r"shape \(n, J \+ 1\)"):
        route([0.0, 1.0])
    with pytest.raises(
        InvalidInput, match="point must have a price for each of the 1 experts scored, but got 2"
    ):
        route([[0.0, 1.0]], OperatingPoint(prices=(0.1, 0.1)))
    with pytest.raises(InvalidInput, match="agent_scores must hold cases, but got none"):
        choose_operating_point(np.empty((0, 2)), 0.5)
