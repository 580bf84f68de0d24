import numpy as np
import pytest
from weighed_costs import US, aggregated

from cede.theory import (
    calibration_transform,
    consistency_bound,
    optimal_risk,
)

REGRETS = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 400), np.linspace(0.001, 1.0, 400)])


@pytest.mark.parametrize("n_agents", [2, 3, 6])
@pytest.mark.parametrize("u", [*US, 1 - 1e-9, 1 + 1e-9, 2 - 1e-9, 2 + 1e-9])
def test_the_transform_grows_from_zero_and_is_inverted_by_the_bound(u, n_agents):
    t = np.unique(REGRETS)
    values = calibration_transform(t, u, n_agents=n_agents)
    assert values[0] == 0.0
    assert (np.diff(values) > 0.0).all()
    options = {"u": u, "n_agents": n_agents, "scale": 3.0}
    exact = consistency_bound(3.0 * values, "aggregated", exact=True, **options)
    np.testing.assert_allclose(exact, 3.0 * t, rtol=1e-8, atol=1e-9)
    assert (consistency_bound(3.0 * values, "aggregated", **options) >= 3.0 * t - 1e-12).all()


@pytest.mark.parametrize("u", [u for u in US if u <= 2.0])
def test_two_agents_with_equal_scores_attain_the_transform(u):
    t = REGRETS
    costs = np.stack([1.0 - t, 1.0 + t], -1) / 2.0
    excess = aggregated(np.zeros_like(costs), costs, u) - optimal_risk(costs, u)
    np.testing.assert_allclose(calibration_transform(t, u), excess, atol=1e-14)


def test_up_to_one_the_transform_does_not_depend_on_the_number_of_agents():
    for u in (0.0, 0.6, 1.0):
        np.testing.assert_array_equal(
            calibration_transform(REGRETS, u, n_agents=7), calibration_transform(REGRETS, u)
        )


@pytest.mark.parametrize("u", [2.0, 2.2, 2.5, 3.0, 5.0])
@pytest.mark.parametrize("n_agents", [2, 3, 6])
def test_from_two_on_a_tie_of_some_agents_attains_the_transform(u, n_agents):
    costs = np.zeros(n_agents)
    costs[0] = 1.0  # leads, and is the only one that costs anything
    ties = np.where(np.tri(n_agents) > 0, 0.0, -1e3)
    excess = aggregated(ties, np.broadcast_to(costs, ties.shape), u) - optimal_risk(costs, u)
    scale = n_agents - 1.0
    least = scale * calibration_transform(1.0 / scale, u, n_agents=n_agents)
    assert excess.min() == pytest.approx(least, abs=1e-14)


@pytest.mark.parametrize("at", [1.0, 2.0])
def test_the_transform_is_continuous_in_u(at):
    for step in (1e-5, 1e-9, 1e-13):
        near = [calibration_transform(REGRETS, u, n_agents=3) for u in (at - step, at, at + step)]
        np.testing.assert_allclose(near[0], near[1], atol=10 * step)
        np.testing.assert_allclose(near[2], near[1], atol=10 * step)


def test_a_further_factor_under_the_root_would_be_exceeded():
    excess = calibration_transform(1.0, 1.5)
    wrong = np.sqrt(2.0 * 2.0**0.5 * (2.0 - 1.5) * excess)
    assert 1.0 - wrong == pytest.approx(0.09, abs=0.005)
