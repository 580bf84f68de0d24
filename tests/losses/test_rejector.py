"""What is particular to rejector; the rest is in tests/common."""

from math import exp, log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import complement, rank_by_rejector, rejector


def loss_of(score, model_cost, cost, **options):
    """One case, plain numbers in and out."""
    tensors = (torch.tensor(v, dtype=torch.float64) for v in (score, model_cost, cost))
    return rejector(*tensors, **options).item()


def test_logistic():
    # The sigmoid of log 3 is 3/4.
    assert loss_of(log(3), 1.0, 0.3) == pytest.approx(-1.0 * log(3 / 4) - 0.3 * log(1 / 4))


def test_exponential():
    expected = 1.0 / 3.0 + 0.3 * 3.0
    assert loss_of(log(3), 1.0, 0.3, margin="exponential") == pytest.approx(expected)


@pytest.mark.parametrize(("score", "of_model", "of_expert"), [(0.5, 0.5, 1.5), (2.0, 0.0, 3.0)])
def test_hinges(score, of_model, of_expert):
    expected = 0.8 * of_model + 0.3 * of_expert
    assert loss_of(score, 0.8, 0.3, margin="hinge") == pytest.approx(expected)
    squared = 0.8 * of_model**2 + 0.3 * of_expert**2
    assert loss_of(score, 0.8, 0.3, margin="squared_hinge") == pytest.approx(squared)


def test_several_experts_each_beside_the_model():
    found = loss_of([log(3), 0.0], 1.0, [0.0, 0.5])
    assert found == pytest.approx(-log(3 / 4) + 1.5 * log(2))


def test_a_missing_expert_has_neither_term():
    found = loss_of([log(3), 0.0], 1.0, [0.0, 0.5], mask=torch.tensor([True, False]))
    assert found == pytest.approx(-log(3 / 4))


def test_far_out_the_exponential_follows_its_tangent():
    # Up to e^64 it is exact; a score of -70 costs the model e^64 (1 + 6).
    assert loss_of(-64.0, 1.0, 0.0, margin="exponential") == pytest.approx(exp(64))
    assert loss_of(-70.0, 1.0, 0.0, margin="exponential") == pytest.approx(7 * exp(64))


def test_the_gradient_reaches_a_score_measured_from_a_frozen_model():
    classes = torch.tensor([[1.0, -0.5]])
    g = torch.tensor([0.75], requires_grad=True)
    rejector(g - classes.amax(-1), torch.tensor([0.0]), torch.tensor([0.3])).backward()
    assert_close(g.grad.item(), 0.3 / (1 + exp(0.25)))


def test_cases_that_cost_nothing_either_way_teach_nothing():
    score = torch.tensor([0.3], requires_grad=True)
    rejector(score, torch.tensor([0.0]), torch.tensor([0.0])).backward()
    assert score.grad == 0.0


def test_two_agents_are_the_complement_loss_of_the_difference_of_their_scores():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 2, generator=rng, dtype=torch.float64)
    costs = torch.rand(30, 2, generator=rng, dtype=torch.float64)
    alone = rejector(scores[:, 1] - scores[:, 0], costs[:, 0], costs[:, 1], reduction="none")
    assert_close(alone, complement(scores, costs, reduction="none"))


def test_deferred_above_zero_and_at_zero_kept():
    ranks = rank_by_rejector(torch.tensor([[-0.1, 0.2, 0.3], [-0.1, -0.2, 0.0]]), 3)
    assert ranks.argmax(-1).tolist() == [3, 0]
