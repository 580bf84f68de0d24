"""What is particular to CalibratedRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pytest
import sklearn
from distorted import CASES, FRESH, Distorted, population
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.utils.fixes import parse_version

from cede.routers._calibrated import METHODS, CalibratedRouter


def regret(router, fee):
    """What routing at a fee costs above the best rule, on average, the truth being known."""
    routes = router.set_params(fees=fee).route(FRESH)
    costs = np.column_stack([1 - FRESH[:, 0], 1 - FRESH[:, 1] + fee])
    return np.mean(costs[np.arange(len(costs)), routes] - costs.min(axis=1))


@pytest.mark.parametrize(
    ("distortion", "method", "small"),
    [
        ("model overconfident", "isotonic", 1e-3),
        ("model overconfident", "temperature", 1e-3),
        ("model overconfident", "sigmoid", 1e-3),
        ("squared", "isotonic", 1e-3),
        ("line", "isotonic", 1e-3),
        ("line", "linear", 1e-4),
    ],
)
def test_a_fee_sweep_is_wrong_before_and_right_after(distortion, method, small):
    router = Distorted(distortion).fit(*CASES)
    calibrated = CalibratedRouter(router, method=method).fit(*CASES)
    fees = (0.0, 0.1, 0.2, 0.4)
    assert max(regret(router, fee) for fee in fees) > 0.01
    assert max(regret(calibrated, fee) for fee in fees) < small
    # A price is what a case must gain, too: those on the margin gain just that.
    gain = np.diff(calibrated.set_params(fees=0.0).agent_scores(FRESH)[:, :2], axis=1)[:, 0]
    margin = np.abs(gain - 0.2) < 0.02
    assert np.mean(FRESH[margin, 1] - FRESH[margin, 0]) == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_calibrated_stays_so(method):
    router = Distorted().fit(*CASES)
    calibrated = CalibratedRouter(router, method=method).fit(*CASES)
    before, after = (each.agent_scores(FRESH) for each in (router, calibrated))
    assert np.abs(after - before).mean() < 0.015
    assert regret(calibrated, 0.1) < 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_maps_never_fall_and_keep_to_their_range(method):
    rng = np.random.default_rng(0)
    X, y, experts = population(300, 3)
    calibrated = CalibratedRouter(Distorted().fit(X, y), method=method)
    calibrated.fit(X, y, rng.permutation(experts))  # estimates say nothing of the expert
    order = FRESH[:, :2].argsort(axis=0)
    scores = np.take_along_axis(calibrated.agent_scores(FRESH), order, axis=0)
    assert (np.diff(scores, axis=0) >= 0).all()
    if method != "linear":
        assert -2e-9 <= scores.min() <= scores.max() <= 1 + 2e-9


def test_what_ranks_worse_than_chance_is_flat_at_its_mean():
    X, y, experts = population(2_000, 3)
    for method in ("sigmoid", "linear"):
        calibrated = CalibratedRouter(Distorted().fit(X, y), method=method)
        calibrated.fit(X, y, np.where(X[:, 1:2] > 0.5, 0.0, 1.0))
        share = np.mean(X[:, 1] <= 0.5)
        np.testing.assert_allclose(calibrated.agent_scores(X)[:, 1], share, atol=2e-3)
    # And where estimates do not vary, there is nothing to map.
    X[:, :2] = 0.7
    for method in METHODS:
        calibrated = CalibratedRouter(Distorted().fit(X, y), method=method).fit(X, y, experts)
        if method != "temperature":
            expected = [X[:, 2].mean(), experts.mean()]
            np.testing.assert_allclose(calibrated.agent_scores(X)[0], expected, atol=2e-3)


class LogOdds(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose decision is its only feature."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, X):
        return np.asarray(X)[:, 0]

    def predict(self, X):
        return (self.decision_function(X) > 0).astype(int)


def test_isotonic_maps_are_scikit_learns():
    X, y, experts = population(500, 4)
    router = Distorted().fit(X, y)
    found = CalibratedRouter(router, keep_order=False).fit(X, y, experts).agent_scores(FRESH)
    for j, right in enumerate((X[:, 2], experts[:, 0])):
        peer = IsotonicRegression(out_of_bounds="clip").fit(X[:, j], right)
        np.testing.assert_allclose(found[:, j], peer.predict(FRESH[:, j]), atol=1e-12)


NEW = pytest.mark.skipif(
    parse_version(sklearn.__version__) < parse_version("1.8"), reason="has no temperature yet"
)


@pytest.mark.parametrize(
    ("method", "factor"), [("sigmoid", 1.0), pytest.param("temperature", 0.5, marks=NEW)]
)
def test_sigmoid_and_temperature_are_scikit_learns(method, factor):
    """On log-odds z; its temperature reads a decision d as the logits -d and d, so d is z / 2."""
    X, y, experts = population(500, 4)
    found = CalibratedRouter(Distorted().fit(X, y), method=method).fit(X, y, experts)
    scores = found.agent_scores(FRESH)
    odds = np.log(np.vstack([X, FRESH])[:, :2] / (1 - np.vstack([X, FRESH])[:, :2]))
    for j, right in enumerate((X[:, 2], experts[:, 0])):
        peer = CalibratedClassifierCV(FrozenEstimator(LogOdds().fit(X, y)), method=method)
        peer.fit(factor * odds[:500, j : j + 1], right.astype(int))
        expected = peer.predict_proba(factor * odds[500:, j : j + 1])[:, 1]
        np.testing.assert_allclose(scores[:, j], expected, atol=2e-4)


def test_degrees_are_so_much_of_a_right_answer():
    """Two cases of half a cost say what one right and one wrong case say."""
    X, y, _ = population(400, 5)
    router = Distorted().fit(X, y)
    twice, labels = np.vstack([X, X]), np.ones(800)
    halves = np.full((800, 1), 0.5)
    mixed = np.repeat([[0.0], [1.0]], 400, axis=0)
    for method in METHODS:
        found = CalibratedRouter(router, method=method, keep_order=False)
        one = found.fit(twice, labels, costs=halves).agent_scores(FRESH)
        other = found.fit(twice, labels, costs=mixed).agent_scores(FRESH)
        np.testing.assert_allclose(one, other, atol=1e-5)
