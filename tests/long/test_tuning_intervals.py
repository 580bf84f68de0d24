"""What an operating point says to expect, on 1,000 draws: it happens as often as it says.

A case is x, uniform on [0, 1]. The model errs in 30 %; the first expert, the cheaper one, in
0.45 - 0.4 x, the second in 0.4 - 0.45 |2 x - 1|. What a price gives in the long run is an integral
over x, so that every share, spend and risk is known.
"""

import numpy as np
import pytest

from cede import choose_operating_point, route

pytestmark = pytest.mark.long

DRAWS, N, NEXT = 1_000, 400, 250
CHARGES = [1.0, 3.0]
GRID = (np.arange(20_000) + 0.5) / 20_000
#: 95 % of 1,000 draws, less four standard errors of a binomial.
LEAST = 0.95 - 4 * np.sqrt(0.05 * 0.95 / DRAWS)

QUESTIONS = {
    "budget": {"budget": 0.3},
    "a small budget": {"budget": 0.02},
    "budgets per expert": {"budget": [0.1, 0.2]},
    "capacity": {"capacity": [20, np.inf]},
    "fee": {"fee": [0.02, 0.05]},
    "spend": {"spend": 0.4},
    "fee and budget": {"fee": 0.03, "budget": 0.25},
    "target": {"target": 0.76},
    "a target on the flat top": {"target": 0.785},
    "a target out of reach": {"target": 0.9},
}


def risks(x):
    return np.column_stack([np.full(len(x), 0.3), 0.45 - 0.4 * x, 0.4 - 0.45 * np.abs(2 * x - 1)])


def scores_of(x, ties):
    scores = 1 - risks(x)
    return np.round(scores, 1 if ties else 12)


@pytest.mark.parametrize("ties", [False, True], ids=["continuous", "ties"])
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.filterwarnings("ignore:No operating point has an accuracy")
def test_what_is_expected_happens_as_often_as_it_says(question, ties):
    rng = np.random.default_rng(0)
    paid = np.append(0.0, CHARGES)
    held = dict.fromkeys(("rate", "first", "second", "spend", "risk", "among"), 0)
    all_scores, all_risks = scores_of(GRID, ties), risks(GRID)
    for _ in range(DRAWS):
        x = rng.random(N)
        costs = (rng.random((N, 3)) < risks(x)).astype(float)
        point = choose_operating_point(
            scores_of(x, ties), **QUESTIONS[question], answer_costs=costs, charges=CHARGES
        )
        found, routes = point.expected, route(all_scores, point)
        truths = {
            "rate": (found.deferral_rate, np.mean(routes > 0)),
            "first": (found.shares[0], np.mean(routes == 1)),
            "second": (found.shares[1], np.mean(routes == 2)),
            "spend": (found.spend, paid[routes].mean()),
            "risk": (found.risk, all_risks[np.arange(len(GRID)), routes].mean()),
            "among": (
                point.rate_among(NEXT),
                np.mean(route(scores_of(rng.random(NEXT), ties), point) > 0),
            ),
        }
        for name, (interval, truth) in truths.items():
            held[name] += interval.low - 1e-4 <= truth <= interval.high + 1e-4  # of the grid
    shares = {name: count / DRAWS for name, count in held.items()}
    assert min(shares.values()) >= LEAST, shares
