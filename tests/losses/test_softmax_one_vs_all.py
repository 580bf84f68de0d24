"""What is particular to softmax_one_vs_all; the rest is in tests/common."""

from math import log

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from cede.losses import decode_softmax_one_vs_all, one_vs_all, softmax_one_vs_all


def loss_of(scores, y, costs, **options):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return softmax_one_vs_all(scores, torch.tensor(y), costs, **options).item()


# Class probabilities are 1/3 and 2/3, the sigmoid of the expert's score is 3/4.
SCORES = [log(1), log(2), log(3)]


def test_expert_right():
    assert loss_of(SCORES, 0, [0.0]) == pytest.approx(-log(1 / 3) - log(3 / 4))


def test_expert_wrong():
    assert loss_of(SCORES, 1, [1.0]) == pytest.approx(-log(2 / 3) - log(1 / 4))


@pytest.mark.parametrize("cost", [0.25, 0.5, 0.875])
def test_soft_cost(cost):
    expected = -log(1 / 3) - (1 - cost) * log(3 / 4) - cost * log(1 / 4)
    assert loss_of(SCORES, 0, [cost]) == pytest.approx(expected)


def test_with_a_bound_above_one():
    expected = -log(1 / 3) - (1.5 - 1.25) * log(3 / 4) - 1.25 * log(1 / 4)
    assert loss_of(SCORES, 0, [1.25], max_cost=1.5) == pytest.approx(expected)


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
def test_weight_is_that_of_the_experts_part(weight):
    expected = -log(1 / 3) - weight * log(3 / 4)
    assert loss_of(SCORES, 0, [0.0], weight=weight) == pytest.approx(expected)


def test_missing_expert_has_no_term():
    assert loss_of(SCORES, 0, [0.0], mask=torch.tensor([False])) == pytest.approx(-log(1 / 3))


def some_cases():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 6, generator=rng, dtype=torch.float64)
    y = torch.randint(4, (30,), generator=rng)
    costs = torch.rand(30, 2, generator=rng, dtype=torch.float64)
    return scores, y, costs


def test_classes_and_experts_are_separate_problems():
    scores, y, costs = some_cases()
    classes = F.cross_entropy(scores[:, :4], y, reduction="none")
    experts = F.binary_cross_entropy_with_logits(scores[:, 4:], 1.0 - costs, reduction="none")
    found = softmax_one_vs_all(scores, y, costs, weight=0.5, reduction="none")
    assert_close(found, classes + 0.5 * experts.sum(-1))


def test_experts_part_is_that_of_one_vs_all():
    scores, y, costs = some_cases()
    experts = {}
    for loss in (softmax_one_vs_all, one_vs_all):
        with_experts = loss(scores, y, costs, max_cost=1.3, reduction="none")
        without = loss(scores[:, :4], y, costs[:, :0], max_cost=1.3, reduction="none")
        experts[loss] = with_experts - without
    assert_close(experts[softmax_one_vs_all], experts[one_vs_all])


@pytest.mark.parametrize("weight", [0.5, 2.0])
@pytest.mark.parametrize("mask", [None, [[True, False]]])
def test_derivatives_with_a_weight(weight, mask):
    scores = torch.tensor([[0.3, -1.0, 0.5, 0.1]], dtype=torch.float64, requires_grad=True)
    mask = None if mask is None else torch.tensor(mask)
    costs = torch.tensor([[0.25, 1.0]], dtype=torch.float64)

    def loss(scores):
        return softmax_one_vs_all(scores, torch.tensor([1]), costs, weight=weight, mask=mask)

    assert torch.autograd.gradcheck(loss, scores)
    assert torch.autograd.gradgradcheck(loss, scores)


def test_a_higher_score_of_an_expert_means_fewer_errors():
    # One source prints the estimated error as sigmoid(g); it is sigmoid(-g).
    estimates = decode_softmax_one_vs_all(torch.tensor(SCORES, dtype=torch.float64), 1)
    assert_close(estimates.class_posterior.tolist(), [1 / 3, 2 / 3])
    assert_close(estimates.expert_costs.tolist(), [1 / 4])
    assert_close(estimates.expert_accuracy.tolist(), [3 / 4])


def test_decoding_with_a_bound_above_one_stretches_costs_only():
    scores = torch.tensor(SCORES, dtype=torch.float64)
    estimates = decode_softmax_one_vs_all(scores, 1, max_cost=1.5)
    assert_close(estimates.class_posterior.tolist(), [1 / 3, 2 / 3])
    assert_close(estimates.expert_costs.tolist(), [1.5 / 4])


def test_raw_scores_of_classes_and_experts_cannot_be_compared():
    # The softmax forgets a shift of all class scores, the sigmoid does not know of it.
    scores = torch.tensor([log(1), log(2), log(3)])
    shifted = scores + torch.tensor([5.0, 5.0, 0.0])
    assert scores.argmax() != shifted.argmax()
    for part, of_shifted in zip(
        decode_softmax_one_vs_all(scores, 1), decode_softmax_one_vs_all(shifted, 1), strict=True
    ):
        assert_close(part, of_shifted)
