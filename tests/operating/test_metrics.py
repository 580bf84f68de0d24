"""Numbers of a set of routes, by hand."""

import random
from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from cede import InvalidInput
from cede.datasets import load_llm_routing
from cede.evaluation import reliability
from cede.operating import (
    area_under_generalised_risk_coverage,
    area_under_risk_coverage,
    average_gap_recovered,
    average_quality,
    call_share_for_gap,
    coverage,
    deferral_curve_from_scores,
    deferral_rate,
    expert_load,
    gap_recovered,
    risk_coverage,
    routed_costs,
    system_accuracy,
    upper_hull,
)


def test_by_hand():
    routes = [0, 2, 1, 0]
    answers = [["a", "b", "a"], ["a", "a", "b"], ["a", "b", "c"], ["c", "a", "a"]]
    assert system_accuracy(routes, answers, ["a", "b", "b", "a"]) == 0.75
    assert deferral_rate(routes) == 0.5
    assert coverage(routes) == 0.5
    assert expert_load(routes, 2).tolist() == [0.25, 0.25]
    costs = np.arange(12.0).reshape(4, 3)
    assert routed_costs(routes, costs).tolist() == [0, 5, 7, 9]


def test_a_missing_answer_cannot_be_routed_to():
    costs = [[0.0, np.nan]]
    assert routed_costs([0], costs).tolist() == [0.0]
    with pytest.raises(InvalidInput, match="cost is known, but 1 cases go to an"):
        routed_costs([1], costs)


@pytest.mark.parametrize("routes", [[-1], [2], [0.5]])
def test_minus_one_is_not_the_model(routes):
    with pytest.raises(InvalidInput, match="routes must"):
        routed_costs(routes, [[0.0, 1.0]])


def test_reliability_by_hand_and_against_the_truth():
    table = reliability([0.2, 0.2, 0.8, 1.4, -0.2], [0, 1, 1, 1, np.nan], n_bins=2)
    assert table.count.tolist() == [2, 2]
    np.testing.assert_allclose(table.estimate, [0.2, 0.9])
    np.testing.assert_allclose(table.outcome, [0.5, 1.0])
    assert table.ece == pytest.approx((2 * 0.3 + 2 * 0.1) / 4)
    assert table.clipped == 0.25
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    right = rng.random(200_000) < p
    assert reliability(p, right).ece < 0.01
    assert reliability(p**2, right).ece > 0.1


def test_reliability_refuses_nothing_to_compare():
    with pytest.raises(InvalidInput, match="outcomes must be known of some case, but none is"):
        reliability([0.1], [np.nan])
    with pytest.raises(InvalidInput, match=r"n_bins must be .* but got 0"):
        reliability([0.1], [1], n_bins=0)


def pair(n=400, seed=0, wrong=(0.4, 0.2)):
    """Gains that know a little, and 0-1 costs of a weak model and a strong expert."""
    rng = np.random.default_rng(seed)
    costs = (rng.random((n, 2)) < wrong).astype(float)
    return costs[:, 0] - costs[:, 1] + 2.0 * rng.standard_normal(n), costs


def protocol(gain, costs, n_bins):
    """RouteLLM's evaluation as it stands there: one pass over the data per threshold."""
    _, edges = pd.qcut(gain, n_bins, retbins=True)
    rows = []
    for i, edge in enumerate(edges):
        strong = gain >= edge if i != len(edges) - 1 else gain > edge
        rows.append((strong.mean(), 1 - np.where(strong, costs[:, 1], costs[:, 0]).mean()))
    share, quality = np.array(sorted(rows)).T
    weak, strong = 1 - costs.mean(axis=0)
    area = (np.trapezoid(quality, share) - weak) / (strong - weak)
    cpt = [np.interp(g * (strong - weak) + weak, quality, share) for g in (0.2, 0.5, 0.8)]
    return area, cpt


