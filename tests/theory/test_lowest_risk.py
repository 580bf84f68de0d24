"""Every theorem held against thousands of random distributions, through the losses themselves.

The losses are linear in the label's indicator and in the experts' costs, each on its own, so the
conditional risk is a sum over labels, and its infimum a closed form.
"""

import numpy as np
import pytest
from weighed_costs import SLACK, US, aggregated, draw_costs, draw_scores

from cede.theory import (
    optimal_risk,
)

#: Of 0.9, 0.6, 0.3: worked out elsewhere, to 60 digits, from the naive definition.
GOLDEN = {
    0.0: 3.35745246763509,
    0.5: 2.450282167092692,
    1.0: 1.820527676473233,
    1.5: 1.3550055679356352,
    2.0: 0.9,
    3.0: 0.45,
}


def costs_of(weights):
    """Agent costs whose sums over the other agents are these weights."""
    weights = np.asarray(weights, dtype=np.float64)
    return weights.sum(-1, keepdims=True) / (weights.shape[-1] - 1) - weights


@pytest.mark.parametrize("u", GOLDEN)
def test_the_optimal_risk_has_the_golden_values(u):
    assert optimal_risk(costs_of([0.9, 0.6, 0.3]), u) == pytest.approx(GOLDEN[u], abs=1e-10)


@pytest.mark.parametrize("n_agents", [1, 2, 3, 5])
@pytest.mark.parametrize("u", US)
def test_no_scores_go_below_the_optimal_risk(n_agents, u):
    costs = draw_costs(4000, n_agents)
    excess = aggregated(draw_scores(4000, n_agents), costs, u) - optimal_risk(costs, u)
    assert excess.min() > -SLACK


@pytest.mark.parametrize("u", [u for u in US if u < 2.0])
def test_the_power_of_the_weights_attains_the_optimal_risk(u):
    costs = draw_costs(2000, 4) + 0.01
    weights = costs.sum(-1, keepdims=True) - costs
    attained = aggregated(np.log(weights) / (2.0 - u), costs, u)
    np.testing.assert_allclose(optimal_risk(costs, u), attained, rtol=1e-9)


@pytest.mark.parametrize("u", [2.0, 2.5, 4.0])
def test_from_two_on_one_agent_alone_comes_as_near_as_you_like(u):
    costs = draw_costs(2000, 4)
    alone = np.where(costs == costs.min(-1, keepdims=True), 0.0, -1e3)
    alone -= 1e3 * (np.arange(4) != alone.argmax(-1)[:, None])
    np.testing.assert_allclose(
        optimal_risk(costs, u), aggregated(alone, costs, u), rtol=1e-12, atol=1e-15
    )


@pytest.mark.parametrize("u", [0.0, 0.7, 1.0, 1.4, 2.0, 3.0])
def test_the_optimal_risk_is_the_minimum_over_a_fine_grid_of_probabilities(u):
    steps = 240
    i, j = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    grid = np.stack([i, j, steps - i - j], -1)[i + j <= steps]
    with np.errstate(divide="ignore"):
        scores = np.maximum(np.log(grid / steps), -50.0)
    costs = np.array([0.2, 0.5, 0.9])
    lowest = aggregated(scores, np.broadcast_to(costs, scores.shape), u).min()
    assert optimal_risk(costs, u) - SLACK < lowest < optimal_risk(costs, u) + 1e-3


@pytest.mark.parametrize("u", [0.3, 0.9999, 1.0001, 1.6])
def test_the_optimal_risk_is_the_printed_formula_where_that_loses_no_digits(u):
    costs = draw_costs(500, 4)
    weights = costs.sum(-1, keepdims=True) - costs
    total, power = weights.sum(-1), 1.0 / (2.0 - u)
    printed = ((weights**power).sum(-1) ** (2.0 - u) - total) / (1.0 - u)
    np.testing.assert_allclose(optimal_risk(costs, u), printed, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("at", [1.0, 2.0])
@pytest.mark.parametrize("step", [1e-4, 1e-7, 1e-10, 1e-13, 4e-16])
def test_the_optimal_risk_is_continuous_in_u(at, step):
    costs = draw_costs(500, 4)
    centre = optimal_risk(costs, at)
    for side in (-1.0, 1.0):
        error = np.abs(optimal_risk(costs, at + side * step) - centre)
        assert (error <= (10.0 * step + 2e-15) * (1.0 + centre)).all()


@pytest.mark.parametrize("u", US)
def test_a_common_factor_and_the_order_of_the_agents_do_not_matter(u):
    costs = draw_costs(500, 4)
    value = optimal_risk(costs, u)
    for same in (optimal_risk(costs * 1e200, u) / 1e200, optimal_risk(costs[:, ::-1], u)):
        np.testing.assert_allclose(same, value, rtol=1e-11)


def test_costs_of_very_different_size_lose_no_digits():
    assert optimal_risk([1e20, 1e-5], 0.0) == pytest.approx(2.0 * np.sqrt(1e15), rel=1e-12)
    assert optimal_risk([1e20, 1e-5], 2.0) == pytest.approx(1e-5, rel=1e-12)
    assert optimal_risk([1e20, 1e-5], 1.0) == pytest.approx(1e-5 * (1 + np.log(1e25)), rel=1e-9)


def test_zero_costs_and_one_agent_have_risk_zero():
    for u in US:
        assert optimal_risk([0.7], u) == 0.0
        np.testing.assert_array_equal(optimal_risk(np.zeros((2, 3, 4)), u), np.zeros((2, 3)))


def test_the_formula_for_small_u_is_no_minimum_beyond_two():
    weights = np.array([0.9, 0.6, 0.3])
    stationary = (weights.sum() - (weights**-1.0).sum() ** -1.0) / 2.0  # u = 3
    assert stationary - optimal_risk(costs_of(weights), 3.0) == pytest.approx(0.3682, abs=1e-4)
