"""What is particular to cost_regression; the rest is in tests/common."""

import pytest
import torch
from torch.testing import assert_close

from cede.losses import cost_regression

SCORES, COSTS = torch.tensor([[0.5, -1.0, 2.0]]), torch.tensor([[0.0, 1.0, 0.25]])


def test_value_by_hand():
    by_hand = (0.5 - 1.0) ** 2 + (-1.0 - 0.0) ** 2 + (2.0 - 0.75) ** 2
    assert cost_regression(SCORES, COSTS).item() == pytest.approx(by_hand)


def test_a_term_known_with_chance_one_quarter_counts_four_times_when_it_is():
    mask = torch.tensor([[True, False, True]])
    propensities = torch.tensor([[1.0, float("nan"), 0.25]])
    by_hand = (0.5 - 1.0) ** 2 + 4 * (2.0 - 0.75) ** 2
    found = cost_regression(SCORES, COSTS, mask=mask, propensities=propensities)
    assert found.item() == pytest.approx(by_hand)


def test_what_is_not_known_has_no_gradient_whatever_its_propensity_and_cost():
    scores = SCORES.clone().requires_grad_()
    mask = torch.tensor([[True, False, True]])
    for unknown in (0.0, float("nan"), float("inf")):
        costs = COSTS.masked_fill(~mask, unknown)
        loss = cost_regression(scores, costs, mask=mask, propensities=costs.clamp(0.5, 1.0))
        (gradient,) = torch.autograd.grad(loss, scores)
        assert gradient.isfinite().all()
        assert gradient[0, 1] == 0.0


def test_with_propensities_the_best_score_is_that_of_the_complete_table():
    """One score for dear cases, known nine times in ten, and free ones, known once in ten."""
    costs, propensity = torch.tensor([1.0, 0.0]), torch.tensor([0.9, 0.1])
    n_known = (1000 * propensity).long()
    mask = torch.arange(1000) < n_known[:, None]
    table, chances = (t[:, None].expand(-1, 1000).flatten()[:, None] for t in (costs, propensity))
    score = torch.zeros(1, requires_grad=True)
    spread = score.expand(2000)[:, None]
    loss = cost_regression(spread, table, mask=mask.flatten()[:, None], propensities=chances)
    (gradient,) = torch.autograd.grad(loss, score)
    assert_close(0.0 - gradient / 2.0, torch.tensor([0.5]))  # the minimum, one Newton step away
    without = cost_regression(spread, table, mask=mask.flatten()[:, None])
    (gradient,) = torch.autograd.grad(without, score)
    assert not torch.allclose(gradient / 2.0, torch.tensor([-0.5]), atol=0.1)
