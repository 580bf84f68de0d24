"""Bins, errors and scores of estimated probabilities; peers agree, parts add up, intervals hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

import cede
from cede.datasets import make_two_specialists
from cede.evaluation import calibration
from cede.evaluation.calibration import (
    agent_reliability,
    brier_score,
    classwise_reliability,
    expected_calibration_error,
    reliability,
    top_label_reliability,
)
from cede.evaluation.calibration._bins import bin_cases, read_pairs
from cede.evaluation.calibration._error import _gaps, _noise, _spread_seen, _without_bias
from cede.exceptions import InvalidInput, UnknownName

# Numbers that are the same on every machine, for values recorded from other libraries.
STEP = np.arange(200)
P = (STEP * 0.6180339887498949 % 1) ** 0.5
O = (STEP * 0.7548776662466927 % 1 < 0.5 + 0.5 * (P - 0.5)).astype(float)  # noqa: E741
POSTERIOR = np.stack([P, (1 - P) * (STEP * 0.5698402909980532 % 1), 0 * P], axis=1)
POSTERIOR[:, 2] = 1 - POSTERIOR.sum(axis=1)
Y = (STEP * 0.7548776662466927 % 1 * 3).astype(int)

#: Estimates with ties and outcomes, as they may come.
SAMPLES = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from([0.0, 1.0, 0.3])), min_size=1, max_size=60
)


def arrays(sample):
    return np.array([p for p, _ in sample]) / 12, np.array([o for _, o in sample])


@pytest.mark.parametrize("n_bins", [1, 7, 10])
def test_bins_of_equal_width_are_those_of_a_loop(n_bins):
    found = reliability(P, O, n_bins)
    expected = []
    for k in range(n_bins):
        inside = (k / n_bins <= P) & (k / n_bins + 1 / n_bins > P)
        if inside.any():
            expected.append((P[inside].mean(), O[inside].mean(), inside.sum()))
    np.testing.assert_allclose(found.estimate, [e[0] for e in expected])
    np.testing.assert_allclose(found.outcome, [e[1] for e in expected])
    np.testing.assert_array_equal(found.count, [e[2] for e in expected])
    gaps = [abs(p - o) for p, o, _ in expected]
    assert found.max_gap == pytest.approx(max(gaps))
    assert found.ece == pytest.approx(
        sum(g * e[2] for g, e in zip(gaps, expected, strict=True)) / 200
    )
    assert found.n_cases == 200


@pytest.mark.parametrize("n_bins", [1, 7, 15, 200, 300])
def test_bins_of_equal_mass_are_equal_parts_of_the_sorted_cases(n_bins):
    found = reliability(P, O, n_bins, "mass")
    order = np.argsort(P)
    parts = [part for part in np.array_split(order, n_bins) if part.size]
    np.testing.assert_array_equal(found.count, [part.size for part in parts])
    np.testing.assert_allclose(found.outcome, [O[part].mean() for part in parts])


def test_equal_estimates_go_where_their_middle_goes():
    def counts(*sizes):
        p = np.repeat(np.arange(len(sizes)) / len(sizes), sizes)
        return reliability(p, np.zeros(len(p)), 2, "mass").count.tolist()

    assert counts(3, 4, 3) == [7, 3]  # a middle on the edge goes down
    assert counts(2, 4, 4) == [6, 4]
    assert counts(4, 4, 2) == [4, 6]
    assert counts(4, 6) == [4, 6]


@given(SAMPLES, st.integers(1, 20), st.sampled_from(["width", "mass"]))
def test_a_bin_never_splits_equal_estimates_and_bins_are_in_order(sample, n_bins, bins):
    p, o = arrays(sample)
    number = bin_cases(read_pairs(p, o), n_bins, bins).number
    assert 0 <= number.min() <= number.max() < n_bins
    order = np.argsort(p)
    assert (np.diff(number[order]) >= 0).all()
    assert all(len(set(number[p == value])) == 1 for value in p)


@given(SAMPLES)
def test_the_sweep_takes_the_most_bins_before_shares_first_fall(sample):
    p, o = arrays(sample)
    best = 1
    for n_bins in range(2, len(set(p)) + 1):
        if (np.diff(reliability(p, o, n_bins, "mass").outcome) < -1e-12).any():
            break
        best = n_bins
    swept, plain = reliability(p, o, "sweep", "mass"), reliability(p, o, best, "mass")
    np.testing.assert_array_equal(swept.count, plain.count)


def test_the_sweep_is_less_biased_than_fifteen_bins():
    rng = np.random.default_rng(0)
    swept, plain = [], []
    for _ in range(50):
        p = rng.random(1000)
        o = rng.random(1000) < p  # calibrated, so that the truth is zero
        swept.append(reliability(p, o, "sweep", "mass").ece)
        plain.append(reliability(p, o, 15, "mass").ece)
    assert np.mean(swept) < 0.85 * np.mean(plain)


@pytest.mark.parametrize(
    ("n_bins", "l1", "largest", "mass"),
    [
        (8, 0.131238457554, 0.428541289632, 0.127080305543),
        (10, 0.141971045284, 0.964556387245, 0.134008606890),
        (15, 0.148126461633, 1.000000000000, 0.153197273015),
    ],
)
def test_the_errors_are_those_of_torchmetrics_and_torch_uncertainty(n_bins, l1, largest, mass):
    """Recorded from torchmetrics 1.9.0, binary_calibration_error(norm="l1" and "max"), and from
    torch_uncertainty 0.13.0, bins of its adaptive calibration error, in float64."""
    assert reliability(P, O, n_bins).ece == pytest.approx(l1, abs=1e-11)
    assert reliability(P, O, n_bins).max_gap == pytest.approx(largest, abs=1e-11)
    assert reliability(P, O, n_bins, "mass").ece == pytest.approx(mass, abs=1e-11)


def test_the_top_label_error_is_that_of_torchmetrics_and_torch_uncertainty():
    """Recorded from torchmetrics 1.9.0, multiclass_calibration_error(n_bins=10), and
    torch_uncertainty 0.13.0, AdaptiveCalibrationError(task="binary", num_bins=15), which is of the
    preferred class and works in float32."""
    assert top_label_reliability(POSTERIOR, Y, n_bins=10).ece == pytest.approx(
        0.399172604084, abs=1e-7
    )
    two = np.column_stack([1 - P, P])
    adaptive = top_label_reliability(two, O, n_bins=15, bins="mass").ece
    assert adaptive == pytest.approx(0.138848230243, abs=1e-7)


def test_the_errors_are_those_of_mapie():
    peer = pytest.importorskip("mapie.metrics.calibration")
    # Their edges are linspace(0, 1, num_bins), so they have one bin less than they are asked for.
    uniform = {"num_bins": 11, "split_strategy": "uniform"}
    ours = expected_calibration_error(P, O, 10).value
    assert ours == pytest.approx(peer.expected_calibration_error(O, P, **uniform))
    order = np.argsort(P)  # theirs splits the cases as they come
    theirs = peer.expected_calibration_error(
        O[order], P[order], num_bins=15, split_strategy="array split"
    )
    assert reliability(P, O, 15, "mass").ece == pytest.approx(theirs)
    per_class = classwise_reliability(POSTERIOR, Y, n_bins=10)
    assert np.mean([found.ece for found in per_class.values()]) == pytest.approx(
        peer.expected_calibration_error(O, POSTERIOR, **uniform, classwise=True, class_labels=Y)
    )
    # Theirs is the mean over the classes preferred, each apart.
    best = POSTERIOR.argmax(axis=1)
    apart = [
        top_label_reliability(POSTERIOR[best == k], Y[best == k], n_bins=10).ece
        for k in np.unique(best)
    ]
    assert np.mean(apart) == pytest.approx(peer.top_label_ece(Y, POSTERIOR, **uniform))


def test_the_interval_of_a_bin_is_exact():
    found = reliability([0.2] * 10 + [0.8] * 10, [0] * 10 + [1] * 5 + [0] * 5, 5)
    low, high = found.interval()
    np.testing.assert_allclose(low, [0.0, 0.187086], atol=1e-6)  # Clopper-Pearson tables
    np.testing.assert_allclose(high, [0.308498, 0.812914], atol=1e-6)


def test_what_is_clipped_is_counted_and_what_is_not_known_is_left_out():
    found = reliability([-0.2, 0.5, 1.7, 0.3], [0, 1, 1, np.nan], 2)
    assert found.clipped == pytest.approx(2 / 3)
    assert found.n_cases == 3
    assert found.ece == pytest.approx(0.25 / 3 * 2)


# ── The interval ───────────────────────────────────────────────────────────────────────────────


def draw(rng, n, bend):
    p = rng.random(n)
    return p, (rng.random(n) < p + bend * p * (1 - p)).astype(float)


def test_the_interval_holds_zero_for_calibrated_estimates_and_the_truth_for_others():
    """300 draws of 500 cases each; 0.95 is 4 standard errors from 0.90 and 0.9999."""
    rng = np.random.default_rng(0)
    edges = np.linspace(0, 1, 16)
    for bend in (0.0, 0.3, -1.0):
        # In each bin, the integral of bend p (1 - p).
        area = bend * np.diff(edges**2 / 2 - edges**3 / 3)
        truth = np.abs(area).sum()
        held = []
        for seed in range(300):
            p, o = draw(rng, 500, bend)
            found = expected_calibration_error(p, o, n_boot=200, random_state=seed)
            assert found.low <= found.value <= found.high
            held.append(found.low <= truth <= found.high)
        assert np.mean(held) > 0.9, bend


def test_the_interval_is_no_wider_than_the_noise_and_shrinks():
    rng = np.random.default_rng(1)
    for n, width in ((1000, 0.08), (10_000, 0.03), (100_000, 0.01)):
        found = expected_calibration_error(*draw(rng, n, -1.0))
        assert found.high - found.low < width


def test_a_higher_confidence_gives_a_wider_interval_and_a_seed_the_same():
    wide = expected_calibration_error(P, O, confidence=0.99)
    narrow = expected_calibration_error(P, O, confidence=0.8)
    assert wide.low < narrow.low < narrow.high < wide.high
    assert expected_calibration_error(P, O) == expected_calibration_error(P, O, random_state=0)
    assert expected_calibration_error(P, O) != expected_calibration_error(P, O, random_state=1)


def test_the_noise_has_the_covariance_of_means():
    pairs = read_pairs(P, O)
    placed = bin_cases(pairs, 5, "width")
    spread = _spread_seen(pairs, placed)
    noise = _noise(pairs, placed, 200_000, 0, spread)
    off = np.where(placed.number[:, None] == np.arange(5), (O - P)[:, None], 0.0)
    expected = np.cov(off.T, bias=True) / len(P)
    np.testing.assert_allclose(np.cov(noise.T), expected, atol=0.015 * expected.max())
    np.testing.assert_allclose(noise.mean(axis=0), 0.0, atol=2e-4)
    np.testing.assert_allclose(_gaps(pairs, placed, spread)[1], np.sqrt(np.diag(expected)))


def test_without_bias_is_twice_the_gap_less_what_noise_makes_of_it():
    gaps, errors = np.array([0.1, -0.02, 0.0, 0.05]), np.array([0.05, 0.03, 0.04, 0.0])
    noise = np.random.default_rng(0).normal(size=(1_000_000, 4)) * errors
    again = np.abs(gaps + noise).mean(axis=0).sum()
    assert _without_bias(gaps, errors) == pytest.approx(2 * np.abs(gaps).sum() - again, abs=1e-3)


def test_debiased_is_nearer_to_the_truth():
    rng = np.random.default_rng(3)
    plain, debiased = [], []
    for _ in range(100):
        p, o = draw(rng, 500, 0.3)
        plain.append(expected_calibration_error(p, o, n_boot=100).value)
        debiased.append(expected_calibration_error(p, o, n_boot=100, debias=True).value)
    truth = 0.3 / 6
    assert abs(np.mean(debiased) - truth) < 0.5 * abs(np.mean(plain) - truth)


def test_certain_and_right_has_no_error_but_is_not_certain_to_stay_so():
    few, many = (expected_calibration_error([0.0, 1.0] * n, [0, 1] * n) for n in (1, 200))
    assert few[:2] == many[:2] == (0.0, 0.0)
    # Of 200 alike, up to 1.8 % are otherwise, by Clopper and Pearson.
    assert few.high > 0.4
    assert 0.01 < many.high < 0.02
    assert expected_calibration_error([0.0, 1.0], [0, 1], debias=True).value == 0.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.1, 0.2], [0]), "estimates has 2, outcomes has 1"),
        (([[0.1]], [0]), "one column at a time"),
        (([0.1], [np.nan]), "No outcome is known"),
        (([np.nan], [1]), "estimates must be finite"),
        (([0.5], [2]), r"1 of 1 lie outside \[0, 1\], the first being 2"),
        (([0.5], [1], 0), "n_bins must be a whole number of at least 1"),
        (([0.5], [1], 2.5), "n_bins=2.5"),
        (([0.5], [1], "sweep", "width"), "pass bins='mass'"),
        (([0.5], [1], 5, "equal"), "no kind of bins 'equal'"),
    ],
)
def test_bad_input_gets_a_sentence(arguments, words):
    for function in (reliability, expected_calibration_error, brier_score):
        with pytest.raises(InvalidInput, match=words):
            function(*arguments)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_boot": 10}, "at least 100, however n_boot=10"),
        ({"n_boot": True}, "n_boot=True"),
        ({"confidence": 95}, "0.95 for 95 %"),
    ],
)
def test_bad_options_of_the_interval_get_a_sentence(options, words):
    with pytest.raises(InvalidInput, match=words):
        expected_calibration_error([0.5], [1], **options)


# ── Brier score ────────────────────────────────────────────────────────────────────────────────


@given(SAMPLES, st.sampled_from([(None, "mass"), (4, "mass"), (4, "width"), ("sweep", "mass")]))
def test_the_parts_add_up_to_the_score(sample, kind):
    p, o = arrays(sample)
    found = brier_score(p, o, *kind)
    total = found.reliability - found.resolution + found.uncertainty
    total += found.within_bin_variance - found.within_bin_covariance
    assert total == pytest.approx(found.score, abs=1e-12)
    assert found.score == pytest.approx(np.mean((p - o) ** 2))
    if kind[0] is None:
        assert found.within_bin_variance == found.within_bin_covariance == 0.0
    assert min(found.reliability, found.resolution, found.within_bin_variance) >= 0.0


def test_the_score_is_that_of_scikit_learn_and_the_uncertainty_that_of_the_share():
    found = brier_score(P, O, 10)
    assert found.score == pytest.approx(brier_score_loss(O, P))
    assert found.uncertainty == pytest.approx(O.mean() * (1 - O.mean()))
    assert found.skill == pytest.approx(1 - found.score / found.uncertainty)
    assert brier_score([0.5, 0.5], [1, 1]).skill == -np.inf
    assert brier_score([1.0, 1.0], [1, 1]).skill == 1.0


def test_the_parts_of_a_forecast_worked_out_by_hand():
    """Murphy's parts: 0.2 said five times, of which one happened; 0.6 said five times, of which
    four; the share is 1/2."""
    found = brier_score([0.2] * 5 + [0.6] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0])
    assert found.reliability == pytest.approx(0.5 * 0.0 + 0.5 * 0.04)
    assert found.resolution == pytest.approx(0.09)
    assert found.uncertainty == pytest.approx(0.25)
    one_bin = brier_score([0.2] * 5 + [0.6] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0], 1)
    assert one_bin.within_bin_variance == pytest.approx(0.04)
    assert one_bin.within_bin_covariance == pytest.approx(2 * 0.06)
    assert one_bin.resolution == 0.0


# ── Classes ────────────────────────────────────────────────────────────────────────────────────


def test_classes_are_named_and_missing_labels_left_out():
    y = np.array(["b", "a", None, "a"], dtype=object)
    chances = [[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]]
    top = top_label_reliability(chances, y, classes=["a", "b"], n_bins=1)
    assert (top.n_cases, top.outcome[0]) == (3, pytest.approx(1 / 3))
    assert top.estimate[0] == pytest.approx((0.9 + 0.6 + 0.8) / 3)
    found = classwise_reliability(chances, y, classes=["a", "b"], n_bins=1)
    assert list(found) == ["a", "b"]
    assert found["b"].estimate[0] == pytest.approx(1.3 / 3)
    assert found["b"].outcome[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("chances", "y", "classes", "words"),
    [
        ([0.2, 0.8], [0, 1], None, "for one column of probabilities, use reliability"),
        ([[0.5, 0.6]], [0], None, "sums go from 1.1"),
        ([[1.5, -0.5]], [0], None, "the smallest is -0.5"),
        ([[0.5, 0.5]], ["a"], None, "pass classes="),
        ([[0.5, 0.5]], ["c"], ["a", "b"], "y holds c, which is no class of the columns"),
        ([[0.5, 0.5]], [0], [0, 1, 2], "must name the 2 columns"),
        ([[0.5, 0.5]], [0, 1], None, "probabilities has 1, y has 2"),
        ([[np.nan, 0.5]], [0], None, "probabilities must be finite"),
    ],
)
def test_a_posterior_that_is_none_gets_a_sentence(chances, y, classes, words):
    for function in (top_label_reliability, classwise_reliability):
        with pytest.raises(InvalidInput, match=words):
            function(chances, y, classes)


# ── Agents ─────────────────────────────────────────────────────────────────────────────────────

X, labels, experts = make_two_specialists(n=2_000, random_state=0)
fit, test = slice(0, 1000), slice(1000, 2000)


class Foreign:
    """Anybody's router, whose scores hold a fee of 0.1."""

    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def agent_scores(self, X):
        return np.tile([0.5, 0.6], (len(X), 1))


