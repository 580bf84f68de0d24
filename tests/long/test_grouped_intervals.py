"""What a point says to expect of cases that come in groups, on 2,000 draws."""

import numpy as np
import pytest
from scipy.special import ndtr

from cede import choose_operating_point, route

pytestmark = pytest.mark.long

DRAWS = 2_000
#: 95 % of the draws, less four standard errors of a binomial.
LEAST = 0.95 - 4 * np.sqrt(0.05 * 0.95 / DRAWS)


def drawn(rng, n_groups, n_rows, shared):
    """Uniform on [0, 1]; ``shared`` of the variance of its normal score is the group's."""
    own = np.repeat(rng.normal(size=n_groups), n_rows)
    return ndtr(np.sqrt(shared) * own + np.sqrt(1 - shared) * rng.normal(size=len(own)))


@pytest.mark.parametrize(
    ("n_groups", "n_rows", "shared", "budget", "n_next"),
    [
        (60, 5, 1.0, 0.2, 40),
        (200, 5, 0.8, 0.3, 100),
        (20, 5, 0.8, 0.05, 20),
        (10, 20, 0.5, 0.2, 5),
        (60, 5, 0.0, 0.2, 40),
        (80, 5, 1.0, 0.02, 100),
    ],
)
def test_intervals_of_groups_hold_as_often_as_they_say(n_groups, n_rows, shared, budget, n_next):
    rng = np.random.default_rng(0)
    held = dict.fromkeys(("rate", "share", "spend", "risk", "next"), 0)
    groups = np.repeat(np.arange(n_groups), n_rows)
    for _ in range(DRAWS):
        x = drawn(rng, n_groups, n_rows, shared)
        table = np.column_stack([np.zeros(len(x)), x])
        costs = rng.random((len(x), 2)) < np.column_stack([np.full(len(x), 0.4), 0.8 - 0.8 * x])
        point = choose_operating_point(
            table, budget, answer_costs=costs.astype(float), charges=3.0, groups=groups
        )
        later = drawn(rng, n_next, n_rows, shared)
        routes = route(np.column_stack([np.zeros(len(later)), later]), point)
        kept, found = point.prices[0], point.expected
        truths = {
            "rate": (found.deferral_rate, 1 - kept),
            "share": (found.shares[0], 1 - kept),
            "spend": (found.spend, 3 * (1 - kept)),
            "risk": (found.risk, 0.4 * kept + 0.8 * (1 - kept) - 0.4 * (1 - kept**2)),
            "next": (point.rate_among(len(later)), np.mean(routes > 0)),
        }
        for name, (interval, truth) in truths.items():
            held[name] += interval.low - 1e-9 <= truth <= interval.high + 1e-9
    shares = {name: count / DRAWS for name, count in held.items()}
    assert min(shares.values()) >= LEAST, shares
