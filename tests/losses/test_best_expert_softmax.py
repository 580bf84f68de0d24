"""What is particular to best_expert_softmax; the rest is in tests/common."""

from math import log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import best_expert_softmax, cost_sensitive_softmax


def loss_of(scores, y, costs, dtype=torch.float64):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=dtype)
    costs = torch.tensor(costs, dtype=torch.float64)
    return best_expert_softmax(scores, torch.tensor(y), costs).item()


# Masses are 1/10 and 2/10 for the classes, 3/10 and 4/10 for the experts.
SCORES = [log(1), log(2), log(3), log(4)]


def test_of_two_who_are_right_only_the_better_scored_has_a_term():
    assert loss_of(SCORES, 0, [0.0, 0.0]) == pytest.approx(-log(1 / 10) - log(4 / 10))


def test_an_expert_who_is_wrong_is_passed_over_however_well_scored():
    assert loss_of(SCORES, 0, [0.0, 1.0]) == pytest.approx(-log(1 / 10) - log(3 / 10))


def test_where_all_experts_are_wrong_it_is_cross_entropy():
    assert loss_of(SCORES, 1, [1.0, 1.0]) == pytest.approx(-log(2 / 10))


def test_a_soft_cost_weighs_the_best_scored_not_the_cheapest():
    expected = -log(1 / 10) - (1 - 0.75) * log(4 / 10)
    assert loss_of(SCORES, 0, [0.25, 0.75]) == pytest.approx(expected)


def test_only_the_best_scored_is_pulled_up():
    scores = torch.tensor([SCORES], requires_grad=True)
    best_expert_softmax(scores, torch.tensor([0]), torch.zeros(1, 2)).backward()
    assert_close(scores.grad[0].tolist(), [2 * 0.1 - 1, 2 * 0.2, 2 * 0.3, 2 * 0.4 - 1])


def test_with_one_expert_it_is_cost_sensitive_softmax():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 4, generator=rng, dtype=torch.float64)
    y = torch.randint(3, (30,), generator=rng)
    costs = torch.rand(30, 1, generator=rng, dtype=torch.float64)
    assert_close(
        best_expert_softmax(scores, y, costs, reduction="none"),
        cost_sensitive_softmax(scores, y, costs, reduction="none"),
    )


def test_experts_are_compared_by_their_scores_and_not_by_rounded_logarithms_of_masses():
    # Beside a class at 300 the two logarithms round to one number in single precision.
    scores = [300.0, 0.0, 1.0, 1.00001]
    expected = 0.25 * (300.0 - 1.00001)
    assert loss_of(scores, 0, [0.0, 0.75], torch.float32) == pytest.approx(expected, rel=1e-5)