def test_agents_are_compared_with_what_they_did():
    router = cede.SingleStageClassifier("one_vs_all").fit(X[fit], labels[fit], experts=experts[fit])
    found = agent_reliability(router, X[test], labels[test], experts[test], n_bins=7)
    assert list(found) == ["model", "expert 1", "expert 2"]
    right = experts[test] == labels[test, None]
    for j in range(2):
        expected = reliability(router.expert_accuracy(X[test])[:, j], right[:, j], 7)
        np.testing.assert_allclose(found[f"expert {j + 1}"].outcome, expected.outcome)
        np.testing.assert_allclose(found[f"expert {j + 1}"].estimate, expected.estimate)
    own = router.predict(X[test]) == labels[test]
    expected = reliability(router.agent_scores(X[test])[:, 0], own, 7)
    assert found["model"].ece == pytest.approx(expected.ece)


@pytest.mark.parametrize(
    "router",
    [
        cede.NeighborRouter(n_neighbors=50),
        cede.SingleStageClassifier("one_vs_all"),
        cede.SingleStageClassifier("one_vs_all", fees_in="loss"),
    ],
    ids=["neighbours", "fees in the rule", "fees in the loss"],
)
def test_fees_are_no_errors(router):
    """Whatever asking costs, an expert is right as often; a table of costs says the same."""
    if isinstance(router, cede.NeighborRouter):
        router.set_params(model=cede.SingleStageClassifier().fit(X[fit], labels[fit], experts[fit]))
    router.set_params(fees=[0.1, 0.3]).fit(X[fit], labels[fit], experts=experts[fit])
    found = agent_reliability(router, X[test], labels[test], experts[test])
    assert found["expert 1"].outcome.max() <= 1.0
    paid = cede.agent_costs(router.predict(X[test]), experts[test], labels[test], [0.1, 0.3])
    again = agent_reliability(router, X[test], paid)
    for name in found:
        np.testing.assert_allclose(again[name].outcome, found[name].outcome)
        np.testing.assert_allclose(again[name].estimate, found[name].estimate)
    free = router.set_params(fees=None)
    if getattr(router, "fees_in", "rule") == "rule":
        assert agent_reliability(free, X[test], labels[test], experts[test])["expert 1"].ece == (
            pytest.approx(found["expert 1"].ece)
        )


