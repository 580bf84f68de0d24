"""What is particular to cost_sensitive_softmax; the rest is in tests/common."""

from math import exp, log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import cost_sensitive_softmax, decode_cost_sensitive_softmax


def loss_of(scores, y, costs, **options):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return cost_sensitive_softmax(scores, torch.tensor(y), costs, **options).item()


# p is (1, 2, 3) / 6 in all hand-worked values: classes 0 and 1, then one expert.
SCORES = [log(1), log(2), log(3)]


def test_expert_right():
    assert loss_of(SCORES, 0, [0.0]) == pytest.approx(-log(1 / 6) - log(3 / 6))


def test_expert_wrong():
    assert loss_of(SCORES, 1, [1.0]) == pytest.approx(-log(2 / 6))


def test_soft_cost():
    assert loss_of(SCORES, 1, [0.25]) == pytest.approx(-log(2 / 6) - 0.75 * log(3 / 6))


def test_fee_when_the_expert_errs_lifts_the_bound_and_smooths_the_labels():
    expected = -1.5 * log(1 / 6) - 0.5 * log(2 / 6) - 0.0 * log(3 / 6)
    assert loss_of(SCORES, 0, [1.5]) == pytest.approx(expected)


def test_fee_when_the_expert_is_right_lifts_nothing():
    assert loss_of(SCORES, 0, [0.5]) == pytest.approx(-log(1 / 6) - 0.5 * log(3 / 6))


def test_constant_bound():
    expected = -1.5 * log(1 / 6) - 0.5 * log(2 / 6) - (1.5 - 0.5) * log(3 / 6)
    assert loss_of(SCORES, 0, [0.5], max_cost=1.5) == pytest.approx(expected)


def test_two_experts():
    scores = [log(1), log(2), log(3), log(4)]  # p = (1, 2, 3, 4) / 10
    assert loss_of(scores, 1, [0.0, 0.5]) == pytest.approx(-log(0.2) - log(0.3) - 0.5 * log(0.4))


def test_missing_expert_leaves_the_softmax():
    expected = -log(2 / 3)  # classes alone: p = (1, 2) / 3
    assert loss_of(SCORES, 1, [0.0], mask=torch.tensor([False])) == pytest.approx(expected)


def test_gradient_is_total_weight_times_softmax_less_weight():
    scores = torch.tensor(SCORES, dtype=torch.float64, requires_grad=True)
    costs = torch.tensor([0.5], dtype=torch.float64)
    cost_sensitive_softmax(scores, torch.tensor(0), costs, max_cost=1.5).backward()
    weights = torch.tensor([1.5, 0.5, 1.0], dtype=torch.float64)
    p = torch.tensor([1 / 6, 2 / 6, 3 / 6], dtype=torch.float64)
    assert_close(scores.grad, 3.0 * p - weights)


def test_bound_by_sample_is_the_largest_cost_of_the_case_and_at_least_one():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(50, 5, generator=rng, dtype=torch.float64)
    y = torch.randint(3, (50,), generator=rng)
    costs = 2.0 * torch.rand(50, 2, generator=rng, dtype=torch.float64)
    one_by_one = [
        cost_sensitive_softmax(s, label, c, max_cost=max(1.0, c.max().item()))
        for s, label, c in zip(scores, y, costs, strict=True)
    ]
    by_sample = cost_sensitive_softmax(scores, y, costs, max_cost="sample", reduction="none")
    assert_close(by_sample, torch.stack(one_by_one))
    assert_close(cost_sensitive_softmax(scores, y, costs, reduction="none"), by_sample)


def test_bound_by_sample_looks_at_answers_only():
    masked = {"mask": torch.tensor([True, False])}
    scores = [log(1), log(2), log(3), log(4)]
    for unknown in (0.0, 1.75, float("nan")):
        found = loss_of(scores, 0, [1.5, unknown], **masked)
        assert found == pytest.approx(-1.5 * log(1 / 6) - 0.5 * log(2 / 6))


