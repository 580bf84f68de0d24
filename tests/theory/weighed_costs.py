"""Costs, scores and bounds that several tests of the theory use."""

import numpy as np
import torch

from cede import losses

US = (0.0, 0.5, 0.9, 1.0, 1.2, 1.5, 1.9, 2.0, 2.5, 3.0)


SLACK = 1e-9


def draw_costs(n, n_agents, seed=0):
    """Costs of many sizes, near ties and zeros among them."""
    rng = np.random.default_rng(seed)
    costs = rng.exponential(size=(n, n_agents)) ** rng.choice([0.2, 1.0, 4.0], size=(n, 1))
    costs[::3] = costs[::3, :1] * (1.0 + rng.normal(0.0, 0.1, costs[::3].shape).clip(-1.0))
    return costs * (rng.random((n, n_agents)) < 0.85)


def draw_scores(n, n_agents, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n_agents)) * rng.choice([0.01, 0.3, 1.0, 8.0], size=(n, 1))


def aggregated(scores, costs, u):
    tensors = torch.tensor(scores), torch.tensor(costs)
    return losses.aggregated(*tensors, u=u, reduction="none").numpy()


def regret(scores, costs):
    chosen = np.take_along_axis(costs, scores.argmax(-1)[:, None], -1)[:, 0]
    return chosen - costs.min(-1)