def test_other_peoples_routers_are_believed_and_told_their_fees():
    answers = np.where(np.arange(10) < 7, 0, 1)[:, None]
    found = agent_reliability(Foreign(), X[:10], np.zeros(10, int), answers, fees=0.1)
    assert found["expert 1"].estimate == pytest.approx(0.7)
    assert found["expert 1"].ece == pytest.approx(0.0)
    assert found["model"].ece == pytest.approx(0.5)


def test_what_rounding_leaves_of_a_fee_is_no_degree():
    fee = 1.2680616635929753
    assert (1 + fee) - fee > 1.0
    costs = np.array([[0.0, 1 + fee], [0.0, fee]])
    found = agent_reliability(Foreign(), np.zeros((2, 1)), costs, fees=fee)
    assert found["expert 1"].outcome == pytest.approx(0.5)


def test_each_expert_is_judged_on_what_it_answered():
    thin = experts[test].copy()
    thin[::2, 0] = np.nan
    router = cede.SingleStageClassifier("one_vs_all").fit(X[fit], labels[fit], experts=experts[fit])
    found = agent_reliability(router, X[test], labels[test], thin)
    assert [each.n_cases for each in found.values()] == [1000, 500, 1000]
    thin[:, 1] = np.nan
    with pytest.raises(InvalidInput, match="Every answer of expert 2 is missing"):
        agent_reliability(router, X[test], labels[test], thin)