def test_a_surely_wrong_score_is_charged_in_full():
    # A port adds 1e-8 inside the logarithm: never more than 18.4 per term, and no gradient there.
    scores = torch.tensor([-40.0, 40.0, 0.0], requires_grad=True)
    loss = cost_sensitive_softmax(scores, torch.tensor(0), torch.tensor([0.0]))
    loss.backward()
    assert loss.item() == pytest.approx(80.0 + 40.0)
    assert_close(scores.grad, torch.tensor([-1.0, 2.0, -1.0]))


def test_fees_above_one_still_tell_the_dear_from_the_dearer():
    # Clipping costs at 1 would make the two the same.
    cheap, dear = (loss_of(SCORES, 0, [cost], max_cost=1.5) for cost in (1.1, 1.3))
    assert cheap - dear == pytest.approx(-0.2 * log(3 / 6))


def test_decoding_reads_ratios_of_masses():
    scores = torch.tensor([log(1), log(4), log(2)], dtype=torch.float64)
    estimates = decode_cost_sensitive_softmax(scores, 1)
    assert_close(estimates.class_posterior.tolist(), [1 / 5, 4 / 5])
    assert_close(estimates.expert_accuracy.tolist(), [2 / 5])


def test_decoding_with_a_constant_bound_takes_the_smoothing_off():
    scores = torch.tensor([log(1), log(4), log(2)], dtype=torch.float64)
    estimates = decode_cost_sensitive_softmax(scores, 1, max_cost=1.25)
    total = 1 + 2 * 0.25
    assert_close(estimates.class_posterior.tolist(), [total * 1 / 5 - 0.25, total * 4 / 5 - 0.25])
    assert_close(estimates.expert_costs.tolist(), [1.25 - total * 2 / 5])


def test_decoded_accuracy_exceeds_one_on_a_sixth_of_random_scores():
    # The reason for bounded=False in the table. With K = 2 and one expert.
    scores = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0))
    share = (decode_cost_sensitive_softmax(scores, 1).expert_accuracy > 1.0).float().mean().item()
    assert 0.1 < share < 0.25


def test_the_order_of_decoded_estimates_is_the_order_of_scores():
    scores = torch.randn(5000, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    estimates = decode_cost_sensitive_softmax(scores, 2, max_cost=1.3)
    decoded = torch.cat([estimates.class_posterior, 1.0 - estimates.expert_costs], -1)
    assert (decoded.argmax(-1) == scores.argmax(-1)).all()


def test_dropping_a_missing_expert_s_term_would_bias_its_accuracy():
    """At one x with two classes, an expert right with probability 0.7 answers in 40 % of cases.

    Without the mask, a missing answer looks like a wrong one: the accuracy comes out as 0.28.
    """
    y = torch.tensor([0, 0, 0, 1, 1, 1])
    costs = torch.tensor([[0.0], [1.0], [1.0]] * 2, dtype=torch.float64)
    mask = torch.tensor([[True], [True], [False]] * 2)
    given_y = torch.tensor([0.4 * 0.7, 0.4 * 0.3, 0.6], dtype=torch.float64)
    weight = torch.cat([0.8 * given_y, 0.2 * given_y])

    def accuracy(mask):
        scores = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [scores], max_iter=100, tolerance_grad=1e-9, line_search_fn="strong_wolfe"
        )

        def closure():
            optimizer.zero_grad()
            loss = cost_sensitive_softmax(
                scores.expand(6, -1), y, costs, mask=mask, sample_weight=weight
            )
            loss.backward()
            return loss

        optimizer.step(closure)
        return decode_cost_sensitive_softmax(scores.detach(), 1).expert_accuracy.item()

    assert accuracy(mask) == pytest.approx(0.7, abs=1e-6)
    assert accuracy(None) == pytest.approx(0.28, abs=1e-6)


def test_softmax_of_experts_is_not_their_accuracy():
    # Accuracy 0.5 with K = 2: p_expert is 1/3 at the optimum, and the decoding says 0.5.
    scores = torch.tensor([log(0.5), log(0.5), log(0.5)])
    estimates = decode_cost_sensitive_softmax(scores, 1)
    assert scores.softmax(-1)[2].item() == pytest.approx(1 / 3)
    assert estimates.expert_accuracy.item() == pytest.approx(exp(log(0.5)))