@pytest.mark.parametrize("n", [29, 97, 400, 1307])
@pytest.mark.parametrize("seed", range(5))
def test_the_gap_recovered_by_routellms_own_steps(n, seed):
    gain, costs = pair(n, seed, wrong=(0.5, 0.1))
    area, cpt = protocol(gain, costs, 10)
    assert average_gap_recovered(gain, costs, n_bins=10) == pytest.approx(area, abs=1e-12)
    np.testing.assert_allclose(call_share_for_gap(gain, costs, n_bins=10), cpt, atol=1e-12)


def test_edges_that_are_gains_defer_the_case_that_lies_on_them():
    """Eleven gains are the eleven edges; the last defers nobody, the one before it two cases."""
    gain, costs = pair(11, seed=1, wrong=(0.9, 0.1))
    saved = (costs[:, 0] - costs[:, 1])[np.argsort(-gain)].cumsum()
    share, recovered = gap_recovered(gain, costs, n_bins=10)
    np.testing.assert_allclose(share, np.array([0, *range(2, 12)]) / 11)
    np.testing.assert_allclose(recovered, np.array([0, *saved[1:]]) / saved[-1])
    tied = gap_recovered([1.0, 1.0, 1.0, 0.0], [[1, 0]] * 4, n_bins=4)
    assert tied.share.tolist() == [0.0, 0.75, 0.75, 0.75, 1.0]


def test_the_random_router_as_routellm_printed_it():
    """GSM8K, 1,307 prompts, ``random.seed(0)``: AUC 74.436777, APGR 0.485725 in its log."""
    logs = load_llm_routing()
    rows = np.flatnonzero(logs.extras["subject"] == "gsm8k")
    costs = logs.answer_costs[rows[np.argsort(logs.extras["row_id"][rows])]]
    draws = random.Random(0)
    gain = [draws.uniform(0, 1) for _ in costs]
    assert len(costs) == 1307
    assert round(average_gap_recovered(gain, costs, n_bins=10), 6) == 0.485725
    cpt = 100 * call_share_for_gap(gain, costs, n_bins=10)
    assert cpt.round(2).tolist() == [19.69, 53.05, 83.02]


def test_every_threshold_by_brute_force_and_as_the_deferral_curve():
    gain, costs = pair(n=60)
    gain = gain.round(0)  # ties
    levels = np.unique(gain)[::-1]
    strong = np.array([gain >= t for t in levels])
    share = [0.0, *strong.mean(axis=1)]
    mean = [costs[:, 0].mean(), *np.where(strong, costs[:, 1], costs[:, 0]).mean(axis=1)]
    curve = gap_recovered(gain, costs)
    np.testing.assert_allclose(curve.share, share)
    np.testing.assert_allclose(curve.recovered, (mean[0] - np.array(mean)) / (mean[0] - mean[-1]))
    whole = deferral_curve_from_scores(np.column_stack([0 * gain, gain]), costs)
    np.testing.assert_array_equal(curve.share, whole.deferral_rate)
    np.testing.assert_allclose(curve.recovered, (mean[0] - whole.risk) / (mean[0] - mean[-1]))
    # A tie is a line: any order inside it gives this area on average.
    rng, areas = np.random.default_rng(0), []
    for _ in range(2000):
        areas.append(average_gap_recovered(gain + 1e-6 * rng.random(60), costs))
    spread = np.std(areas) / np.sqrt(len(areas))
    assert average_gap_recovered(gain, costs) == pytest.approx(np.mean(areas), abs=5 * spread)


def test_what_nothing_and_what_everything_known_recovers():
    gain, costs = pair(n=5000)
    assert average_gap_recovered(np.zeros(5000), costs) == 0.5
    assert average_gap_recovered(np.zeros(5000), costs, n_bins=10) == 0.5
    np.testing.assert_allclose(call_share_for_gap(np.zeros(5000), costs), [0.2, 0.5, 0.8])
    saved = costs[:, 0] - costs[:, 1]
    p, q = (saved > 0).mean(), (saved < 0).mean()
    oracle = (p - p**2 / 2 - q**2 / 2) / (p - q)
    assert average_gap_recovered(saved, costs) == pytest.approx(oracle)
    np.testing.assert_allclose(
        call_share_for_gap(saved, costs), np.array([0.2, 0.5, 0.8]) * (p - q)
    )
    assert average_gap_recovered(-saved, costs) == pytest.approx(1 - oracle)
    assert 0.5 < average_gap_recovered(gain, costs) < oracle
    drawn = np.random.default_rng(1).random((200, 5000))
    chance = [average_gap_recovered(row, costs, n_bins=10) for row in drawn]
    assert np.mean(chance) == pytest.approx(0.5, abs=5 * np.std(chance) / np.sqrt(200))


