"""A perfect linear router exists: losses marked realizable find it, and the others do not.

One mixture of Gaussians for classes and experts together, and one for agents that are fixed; both
made so that linear scores name who is responsible and never wrong. Others are wrong half the time.
"""

from functools import cache

import numpy as np
import pytest
import torch

from cede.datasets import make_realizable_mixture
from cede.losses import SURROGATES
from rows import ROWS, parametrize

N_CASES = 1000


def fit(loss, features, weights, n_steps=400, rate=0.1):
    """Full batches of all cases, and a rate that falls to zero."""
    weights = weights.clone().requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=rate)
    for i in range(n_steps):
        optimizer.param_groups[0]["lr"] = rate * (1.0 - i / n_steps)
        optimizer.zero_grad()
        loss(features @ weights).backward()
        optimizer.step()
    return weights.detach()


@cache
def mixture():
    data = make_realizable_mixture(N_CASES, n_classes=3, n_experts=3, random_state=0)
    y = torch.tensor(data.y)
    wrong = (torch.tensor(data.experts) != y.unsqueeze(-1)).float()
    return torch.tensor(data.X, dtype=torch.float32), y, wrong


@cache
def agents(n_agents):
    """Features, and the cost of each agent: nothing if responsible, else 1 in half of the cases."""
    rng = np.random.default_rng(0)
    means = rng.standard_normal((10, 10))
    features = means[rng.integers(10, size=N_CASES)] + rng.standard_normal((N_CASES, 10))
    hidden = rng.standard_normal((10, n_agents))
    responsible = (features @ (hidden / np.linalg.norm(hidden, axis=0))).argmax(-1)
    costs = (rng.random((N_CASES, n_agents)) < 0.5).astype(np.float32)
    costs[np.arange(N_CASES), responsible] = 0.0
    return torch.tensor(features, dtype=torch.float32), torch.tensor(costs)


#: Flat where it is confident and wrong, so it starts where another loss ended.
STARTS_FROM = {"expected_cost": "realizable"}


def single_stage_accuracy(row):
    features, y, wrong = mixture()
    weights = torch.zeros(10, 6)
    for name in filter(None, (STARTS_FROM.get(row.name), row.name)):
        loss = SURROGATES[name].loss if name != row.name else row.loss
        weights = fit(lambda scores, loss=loss: loss(scores, y, wrong), features, weights)
    scores = features @ weights
    routes = row.agent_scores(scores, 3).argmax(-1, keepdim=True)
    model = (scores[:, :3].argmax(-1) != y).float().unsqueeze(-1)
    return 1.0 - torch.cat([model, wrong], -1).gather(-1, routes).mean().item()


def accuracy_beside_a_fixed_model(row, n_agents, **options):
    features, costs = agents(n_agents)
    model, experts = costs[:, 0], costs[:, 1:]
    given = {
        "two_stage": (costs,),
        "post_hoc": (model, experts),
        "density_ratio": (model.unsqueeze(-1).expand_as(experts), experts),
    }[row.kind]
    n_scores = n_agents if row.kind == "two_stage" else n_agents - 1
    if row.kind == "density_ratio":
        options["log_normalizers"] = (0.0, 0.0)  # the threshold is then zero
    weights = fit(
        lambda scores: row.loss(scores, *given, **options), features, torch.zeros(10, n_scores)
    )
    routes = row.agent_scores(features @ weights, n_agents - 1).argmax(-1, keepdim=True)
    return 1.0 - costs.gather(-1, routes).mean().item()


@parametrize("row", ROWS)
def test_exactly_the_losses_marked_realizable_find_the_perfect_router(row):
    if row.kind == "single_stage":
        accuracy = single_stage_accuracy(row)
    else:
        accuracy = accuracy_beside_a_fixed_model(row, 5)
    assert accuracy >= 0.98 if row.realizable else 0.7 < accuracy < 0.95


@pytest.mark.parametrize("q", [0.5, 1.0])
def test_the_complement_loss_finds_it_for_every_q(q):
    assert accuracy_beside_a_fixed_model(SURROGATES["complement"], 5, q=q) >= 0.98


def test_aggregated_costs_find_it_at_two_where_they_are_the_expected_cost():
    assert accuracy_beside_a_fixed_model(SURROGATES["aggregated"], 5, u=2.0) >= 0.98


@pytest.mark.parametrize("margin", ["logistic", "exponential", "squared_hinge", "hinge"])
def test_a_rejector_finds_it_beside_one_expert_only(margin):
    rejector = SURROGATES["rejector"]
    assert accuracy_beside_a_fixed_model(rejector, 2, margin=margin) >= 0.98
    assert accuracy_beside_a_fixed_model(rejector, 5, margin=margin) < 0.95
