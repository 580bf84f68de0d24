"""What is particular to expected_cost; the rest is in tests/common."""

from math import log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import expected_cost


def loss_of(scores, y, costs):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return expected_cost(scores, torch.tensor(y), costs).item()


# Masses are 1/10 and 2/10 for the classes, 3/10 and 4/10 for the experts.
SCORES = [log(1), log(2), log(3), log(4)]


def test_what_a_drawn_action_costs():
    assert loss_of(SCORES, 1, [1.0, 0.0]) == pytest.approx(1 / 10 + 3 / 10)
    assert loss_of(SCORES, 0, [0.25, 0.5]) == pytest.approx(2 / 10 + 0.25 * 3 / 10 + 0.5 * 4 / 10)


def test_costs_may_exceed_that_of_an_error():
    assert loss_of(SCORES, 1, [7.0, 1.5]) == pytest.approx(1 / 10 + 7 * 3 / 10 + 1.5 * 4 / 10)


def test_the_gradient_is_mass_times_what_an_action_costs_above_the_mean():
    scores = torch.tensor([SCORES], dtype=torch.float64, requires_grad=True)
    loss = expected_cost(scores, torch.tensor([1]), torch.tensor([[0.5, 0.25]]))
    loss.backward()
    masses, costs = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([1.0, 0.0, 0.5, 0.25])
    assert_close(scores.grad[0], (masses * (costs - loss.item())).double(), rtol=1e-6, atol=1e-7)


def test_a_confident_wrong_start_is_a_plateau():
    scores = torch.tensor([[0.0, 40.0, 0.0]], requires_grad=True)
    expected_cost(scores, torch.tensor([0]), torch.zeros(1, 1)).backward()
    assert scores.grad.abs().max() < 1e-16