def test_the_call_share_is_the_first_that_reaches_the_gap():
    """Brute force on a curve that falls and rises again."""
    gain, costs = pair(n=300, seed=3, wrong=(0.4, 0.35))
    share, recovered = gap_recovered(gain, costs)
    assert (np.diff(recovered) < 0).any()
    wanted = np.arange(41) / 40
    fine = np.linspace(0, 1, 300 * 50 + 1)
    reached = np.interp(fine, share, recovered)
    first = [fine[np.flatnonzero(reached >= g - 1e-12)[0]] for g in wanted]
    np.testing.assert_allclose(call_share_for_gap(gain, costs, wanted), first, atol=1 / 15000)
    assert call_share_for_gap(gain, costs, 0.0).tolist() == [0.0]


def test_quality_cost_and_unit_do_not_matter():
    gain, costs = pair()
    as_cost = average_gap_recovered(gain, costs)
    assert average_gap_recovered(np.exp(gain), 7 + 3 * costs) == pytest.approx(as_cost)


@pytest.mark.parametrize(
    ("gain", "costs", "options", "message"),
    [
        ([0.1, 0.2], [[0, 1], [0, 0]], {}, "no gap to recover"),
        ([0.1], [[1, 0], [1, 0]], {}, "gain has 1, answer_costs has 2"),
        ([0.1], [[1, 0, 0]], {}, r"gain must have shape \(n,\) beside answer_costs"),
        ([[0.1]], [[1, 0]], {}, "gain must have shape"),
        ([np.nan], [[1, 0]], {}, "gain must be finite"),
        (["0.1"], [[1, 0]], {}, "gain must be numbers"),
        ([], np.empty((0, 2)), {}, "must have one case at least, but got none"),
        ([0.1], [[1, 0]], {"n_bins": 0}, "n_bins must be a whole number"),
        ([0.1], [[1, 0]], {"n_bins": 2.5}, "n_bins must be a whole number"),
    ],
)
def test_a_gap_that_cannot_be_judged_is_refused(gain, costs, options, message):
    with pytest.raises(InvalidInput, match=message):
        average_gap_recovered(gain, costs, **options)


@pytest.mark.parametrize("gaps", [[20, 50], [-0.1], [np.nan]])
def test_gaps_are_shares(gaps):
    with pytest.raises(InvalidInput, match="gaps must be shares"):
        call_share_for_gap([0.1], [[1, 0]], gaps)


POINTS = st.lists(st.tuples(st.integers(0, 8), st.integers(-8, 8)), min_size=1, max_size=12)


def best_mix(x, y, at):
    """The highest point above ``at`` on any line between two points, by trying all pairs."""
    reached = [
        y[i] if x[i] == x[j] else y[i] + (y[j] - y[i]) * (at - x[i]) / (x[j] - x[i])
        for i in range(len(x))
        for j in range(len(x))
        if x[i] <= at <= x[j]
    ]
    return max(reached)


@given(points=POINTS)
def test_the_upper_hull_is_the_best_mix_of_any_two_points(points):
    x, y = np.array(sorted(points), dtype=float).T
    hull = upper_hull(x, y)
    assert (np.diff(x[hull]) > 0).all()
    assert (np.diff(np.diff(y[hull]) / np.diff(x[hull])) < 0).all()  # no point inside an edge
    for at in np.linspace(x[0], x[-1], 33):
        assert np.interp(at, x[hull], y[hull]) == pytest.approx(best_mix(x, y, at), abs=1e-9)


