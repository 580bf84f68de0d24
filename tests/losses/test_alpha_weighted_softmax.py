"""What is particular to alpha_weighted_softmax; the rest is in tests/common."""

from math import log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import alpha_weighted_softmax, cost_sensitive_softmax


def loss_of(scores, y, costs, **options):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return alpha_weighted_softmax(scores, torch.tensor(y), costs, **options).item()


# Masses are 1/10 and 2/10 for the classes, 3/10 and 4/10 for the experts.
SCORES = [log(1), log(2), log(3), log(4)]


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0, 2.0])
def test_where_an_expert_is_right_the_label_weighs_alpha(alpha):
    expected = -alpha * log(1 / 10) - log(4 / 10)
    assert loss_of(SCORES, 0, [1.0, 0.0], alpha=alpha) == pytest.approx(expected)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0, 2.0])
def test_where_all_experts_are_wrong_it_is_cross_entropy(alpha):
    assert loss_of(SCORES, 1, [1.0, 1.0], alpha=alpha) == pytest.approx(-log(2 / 10))


def test_the_default_halves_the_label():
    expected = -0.5 * log(1 / 10) - log(3 / 10) - log(4 / 10)
    assert loss_of(SCORES, 0, [0.0, 0.0]) == pytest.approx(expected)


def test_soft_costs_weigh_by_the_best_answer():
    expected = -(0.5 * 0.75 + 0.25) * log(1 / 10) - 0.25 * log(3 / 10) - 0.75 * log(4 / 10)
    assert loss_of(SCORES, 0, [0.75, 0.25], alpha=0.5) == pytest.approx(expected)


def test_it_does_not_matter_which_of_the_experts_is_right():
    # Public code looks at the first expert only: the second being right left the label's weight.
    first, second = (
        loss_of([log(1), log(2), log(3), log(3)], 0, costs, alpha=0.0)
        for costs in ([0.0, 1.0], [1.0, 0.0])
    )
    assert first == pytest.approx(second) == pytest.approx(-log(3 / 9))


def test_alpha_one_is_cost_sensitive_softmax():
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(30, 5, generator=rng, dtype=torch.float64)
    y = torch.randint(3, (30,), generator=rng)
    costs = torch.rand(30, 2, generator=rng, dtype=torch.float64)
    assert_close(
        alpha_weighted_softmax(scores, y, costs, alpha=1.0, reduction="none"),
        cost_sensitive_softmax(scores, y, costs, reduction="none"),
    )
