"""Methods and cases that several tests of a comparison use."""

import numpy as np

import cede


class Fixed:
    """Scores and answers as columns of X."""

    def agent_scores(self, X):
        return X[:, :3]

    def predict(self, X):
        return X[:, 3].astype(int)


rng = np.random.default_rng(0)


N = 400


y = rng.integers(2, size=N)


answers = np.where(rng.random((N, 3)) < [0.7, 0.8, 0.6], y[:, None], 1 - y[:, None])


X = np.column_stack([rng.normal(size=(N, 3)), answers[:, 0]])


experts = answers[:, 1:].astype(float)


def table(**changes):
    options = {
        "experts": experts,
        "model": Fixed(),
        "budgets": [0.1, 0.3],
        "fees": [0.1, 0.2],
        "n_boot": 200,
        **changes,
    }
    return cede.compare({"mine": Fixed()}, X, y, **options)


def row(comparison, name):
    (found,) = (r for r in comparison.rows if r.method == name)
    return found


def situation(model_right, experts_right, fees=None, n=3_000, seed=0, **options):
    """Cases of growing difficulty for the model, experts of fixed skill, one seeing method."""
    draw = np.random.default_rng(seed)
    hard = draw.uniform(-1, 1, size=n)
    truth = np.ones(n, dtype=int)
    model = (draw.random(n) < model_right - 0.3 * hard).astype(int)
    people = (draw.random((n, len(experts_right))) < experts_right).astype(float)

    class Seeing:
        def __init__(self, sign):
            self.sign = sign

        def agent_scores(self, X):
            columns = [self.sign * hard - 0.01 * j for j in range(len(experts_right))]
            return np.column_stack([np.full(n, -1.0), *columns])

        def predict(self, X):
            return model

    given = {"budgets": [0.1, 0.3], "n_boot": 400, "model": Seeing(1), "fees": fees, **options}
    methods = {"seeing": Seeing(1), "blind": Seeing(0), "blinded": Seeing(-1)}
    return cede.compare(methods, hard[:, None], truth, people, **given)
