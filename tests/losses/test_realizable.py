"""What is particular to realizable; the rest is in tests/common."""

from math import log

import pytest
import torch
from torch.testing import assert_close

from cede.exceptions import InvalidInput
from cede.losses import expected_cost, realizable


def loss_of(scores, y, costs, **options):
    """One case, plain numbers in and out."""
    scores = torch.tensor(scores, dtype=torch.float64)
    costs = torch.tensor(costs, dtype=torch.float64)
    return realizable(scores, torch.tensor(y), costs, **options).item()


# Masses are 1/10 and 2/10 for the classes, 3/10 and 4/10 for the experts.
SCORES = [log(1), log(2), log(3), log(4)]


def test_all_who_are_right_share_one_logarithm():
    assert loss_of(SCORES, 1, [0.0, 0.0]) == pytest.approx(-log(9 / 10))
    assert loss_of(SCORES, 1, [1.0, 0.0]) == pytest.approx(-log(6 / 10))
    assert loss_of(SCORES, 1, [1.0, 1.0]) == pytest.approx(-log(2 / 10))


def test_between_zero_and_one_each_layer_of_cost_has_its_own():
    # Up to a cost of 0.2 the label alone will do, up to 0.7 the second expert too, then both.
    layers = -0.2 * log(2 / 10) - 0.5 * log(6 / 10) - 0.3 * log(9 / 10)
    assert loss_of(SCORES, 1, [0.7, 0.2]) == pytest.approx(layers)


@pytest.mark.parametrize("q", [0.3, 0.7, 1.0])
def test_powers_in_place_of_the_logarithm(q):
    layers = 0.2 * (1 - 0.2**q) + 0.5 * (1 - 0.6**q) + 0.3 * (1 - 0.9**q)
    assert loss_of(SCORES, 1, [0.7, 0.2], q=q) == pytest.approx(layers)


@pytest.mark.parametrize("q", [0.3, 0.7, 1.0])
def test_the_signed_form_as_printed(q):
    alone = (0.7 + 0.2 + 1 - 2) * (1 - 0.2**q)
    expected = alone + 0.3 * (1 - 0.5**q) + 0.8 * (1 - 0.6**q)
    assert loss_of(SCORES, 1, [0.7, 0.2], q=q, form="signed") == pytest.approx(expected)


@pytest.mark.parametrize("q", [0.0, 0.3, 1.0])
def test_for_one_expert_both_forms_are_one(q):
    for cost in (0.0, 0.4, 1.0):
        both = [loss_of(SCORES[:3], 0, [cost], q=q, form=f) for f in ("layer_cake", "signed")]
        assert both[0] == pytest.approx(both[1])


def some_cases(n_experts=3):
    rng = torch.Generator().manual_seed(0)
    scores = torch.randn(200, 3 + n_experts, generator=rng, dtype=torch.float64)
    y = torch.randint(3, (200,), generator=rng)
    return scores, y, torch.rand(200, n_experts, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("form", ["layer_cake", "signed"])
def test_q_one_is_the_expected_cost(form):
    scores, y, costs = some_cases()
    assert_close(
        realizable(scores, y, costs, q=1.0, form=form, reduction="none"),
        expected_cost(scores, y, costs, reduction="none"),
    )


@pytest.mark.parametrize("q", [0.0, 0.5, 1.0])
def test_it_bounds_a_multiple_of_the_cost_of_the_best_scored_action(q):
    """Why it is realizable-consistent: a loss of zero is a cost of zero."""
    scores, y, costs = some_cases()
    of_actions = torch.cat([(torch.arange(3) != y.unsqueeze(-1)).double(), costs], -1)
    paid = of_actions.gather(-1, scores.argmax(-1, keepdim=True)).squeeze(-1)
    factor = -log(1 - 1 / 6) if q == 0.0 else 1 - (1 - 1 / 6) ** q
    assert (realizable(scores, y, costs, q=q, reduction="none") >= factor * paid - 1e-12).all()


def test_ties_of_costs_may_be_broken_in_any_order():
    scores, y, _ = some_cases()
    costs = torch.full((200, 3), 0.5, dtype=torch.float64)
    shuffled = scores[:, [0, 1, 2, 4, 5, 3]]
    for q in (0.0, 0.7):
        losses = (realizable(s, y, costs, q=q, reduction="none") for s in (scores, shuffled))
        assert_close(*losses)


# --- The signed form with two experts who are right -----------------------------------------------


@pytest.mark.parametrize("q", [0.3, 0.5, 0.7])
def test_the_signed_form_rewards_a_near_tie_of_two_who_are_right(q):
    sure = loss_of([-50.0, -50.0, 50.0, -50.0], 0, [0.0, 0.0], q=q, form="signed")
    near_tie = loss_of([-50.0, -50.0, 50.0, 50.0], 0, [0.0, 0.0], q=q, form="signed")
    assert sure == pytest.approx(0.0, abs=1e-9)
    assert near_tie == pytest.approx(1 - 2 ** (1 - q))
    assert near_tie < -0.2


@pytest.mark.parametrize(("q", "right", "wrong"), [(0.7, -0.074, -0.111), (0.5, -0.146, -0.277)])
def test_the_signed_form_prefers_a_router_that_errs(q, right, wrong):
    """Input A in 90 %, where both experts are right, and B, where only expert 0 is.

    One ray of hypotheses always sends to expert 0, which costs nothing; another ties on A and
    sends B to expert 1, which costs 0.1. The loss falls lower along the second.
    """
    y = torch.tensor([0, 0])
    costs = torch.tensor([[0.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    rays = {
        "right": torch.tensor([[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0]]),
        "wrong": torch.tensor([[-1.0, -1.0, 1.0, 0.999], [-1.0, -1.0, 0.9, 1.0]]),
    }
    weight = torch.tensor([0.9, 0.1], dtype=torch.float64)
    lowest = {
        form: {
            name: min(
                realizable(
                    length * ray.double(), y, costs, q=q, form=form, sample_weight=weight
                ).item()
                for length in torch.logspace(-2, 4, 200).tolist()
            )
            for name, ray in rays.items()
        }
        for form in ("signed", "layer_cake")
    }
    assert lowest["signed"]["wrong"] < lowest["signed"]["right"] - 0.02
    assert lowest["layer_cake"]["right"] < lowest["layer_cake"]["wrong"]


def test_the_signed_logarithm_would_have_no_minimum_and_is_refused():
    y, costs = torch.tensor([0]), torch.zeros(1, 2)
    with pytest.raises(InvalidInput, match="unbounded below"):
        realizable(torch.zeros(1, 4), y, costs, q=0.0, form="signed")
    # What it would be: the limit of the loss divided by q.
    for t, expected in ((0.0, 0.0), (5.0, -4.3), (10.0, -9.3), (20.0, -19.3), (40.0, -39.3)):
        scores = torch.tensor([[-t, -t, 0.0, 0.0]], dtype=torch.float64)
        loss = realizable(scores, y, costs.double(), q=1e-7, form="signed") / 1e-7
        assert loss.item() == pytest.approx(expected, abs=0.06)
