"""What is particular to asymmetric_softmax; the rest is in tests/common."""

from math import log

import pytest
import torch
from torch.testing import assert_close

from cede.exceptions import InvalidInput
from cede.losses import asymmetric_softmax, decode_asymmetric_softmax


def loss_of(scores, y, costs, **options):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return asymmetric_softmax(scores, torch.tensor(y), costs, **options).item()


# Class probabilities are 1/6, 2/6, 3/6. All classes but the best have mass 1 + 2, so the expert's
# sigmoid is 9 / (9 + 1 + 2).
SCORES = [log(1), log(2), log(3), log(9)]


def test_expert_right():
    assert loss_of(SCORES, 1, [0.0]) == pytest.approx(-log(2 / 6) - log(9 / 12))


def test_expert_wrong():
    assert loss_of(SCORES, 2, [1.0]) == pytest.approx(-log(3 / 6) - log(3 / 12))


def test_with_a_bound_above_one_the_target_is_its_share():
    right = 1 - 1.25 / 1.5
    expected = -log(1 / 6) - right * log(9 / 12) - (1 - right) * log(3 / 12)
    assert loss_of(SCORES, 0, [1.25], max_cost=1.5) == pytest.approx(expected)


def test_missing_expert_has_no_term():
    assert loss_of(SCORES, 0, [0.0], mask=torch.tensor([False])) == pytest.approx(-log(1 / 6))


def test_the_class_left_out_is_the_best_class_and_never_an_expert():
    # A port takes the largest of all scores, the expert's too: then nothing bounds the estimate.
    estimates = decode_asymmetric_softmax(torch.tensor(SCORES, dtype=torch.float64), 1)
    assert_close(estimates.class_posterior.tolist(), [1 / 6, 2 / 6, 3 / 6])
    assert_close(estimates.expert_accuracy.tolist(), [9 / 12])


def test_with_two_classes_that_tie_one_of_them_stays_in():
    expected = -log(1 / 2) - log(3 / (3 + 1))
    assert loss_of([0.0, 0.0, log(3)], 0, [0.0]) == pytest.approx(expected)


@pytest.mark.parametrize("lead", [40.0, 800.0])
def test_a_sure_expert_beside_a_sure_model_keeps_its_digits(lead):
    # Taking 1 - psi by subtraction gives minus infinity at 40 already.
    scores = [lead, 0.0, 0.0, lead + 1.0]
    assert loss_of(scores, 0, [1.0]) == pytest.approx(lead + 1.0 - log(2), rel=1e-12)


def test_the_order_of_decoded_estimates_is_the_order_of_scores():
    scores = torch.randn(5000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    estimates = decode_asymmetric_softmax(scores, 2)
    decoded = torch.cat([estimates.class_posterior, estimates.expert_accuracy], -1)
    assert (decoded.argmax(-1) == scores.argmax(-1)).all()


def test_at_a_tie_of_classes_the_gradient_is_that_of_one_choice():
    scores = torch.tensor([[0.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    asymmetric_softmax(scores, torch.tensor([0]), torch.tensor([[1.0]])).backward()
    of_expert = 1 / 2
    either = ([-1 / 2, 1 / 2 - of_expert], [-1 / 2 - of_expert, 1 / 2])
    assert scores.grad[0].tolist()[2] == pytest.approx(of_expert)
    assert any(scores.grad[0].tolist()[:2] == pytest.approx(choice) for choice in either)


def test_one_class_leaves_nothing_to_measure_experts_against():
    with pytest.raises(InvalidInput, match="two classes"):
        asymmetric_softmax(torch.zeros(2, 2), torch.tensor([0, 0]), torch.zeros(2, 1))
