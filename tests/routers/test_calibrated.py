"""What is particular to CalibratedRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.utils.fixes import parse_version

import cede
from cede.datasets import make_two_specialists
from cede.evaluation.calibration import agent_reliability
from cede.exceptions import InvalidInput, UnknownName
from cede.routers import Router
from cede.routers._calibrated import METHODS, CalibratedRouter


class Distorted(Router):
    """Sees each agent's true accuracy, ``X[:, :2]``, and says something else.

    The model answers ``X[:, 2]``; the truth is always 1.
    """

    def __init__(self, distortion="none", fees=None):
        self.distortion = distortion
        self.fees = fees

    def fit(self, X, y, experts=None, costs=None):
        self.expert_names_, self.n_features_in_ = ("expert 1",), 3
        return self

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


def population(n, seed):
    """Cases, of which each agent's accuracy is known, and the expert's answers."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.95, (n, 2))
    right = (rng.random((n, 2)) < truth).astype(float)
    return np.column_stack([truth, right[:, 0]]), np.ones(n), right[:, 1:]


CASES = population(20_000, 0)
FRESH = population(20_000, 1)[0]


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


# ── The maps are scikit-learn's ────────────────────────────────────────────────────────────────


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


# ── Ties ───────────────────────────────────────────────────────────────────────────────────────


def test_steps_tie_and_the_routers_order_breaks_them():
    X, y, experts = population(1_000, 6)
    router = Distorted().fit(X, y)
    stepped = CalibratedRouter(router, keep_order=False).fit(X, y, experts)
    ordered = CalibratedRouter(router).fit(X, y, experts)
    plain, fine = stepped.agent_scores(FRESH), ordered.agent_scores(FRESH)
    np.testing.assert_allclose(fine, plain, atol=2e-9)
    assert len(np.unique(plain[:, 1])) < 0.5 * len(np.unique(fine[:, 1]))
    inside = np.abs(FRESH[:, :2] - 0.5) < 0.4
    for j in range(2):
        order = np.argsort(FRESH[inside[:, j], j])
        steps = np.diff(fine[inside[:, j], j][order])
        assert (steps >= 0).all()
        assert np.mean(steps > 0) > 0.99  # some estimates differ by less than rounding leaves


def test_a_budget_is_spent_where_ties_are_ordered_and_not_where_they_stand():
    """Cases in a few steps, so that the threshold falls into one of them."""
    X, y, experts = population(300, 7)
    router = Distorted().fit(X, y)
    spent = {}
    for keep in (False, True):
        found = CalibratedRouter(router, keep_order=keep).fit(X, y, experts)
        gains = [found.tune(FRESH, budget=b).deferral_rate for b in (0.05, 0.1, 0.2)]
        spent[keep] = np.array([0.05, 0.1, 0.2]) - gains
        assert (spent[keep] >= 0).all()
    assert spent[True].max() < 1e-3 < spent[False].max()


def test_the_order_makes_nobody_leave_whom_the_scores_keep():
    """Both maps end in the same value; a tie stays with the model."""
    X, y, experts = population(2_000, 8)
    sure = X.copy()
    sure[:, 2] = experts[:, 0] = 1.0
    found = CalibratedRouter(Distorted().fit(X, y)).fit(sure, y, experts)
    np.testing.assert_allclose(found.agent_scores(FRESH), 1.0, atol=2e-9)
    assert (found.route(FRESH) == 0).all()


# ── Fees, costs and answers ────────────────────────────────────────────────────────────────────


def test_fees_are_the_routers_until_they_are_said():
    X, y, experts = CASES
    calibrated = CalibratedRouter(Distorted(fees=0.2).fit(X, y)).fit(X, y, experts)
    accuracy = calibrated.expert_accuracy(FRESH)
    assert np.abs(accuracy[:, 0] - FRESH[:, 1]).mean() < 0.02
    np.testing.assert_allclose(calibrated.fees_, [0.2])
    np.testing.assert_allclose(calibrated.agent_scores(FRESH)[:, 1:], accuracy - 0.2)
    calibrated.set_params(fees=0.5)
    np.testing.assert_allclose(calibrated.agent_scores(FRESH)[:, 1:], accuracy - 0.5)


def test_a_table_of_costs_says_the_same_as_answers():
    X, y, experts = CASES
    router = Distorted("squared", fees=0.2).fit(X, y)
    table = cede.agent_costs(X[:, 2], experts, y, fees=0.2)
    found = CalibratedRouter(router).fit(X, table).agent_scores(FRESH)
    np.testing.assert_allclose(
        found, CalibratedRouter(router).fit(X, y, experts).agent_scores(FRESH), atol=1e-12
    )
    with pytest.raises(InvalidInput, match="add fees to the table"):
        CalibratedRouter(router, fees=0.1).fit(X, table)


