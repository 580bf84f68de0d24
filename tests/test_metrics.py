"""Numbers of a set of routes, by hand."""

import random

import numpy as np
import pandas as pd
import pytest

from cede import InvalidInput, deferral_curve_from_scores, reliability, system_accuracy
from cede.datasets import load_llm_routing
from cede.metrics import (
    average_gap_recovered,
    call_share_for_gap,
    coverage,
    deferral_rate,
    expert_load,
    gap_recovered,
    routed_costs,
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
    with pytest.raises(InvalidInput, match="1 cases are routed to an expert whose answer is miss"):
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
    with pytest.raises(InvalidInput, match="No outcome is known"):
        reliability([0.1], [np.nan])
    with pytest.raises(InvalidInput, match="n_bins=0"):
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
    costs = logs.agent_costs[rows[np.argsort(logs.extras["row_id"][rows])]]
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
        ([0.1], [[1, 0], [1, 0]], {}, "gain has 1, agent_costs has 2"),
        ([0.1], [[1, 0, 0]], {}, r"one expert's, however their shapes are \(1,\) and \(1, 3\)"),
        ([[0.1]], [[1, 0]], {}, "gain must have shape"),
        ([np.nan], [[1, 0]], {}, "gain must be finite"),
        (["0.1"], [[1, 0]], {}, "gain must be numbers"),
        ([], np.empty((0, 2)), {}, "There is no case"),
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