def test_what_cannot_be_judged_gets_a_sentence():
    ranks = cede.SingleStageClassifier("expected_cost")
    ranks.fit(X[fit], labels[fit], experts=experts[fit])
    with pytest.raises(InvalidInput, match="rank the agents and do not estimate"):
        agent_reliability(ranks, X[test], labels[test], experts[test])
    router = cede.SingleStageClassifier("one_vs_all").fit(X[fit], labels[fit], experts=experts[fit])
    with pytest.raises(InvalidInput, match="cases that the router has not seen"):
        agent_reliability(router, X[fit], labels[fit], experts[fit])
    with pytest.raises(InvalidInput, match="fitted with 2 experts, so the answers of as many"):
        agent_reliability(router, X[test], labels[test], experts[test, :1])
    with pytest.raises(InvalidInput, match=r"lie outside \[0, 1\]"):
        agent_reliability(router, X[test], labels[test], costs=np.full((1000, 2), 3.0))
    with pytest.raises(InvalidInput, match="leave out experts="):
        agent_reliability(router, X[test], np.zeros((1000, 3)), experts[test])
    with pytest.raises(InvalidInput, match=r"leaves a cost of -0\.2"):
        agent_reliability(router, X[test], np.zeros((1000, 3)), fees=0.2)
    with pytest.raises(UnknownName, match="kind of bins"):
        agent_reliability(router, X[test], labels[test], experts[test], bins="equal")


def test_the_old_home_of_reliability_is_its_home():
    assert cede.reliability is calibration.reliability
    assert cede.Reliability is calibration.Reliability


# ── The diagram ────────────────────────────────────────────────────────────────────────────────


def test_the_diagram_draws_exact_intervals_and_counts():
    from cede.report import plotting

    found = reliability(P, O, 5, "mass")
    figure = plotting.reliability({"mine": found}, "Dr Somebody With A Name", width=3.5)
    (panel,) = (ax for ax in figure.axes if ax.get_visible())
    bars = np.array(panel.collections[0].get_segments())
    np.testing.assert_allclose(bars[:, 0, 0], found.estimate)
    np.testing.assert_allclose(bars[:, :, 1], np.column_stack(found.interval()))
    (below,) = panel.child_axes
    counts = np.array(below.collections[0].get_segments())
    np.testing.assert_allclose(counts[:, 0, 0], found.estimate)
    np.testing.assert_array_equal(counts[:, 1, 1], found.count)
    assert [label.get_text() for label in below.get_yticklabels()] == ["40"]
    assert "\n" in figure._supxlabel.get_text()  # or it would be cut off