def test_costs_of_any_unit_have_isotonic_maps_and_lines():
    X, y, _ = population(5_000, 9)
    router = Distorted("any unit").fit(X, y)
    costs = 30.0 * (1 - X[:, :2])  # one minus cost is not the score, and rises with it
    for method in ("isotonic", "linear"):
        found = CalibratedRouter(router, method=method).fit(X, costs).agent_scores(FRESH)
        np.testing.assert_allclose(found, 1 - 30 * (1 - FRESH[:, :2]), atol=0.1)
    with pytest.raises(InvalidInput, match="choose 'isotonic' or 'linear'"):
        CalibratedRouter(router, method="sigmoid").fit(X, costs)


def test_missing_answers_are_left_out_of_their_own_map_alone():
    X, y, experts = population(1_000, 10)
    router = Distorted().fit(X, y)
    thin = experts.copy()
    thin[500:] = np.nan
    found = CalibratedRouter(router).fit(X, y, thin).agent_scores(FRESH)
    whole = CalibratedRouter(router).fit(X, y, experts).agent_scores(FRESH)
    half = CalibratedRouter(router).fit(X[:500], y[:500], experts[:500]).agent_scores(FRESH)
    np.testing.assert_array_equal(found[:, 0], whole[:, 0])
    np.testing.assert_array_equal(found[:, 1], half[:, 1])


@pytest.mark.parametrize("method", METHODS)
def test_propensities_weigh_who_answered(method):
    """Wrong answers are known half as often as right ones; weighted, that changes nothing."""
    X, y, experts = CASES
    router = Distorted().fit(X, y)
    chance = np.where(experts == 1.0, 1.0, 0.5)
    seen = np.where(np.random.default_rng(0).random(chance.shape) < chance, experts, np.nan)
    whole = CalibratedRouter(router, method=method).fit(X, y, experts)
    naive = CalibratedRouter(router, method=method).fit(X, y, seen)
    weighted = CalibratedRouter(router, method=method).fit(X, y, seen, propensities=chance)
    truth = whole.agent_scores(FRESH)[:, 1]
    off = [np.mean(each.agent_scores(FRESH)[:, 1] - truth) for each in (naive, weighted)]
    if method == "temperature":  # can not shift, so it is off in any case
        assert abs(off[1]) < 0.02
    else:
        assert off[0] > 0.05 > 0.01 > abs(off[1])


# ── Around fitted routers ──────────────────────────────────────────────────────────────────────

X3, y3, experts3 = make_two_specialists(n=3_000, random_state=1)
first, second, third = slice(0, 1000), slice(1000, 2000), slice(2000, 3000)


def single_stage(**options):
    router = cede.SingleStageClassifier("cost_sensitive_softmax", **options)
    return router.fit(X3[first], y3[first], experts=experts3[first])


@pytest.mark.parametrize(
    "router",
    [
        single_stage(),
        cede.TwoStageRouter().fit(
            X3[first], cede.agent_costs(np.zeros(1000, int), experts3[first], y3[first])
        ),
        cede.PostHocRouter(LogisticRegression()).fit(X3[first], y3[first], experts3[first]),
    ],
    ids=["single stage", "costs", "post hoc"],
)
def test_real_routers_are_calibrated_on_fresh_cases_and_left_alone(router):
    if router.__class__ is cede.TwoStageRouter:
        answers = cede.agent_costs(np.zeros(3000, int), experts3, y3)
        given = [(answers[part],) for part in (second, third)]
    else:
        given = [(y3[part], experts3[part]) for part in (second, third)]
    before = router.agent_scores(X3[third]).copy()
    calibrated = CalibratedRouter(router).fit(X3[second], *given[0])
    np.testing.assert_array_equal(router.agent_scores(X3[third]), before)
    old, new = (agent_reliability(each, X3[third], *given[1]) for each in (router, calibrated))
    if isinstance(router, cede.SingleStageClassifier):  # the others hardly need it
        assert sum(a.ece for a in new.values()) < 0.6 * sum(a.ece for a in old.values())
    assert all(agent.ece < 0.07 for agent in new.values())
    assert calibrated.expert_names_ == router.expert_names_
    assert calibrated.n_features_in_ == router.n_features_in_


def test_it_is_never_judged_on_cases_of_either_fit():
    calibrated = CalibratedRouter(single_stage()).fit(X3[second], y3[second], experts3[second])
    for part in (first, second):
        with pytest.raises(InvalidInput, match="cases that the router has not seen"):
            agent_reliability(calibrated, X3[part], y3[part], experts3[part])
        with pytest.raises(InvalidInput, match="Recalibration needs cases"):
            CalibratedRouter(calibrated).fit(X3[part], y3[part], experts3[part])
    agent_reliability(calibrated, X3[third], y3[third], experts3[third])


def test_a_clone_keeps_the_router_fitted_and_forgets_the_maps():
    router = single_stage()
    calibrated = CalibratedRouter(router, method="linear", fees=[0.1, 0.2])
    calibrated.fit(X3[second], y3[second], experts3[second])
    copy = clone(calibrated)
    assert copy.router is router
    assert not hasattr(copy, "coef_")
    assert (copy.method, copy.fees) == ("linear", [0.1, 0.2])
    copy.fit(X3[second], y3[second], experts3[second])
    np.testing.assert_array_equal(copy.agent_scores(X3), calibrated.agent_scores(X3))


