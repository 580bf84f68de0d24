"""What is particular to constrained; the rest is in tests/common."""

from math import exp, log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import constrained


def loss_of(scores, costs, **options):
    """One case, plain numbers in and out."""
    tensors = (torch.tensor(v, dtype=torch.float64) for v in (scores, costs))
    return constrained(*tensors, **options).item()


# Centred, the scores are -1, -0.5 and 1.5.
SCORES, COSTS = [1.0, 1.5, 3.5], [0.2, 1.5, 0.4]


def test_each_cost_times_the_exponential_of_the_centred_score():
    expected = 0.2 * exp(-1.0) + 1.5 * exp(-0.5) + 0.4 * exp(1.5)
    assert loss_of(SCORES, COSTS) == pytest.approx(expected)


def test_logistic():
    expected = 0.2 * log(1 + exp(-1.0)) + 1.5 * log(1 + exp(-0.5)) + 0.4 * log(1 + exp(1.5))
    assert loss_of(SCORES, COSTS, margin="logistic") == pytest.approx(expected)


def test_hinges():
    # One plus the centred score: 0, 0.5 and 2.5.
    assert loss_of(SCORES, COSTS, margin="hinge") == pytest.approx(1.5 * 0.5 + 0.4 * 2.5)
    squared = 1.5 * 0.5**2 + 0.4 * 2.5**2
    assert loss_of(SCORES, COSTS, margin="squared_hinge") == pytest.approx(squared)


@pytest.mark.parametrize("margin", ["exponential", "logistic", "squared_hinge", "hinge"])
def test_a_shift_of_all_scores_changes_nothing(margin):
    shifted = loss_of([s + 40.0 for s in SCORES], COSTS, margin=margin)
    assert shifted == pytest.approx(loss_of(SCORES, COSTS, margin=margin))


def test_its_gradient_sums_to_zero():
    scores = torch.tensor([SCORES], requires_grad=True)
    constrained(scores, torch.tensor([COSTS])).backward()
    assert_close(scores.grad.sum().item(), 0.0, rtol=0.0, atol=1e-6)
