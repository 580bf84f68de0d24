"""For a moment."""

import numpy as np

from cede._checks import check_agent_table, check_budget
from cede.operating._point import NEVER, OperatingPoint
from cede.operating._rule import deferral_gain


def choose_operating_point(agent_scores, budget):
    scores = check_agent_table("agent_scores", agent_scores)
    share = check_budget(budget)
    n, n_experts = len(scores), scores.shape[1] - 1
    gain = deferral_gain(scores)
    k = int(share * n)
    allowed = k + 1 if k < n and (k + 1) / n <= share else k
    price = 0.0
    if share == 0.0:
        price = NEVER
    elif n_experts and allowed < n:
        price = max(0.0, float(np.partition(gain, n - allowed - 1)[n - allowed - 1]))
    return OperatingPoint(
        (price,) * n_experts,
        chosen_by="budget",
        value=share,
        deferral_rate=float(np.count_nonzero(gain > price)) / n if n_experts else 0.0,
        n_cases=n,
    )
