"""Problems that several tests of guarantees use."""

import numpy as np

from cede.operating import NEVER


def problem(n, seed=0, n_experts=1, ties=False):
    """A model that errs more the larger x; experts who err less; scores that know x, roughly."""
    rng = np.random.default_rng(seed)
    x = rng.random(n)
    risks = np.column_stack([0.02 + 0.4 * x**2, *(0.04 + 0.1 * rng.random((n_experts, n)))])
    scores = 1.0 - risks - rng.normal(0, 0.02, risks.shape)
    if ties:
        scores = scores.round(1)
    return scores, (rng.random(risks.shape) < risks).astype(float)


def all_prices(scores):
    gain = np.unique((scores[:, 1:] - scores[:, :1]).max(axis=1))
    return [float(np.nextafter(gain[0], -np.inf)), *gain[:-1].tolist(), NEVER]
