"""What is particular to one_vs_all; the rest is in tests/common."""

from math import exp, log, log1p

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from cede.losses import decode_one_vs_all, one_vs_all


def loss_of(scores, y, costs, **options):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return one_vs_all(scores, torch.tensor(y), costs, **options).item()


# Sigmoids of the hand-worked scores are 1/2, 2/3 and 3/4: classes 0 and 1, then one expert.
SCORES = [log(1), log(2), log(3)]


def test_expert_right():
    assert loss_of(SCORES, 0, [0.0]) == pytest.approx(-log(1 / 2) - log(1 / 3) - log(3 / 4))


def test_expert_wrong():
    assert loss_of(SCORES, 1, [1.0]) == pytest.approx(-log(1 / 2) - log(2 / 3) - log(1 / 4))


@pytest.mark.parametrize("cost", [0.25, 0.5, 0.875])
def test_soft_cost(cost):
    expected = -log(1 / 2) - log(1 / 3) - (1 - cost) * log(3 / 4) - cost * log(1 / 4)
    assert loss_of(SCORES, 0, [cost]) == pytest.approx(expected)


def test_with_a_bound_above_one():
    label = -1.5 * log(1 / 2)
    other = -0.5 * log(2 / 3) - log(1 / 3)
    expert = -(1.5 - 1.25) * log(3 / 4) - 1.25 * log(1 / 4)
    assert loss_of(SCORES, 0, [1.25], max_cost=1.5) == pytest.approx(label + other + expert)


def test_missing_expert_has_no_term():
    expected = -log(1 / 2) - log(1 / 3)
    assert loss_of(SCORES, 0, [0.0], mask=torch.tensor([False])) == pytest.approx(expected)


def test_score_of_exactly_zero_costs_log_two():
    # A port writes infinity into scores that are 0, and so charges nothing.
    scores = torch.zeros(1, 4)
    loss = one_vs_all(scores, torch.tensor([0]), torch.tensor([[0.0, 1.0]]))
    assert loss.item() == pytest.approx(4 * log(2))
    assert (scores == 0.0).all()


@pytest.mark.parametrize("score", [15.0, 20.5, 35.0])
def test_a_sure_score_keeps_its_last_digits(score):
    # Beyond 20, torch's softplus leaves out the e^-z of log(1 + e^z) = z + log(1 + e^-z).
    tail = log1p(exp(-score))
    assert loss_of([score, -score], 0, []) == pytest.approx(2 * tail, rel=1e-12, abs=0.0)
    assert loss_of([-score, score], 0, []) == pytest.approx(2 * (score + tail), rel=1e-15)


def test_is_binary_cross_entropy_of_each_column():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 6, generator=rng, dtype=torch.float64)
    y = torch.randint(4, (30,), generator=rng)
    costs = torch.rand(30, 2, generator=rng, dtype=torch.float64)
    target = torch.cat([F.one_hot(y, 4), 1.0 - costs], -1)
    expected = F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(-1)
    assert_close(one_vs_all(scores, y, costs, reduction="none"), expected)


def test_gradient_of_each_column_is_sigmoid_less_target():
    scores = torch.tensor(SCORES, dtype=torch.float64, requires_grad=True)
    one_vs_all(scores, torch.tensor(0), torch.tensor([0.25]).double()).backward()
    assert_close(scores.grad.tolist(), [1 / 2 - 1, 2 / 3, 3 / 4 - 0.75])


def test_gradient_of_each_column_is_at_most_the_bound():
    scores = 1e4 * torch.randn(500, 5, generator=torch.Generator().manual_seed(0))
    scores.requires_grad_()
    one_vs_all(
        scores, torch.arange(500) % 3, torch.full((500, 2), 1.3), max_cost=1.3, reduction="sum"
    ).backward()
    assert scores.grad.abs().max() <= 1.3 + 1e-6


def test_decoding_is_a_sigmoid_for_all():
    estimates = decode_one_vs_all(torch.tensor(SCORES, dtype=torch.float64), 1)
    assert_close(estimates.class_posterior.tolist(), [1 / 2, 2 / 3])
    assert_close(estimates.expert_accuracy.tolist(), [3 / 4])


def test_decoding_with_a_bound_above_one():
    estimates = decode_one_vs_all(torch.tensor(SCORES, dtype=torch.float64), 1, max_cost=1.5)
    assert_close(estimates.class_posterior.tolist(), [1 - 1.5 / 2, 1 - 1.5 / 3])
    assert_close(estimates.expert_costs.tolist(), [1.5 / 4])


def test_the_order_of_decoded_estimates_is_the_order_of_scores():
    scores = torch.randn(5000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    estimates = decode_one_vs_all(scores, 2, max_cost=1.3)
    decoded = torch.cat([estimates.class_posterior, 1.0 - estimates.expert_costs], -1)
    assert (decoded.argmax(-1) == scores.argmax(-1)).all()
