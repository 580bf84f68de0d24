"""Regions of a score: bounds are kept, every candidate is tried, no score is dropped."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from cede import InvalidInput
from cede.routers.regions import (
    ReaderStudy,
    best_threshold,
    choose_regions,
    inside,
    judge_regions,
    judge_routes,
)
from cede.routers.regions._counts import equal_bins

INF = np.inf


def draw(n, seed, right):
    """Cases whose score is a fair probability, and a reader with a given accuracy at each score."""
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    y = (rng.random(n) < score).astype(int)
    chance = np.broadcast_to(right(score) if callable(right) else right, n)
    return ReaderStudy(y, score, np.where(rng.random(n) < chance, y, 1 - y))


def in_the_band(score):
    return np.where((score > 0.3) & (score < 0.6), 0.99, 0.2)


def share_right(study, answers, label):
    """Sensitivity or specificity, from the definition."""
    chosen = [a == label for a, y in zip(answers, study.y, strict=True) if y == label]
    return sum(chosen) / len(chosen)


# The intervals


def test_intervals_are_closed_and_leave_no_score_out():
    found = choose_regions(draw(2_000, 0, in_the_band), draw(2_000, 1, in_the_band))
    assert len(found.intervals) >= 1
    ends = found.intervals.ravel()
    assert (np.diff(ends) > 0).all()
    low, high = found.intervals.T
    assert inside(low, found.intervals).all()
    assert inside(high, found.intervals).all()
    finite = low[np.isfinite(low)]
    assert not inside(np.nextafter(finite, -INF), found.intervals).any()
    finite = high[np.isfinite(high)]
    assert not inside(np.nextafter(finite, INF), found.intervals).any()
    scores = np.r_[-1e9, np.linspace(-0.1, 1.1, 5_001), 1e9, ends[np.isfinite(ends)], found.edges]
    by_hand = [any(a <= s <= b for a, b in found.intervals) for s in scores]
    np.testing.assert_array_equal(inside(scores, found.intervals), by_hand)


def test_bins_positive_gains_and_intervals_say_the_same_of_every_float():
    found = choose_regions(draw(500, 0, in_the_band), draw(500, 1, in_the_band), n_bins=50)
    around = [np.nextafter(found.edges, -INF), found.edges, np.nextafter(found.edges, INF)]
    scores = np.concatenate([*around, [-1.0, 2.0]])
    by_gain = found.gains[np.searchsorted(found.edges, scores)] > 0
    np.testing.assert_array_equal(inside(scores, found.intervals), by_gain)
    assert 0 < by_gain.mean() < 1


def test_a_region_at_an_end_of_the_scale_goes_on_beyond_it():
    low_end = draw(3_000, 0, lambda score: np.where(score < 0.3, 1.0, 0.4))
    found = choose_regions(low_end, draw(3_000, 1, lambda s: np.where(s < 0.3, 1.0, 0.4)))
    assert found.intervals[0, 0] == -INF
    assert inside([-5.0], found.intervals).all()
    assert not inside([5.0], found.intervals).any()


def test_no_intervals_hold_nothing():
    assert not inside([0.0, 1.0], np.empty((0, 2))).any()


@pytest.mark.parametrize("n_bins", [2, 3, 10, 250])
def test_bins_hold_equally_many_cases(n_bins):
    score = np.random.default_rng(0).normal(size=1_000)
    counts = np.bincount(np.searchsorted(equal_bins(score, n_bins), score))
    assert len(counts) == n_bins
    assert np.ptp(counts) <= 1


def test_ends_of_bins_never_split_equal_scores_nor_neighbouring_floats():
    a = 0.1
    b = np.nextafter(a, 1.0)
    c = np.nextafter(b, 1.0)
    edges = equal_bins(np.array([a, a, b, b, c, 0.7]), 250)
    assert edges.tolist() == [a, b, (c + 0.7) / 2]
    assert np.searchsorted(edges, [a, b, c, 0.7]).tolist() == [0, 1, 2, 3]
    many = np.repeat([1.0, 2.0, 3.0], [900, 50, 50])
    assert (
        np.unique(np.searchsorted(equal_bins(many, 4), many)).size == len(equal_bins(many, 4)) + 1
    )
    extreme = np.array([-1.7e308, -1.6e308, 5e-324, 1e-323, 1.6e308, 1.7e308])
    assert np.searchsorted(equal_bins(extreme, 9), extreme).tolist() == [0, 1, 2, 3, 4, 5]


# The bounds


@pytest.mark.parametrize("objective", ["sensitivity", "specificity"])
@pytest.mark.parametrize("bound", [0.0, 0.1, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("margin", [0.0, 0.03])
def test_the_bounds_hold_on_both_splits(objective, bound, margin):
    feasible = 0
    for seed in range(6):
        right = (0.55, 0.7, in_the_band)[seed % 3]
        splits = draw(400, seed, right), draw(150, seed + 100, right)
        found = choose_regions(
            *splits, objective=objective, max_deferral_rate=bound, margin=margin, n_bins=40
        )
        feasible += found.feasible
        for study, reached in zip(splits, (found.tune, found.validation), strict=True):
            deferred = inside(study.score, found.intervals)
            model = (study.score > found.threshold).astype(int)
            system = np.where(deferred, study.reader, model)
            assert reached.sensitivity == pytest.approx(share_right(study, system, 1))
            assert reached.specificity == pytest.approx(share_right(study, system, 0))
            assert reached.model_sensitivity == pytest.approx(share_right(study, model, 1))
            assert reached.model_specificity == pytest.approx(share_right(study, model, 0))
            assert reached.reader_sensitivity == pytest.approx(share_right(study, study.reader, 1))
            assert reached.reader_specificity == pytest.approx(share_right(study, study.reader, 0))
            assert reached.deferral_rate == deferred.mean()
            if found.feasible:
                assert len(found.intervals) <= 2
                assert reached.deferral_rate <= bound
                assert reached.sensitivity >= reached.reader_sensitivity - margin
                assert reached.specificity >= reached.reader_specificity - margin
    assert feasible >= 2


def test_if_nothing_keeps_the_bounds_the_reader_answers_everything():
    def right(score):  # at some scores the model is better
        return np.where(score > 0.9, 0.3, 0.99)

    found = choose_regions(draw(500, 0, right), draw(500, 1, right), max_deferral_rate=0.1)
    assert not found.feasible
    assert found.intervals.tolist() == [[-INF, INF]]
    assert (found.gains > 0).all()
    assert found.tune.deferral_rate == 1.0
    assert found.tune.sensitivity == found.tune.reader_sensitivity
    assert 0.3 < found.threshold < 0.7  # the model's best by itself


def test_what_is_allowed_to_defer_everything_is_never_infeasible():
    options = {"max_deferral_rate": 1.0, "max_intervals": 1, "bandwidths": [0.0]}
    for seed in range(5):
        noise = np.random.default_rng(seed).random(60)
        y = np.repeat([0, 1], 30)
        study = ReaderStudy(y, noise, np.where(np.arange(60) % 15, y, 1 - y))
        found = choose_regions(study, study, **options)
        assert found.feasible
        assert found.intervals.tolist() == [[-INF, INF]]


def test_a_score_on_the_threshold_is_a_zero():
    study = ReaderStudy(y=[0, 1, 1], score=[0.1, 0.5, 0.9], reader=[1, 1, 1])
    assert judge_regions(study, np.empty((0, 2)), 0.5).sensitivity == 0.5


# Who gets what


@pytest.mark.parametrize("objective", ["sensitivity", "specificity"])
def test_a_reader_who_is_better_in_a_band_gets_the_band(objective):
    splits = draw(20_000, 0, in_the_band), draw(20_000, 1, in_the_band)
    found = choose_regions(*splits, objective=objective, max_intervals=1)
    np.testing.assert_allclose(found.intervals, [[0.3, 0.6]], atol=0.02)
    fresh = judge_regions(draw(50_000, 2, in_the_band), found.intervals, found.threshold)
    other = {"sensitivity": "specificity", "specificity": "sensitivity"}[objective]
    assert getattr(fresh, objective) > 0.98 > getattr(fresh, f"reader_{objective}") + 0.5
    assert getattr(fresh, other) > getattr(fresh, f"reader_{other}") - 0.02


def test_two_bands_need_two_intervals():
    def right(score):
        return np.where(np.abs(np.abs(score - 0.5) - 0.2) < 0.1, 0.99, 0.2)

    splits = draw(20_000, 0, right), draw(20_000, 1, right)
    both = choose_regions(*splits, max_intervals=2)
    np.testing.assert_allclose(both.intervals, [[0.2, 0.4], [0.6, 0.8]], atol=0.03)
    one = choose_regions(*splits, max_intervals=1)
    assert len(one.intervals) == 1
    assert one.validation.sensitivity <= both.validation.sensitivity


@pytest.mark.parametrize("objective", ["sensitivity", "specificity"])
@pytest.mark.parametrize("bound", [0.2, 1.0])
def test_a_reader_who_is_always_wrong_gets_nothing(objective, bound):
    splits = draw(500, 0, 0.0), draw(500, 1, 0.0)
    found = choose_regions(*splits, objective=objective, max_deferral_rate=bound)
    assert found.feasible
    assert found.intervals.shape == (0, 2)
    assert (found.gains <= 0).all()


def test_a_coin_raises_nothing_on_fresh_cases():
    found = choose_regions(draw(5_000, 0, 0.5), draw(5_000, 1, 0.5))
    fresh = draw(100_000, 2, 0.5)
    system = judge_regions(fresh, found.intervals, found.threshold)
    at = np.quantile(fresh.score[fresh.y == 0], system.specificity)
    alone = judge_regions(fresh, np.empty((0, 2)), at)
    assert alone.specificity == pytest.approx(system.specificity, abs=1e-3)
    assert alone.sensitivity > system.sensitivity - 0.01


def test_the_objective_is_what_rises():
    splits = draw(4_000, 0, 0.75), draw(4_000, 1, 0.75)
    sensitive = choose_regions(*splits, objective="sensitivity", max_deferral_rate=0.8)
    specific = choose_regions(*splits, objective="specificity", max_deferral_rate=0.8)
    assert sensitive.validation.sensitivity > specific.validation.sensitivity + 0.05
    assert specific.validation.specificity > sensitive.validation.specificity + 0.05


# The search


def exhaustive(tune, validation, objective, bound, margin, most):
    """The best rates on validation, by trying every weight and threshold case by case."""
    values = sorted(set(tune.score.tolist()))
    ones, zeros = (tune.y == 1).sum(), (tune.y == 0).sum()

    def share(v, y, h):
        count = ((tune.score == v) & (tune.y == y) & (tune.reader == h)).sum()
        return Fraction(int(count), int(ones if y else zeros))

    ratios = {Fraction(0), Fraction(1)}
    for v in values:
        for a, b in ((share(v, 0, 1), share(v, 1, 1)), (share(v, 0, 0), share(v, 1, 0))):
            ratios |= {a / (a + b)} if a + b else set()
    ordered = sorted(ratios)
    weights = [Fraction(0), Fraction(1), *[(a + b) / 2 for a, b in pairwise(ordered)]]
    ends = [(a + b) / 2 for a, b in pairwise(values)]

    def bin_of(score):
        return sum(score > end for end in ends)

    def advantage(v, positive, weight):
        if positive:
            return (1 - weight) * share(v, 0, 0) - weight * share(v, 1, 0)
        return weight * share(v, 1, 1) - (1 - weight) * share(v, 0, 1)

    best = None
    for t in range(len(values) + 1):
        rules = {
            tuple(advantage(v, i >= t, weight) > 0 for i, v in enumerate(values))
            for weight in weights
        }
        for deferred in rules | {(False,) * len(values), (True,) * len(values)}:
            runs = sum(d and not (i and deferred[i - 1]) for i, d in enumerate(deferred))
            allowed, reached = runs <= most, None
            for study in (tune, validation):
                bins = [bin_of(s) for s in study.score]
                gone = [deferred[b] for b in bins]
                answers = [
                    h if g else int(b >= t)
                    for h, g, b in zip(study.reader, gone, bins, strict=True)
                ]
                sens, spec = share_right(study, answers, 1), share_right(study, answers, 0)
                allowed &= sum(gone) / len(gone) <= bound
                allowed &= sens >= share_right(study, study.reader, 1) - margin
                allowed &= spec >= share_right(study, study.reader, 0) - margin
                rates = (sens, spec) if objective == "sensitivity" else (spec, sens)
                reached = (*rates, -sum(gone), -runs)
            if allowed and (best is None or reached > best):
                best = reached
    return best


@pytest.mark.parametrize("objective", ["sensitivity", "specificity"])
@pytest.mark.parametrize(("bound", "most"), [(0.5, 1), (0.5, 3), (0.3, 2), (1.0, 2)])
@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_what_trying_everything_finds(objective, bound, most, seed):
    rng = np.random.default_rng(seed)

    def study():  # eight of each class, so that all shares are exact floats
        y = np.repeat([0, 1], 8)
        score = np.round(rng.normal(y, 1.5)).clip(-2, 3)
        return ReaderStudy(y, score, np.where(rng.random(16) < 0.7, y, 1 - y))

    tune, validation = study(), study()
    found = choose_regions(
        tune,
        validation,
        objective=objective,
        max_deferral_rate=bound,
        margin=0.125,
        bandwidths=[0.0],
        max_intervals=most,
    )
    best = exhaustive(tune, validation, objective, bound, 0.125, most)
    assert found.feasible == (best is not None)
    if best is not None:
        held = found.validation
        rates = (held.sensitivity, held.specificity)
        rates = rates if objective == "sensitivity" else rates[::-1]
        assert (*rates, -round(16 * held.deferral_rate), -len(found.intervals)) == best


def test_gains_are_the_advantage_as_printed_per_case():
    tune = draw(300, 0, in_the_band)
    found = choose_regions(tune, draw(300, 1, in_the_band), n_bins=30, bandwidths=[0.05])
    bins = np.searchsorted(found.edges, tune.score)
    rank = np.argsort(np.argsort(tune.score)) + 0.5
    middle = np.array([rank[bins == b].mean() for b in range(30)]) / 300
    near = np.exp(-0.5 * ((middle[:, None] - middle) / 0.05) ** 2)

    def p(h, y):
        count = [((bins == b) & (tune.y == y) & (tune.reader == h)).sum() for b in range(30)]
        return near @ np.array(count) / (tune.y == y).sum()

    lam, above = found.weight, np.r_[-INF, found.edges] >= found.threshold
    advantage = lam * (p(1, 1) * ~above - p(0, 1) * above)
    advantage += (1 - lam) * (p(0, 0) * above - p(1, 0) * ~above)
    expected = advantage / (near @ np.bincount(bins) / 300)
    np.testing.assert_allclose(
        found.gains, np.where(found.gains > 0, expected, expected.clip(max=0))
    )
    np.testing.assert_array_equal(found.gains > 0, expected > 0)
    assert 0 < (found.gains > 0).mean() < 1


def test_ranks_count_and_distances_do_not():
    tune = draw(1_000, 0, in_the_band)
    validation = draw(1_000, 1, in_the_band)
    validation = ReaderStudy(validation.y, tune.score, validation.reader)  # in no gap between bins
    here = choose_regions(tune, validation)
    odds = [ReaderStudy(s.y, np.log(s.score / (1 - s.score)), s.reader) for s in (tune, validation)]
    there = choose_regions(*odds)
    np.testing.assert_array_equal(here.gains, there.gains)
    np.testing.assert_array_equal(
        inside(tune.score, here.intervals), inside(odds[0].score, there.intervals)
    )


def test_the_order_of_cases_does_not_matter():
    rng = np.random.default_rng(0)
    splits = draw(700, 0, in_the_band), draw(400, 1, in_the_band)
    mixed = [study.take(rng.permutation(len(study))) for study in splits]
    here, there = choose_regions(*splits), choose_regions(*mixed)
    np.testing.assert_array_equal(here.intervals, there.intervals)
    np.testing.assert_array_equal(here.gains, there.gains)
    assert here.threshold == there.threshold


def test_one_score_for_everybody_is_one_bin():
    y = np.array([0, 1, 1, 0])
    study = ReaderStudy(y, np.full(4, 0.5), y)
    found = choose_regions(study, study, max_deferral_rate=1.0)
    assert found.intervals.tolist() == [[-INF, INF]]
    assert found.tune.sensitivity == found.tune.specificity == 1.0
    assert not choose_regions(study, study, max_deferral_rate=0.9).feasible


def test_best_threshold_is_the_best_of_all():
    study = draw(200, 3, 0.5)
    reached = [
        share_right(study, study.score > t, 1) + share_right(study, study.score > t, 0)
        for t in [-INF, *study.score]
    ]
    at = best_threshold(study.y, study.score)
    best = share_right(study, study.score > at, 1) + share_right(study, study.score > at, 0)
    assert best == pytest.approx(max(reached))


def test_a_bandwidth_of_almost_nothing_is_that_of_nothing():
    splits = draw(300, 0, in_the_band), draw(300, 1, in_the_band)
    none, almost = (choose_regions(*splits, n_bins=9, bandwidths=[b]) for b in (0.0, 1e-300))
    np.testing.assert_array_equal(none.intervals, almost.intervals)


# What cannot be


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "accuracy"}, "no objective 'accuracy'.*Known: sensitivity, specificity"),
        ({"max_deferral_rate": 20}, r"a share of cases in \[0, 1\], but got 20"),
        ({"margin": -0.01}, r"margin must be in \[0, 1\]"),
        ({"margin": float("nan")}, r"margin must be in \[0, 1\]"),
        ({"margin": "2%"}, r"margin must be in \[0, 1\]"),
        ({"n_bins": 1}, "n_bins must be a whole number from 2 to 1000, but got 1"),
        ({"n_bins": 2.5}, r"n_bins must be a whole number from 2 to 1000, but got 2\.5"),
        ({"n_bins": 1001}, "n_bins must be a whole number from 2 to 1000, but got 1001"),
        ({"max_intervals": 0}, "max_intervals must be a whole number of at least 1, but got 0"),
        ({"bandwidths": []}, "bandwidths must be a list of numbers"),
        ({"bandwidths": 0.1}, "bandwidths must be a list of numbers"),
        ({"bandwidths": ["wide"]}, "bandwidths must be a list of numbers"),
        ({"bandwidths": [0.1, 3.0]}, r"bandwidths must be shares of all cases in"),
        ({"bandwidths": [float("nan")]}, r"bandwidths must be shares of all cases in"),
    ],
)
def test_impossible_parameters_get_a_sentence(change, message):
    study = draw(50, 0, 0.8)
    with pytest.raises(InvalidInput, match=message):
        choose_regions(study, study, **change)


def test_a_split_without_a_class_gets_a_sentence():
    whole = draw(50, 0, 0.8)
    ones = whole.take(whole.y == 1)
    with pytest.raises(InvalidInput, match=r"validation must .* both classes, .* all 1;"):
        choose_regions(whole, ones)
    with pytest.raises(InvalidInput, match=r"tune must have cases of both classes, .* all 0;"):
        choose_regions(whole.take(whole.y == 0), whole)
    with pytest.raises(InvalidInput, match=r"study must have .* all 1;"):
        judge_regions(ones, [[0.0, 1.0]], 0.5)
    with pytest.raises(InvalidInput, match="study has 50, routes has 3"):
        judge_routes(whole, [0, 1, 0], 0.5)
    routes = np.arange(50) % 2
    for given in (np.where(routes == 1, np.nan, 0.0), np.ma.masked_array(routes, routes)):
        with pytest.raises(InvalidInput, match="routes must be finite numbers, but 25 of 50"):
            judge_routes(whole, given, 0.5)
