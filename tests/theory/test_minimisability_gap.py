import numpy as np
import pytest
import torch
from weighed_costs import SLACK, US, aggregated, draw_costs, draw_scores

from cede import losses
from cede.theory import (
    minimisability_gap,
    optimal_risk,
)


@pytest.mark.parametrize("u", US)
def test_the_gap_of_constants_is_what_looking_at_x_could_gain(u):
    costs = draw_costs(50, 3)
    weight = np.random.default_rng(0).random(50)
    gap = minimisability_gap(costs, u, sample_weight=weight)
    assert gap > 0.0
    same = [minimisability_gap(np.repeat(row[None], 7, 0), u) for row in costs]
    assert min(same) >= 0.0
    assert max(same) < 1e-11
    factors = np.arange(1.0, 8.0)[:, None]
    assert minimisability_gap(costs[:1] * factors, u) == pytest.approx(0.0, abs=1e-11)
    mean = np.average(optimal_risk(costs, u), weights=weight)
    again = minimisability_gap(costs, u, sample_weight=weight, risk=mean + gap)
    assert again == pytest.approx(gap, abs=1e-12)


def test_beyond_two_one_cheapest_agent_leaves_no_gap():
    costs = [[0.1, 0.2, 0.9], [0.0, 0.8, 0.3]]
    assert minimisability_gap(costs, 2.0) == pytest.approx(0.0, abs=1e-12)
    assert minimisability_gap(costs, 1.0) > 0.01


def test_no_constant_scores_do_better():
    costs = draw_costs(40, 3)
    best = min(
        aggregated(np.broadcast_to(s, costs.shape), costs, 1.0).mean() for s in draw_scores(500, 3)
    )
    gap = minimisability_gap(costs)
    assert gap - SLACK < best - optimal_risk(costs).mean() < gap + 0.01


def test_linear_scores_leave_some_gap_and_less_than_constants():
    x = np.linspace(-2.0, 2.0, 81)
    costs = np.stack([0.4 + 0.0 * x, np.exp(-x) / 4.0, 0.1 + x**2 / 4.0], -1)
    features = torch.tensor(np.stack([np.ones_like(x), x], -1))
    coefficients = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([coefficients], max_iter=200, line_search_fn="strong_wolfe")

    def risk():
        optimiser.zero_grad()
        value = losses.aggregated(features @ coefficients, torch.tensor(costs))
        value.backward()
        return value

    optimiser.step(risk)
    linear = minimisability_gap(costs, risk=risk().item())
    assert 0.01 < linear < 0.5 * minimisability_gap(costs)
