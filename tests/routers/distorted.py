"""Distorted scores that several tests of calibrated routers use."""

import numpy as np

from cede.routers import Router


class Distorted(Router):
    """Sees each agent's true accuracy, ``X[:, :2]``, and says something else.

    The model answers ``X[:, 2]``; the truth is always 1.
    """

    def __init__(self, distortion="none", fees=None):
        self.distortion = distortion
        self.fees = fees

    def _fit(self, cases):
        raise AssertionError("nothing is to be learned")

    def agent_scores(self, X):
        truth = np.array(X)[:, :2]
        odds = np.log(truth / (1 - truth))
        scores = {
            "none": truth,
            "model overconfident": np.column_stack(
                [1 / (1 + np.exp(-3 * odds[:, 0])), truth[:, 1]]
            ),
            "squared": np.column_stack([truth[:, 0], truth[:, 1] ** 2]),
            "line": 0.5 * truth + [0.1, 0.4],
            "any unit": 10 * truth,
        }[self.distortion]
        scores[:, 1:] -= self._fees()
        return scores

    def predict(self, X):
        return np.asarray(X)[:, 2]


def _know_one_expert(router, X, y, experts=None):
    router.expert_names_, router.n_features_in_ = ("expert 1",), 3
    router.classes_ = np.array([0.0, 1.0])
    return router


# The library's own would take these cases for seen, though nothing is learned from them.
Distorted.fit = _know_one_expert


def population(n, seed):
    """Cases, of which each agent's accuracy is known, and the expert's answers."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.95, (n, 2))
    right = (rng.random((n, 2)) < truth).astype(float)
    return np.column_stack([truth, right[:, 0]]), np.ones(n), right[:, 1:]


CASES = population(20_000, 0)


FRESH = population(20_000, 1)[0]
