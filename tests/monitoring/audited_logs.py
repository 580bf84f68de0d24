"""What several tests of monitoring watch."""

import numpy as np

from cede import choose_operating_point, route
from cede.datasets import make_two_specialists
from cede.monitoring import (
    audit,
)


def system(n=600, seed=0):
    """Routes, the costs of all agents, and gains, on the problem of two specialists."""
    problem = make_two_specialists(n, random_state=seed)
    scores = np.column_stack([problem.class_posterior.max(axis=1), problem.expert_accuracy])
    model = problem.class_posterior.argmax(axis=1) != problem.y
    costs = np.column_stack([model, problem.experts != problem.y[:, None]]).astype(float)
    point = choose_operating_point(scores, 0.3)
    return route(scores, point), costs, scores, point


def logs_of_audits(repeats=400, share=0.3):
    """Many audits of the same cases: each with the log of whoever answered."""
    decided, costs, _, _ = system()
    rng = np.random.default_rng(1)
    for _ in range(repeats):
        found = audit(decided, share, n_experts=2, random_state=rng)
        yield found, np.where(np.arange(3) == found.routes[:, None], costs, np.nan)
