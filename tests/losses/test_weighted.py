"""What is particular to weighted; the rest is in tests/common."""

from math import log

import pytest
import torch

from cede.exceptions import InvalidInput
from cede.losses import weighted


def loss_of(scores, costs, **options):
    """One case, plain numbers in and out."""
    tensors = (torch.tensor(v, dtype=torch.float64) for v in (scores, costs))
    return weighted(*tensors, **options).item()


# Shares are 1/10, 3/10 and 6/10.
SCORES, COSTS = [log(1), log(3), log(6)], [0.2, 1.0, 0.4]


def test_each_logarithm_times_what_is_saved():
    assert loss_of(SCORES, COSTS) == pytest.approx(-0.8 * log(1 / 10) - 0.6 * log(6 / 10))


@pytest.mark.parametrize("q", [0.25, 0.7, 1.0])
def test_powers_in_place_of_the_logarithm(q):
    expected = (0.8 * (1 - 0.1**q) + 0.6 * (1 - 0.6**q)) / q
    assert loss_of(SCORES, COSTS, q=q) == pytest.approx(expected)


def test_where_one_agent_alone_costs_nothing_it_is_cross_entropy():
    assert loss_of(SCORES, [1.0, 0.0, 1.0]) == pytest.approx(-log(3 / 10))


def test_a_cost_above_one_would_turn_a_weight_negative_and_is_refused():
    with pytest.raises(InvalidInput, match="divide all agents' costs"):
        loss_of(SCORES, [0.2, 1.0, 1.2])