def test_names_of_experts_are_the_routers():
    pandas = pytest.importorskip("pandas")
    named = pandas.DataFrame(experts3, columns=["ann", "bob"])
    router = cede.SingleStageClassifier().fit(X3[first], y3[first], experts=named[first])
    calibrated = CalibratedRouter(router).fit(X3[second], y3[second], experts=named[second])
    assert calibrated.expert_names_ == ("ann", "bob")
    with pytest.raises(InvalidInput, match="fitted with the experts ann, bob"):
        calibrated.fit(X3[second], y3[second], experts=named[["bob", "ann"]][second])


def test_without_experts_the_model_is_calibrated():
    with pytest.warns(UserWarning, match="every case stays with the model"):
        router = cede.SingleStageClassifier().fit(X3[first], y3[first])
    calibrated = CalibratedRouter(router).fit(X3[second], y3[second])
    assert calibrated.agent_scores(X3[third]).shape == (1000, 1)
    assert (calibrated.route(X3[third]) == 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_saved_and_loaded_it_scores_the_same_to_the_bit(method, tmp_path):

    calibrated = CalibratedRouter(single_stage(), method=method, fees=0.05)
    calibrated.fit(X3[second], y3[second], experts3[second])
    calibrated.tune(X3[third], budget=0.2)
    loaded = cede.load(cede.save(calibrated, tmp_path / "router"))
    np.testing.assert_array_equal(loaded.agent_scores(X3), calibrated.agent_scores(X3))
    np.testing.assert_array_equal(loaded.route(X3), calibrated.route(X3))
    assert sorted(vars(loaded)) == sorted(vars(calibrated))


def test_a_router_that_has_learned_since_is_calibrated_again():
    router = cede.NeighborRouter()
    table = cede.agent_costs(np.zeros(3000, int), experts3, y3)
    router.fit(X3[first], table[first, :2])
    calibrated = CalibratedRouter(router).fit(X3[second], table[second, :2])
    router.add_expert(X3[first], table[first][:, [0, 2]])
    with pytest.raises(InvalidInput, match="has 2 experts now and was calibrated with 1"):
        calibrated.agent_scores(X3)


@pytest.mark.parametrize(
    ("router", "options", "words"),
    [
        (cede.SingleStageClassifier(), {}, "This SingleStageClassifier is not fitted"),
        (LogisticRegression(), {}, "must be a fitted router, not LogisticRegression"),
        ("one_vs_all", {}, "must be a fitted router, not 'one_vs_all'"),
        (single_stage(), {"fees": [0.1]}, "one per expert"),
        (single_stage(), {"fees": -0.1}, "cannot be negative"),
        (
            cede.SingleStageClassifier("expected_cost").fit(X3[first], y3[first], experts3[first]),
            {},
            "rank the agents and do not estimate",
        ),
        (
            cede.PostHocRouter(LogisticRegression(), method="rejector").fit(
                X3[first], y3[first], experts3[first]
            ),
            {},
            "rank the agents",
        ),
        (
            cede.ModelAlone(LogisticRegression()).fit(X3[first], y3[first], experts3[first]),
            {},
            "rank the agents",
        ),
    ],
)
def test_bad_parameters_get_a_sentence(router, options, words):
    with pytest.raises(InvalidInput, match=words):
        CalibratedRouter(router, **options).fit(X3[second], y3[second], experts3[second])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"X": X3[first], "y": y3[first], "experts": experts3[first]}, "has not seen"),
        ({"experts": experts3[second, :1]}, "so the answers of as many are needed"),
        ({"experts": np.full((1000, 2), 7)}, "expert 1 answered 7, which no case has"),
        ({"y": np.full(1000, 7)}, r"y has the labels \[7\], which the model was not fitted on"),
        ({"experts": None}, "however there are 0"),
        ({"experts": experts3[:10]}, "answers has 10, y has 1000"),
        ({"y": y3[:10]}, "answers has 1000, y has 10"),
        ({"experts": np.where([True, False], np.nan, experts3[second])}, "of expert 1 is missing"),
    ],
)
def test_bad_input_gets_a_sentence(changes, words):
    given = {"X": X3[second], "y": y3[second], "experts": experts3[second], **changes}
    with pytest.raises(InvalidInput, match=words):
        CalibratedRouter(single_stage()).fit(given["X"], given["y"], given["experts"])


def test_a_handful_of_answers_is_warned_of_and_a_method_must_exist():
    few = np.where(np.arange(1000)[:, None] < 3, experts3[second], np.nan)
    with pytest.warns(UserWarning, match="expert 1 answered 3 of 1000"):
        CalibratedRouter(single_stage()).fit(X3[second], y3[second], few)
    costs = np.where(np.isnan(few), np.nan, 0.5)
    with pytest.warns(UserWarning, match="expert 1 answered 3 of 1000"):
        CalibratedRouter(single_stage()).fit(X3[second], y3[second], costs=costs)
    with pytest.raises(UnknownName, match="no method 'platt'"):
        CalibratedRouter(single_stage(), method="platt").fit(
            X3[second], y3[second], experts3[second]
        )
