"""Logs that several tests off policy use."""

import numpy as np

METHODS = ("inverse_propensity", "self_normalised", "doubly_robust")


def world(n, rng, steepness=2.0):
    """Risks of three agents, costs drawn from them, and how likely a router called each."""
    x = rng.random(n)
    risk = np.column_stack([0.2 + 0.5 * x, 0.7 - 0.5 * x, np.full(n, 0.4)])
    chance = np.exp(steepness * np.column_stack([x, 1.0 - x, np.full(n, 0.5)]))
    chance /= chance.sum(axis=1, keepdims=True)
    return risk, (rng.random((n, 3)) < risk).astype(float), chance


def call_one(costs, chance, rng):
    """What a log knows if one agent was called in each case."""
    called = np.minimum((chance.cumsum(axis=1) < rng.random((len(chance), 1))).sum(axis=1), 2)
    return np.where(np.arange(3) == called[:, None], costs, np.nan)


def estimates_for(method, table):
    return {"method": method, "estimates": table if method == "doubly_robust" else None}
