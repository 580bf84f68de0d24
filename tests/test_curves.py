"""The curve equals brute force at every point, and agrees with the operating point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cede
from cede import (
    InvalidInput,
    choose_operating_point,
    deferral_curve,
    deferral_curve_from_scores,
)


@st.composite
def problems(draw):
    seed, n, n_experts = draw(
        st.tuples(st.integers(0, 10**6), st.integers(1, 15), st.integers(1, 3))
    )
    rng = np.random.default_rng(seed)
    ties = draw(st.booleans())
    scores = (
        rng.integers(0, 4, (n, n_experts + 1)) / 4 if ties else rng.normal(size=(n, n_experts + 1))
    )
    return scores, rng.random((n, n_experts + 1)).round(1)


@given(problem=problems())
def test_every_point_is_the_rule_at_its_price(problem):
    scores, costs = problem
    curve = deferral_curve_from_scores(scores, costs)
    advantage = scores[:, 1:] - scores[:, :1]
    gain, best = advantage.max(axis=1), advantage.argmax(axis=1) + 1
    assert len(curve.prices) == len(np.unique(gain)) + 1
    case = np.arange(len(scores))
    for price, rate, risk in zip(curve.prices, curve.deferral_rate, curve.risk, strict=True):
        deferred = gain > price
        assert rate == pytest.approx(deferred.mean(), abs=1e-12)
        expected = np.where(deferred, costs[case, best], costs[:, 0]).mean()
        assert risk == pytest.approx(expected, abs=1e-12)
    assert (np.diff(curve.deferral_rate) > 0).all()


@given(problem=problems(), budget=st.floats(0, 1))
def test_the_curve_and_the_operating_point_agree(problem, budget):
    scores, costs = problem
    curve = deferral_curve_from_scores(scores, costs)
    assert curve.at_budget(budget) == choose_operating_point(scores, budget)


@given(problem=problems(), seed=st.integers(0, 100))
def test_row_order_changes_nothing(problem, seed):
    scores, costs = problem
    order = np.random.default_rng(seed).permutation(len(scores))
    here, there = (
        deferral_curve_from_scores(scores, costs),
        deferral_curve_from_scores(scores[order], costs[order]),
    )
    np.testing.assert_array_equal(here.prices, there.prices)
    np.testing.assert_allclose(here.risk, there.risk, atol=1e-12)


def test_all_points_without_ties():
    rng = np.random.default_rng(0)
    curve = deferral_curve_from_scores(rng.random((50, 2)), rng.random((50, 2)))
    assert len(curve.risk) == 51
    assert curve.coverage[0] == 1.0
    assert curve.deferral_rate[-1] == 1.0


def test_area_of_a_perfect_split_by_hand():
    """Half the cases need the expert: accuracy climbs 0.5 to 1, then falls back; area 0.75."""
    curve = deferral_curve_from_scores([[0, 1.0], [0, -1.0]], [[1, 0], [0, 1]])
    assert curve.area == pytest.approx(0.75)
    assert curve.risk_at(0.25) == pytest.approx(0.25)


def test_cases_with_a_missing_answer_are_left_out():
    curve = deferral_curve_from_scores([[0, 1.0], [0, 2.0]], [[1, 0], [0, np.nan]])
    assert curve.n_cases == 1
    with pytest.raises(InvalidInput, match="no case that every expert answered"):
        deferral_curve_from_scores([[0, 1.0]], [[1, np.nan]])


class Fixed:
    def agent_scores(self, X):
        return np.column_stack([np.zeros(len(X)), X[:, 0]])

    def predict(self, X):
        return np.array(["no"] * len(X))


def test_a_router_of_anybody_has_a_curve_from_answers_or_costs():
    X = np.array([[1.0], [-1.0]])
    y = ["yes", "no"]
    answers = deferral_curve(Fixed(), X, y, experts=[["yes"], ["yes"]], fees=0.1)
    np.testing.assert_allclose(answers.risk, [0.5, 0.05, 0.6])
    costs = deferral_curve(Fixed(), X, y, costs=[[0.0], [1.0]], fees=0.1)
    np.testing.assert_array_equal(answers.risk, costs.risk)


def test_no_experts_is_one_point():
    curve = deferral_curve_from_scores([[0.3], [0.2]], [[1], [0]])
    assert curve.risk.tolist() == [0.5]
    assert curve.deferral_rate.tolist() == [0.0]
    assert curve.at_budget(1.0).prices == ()


def test_shapes_must_agree():
    with pytest.raises(InvalidInput, match="one shape"):
        deferral_curve_from_scores(np.zeros((2, 2)), np.zeros((2, 3)))


def test_a_table_of_costs_is_judged_as_it_stands():
    rng = np.random.default_rng(0)
    table, scores = rng.random((50, 3)) * 7.0, rng.random((50, 3))

    class Fixed:
        def agent_scores(self, X):
            return scores

        def predict(self, X):
            raise AssertionError("a table needs no answers")

    curve = cede.deferral_curve(Fixed(), None, table)
    expected = cede.deferral_curve_from_scores(scores, table)
    np.testing.assert_array_equal(curve.risk, expected.risk)
    with pytest.raises(cede.InvalidInput, match="add fees to the table"):
        cede.deferral_curve(Fixed(), None, table, fees=0.1)