def test_the_hull_of_a_chain_that_bends_everywhere_is_all_of_it():
    x = np.linspace(0, 1, 20_001)
    assert len(upper_hull(x, np.sqrt(x))) == len(x)
    assert upper_hull(x, x**2).tolist() == [0, 20_000]
    assert upper_hull(x, 0.1 * x + 0.7).tolist() == [0, 20_000]


@given(points=POINTS, beyond=st.floats(0.5, 5))
@settings(deadline=None, max_examples=40)
def test_average_quality_is_the_papers_integral(points, beyond):
    """Of the best mix for at most a spend, by the midpoints of many short pieces."""
    spend, quality = np.array(points, dtype=float).T
    low, high = spend.min(), spend.max() + beyond

    def reached(c):
        return max(best_mix(spend, quality, min(at, spend.max())) for at in {c, *spend[spend <= c]})

    middle = low + (np.arange(200) + 0.5) * (high - low) / 200
    expected = np.mean([reached(c) for c in middle])
    assert average_quality(spend, quality, highest=high) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("spend", "quality", "highest", "printed"),
    [
        ([1.0, 2.0, 3.0, 5.0, 8.0], [0.3, 0.6, 0.5, 0.8, 0.75], 10.0, 0.655),
        ([1.0, 2.0, 4.0, 7.0], [0.5, 0.55, 0.9, 0.95], 7.0, 0.6964285714285714),
    ],
)
def test_average_quality_as_routerbenchs_program_prints_it(spend, quality, highest, printed):
    """Recorded from the functions of ``evaluation/AIQ.py`` (commit 30e0925), on these points."""
    found = average_quality(spend, quality, highest=highest)
    assert found * (highest - spend[0]) / highest == pytest.approx(printed, abs=1e-12)


def test_average_quality_of_a_curve_and_of_a_part_of_its_range():
    curve = deferral_curve_from_scores(
        [[0, 2.0], [0, 1.0], [0, -1.0], [0, -2.0]],
        [[1, 0], [1, 0], [0, 0], [0, 1]],
        charges=8.0,
    )
    # Accuracy 1/2, 3/4, 1, 1, 3/4 at a spend of 0, 2, 4, 6, 8.
    assert average_quality(curve.spend, curve.accuracy) == pytest.approx(0.875)
    assert average_quality(curve.spend, curve.accuracy, 4.0) == pytest.approx(1.0)
    assert average_quality(curve.spend, curve.accuracy, 0.0, 2.0) == pytest.approx(0.625)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [0.5]), "lowest must be at least the cheapest point"),
        (([1.0, 2.0], [0.5, 0.6], 0.5), "lowest must be at least the cheapest point"),
        (([1.0, 2.0], [0.5, 0.6], 2.0, 1.5), "lowest must be at least the cheapest point"),
        (([1.0, 2.0], [0.5]), r"x must have shape \(m,\) like y"),
        (([1.0, np.nan], [0.5, 0.6]), "must be finite"),
        (([], []), r"x must have shape \(m,\) like y, with one point at least, but got \(0,\) and"),
    ],
)
def test_a_range_or_points_that_make_no_average_are_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        average_quality(*arguments)


def test_the_hull_wants_points_in_order():
    with pytest.raises(InvalidInput, match="sort the points"):
        upper_hull([1.0, 0.0], [0.0, 0.0])


