import numpy as np
import pytest
from weighed_costs import SLACK, US, aggregated, draw_costs, draw_scores, regret

from cede.theory import (
    calibration_transform,
    consistency_bound,
    optimal_risk,
    upper_bound_factor,
)


@pytest.mark.parametrize("n_agents", [2, 3, 4, 6])
@pytest.mark.parametrize("u", US)
@pytest.mark.parametrize("exact", [False, True])
def test_no_router_exceeds_the_aggregated_bound_at_any_x_nor_on_average(u, n_agents, exact):
    n = 10_000
    costs = draw_costs(n, n_agents)
    costs /= np.maximum(costs.sum(-1, keepdims=True), 1e-300) * (n_agents - 1)
    scores = draw_scores(n, n_agents)
    ideal = np.log(1e-12 + 1 / (n_agents - 1) - costs)  # half of the scores are nearly ideal
    scores[::2] = ideal[::2] + 0.1 * scores[::2]
    excess = (aggregated(scores, costs, u) - optimal_risk(costs, u)).clip(0.0)
    options = {"u": u, "n_agents": n_agents, "scale": 1.0, "exact": exact}
    bound = consistency_bound(excess, "aggregated", **options)
    lost = regret(scores, costs)
    assert (lost <= bound + SLACK).all()
    assert lost.max() > 0.1 / n_agents

    sizes = np.random.default_rng(2).exponential(size=n)
    for size, x, paid in zip(*(np.split(a, 200) for a in (sizes, excess, lost)), strict=True):
        options["scale"] = size.mean()
        bound = consistency_bound((size * x).mean(), "aggregated", **options)
        assert (size * paid).mean() <= bound + SLACK


@pytest.mark.parametrize("n_agents", [2, 3, 4, 6])
@pytest.mark.parametrize("u", [2.0, 2.2, 2.5, 3.0, 5.0])
def test_from_two_on_the_published_form_is_the_sharp_one_or_larger(u, n_agents):
    scale = 3.0
    excess = scale * np.linspace(0.0, calibration_transform(1.0, u, n_agents=n_agents), 50)
    options = {"u": u, "n_agents": n_agents, "scale": scale}
    published = consistency_bound(excess, "aggregated", **options)
    sharp = consistency_bound(excess, "aggregated", exact=True, **options)
    np.testing.assert_allclose(published, (u - 1.0) * n_agents ** (u - 1.0) * excess, rtol=1e-13)
    k = np.arange(1.0, n_agents + 1.0)
    slope = (u - 1.0) / (1.0 - ((k - 1.0) * k ** (1.0 - u)).max())
    np.testing.assert_allclose(sharp, slope * excess, rtol=1e-13)
    if u == 2.0:
        np.testing.assert_allclose(sharp, published, rtol=1e-13)
    else:
        assert (published[1:] > 1.1 * sharp[1:]).all()
    assert consistency_bound(scale * 10.0, "aggregated", exact=True, **options) == scale


def test_for_four_agents_and_u_of_three_the_published_form_is_twelve_times_the_sharp_one():
    options = {"u": 3.0, "n_agents": 4, "scale": 1.0}
    assert consistency_bound(0.01, "aggregated", **options) == pytest.approx(0.32)
    sharp = consistency_bound(0.01, "aggregated", exact=True, **options)
    assert sharp == pytest.approx(0.32 / 12.0)


@pytest.mark.parametrize("u", [2.2, 3.0, 5.0])
@pytest.mark.parametrize("n_agents", [2, 3, 6])
def test_from_two_on_a_tie_of_some_agents_attains_the_sharp_bound(u, n_agents):
    costs = np.eye(n_agents)[0]
    ties = np.where(np.tri(n_agents) > 0, 0.0, -1e3)  # the first leads, and costs 1
    excess = aggregated(ties, np.broadcast_to(costs, ties.shape), u) - optimal_risk(costs, u)
    options = {"u": u, "n_agents": n_agents, "scale": n_agents - 1.0}
    sharp = consistency_bound(excess, "aggregated", exact=True, **options)
    assert sharp.min() == pytest.approx(1.0)
    assert (consistency_bound(excess, "aggregated", **options) > 1.1).all()


@pytest.mark.parametrize("u", [400.0, 5e3])
def test_slopes_beyond_the_largest_float_are_bounds_still(u):
    options = {"u": u, "n_agents": 6, "scale": 2.0}
    none, some = consistency_bound([0.0, 0.5], "aggregated", **options)
    assert none == 0.0
    assert some > 1e300
    sharp = consistency_bound([0.0, 1e-4], "aggregated", exact=True, **options)
    np.testing.assert_allclose(sharp, [0.0, (u - 1.0) * 1e-4])


@pytest.mark.parametrize("u", [0.0, 0.5, 1.0, 1.3, 1.9, 2.0, 3.0, 6.0])
def test_the_factor_makes_the_loss_an_upper_bound(u):
    for n_agents in (2, 3, 5):
        costs, scores = draw_costs(4000, n_agents), draw_scores(4000, n_agents)
        costs[0], scores[0] = np.eye(n_agents)[0], 0.0
        paid = np.take_along_axis(costs, scores.argmax(-1)[:, None], -1)[:, 0]
        bound = upper_bound_factor(u) / (n_agents - 1) * aggregated(scores, costs, u)
        assert (paid <= bound + SLACK * (1.0 + paid)).all()
    tie = aggregated(np.zeros((1, 2)), np.array([[1.0, 0.0]]), u)
    assert upper_bound_factor(u) * tie == pytest.approx(1.0)


def test_the_factor_has_its_printed_values_and_no_jump():
    assert upper_bound_factor(1.0) == pytest.approx(1.0 / np.log(2.0))
    assert upper_bound_factor(1.0 + 1e-12) == pytest.approx(1.0 / np.log(2.0), rel=1e-11)
    assert upper_bound_factor(2.0) == 2.0
    assert upper_bound_factor(5e3) == pytest.approx(4999.0)
    assert aggregated(np.zeros((1, 2)), np.array([[1.0, 0.0]]), 2.0) == 0.5  # below the cost, 1
