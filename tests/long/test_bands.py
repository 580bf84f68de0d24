"""Bands of curves on repeated draws: all of the true curve lies inside as often as is said."""

import numpy as np
import pytest

import cede
from cede.evaluation.comparison import simultaneous_band
from cede.evaluation.resampling import critical_value
from cede.operating import deferral_curve_from_scores

pytestmark = pytest.mark.long

RATES = np.linspace(0, 1, 41)
DRAWS = 500


def problem(n, seed, tied=False):
    """Two experts and two scores of different worth; costs of 0 and 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    right = 1 / (1 + np.exp(-np.column_stack([1 + x[:, 0], 1.2 + x[:, 1], 0.8 - x[:, 1]])))
    costs = (rng.random((n, 3)) > right).astype(float)
    good, bad = right, right + 0.5 * rng.normal(size=(n, 3))
    return (good.round(1), bad.round(1), costs) if tied else (good, bad, costs)


def covered(pick, truth, n, tied=False, **options):
    """Share of draws in which the band holds the truth at every rate."""
    hits = []
    for draw in range(DRAWS):
        band = pick(*problem(n, draw + 1, tied), rates=RATES, n_boot=2_000, **options)
        hits.append(((band.low <= truth + 1e-9) & (truth <= band.high + 1e-9)).all())
    return np.mean(hits)


@pytest.fixture(scope="module", params=[False, True], ids=["distinct", "tied"])
def truths(request):
    good, bad, costs = problem(2_000_000, 0, request.param)
    curves = [1 - deferral_curve_from_scores(s, costs).risk_at(RATES) for s in (good, bad)]
    return request.param, curves


# 95 % of 500 draws, within four standard errors of a binomial: 0.911 to 0.989.
def test_the_band_of_a_curve_holds_all_of_it(truths):
    tied, (good, _) = truths
    for n in (300, 2_000):
        share = covered(lambda g, b, c, **o: simultaneous_band(g, c, **o), good, n, tied)
        assert 0.911 <= share <= 0.989, (n, share)


def test_the_band_of_a_difference_holds_all_of_it(truths):
    tied, (good, bad) = truths
    for n in (300, 2_000):
        share = covered(lambda g, b, c, **o: simultaneous_band(g, c, b, **o), good - bad, n, tied)
        assert 0.911 <= share <= 0.989, (n, share)


def test_a_band_of_pointwise_intervals_does_not(truths):
    """What the critical value is for: 1.96 standard errors miss the curve somewhere too often."""
    tied, (good, _) = truths

    def pointwise(g, b, c, **options):
        band = simultaneous_band(g, c, **options)
        reach = 1.96 / band.critical
        low, high = (band.value + reach * (end - band.value) for end in (band.low, band.high))
        return type(band)(band.rates, band.value, low, high, 1.96, 0.95, band.n_independent)

    assert covered(pointwise, good, 2_000, tied) < 0.9


def test_a_group_counts_once():
    """Cases in copies of four: bands over groups hold the curve, bands over cases do not."""
    good, _, costs = problem(2_000_000, 0)
    truth = 1 - deferral_curve_from_scores(good, costs).risk_at(RATES)
    hits = {True: [], False: []}
    for draw in range(DRAWS):
        g, _, c = problem(300, draw + 1)
        four = np.repeat(np.arange(300), 4)
        for grouped, found in hits.items():
            band = simultaneous_band(
                g[four], c[four], rates=RATES, n_boot=2_000, groups=four if grouped else None
            )
            found.append(((band.low <= truth + 1e-9) & (truth <= band.high + 1e-9)).all())
    assert 0.911 <= np.mean(hits[True]) <= 0.989, np.mean(hits[True])
    assert np.mean(hits[False]) < 0.6


def test_critical_values_cover_all_of_many_means():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(12, 12))
    hits = []
    for draw in range(2_000):
        sample = rng.standard_t(6, size=(60, 12)) @ root
        t = sample.mean(axis=0) / (sample.std(axis=0, ddof=1) / np.sqrt(60))
        hits.append(np.abs(t).max() <= critical_value(sample, n_boot=2_000, random_state=draw))
    assert 0.93 <= np.mean(hits) <= 0.97, np.mean(hits)


def test_useless_methods_are_seldom_recommended():
    """Experts as good as the model and scores of chance: nothing to gain, at any budget."""
    n, wrong = 600, []
    for draw in range(300):
        rng = np.random.default_rng(draw)
        table = (rng.random((n, 4)) < 0.3).astype(float)
        methods = {f"chance {k}": Chance(rng.normal(size=(n, 4))) for k in range(6)}
        found = cede.compare(
            methods, np.arange(n)[:, None], table, budgets=[0.1, 0.3, 0.5], n_boot=400
        )
        wrong.append(found.verdict().action != "keep")
    # Among 18 rows and three experts, one false call in 20 at most; four standard errors above.
    assert np.mean(wrong) < 0.10, np.mean(wrong)


class Chance:
    def __init__(self, scores):
        self.scores = scores

    def agent_scores(self, X):
        return self.scores