def kept(n=60, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    losses = (rng.random(n) < 0.3).astype(float)
    confidence = rng.normal(size=n) - losses
    return (confidence.round(0) if ties else confidence), losses


@given(
    confidence=st.lists(st.integers(0, 2), min_size=1, max_size=5),
    data=st.data(),
)
def test_a_tie_is_the_average_over_all_orders(confidence, data):
    losses = [data.draw(st.sampled_from([0.0, 0.25, 1.0])) for _ in confidence]
    risks, areas, joint = [], [], []
    for order in permutations(range(len(losses))):
        if all(confidence[a] >= confidence[b] for a, b in pairwise(order)):
            ranked = np.array(losses)[list(order)]
            risks.append([ranked[: k + 1].mean() for k in range(len(ranked))])
            areas.append(np.mean(risks[-1]))
            whole = np.append(0, ranked.cumsum() / len(ranked))
            joint.append(np.trapezoid(whole, dx=1 / len(ranked)))
    coverage, risk = risk_coverage(confidence, losses)
    np.testing.assert_allclose(coverage, np.arange(1, len(losses) + 1) / len(losses))
    np.testing.assert_allclose(risk, np.mean(risks, axis=0), atol=1e-12)
    assert area_under_risk_coverage(confidence, losses) == pytest.approx(np.mean(areas))
    found = area_under_generalised_risk_coverage(confidence, losses)
    assert found == pytest.approx(np.mean(joint))


@given(losses=st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=4), data=st.data())
def test_the_excess_is_over_the_best_of_all_orders(losses, data):
    score = [data.draw(st.integers(0, 3)) for _ in losses]
    for area in (area_under_risk_coverage, area_under_generalised_risk_coverage):
        best = min(area(order, losses) for order in permutations(range(len(losses))))
        assert area(score, losses, excess=True) == pytest.approx(area(score, losses) - best)
        assert area([-loss for loss in losses], losses, excess=True) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
def test_the_generalised_area_is_the_auroc_and_the_accuracy(ties):
    """Traub et al. 2024: (1 - AUROC) a (1 - a) + (1 - a)^2 / 2, exactly, with ties too."""
    confidence, losses = kept(ties=ties)
    a = 1 - losses.mean()
    expected = (1 - roc_auc_score(1 - losses, confidence)) * a * (1 - a) + (1 - a) ** 2 / 2
    assert area_under_generalised_risk_coverage(confidence, losses) == pytest.approx(expected)


def test_the_area_is_one_minus_mapies():
    mapie = pytest.importorskip("mapie.metrics.uncertainty")
    confidence, losses = kept(n=997)
    found = 1 - area_under_risk_coverage(confidence, losses)
    assert found == pytest.approx(mapie.auarc(1 - losses, confidence), abs=1e-12)


def test_the_points_give_torch_uncertaintys_areas():
    """Recorded from ``AURC`` and ``AUGRC`` of torch-uncertainty 0.13.0 (one file of it, on
    torchmetrics 1.9.0), which were updated with float64 probabilities of class 1 and labels:
    0.9 0.2 0.65 0.53 0.3 0.83 0.45 0.05 and 1 0 0 1 1 1 0 1. Confidence is the larger of p and 1-p.
    """
    p = np.array([0.9, 0.2, 0.65, 0.53, 0.3, 0.83, 0.45, 0.05])
    losses = (p > 0.5) != np.array([1, 0, 0, 1, 1, 1, 0, 1])
    coverage, risk = risk_coverage(np.maximum(p, 1 - p), losses)
    assert np.trapezoid(risk, coverage) / (1 - 1 / 8) == pytest.approx(
        0.4427721088435374, abs=1e-12
    )
    joint = np.trapezoid(risk * coverage, coverage) / (1 - 1 / 8)
    assert joint == pytest.approx(0.23214285714285715, abs=1e-12)


@pytest.mark.parametrize(
    ("confidence", "losses", "message"),
    [
        ([0.5, np.nan], [0, 1], "confidence must be finite"),
        ([0.5, 0.6], [0, np.nan], "losses must be finite"),
        ([0.5], [0, 1], "confidence has 1, losses has 2"),
        ([[0.5]], [0], "confidence must be numbers of shape"),
        ([0.5], ["a"], "losses must be numbers of shape"),
        ([], [], "must have one case at least, but got none"),
    ],
)
def test_confidence_and_losses_that_cannot_be_read_are_refused(confidence, losses, message):
    for area in (risk_coverage, area_under_risk_coverage, area_under_generalised_risk_coverage):
        with pytest.raises(InvalidInput, match=message):
            area(confidence, losses)
