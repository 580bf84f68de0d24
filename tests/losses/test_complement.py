"""What is particular to complement; the rest is in tests/common."""

from math import exp, log

import pytest
import torch
from torch.testing import assert_close

from cede.losses import complement


def loss_of(scores, costs, **options):
    """One case, plain numbers in and out."""
    tensors = (torch.tensor(v, dtype=torch.float64) for v in (scores, costs))
    return complement(*tensors, **options).item()


# Shares are 1/10, 3/10 and 6/10.
SCORES = [log(1), log(3), log(6)]


def test_every_cost_times_the_logarithm_of_the_others_share():
    expected = -0.2 * log(9 / 10) - 1.5 * log(7 / 10) - 0.4 * log(4 / 10)
    assert loss_of(SCORES, [0.2, 1.5, 0.4]) == pytest.approx(expected)


@pytest.mark.parametrize("q", [0.25, 0.5, 1.0])
def test_powers_in_place_of_the_logarithm(q):
    terms = [0.2 * (1 - 0.9**q), 1.5 * (1 - 0.7**q), 0.4 * (1 - 0.4**q)]
    assert loss_of(SCORES, [0.2, 1.5, 0.4], q=q) == pytest.approx(sum(terms) / q)


def test_q_one_is_the_expected_cost():
    assert loss_of(SCORES, [0.2, 1.5, 0.4], q=1.0) == pytest.approx(0.02 + 0.45 + 0.24)


def test_one_agent_costs_what_it_costs():
    assert loss_of([3.0], [0.7]) == pytest.approx(0.7)


@pytest.mark.parametrize("lead", [1e-3, 10.0, 40.0, 800.0])
def test_a_sure_choice_that_costs_something_keeps_its_digits(lead):
    # 1 - p is exactly 0 in double precision beyond 37; its logarithm is -lead + log 2.
    expected = lead - log(2) + 2 * log(1 + 2 * exp(-lead)) - log(1 + 2 * exp(-lead))
    assert loss_of([lead, 0.0, 0.0], [1.0, 0.0, 0.0]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_case_out_of_reach_costs_its_neighbours_no_digits(dtype):
    mild, far = [[0.3, -1.2, 0.9]], [[900.0, 0.0, 1.0]]
    costs = torch.tensor([[0.2, 1.0, 0.05]], dtype=dtype)
    alone = complement(torch.tensor(mild, dtype=dtype), costs, reduction="none")
    both = complement(torch.tensor(mild + far, dtype=dtype), costs.expand(2, 3), reduction="none")
    assert_close(both[:1], alone)


def test_it_bounds_a_multiple_of_the_cost_of_the_chosen_agent():
    """Why it is realizable-consistent, however many agents cost nothing."""
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(500, 4, generator=rng, dtype=torch.float64)
    costs = torch.rand(500, 4, generator=rng, dtype=torch.float64)
    paid = costs.gather(-1, scores.argmax(-1, keepdim=True)).squeeze(-1)
    for q, factor in ((0.0, -log(3 / 4)), (0.5, 2 * (1 - (3 / 4) ** 0.5)), (1.0, 1 / 4)):
        assert (complement(scores, costs, q=q, reduction="none") >= factor * paid - 1e-12).all()
