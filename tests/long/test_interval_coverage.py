"""Coverage of 95 % intervals where few cases tell much: a table over sizes, rates and kinds.

``python -m pytest -m long tests/long/test_interval_coverage.py -s`` prints it.
"""

import numpy as np
import pytest

import cede
from cede._intervals import cost_range, mean_estimate
from cede.evaluation.calibration import expected_calibration_error
from cede.evaluation.comparison import simultaneous_band

pytestmark = pytest.mark.long

SIZES, RATES = (20, 60, 200, 1_000), (0.0, 0.01, 0.02, 0.5, 0.98)
#: Four standard errors of a binomial below 95 % of 1,000 draws; and a point and a half for what
#: Student's t lacks where it takes over, at skewed means of a dozen to a hundred cases.
DRAWS = 1_000
EXACT = 0.95 - 4 * np.sqrt(0.05 * 0.95 / DRAWS)
ABOUT = EXACT - 0.015


def errors(n, p, draw):
    return mean_estimate((draw.random(n) < p).astype(float)), p


def errors_with_a_fee(n, p, draw):
    paid = (draw.random((n, 1)) < p) + 0.1
    return mean_estimate(paid[:, 0], bounds=cost_range(paid)), p + 0.1


def experts_of_several_fees(n, p, draw):
    paid = (draw.random((n, 3)) < p) + np.array([0.0, 0.1, 0.3])
    chosen = paid[np.arange(n), draw.integers(3, size=n)]
    return mean_estimate(chosen, bounds=cost_range(paid)), p + 0.4 / 3


def lost_quality(n, p, draw):
    lost = np.where(draw.random(n) < p, draw.random(n), 0.0)
    return mean_estimate(lost, bounds=(0.0, 1.0)), p / 2


def errors_in_groups(n, p, draw):
    group = np.repeat(np.arange(n // 2), draw.integers(1, 4, size=n // 2))
    wrong = (draw.random(n // 2) < p)[group] & (draw.random(len(group)) < 0.8)
    return mean_estimate(wrong.astype(float), groups=group), 0.8 * p


def paired_differences(n, p, draw):
    apart = (draw.random(n) < p).astype(float) - (draw.random(n) < 0.01)
    return mean_estimate(apart, bounds=(-1.0, 1.0)), p - 0.01


KINDS = {
    errors: EXACT,
    errors_with_a_fee: EXACT,
    experts_of_several_fees: ABOUT,
    lost_quality: ABOUT,
    errors_in_groups: ABOUT,
    paired_differences: ABOUT,
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_means_are_covered(kind):
    draw = np.random.default_rng(0)
    found = {}
    for n in SIZES:
        for p in RATES:
            hits, narrowest = 0, np.inf
            for _ in range(DRAWS):
                interval, truth = kind(n, p, draw)
                hits += interval.low - 1e-12 <= truth <= interval.high + 1e-12
                narrowest = min(narrowest, interval.high - interval.low)
            found[n, p] = hits / DRAWS, narrowest
    print(f"\n{kind.__name__}\n" + "".join(f"{p:>8}" for p in ("n", *RATES)))
    for n in SIZES:
        print(f"{n:>8}" + "".join(f"{found[n, p][0]:>8.3f}" for p in RATES))
    assert min(held for held, _ in found.values()) >= KINDS[kind]
    # No width is none: three cases of n, or of the groups, may be otherwise.
    assert all(width > 1.4 / n for (n, _), (_, width) in found.items())


@pytest.mark.parametrize("n", [20, 100, 500])
@pytest.mark.parametrize(("said", "true"), [(0.99, 0.99), (0.95, 0.95), (1.0, 0.98), (0.0, 0.03)])
def test_calibration_errors_of_one_estimate_are_covered(n, said, true):
    draw, held = np.random.default_rng(0), []
    for _ in range(600):
        happened = (draw.random(n) < true).astype(float)
        found = expected_calibration_error(np.full(n, said), happened, n_boot=200)
        held.append(found.low - 1e-9 <= abs(said - true) <= found.high)
        assert found.high - found.low > 1.0 / n
    assert np.mean(held) >= 0.9


class Scores:
    """Keeps what the first column of X says, and is right where the second one says so."""

    def agent_scores(self, X):
        return np.column_stack([np.zeros(len(X)), X[:, :2]])

    def predict(self, X):
        return X[:, 2].astype(int)


@pytest.mark.parametrize("p", [0.0, 0.01, 0.03])
def test_savings_of_rare_errors_are_covered_all_together(p):
    """Two experts and two budgets: all rows against all agents, in one family."""
    draw, held = np.random.default_rng(0), []
    for seed in range(400):
        wrong = (draw.random((100, 3)) < p).astype(int)
        X = np.column_stack([draw.normal(size=(100, 2)), wrong[:, 0]])
        compared = cede.compare(
            {"mine": Scores()}, X, np.zeros(100, int), wrong[:, 1:], model=Scores(),
            budgets=[0.2, 0.6], fees=[0.1, 0.2], X_tune=X, n_boot=200, random_state=seed,
        )  # fmt: skip
        right = True
        for row in compared.rows:
            if not (row.is_method or row.budget is None):
                continue
            # All err alike, so that only the fees paid tell rows apart.
            spent = 0.1 * row.shares[0] + 0.2 * row.shares[1]
            for saving, fee in zip(row.savings, (0.0, 0.1, 0.2), strict=True):
                right &= saving.low - 1e-9 <= fee - spent <= saving.high + 1e-9
        held.append(right)
    assert np.mean(held) >= 0.92


@pytest.mark.parametrize("p", [0.0, 0.01, 0.05])
def test_bands_of_rare_errors_hold_the_whole_curve(p):
    """Scores know nothing, so that the true curve is flat."""
    draw, held, apart = np.random.default_rng(0), [], []
    for seed in range(400):
        scores = draw.normal(size=(150, 2))
        costs = (draw.random((150, 2)) < p).astype(float)
        band = simultaneous_band(scores, costs, n_boot=1_000, random_state=seed)
        held.append(((band.low <= 1 - p + 1e-12) & (band.high >= 1 - p - 1e-12)).all())
        band = simultaneous_band(scores, costs, -scores, n_boot=1_000, random_state=seed)
        apart.append(((band.low <= 1e-12) & (band.high >= -1e-12)).all())
    assert min(np.mean(held), np.mean(apart)) >= 0.9
