"""Reading scores: ranking the agents in every row, and estimates where a row has a decoding."""

from itertools import product

import pytest
import torch
from torch.testing import assert_close

from rows import ROWS, every_row, parametrize

DECODED = [row for row in ROWS if row.decode is not None]


def some_scores(row, shape=(50,), n_experts=3, dtype=torch.float64):
    """Random scores; three classes where the loss learns them."""
    first = {"single_stage": 3, "two_stage": 1}.get(row.kind, 0)
    rng = torch.Generator().manual_seed(0)
    return torch.randn(*shape, first + n_experts, generator=rng, dtype=torch.float64).to(dtype)


# --- One number for each agent -------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("max_cost", [1.0, 1.25])
@every_row
def test_agent_scores_are_finite_one_for_each_agent_and_leave_their_argument_alone(
    row, max_cost, dtype
):
    n_scores = some_scores(row, (), n_experts=2).shape[-1]
    scores = torch.tensor(list(product((-1e4, 0.0, 1e4), repeat=n_scores)), dtype=dtype)
    before = scores.clone()
    agents = row.agent_scores(scores, 2, max_cost)
    assert agents.shape == (len(scores), 3)
    assert agents.dtype == dtype
    assert agents.isfinite().all()
    agents += 1.0  # a caller may write into them; two-stage scores are passed through as they are
    assert row.kind == "two_stage" or (scores == before).all()


@every_row
def test_agent_scores_know_any_batch_shape_and_no_order_of_experts(row):
    scores = some_scores(row, (2, 3))
    agents = row.agent_scores(scores, 3)
    assert_close(row.agent_scores(scores.flatten(0, 1), 3), agents.flatten(0, 1))
    first = scores.shape[-1] - 3
    order = [*range(first), *(first + j for j in (2, 0, 1))]
    assert_close(row.agent_scores(scores[..., order], 3), agents[..., [0, 3, 1, 2]])


@parametrize("row", [row for row in ROWS if row.kind == "two_stage"])
def test_exchanging_the_model_with_an_expert_exchanges_their_ranks(row):
    scores = some_scores(row)
    assert_close(
        row.agent_scores(scores[:, [1, 0, 2, 3]], 3), row.agent_scores(scores, 3)[:, [1, 0, 2, 3]]
    )


@parametrize("row", [row for row in ROWS if row.kind == "single_stage"])
def test_the_model_s_rank_does_not_depend_on_the_order_of_classes(row):
    scores = some_scores(row)
    assert_close(row.agent_scores(scores[:, [2, 0, 1, 3, 4, 5]], 3), row.agent_scores(scores, 3))


@every_row
def test_a_higher_score_of_an_expert_ranks_it_higher(row):
    """Of a density ratio, lower: it is that of the model to the expert."""
    scores = some_scores(row)
    raised = scores.clone()
    raised[:, -1] += 0.5 if row.kind != "density_ratio" else -0.5
    gains, before = (
        agents[:, 1:] - agents[:, :1]
        for agents in (row.agent_scores(raised, 3), row.agent_scores(scores, 3))
    )
    assert (gains[:, 2] > before[:, 2]).all()
    assert (gains[:, 2] - gains[:, 0] > before[:, 2] - before[:, 0]).all()


@every_row
def test_without_experts_the_model_is_the_only_agent(row):
    scores = some_scores(row, n_experts=0)
    assert row.agent_scores(scores, 0).shape == (50, 1)


# --- Estimates -----------------------------------------------------------------------------------


def estimates_on_random_scores(row, dtype=torch.float64):
    rng = torch.Generator().manual_seed(0)
    for n_experts, scale in product((1, 2, 3), (1.0, 10.0, 1e2, 1e3, 1e4)):
        scores = scale * torch.randn(2000, 3 + n_experts, generator=rng, dtype=torch.float64)
        estimates = row.decode(scores.to(dtype), n_experts, 1.0)
        yield torch.cat([estimates.class_posterior, estimates.expert_costs], -1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@parametrize("row", [row for row in DECODED if row.bounded])
def test_bounded_estimates_lie_in_the_unit_interval_for_all_scores(row, dtype):
    for estimates in estimates_on_random_scores(row, dtype):
        assert ((estimates >= 0.0) & (estimates <= 1.0)).all()


@parametrize("row", [row for row in DECODED if not row.bounded])
def test_estimates_that_are_not_marked_bounded_leave_the_unit_interval(row):
    assert any(((e < 0.0) | (e > 1.0)).any() for e in estimates_on_random_scores(row))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("max_cost", [1.0, 1.25])
@parametrize("row", DECODED)
def test_decoding_is_finite_and_leaves_its_argument_alone(row, max_cost, dtype):
    scores = torch.tensor(list(product((-1e4, 0.0, 1e4), repeat=4)), dtype=dtype)
    before = scores.clone()
    estimates = row.decode(scores, 2, max_cost)
    for part in estimates:
        assert part.isfinite().all()
        assert part.dtype == dtype
        assert part.shape == (81, 2)
    assert_close(estimates.expert_accuracy, 1.0 - estimates.expert_costs)
    assert (scores == before).all()


@parametrize("row", DECODED)
def test_decoding_knows_any_batch_shape_and_no_order_of_experts(row):
    scores = some_scores(row, (2, 3))
    estimates = row.decode(scores, 3, 1.25)
    flat = row.decode(scores.flatten(0, 1), 3, 1.25)
    swapped = row.decode(scores[..., [0, 1, 2, 5, 3, 4]], 3, 1.25)
    assert_close(flat.class_posterior, estimates.class_posterior.flatten(0, 1))
    assert_close(flat.expert_costs, estimates.expert_costs.flatten(0, 1))
    assert_close(swapped.class_posterior, estimates.class_posterior)
    assert_close(swapped.expert_costs, estimates.expert_costs[..., [2, 0, 1]])


@parametrize("row", DECODED)
def test_decoding_without_experts_gives_a_posterior_and_no_costs(row):
    estimates = row.decode(torch.zeros(4, 3), 0, 1.0)
    assert estimates.class_posterior.shape == (4, 3)
    assert estimates.expert_costs.shape == (4, 0)
