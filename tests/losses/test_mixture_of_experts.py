"""What is particular to mixture_of_experts; the rest is in tests/common."""

from math import log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import mixture_of_experts, rank_by_gate


def loss_of(scores, y, costs):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return mixture_of_experts(scores, torch.tensor(y), costs).item()


# Class probabilities are 1/3 and 2/3, the gate is 1/6 for the model, 2/6 and 3/6 for the experts.
SCORES = [log(1), log(2), log(2), log(3)]


def test_what_each_agent_is_charged_times_its_share_of_the_gate():
    expected = -1 / 6 * log(2 / 3) + 2 / 6 * 0.0 + 3 / 6 * 1.0
    assert loss_of(SCORES, 1, [0.0, 1.0]) == pytest.approx(expected)


def test_costs_may_be_soft_and_hold_fees():
    expected = -1 / 6 * log(1 / 3) + 2 / 6 * 0.25 + 3 / 6 * 1.5
    assert loss_of(SCORES, 0, [0.25, 1.5]) == pytest.approx(expected)


def test_with_one_expert_the_gate_is_a_sigmoid():
    expected = -1 / 4 * log(2 / 3) + 3 / 4 * 0.5
    assert loss_of([log(1), log(2), log(3)], 1, [0.5]) == pytest.approx(expected)


def test_the_gate_decides_and_class_scores_do_not_count():
    scores = torch.tensor([[50.0, 0.0, log(2), log(3)], [0.0, 50.0, -1.0, -2.0]])
    ranks = rank_by_gate(scores, 2)
    assert_close(ranks[0].tolist(), [1 / 6, 2 / 6, 3 / 6])
    assert ranks.argmax(-1).tolist() == [2, 0]


def test_a_case_that_the_gate_gave_away_teaches_the_classes_nothing():
    scores = torch.tensor([[1.0, 0.0, 60.0]], dtype=torch.float64, requires_grad=True)
    mixture_of_experts(scores, torch.tensor([1]), torch.zeros(1, 1)).backward()
    assert scores.grad[0, :2].abs().max() < 1e-20
