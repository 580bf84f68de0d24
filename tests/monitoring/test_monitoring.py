"""Audits keep evaluation unbiased; drift and cumulative sums are what their definitions say."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binom, fisher_exact, ks_2samp

import cede
from cede import InvalidInput, OperatingPoint, choose_operating_point, off_policy_cost, route
from cede.datasets import make_two_specialists
from cede.monitoring import (
    ConformalMartingale,
    KeptErrorCusum,
    Monitor,
    audit,
    audits_needed,
    kept_error,
    rate_drift,
    score_drift,
)
from cede.monitoring._martingale import _TIES
from cede.monitoring._run_length import lattice, mean_run_lengths, threshold_for
from cede.operating import deferral_gain

# The audit


def test_chances_are_what_they_are_said_to_be():
    routes = np.array([0, 2, 0, 1])
    present = np.array([[True, True], [True, True], [False, True], [True, False]])
    found = audit(routes, 0.1, available=present, weights=[3, 1], random_state=0)
    wanted = [[0.9, 0.075, 0.025], [0, 0, 1], [0.9, 0, 0.1], [0, 1, 0]]
    np.testing.assert_allclose(found.probabilities, wanted)
    np.testing.assert_allclose(found.review_propensities[:, 0], [0.1, 1, 0.1, 1])
    np.testing.assert_array_equal(found.review_propensities[:, 1:], found.probabilities[:, 1:])
    chosen = found.probabilities[np.arange(4), found.routes]
    np.testing.assert_array_equal(found.propensities, chosen)
    np.testing.assert_array_equal(found.decided, routes)
    np.testing.assert_array_equal(found.audited, (routes == 0) & (found.routes > 0))


def test_who_is_drawn_follows_the_chances():
    rng = np.random.default_rng(0)
    n = 200_000
    decided = rng.integers(0, 3, n) * (rng.random(n) < 0.4)
    found = audit(decided, 0.3, weights=[1, 0, 3], random_state=rng)
    kept = decided == 0
    np.testing.assert_array_equal(found.routes[~kept], decided[~kept])
    seen = np.bincount(found.routes[kept], minlength=4) / kept.sum()
    wanted = np.array([0.7, 0.075, 0.0, 0.225])
    error = np.sqrt(wanted * (1 - wanted) / kept.sum())
    assert (np.abs(seen - wanted) <= 4 * error).all()
    assert (found.propensities > 0).all()


def test_an_audit_of_one_case_depends_on_no_other():
    decided = np.zeros(1_000, dtype=int)
    one = audit(decided, 0.5, n_experts=2, random_state=0)
    present = np.ones((1_000, 2), dtype=bool)
    present[::2] = False
    two = audit(decided, 0.5, available=present, random_state=0)
    np.testing.assert_array_equal(one.routes[1::2], two.routes[1::2])
    assert not two.audited[::2].any()
    np.testing.assert_array_equal(two.propensities[::2], 1.0)


def test_weights_may_name_the_best_scored_expert():
    rng = np.random.default_rng(0)
    best = rng.integers(3, size=500)
    found = audit(np.zeros(500, dtype=int), 0.5, weights=np.eye(3)[best], random_state=0)
    np.testing.assert_array_equal(found.routes[found.audited], 1 + best[found.audited])


def test_cases_made_up_with_the_same_seed_do_not_decide_who_is_audited():
    cases = np.random.default_rng(0).random(10_000)
    drawn = audit(np.zeros(10_000, dtype=int), 0.5, n_experts=1, random_state=0).audited
    assert abs(np.corrcoef(cases, drawn)[0, 1]) < 0.04


def test_seeds_and_generators():
    decided = np.zeros(100, dtype=int)
    first, again = (audit(decided, 0.5, n_experts=2, random_state=7).routes for _ in range(2))
    np.testing.assert_array_equal(first, again)
    rng = np.random.default_rng(7)
    first, other = (audit(decided, 0.5, n_experts=2, random_state=rng).routes for _ in range(2))
    assert (first != other).any()


def system(n=600, seed=0):
    """Routes, the costs of all agents, and gains, on the problem of two specialists."""
    problem = make_two_specialists(n, random_state=seed)
    scores = np.column_stack([problem.class_posterior.max(axis=1), problem.expert_accuracy])
    model = problem.class_posterior.argmax(axis=1) != problem.y
    costs = np.column_stack([model, problem.experts != problem.y[:, None]]).astype(float)
    point = choose_operating_point(scores, 0.3)
    return route(scores, point), costs, scores, point


def logs_of_audits(repeats=400, share=0.3):
    """Many audits of the same cases: each with the log of whoever answered."""
    decided, costs, _, _ = system()
    rng = np.random.default_rng(1)
    for _ in range(repeats):
        found = audit(decided, share, n_experts=2, random_state=rng)
        yield found, np.where(np.arange(3) == found.routes[:, None], costs, np.nan)


def unbiased(estimates, truth):
    values = np.array(estimates)
    return abs(values.mean() - truth) < 4 * values.std() / np.sqrt(len(values))


def test_evaluation_off_policy_is_unbiased_for_what_the_audit_supports():
    decided, costs, _, _ = system()
    rows = np.arange(len(decided))
    other = np.where(decided == 0, 1, decided)  # expert 1 instead of the model
    as_routed, after, with_expert, naive = [], [], [], []
    for found, log in logs_of_audits():
        chance = found.propensities
        as_routed.append(off_policy_cost(decided, log, chance).value)
        after.append(off_policy_cost(found.probabilities, log, chance).value)
        with_expert.append(off_policy_cost(other, log, chance).value)
        naive.append(np.nanmean(log[rows, other]))
    assert unbiased(as_routed, costs[rows, decided].mean())
    expected = audit(decided, 0.3, n_experts=2).probabilities
    assert unbiased(after, (expected * costs).sum(axis=1).mean())
    assert unbiased(with_expert, costs[rows, other].mean())
    assert not unbiased(naive, costs[rows, other].mean())  # so there was a bias to be seen


def test_the_model_alone_is_judged_where_experts_tell_whether_it_was_right():
    decided, costs, _, _ = system()
    nobody, rows = np.zeros(len(decided), dtype=int), np.arange(len(decided))
    alone, as_routed = [], []
    for found, log in logs_of_audits():
        reviewed = found.routes > 0
        known = log.copy()
        known[:, 0] = np.where(reviewed, costs[:, 0], np.nan)
        chance = found.review_propensities
        alone.append(off_policy_cost(nobody, known, chance).value)
        as_routed.append(off_policy_cost(decided, known, chance).value)
    assert unbiased(alone, costs[:, 0].mean())
    assert unbiased(as_routed, costs[rows, decided].mean())


def test_an_expert_never_asked_on_deferred_cases_is_warned_of():
    _, costs, _, _ = system(5_000)
    decided = np.tile([0, 0, 0, 0, 2], 1_000)
    found = audit(decided, 0.3, n_experts=2, random_state=0)
    log = np.where(np.arange(3) == found.routes[:, None], costs, np.nan)
    alone = np.ones(5_000, dtype=int)
    with pytest.warns(UserWarning, match=r"average 0\.8.*could not"):
        off_policy_cost(alone, log, found.propensities)
    kept = decided == 0  # of these he can be judged
    judged = off_policy_cost(alone[kept], log[kept], found.propensities[kept])
    assert judged.low < costs[kept, 1].mean() < judged.high


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"share": 0.0}, "strictly between 0 and 1"),
        ({"share": 1.0}, "write 0.02 for 2 %"),
        ({"share": np.nan}, "strictly between"),
        ({"n_experts": None}, "do not say how many experts"),
        ({"n_experts": 0}, "no expert to audit with"),
        ({"n_experts": 1}, "There are 1 experts by n_experts, however routes run to 2"),
        ({"n_experts": 3, "weights": [1, 1]}, "n_experts tells 3"),
        ({"weights": [0, 0]}, "All weights are zero"),
        ({"weights": [-1, 2]}, "cannot be negative"),
        ({"weights": ["a", "b"]}, "must be numbers"),
        ({"weights": np.ones((2, 2))}, "one entry per expert"),
        ({"available": [1, 0]}, "must be booleans"),
        ({"routes": [0.0, 1.0]}, "must be integers"),
        ({"routes": [-1, 0]}, "0 or more"),
        ({"routes": np.zeros(0, dtype=int)}, "no case to audit"),
    ],
)
def test_audits_that_cannot_be_are_refused(change, words):
    given = {"routes": [0, 2, 0], "share": 0.1, "n_experts": 2} | change
    with pytest.raises(InvalidInput, match=words):
        audit(given.pop("routes"), given.pop("share"), **given)


# The kept error


def test_the_kept_error_and_its_interval_by_group():
    wrong = [1, 0, 0, np.nan, 1, 0]
    found = kept_error(wrong, subgroups=["a", "a", "b", "b", "c", "c"], confidence=0.9)
    assert (found.n_wrong, found.n_audited, found.n_unknown) == (2, 5, 1)
    assert found.error.value == 0.4
    # The ends of a Clopper-Pearson interval make what was seen just improbable.
    assert binom.sf(1, 5, found.error.low) == pytest.approx(0.05)
    assert binom.cdf(2, 5, found.error.high) == pytest.approx(0.05)
    assert {name: part.value for name, part in found.by_group.items()} == {
        "a": 0.5,
        "b": 0.0,
        "c": 0.5,
    }
    assert binom.sf(0, 2, found.by_group["a"].low) == pytest.approx(0.05)
    assert found.p_value(0.3) == pytest.approx(binom.sf(1, 5, 0.3))
    assert kept_error([0, 0]).p_value(0.3) == 1.0
    assert "1 not known yet" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["n_wrong"] == 2


def test_the_interval_covers_in_repeated_audits():
    decided, costs, _, _ = system()
    kept = decided == 0
    side = np.arange(len(decided)) % 2
    truth = costs[kept, 0].mean()
    truths = [costs[kept & (side == g), 0].mean() for g in (0, 1)]
    held, held_in_groups = [], []
    for found, _ in logs_of_audits():
        drawn = found.audited
        error = kept_error(costs[drawn, 0], subgroups=side[drawn])
        held.append(error.error.low <= truth <= error.error.high)
        ends = [error.by_group[g] for g in (0, 1)]
        held_in_groups += [e.low <= t <= e.high for e, t in zip(ends, truths, strict=True)]
    assert np.mean(held) > 0.93
    assert np.mean(held_in_groups) > 0.93


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([], "Of 0 audited cases no outcome is known"),
        ([np.nan, np.nan], "Of 2 audited cases"),
        ([0.5], "wrong\\[0\\] is 0.5"),
        ([[0, 1]], "shape"),
        (["yes"], "dtype"),
    ],
)
def test_outcomes_that_cannot_be_are_refused(wrong, words):
    with pytest.raises(InvalidInput, match=words):
        kept_error(np.asarray(wrong, dtype=None if wrong else float))


def power_of(n, error, rise_to, confidence):
    """By the definition: the power of the exact test at n."""
    k = np.arange(n + 2)
    rejecting = k[binom.sf(k - 1, n, error) <= 1 - confidence][0]
    return binom.sf(rejecting - 1, n, rise_to)


@pytest.mark.parametrize(
    ("error", "rise_to", "power", "confidence"),
    [
        (0.05, 0.1, 0.8, 0.95),
        (0.01, 0.3, 0.8, 0.95),
        (0.1, 0.2, 0.9, 0.99),
        (0.3, 0.5, 0.8, 0.9),
        (0.02, 0.04, 0.5, 0.95),
        (0.9, 0.99, 0.8, 0.95),
        (0.001, 0.9, 0.8, 0.95),
    ],
)
def test_from_so_many_audits_on_the_power_is_never_below(error, rise_to, power, confidence):
    n = audits_needed(error, rise_to, power=power, confidence=confidence)
    later = range(n, n + 300)
    assert min(power_of(m, error, rise_to, confidence) for m in later) >= power
    assert n == 1 or power_of(n - 1, error, rise_to, confidence) < power


def test_the_number_of_audits_by_simulation():
    n = audits_needed(0.05, 0.10)
    rng = np.random.default_rng(0)
    seen = [
        np.mean([kept_error(rng.random(n) < e).p_value(0.05) <= 0.05 for _ in range(1_000)])
        for e in (0.05, 0.10)
    ]
    assert seen[0] < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 1_000)
    assert 0.8 - 4 * np.sqrt(0.8 * 0.2 / 1_000) < seen[1] < 0.9


def test_many_audits_are_counted_fast_and_too_many_refused():
    for rates in [(0.05, 0.052), (0.3, 0.304)]:
        n = audits_needed(*rates)
        assert power_of(n, *rates, 0.95) >= 0.8 > power_of(n - 1, *rates, 0.95)
    with pytest.raises(InvalidInput, match="look for a larger rise"):
        audits_needed(0.05, 0.0501)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ((0.05, 0.05), "both 0.05, which no number of audits tells apart"),
        ((0.1, 0.05), "a rise that is looked for"),
        ((0.0, 0.1), "strictly between 0 and 1"),
        ((5, 10), "write 0.05 for 5 %"),
    ],
)
def test_rates_that_cannot_be_told_apart_are_refused(rates, words):
    with pytest.raises(InvalidInput, match=words):
        audits_needed(*rates)
    with pytest.raises(InvalidInput, match=words):
        KeptErrorCusum(*rates, false_alarm_every=1_000)


def test_power_below_a_false_alarm_is_refused():
    with pytest.raises(InvalidInput, match="power is the chance"):
        audits_needed(0.05, 0.1, power=0.01)


# The cumulative sum


def by_hand(x, watch):
    """Reynolds and Stoumbos' recursion, case by case."""
    level, path, zero, alarm = 0.0, [], 0, None
    for i, wrong in enumerate(x, 1):
        level = max(0.0, level + wrong - watch.allowance)
        path.append(level)
        if alarm is None:
            if level < 1e-9:
                zero = i
            if level >= watch.threshold - 1e-9:
                alarm = (i, zero + 1)
    return path, alarm


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 20)), min_size=1, max_size=12),
    st.lists(st.integers(0, 120), max_size=4),
    st.sampled_from([0.5, 1.2, 2.4, 3.0]),
)
@example([(True, 6), (False, 40), (True, 1)], [], 1.2)  # reached exactly, and zero after that
@example([(False, 3), (True, 2), (False, 1), (True, 6)], [4], 2.4)  # split while it climbs
def test_the_sum_is_the_recursion_however_cases_are_split(runs, cuts, threshold):
    x = [wrong for wrong, length in runs for _ in range(length)]
    watch = KeptErrorCusum(0.3, 0.5, threshold=threshold)
    for part in np.split(np.array(x), sorted(cuts)):
        found = watch.update(part)
    path, alarm = by_hand(x, watch)
    assert found.excess == pytest.approx(path[-1])
    assert found.n_audited == len(x)
    assert found.alarm == (alarm is not None)
    if alarm:
        assert (found.alarm_at, found.since) == alarm
        stretch = x[found.since - 1 : found.alarm_at]
        assert (found.n_wrong_since, found.n_since) == (sum(stretch), len(stretch))


def test_the_weights_are_log_likelihood_ratios():
    for a, b in [(0.05, 0.1), (0.01, 0.2), (0.3, 0.5), (0.001, 0.004), (0.9, 0.95)]:
        rise, fall = np.log(b / a), np.log((1 - a) / (1 - b))
        up, down = lattice(a, b)
        assert down / (up + down) == pytest.approx(fall / (rise + fall), rel=0.02)
        assert a < down / (up + down) < b


@pytest.mark.parametrize("rates", [(0.05, 0.1), (0.3, 0.5), (0.01, 0.2), (0.6, 0.9)])
@pytest.mark.parametrize("height", [1, 2, 7, 40])
def test_run_lengths_solve_the_chain(rates, height):
    steps = lattice(*rates)
    for error in (*rates, 1.0):
        move = np.zeros((height, height))
        for state in range(height):
            move[state, max(0, state - steps.down)] += 1 - error
            if state + steps.up < height:
                move[state, state + steps.up] += error
        wanted = np.linalg.solve(np.eye(height) - move, np.ones(height))
        np.testing.assert_allclose(mean_run_lengths(steps, height, error), wanted)


def test_the_threshold_is_the_smallest_that_keeps_false_alarms_as_rare_as_asked():
    for a, b, every in [(0.05, 0.1, 1_000), (0.01, 0.02, 5_000), (0.3, 0.5, 20_000), (0.2, 0.9, 2)]:
        steps = lattice(a, b)
        height = threshold_for(steps, a, every)
        assert mean_run_lengths(steps, height, a)[0] >= every
        assert height == 1 or mean_run_lengths(steps, height - 1, a)[0] < every
        watch = KeptErrorCusum(a, b, false_alarm_every=every)
        assert watch.threshold == pytest.approx(height / sum(steps))
        assert watch.detection_delay < watch.false_alarm_every


def test_more_frequent_false_alarms_buy_earlier_detection():
    delays = [
        KeptErrorCusum(0.05, 0.1, false_alarm_every=every).detection_delay
        for every in (500, 2_000, 10_000, 100_000)
    ]
    assert (np.diff(delays) > 0).all()


def test_an_alarm_stays_until_reset_and_outcomes_not_known_are_passed_over():
    watch = KeptErrorCusum(0.05, 0.15, threshold=3)
    before = watch.update([0.0, np.nan, 1.0])
    assert (before.n_audited, before.alarm, before.since) == (2, False, 2)
    assert watch.update([]) == before
    found = watch.update(np.ones(5))
    assert found.alarm
    later = watch.update(np.zeros(500))
    assert (later.alarm, later.alarm_at, later.since) == (True, found.alarm_at, found.since)
    assert later.excess == 0.0
    watch.reset()
    assert watch.reading.n_audited == 0
    assert not watch.reading.alarm


def test_a_sum_goes_on_from_plain_values():
    x = np.random.default_rng(0).random(400) < 0.2
    whole, part = (KeptErrorCusum(0.05, 0.15, false_alarm_every=300) for _ in range(2))
    for cut in (30, 350):
        part = KeptErrorCusum.from_dict(json.loads(json.dumps(part.to_dict())))
        part.update(x[part.reading.n_audited : cut])
    part.update(x[350:])
    assert part.reading == whole.update(x)
    assert part.reading.alarm
    assert json.loads(json.dumps(part.reading.to_dict()))["alarm"] is True


def test_sums_say_what_they_are():
    watch = KeptErrorCusum(0.05, 0.15, false_alarm_every=2_000)
    assert "a false alarm every 2,142 audits, a true one after 54" in str(watch)
    assert repr(watch) == "KeptErrorCusum(0.05, 0.15, threshold=3.636)"
    assert "no sign of a risen kept error" in str(watch.reading)
    assert "the kept error has risen: alarm at audited case" in str(watch.update(np.ones(9)))


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({}, "Pass either false_alarm_every"),
        ({"false_alarm_every": 100, "threshold": 3}, "Pass either"),
        ({"false_alarm_every": 1}, "above 1"),
        ({"false_alarm_every": np.inf}, "finite"),
        ({"threshold": 0}, "above 0"),
        ({"threshold": 1e9}, "too fine to be solved"),
    ],
)
def test_sums_that_cannot_be_are_refused(given_, words):
    with pytest.raises(InvalidInput, match=words):
        KeptErrorCusum(0.05, 0.1, **given_)


def test_errors_too_rare_or_close_for_a_lattice_are_refused():
    with pytest.raises(InvalidInput, match=r"too fine|too rare"):
        KeptErrorCusum(1e-5, 2e-5, false_alarm_every=1e6)
    with pytest.raises(InvalidInput, match="too rare or too close"):
        KeptErrorCusum(1e-7, 2e-7, false_alarm_every=1e6)
    with pytest.raises(InvalidInput, match="An error rate lies"):
        KeptErrorCusum(0.05, 0.1, threshold=3).run_length(0.0)


# The scores


def test_drift_of_scores_is_scipys_test_and_the_index_by_hand():
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=900), rng.normal(0.3, 1.2, size=250)
    found = score_drift(old, new, n_bins=5)
    test = ks_2samp(old, new)
    assert found.p_value == pytest.approx(test.pvalue)
    assert found.distance == pytest.approx(test.statistic)
    assert found.drifted
    edges = np.sort(old)[[179, 359, 539, 719]]
    np.testing.assert_array_equal(found.edges, edges)
    p = (np.full(5, 180) + 0.5) / 902.5
    q = np.array([np.sum((new > a) & (new <= b)) for a, b in pairwise([-np.inf, *edges, np.inf])])
    q = (q + 0.5) / 252.5
    np.testing.assert_allclose(found.reference_shares, p)
    np.testing.assert_allclose(found.recent_shares, q)
    assert found.stability_index == pytest.approx(np.sum((q - p) * np.log(q / p)))
    assert found.chance_above == pytest.approx(np.mean(new[:, None] > old))


def test_the_index_by_chance_is_exceeded_once_in_twenty():
    rng = np.random.default_rng(0)
    found = [score_drift(rng.normal(size=1_000), rng.normal(size=300)) for _ in range(600)]
    above = np.mean([f.stability_index > f.stability_index_by_chance for f in found])
    assert 0.02 < above < 0.08
    assert np.mean([f.drifted for f in found]) < 0.08


def test_looks_and_columns_multiply_the_p_value():
    rng = np.random.default_rng(0)
    old, new = rng.normal(size=(500, 3)), rng.normal(size=(200, 3))
    new[:, 1] += 0.5
    alone = score_drift(old[:, 1], new[:, 1])
    assert score_drift(old[:, 1], new[:, 1], n_looks=7).p_value == pytest.approx(7 * alone.p_value)
    table = score_drift(old, new, n_looks=7)
    assert table.column == 1
    assert table.p_value == pytest.approx(21 * alone.p_value)
    assert "column 1" in str(table)
    assert "for 7 looks" in str(table)


def test_ties_and_constants_have_bins():
    same = score_drift(np.ones(50), np.ones(20))
    assert (same.p_value, same.chance_above, same.drifted) == (1.0, 0.5, False)
    assert len(same.reference_shares) == 2
    moved = score_drift(np.ones(50), np.full(20, 2.0))
    assert moved.drifted
    assert moved.stability_index > moved.stability_index_by_chance
    flags = score_drift([0] * 80 + [1] * 20, [0] * 10 + [1] * 10)
    assert len(flags.recent_shares) == 2
    assert json.loads(json.dumps(flags.to_dict()))["n_recent"] == 20


@pytest.mark.parametrize(
    ("samples", "options", "words"),
    [
        (([], [1.0]), {}, "no scores in reference"),
        (([1.0], []), {}, "no scores in recent"),
        (([1.0, np.nan], [1.0]), {}, "reference must be finite"),
        (([[1.0, 2.0]], [[1.0]]), {}, "same columns"),
        ((["a"], [1.0]), {}, "must be numbers"),
        (([1.0], [1.0]), {"n_bins": 1}, "n_bins is 2 or more"),
        (([1.0], [1.0]), {"n_looks": 0}, "n_looks 1 or more"),
        (([1.0], [1.0]), {"confidence": 95}, "write 0.95 for 95 %"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(samples, options, words):
    with pytest.raises(InvalidInput, match=words):
        score_drift(*(np.asarray(s, dtype=None if len(s) else float) for s in samples), **options)


# The martingale


def evidence_by_hand(reference, new, horizon, theta):
    """The formula of the docstring, term by term."""
    pool, u = list(reference), []
    for s, t in zip(new, theta, strict=True):
        pool.append(s)
        p = (sum(x > s for x in pool) + t * sum(x == s for x in pool)) / len(pool)
        u.append((p, abs(2 * p - 1)))
    path = []
    weight = [horizon / ((s + horizon - 1) * (s + horizon)) for s in range(1, len(new) + 1)]
    for i in range(1, len(new) + 1):
        total = 0.0
        for stake in (-0.9, -0.3, -0.1, 0.1, 0.3, 0.9):
            for kind in (0, 1):
                gain = [1 + stake * (1 - 2 * x[kind]) for x in u[:i]]
                total += sum(weight[s] * np.prod(gain[s:]) for s in range(i))
        path.append(total / 12 + 1 - sum(weight[:i]))
    return np.array(path)


def test_evidence_is_the_formula():
    rng = np.random.default_rng(0)
    reference, new = rng.integers(0, 9, 30), rng.integers(2, 11, 60)
    watch = ConformalMartingale(reference, confidence=0.8, horizon=20, random_state=5)
    path = np.array([watch.update([s]).evidence for s in new])
    theta = np.random.default_rng(np.random.SeedSequence(5, spawn_key=_TIES)).random(60)
    np.testing.assert_allclose(path, evidence_by_hand(reference, new, 20, theta))
    assert watch.reading.p_value == pytest.approx(min(1.0, 1 / max(path)))
    assert watch.reading.alarm_at == 1 + np.argmax(path >= 5)
    assert 0 < np.argmax(path >= 5) < np.argmax(path >= 10)


def test_the_bets_do_not_depend_on_how_cases_are_split():
    rng = np.random.default_rng(0)
    reference, new = rng.normal(size=300).round(1), rng.normal(0.3, size=1_500).round(1)
    whole, part = ConformalMartingale(reference), ConformalMartingale(reference)
    one = whole.update(new)
    for piece in np.split(new, [1, 1, 40, 700, 1_499]):
        part = ConformalMartingale.from_dict(json.loads(json.dumps(part.to_dict())))
        two = part.update(piece)
    assert one.alarm
    assert (one.alarm_at, one.since, one.direction) == (two.alarm_at, two.since, two.direction)
    assert two.evidence == pytest.approx(one.evidence, rel=1e-9)
    assert two.p_value == pytest.approx(one.p_value, rel=1e-9)


@pytest.mark.parametrize(
    ("shift", "scale", "direction"),
    [
        (0.7, 1, "higher"),
        (-0.7, 1, "lower"),
        (0, 2, "further apart"),
        (0, 0.5, "closer together"),
    ],
)
def test_a_drift_is_found_with_its_time_and_direction(shift, scale, direction):
    rng = np.random.default_rng(3)
    watch = ConformalMartingale(rng.normal(size=1_000))
    assert not watch.update(rng.normal(size=800)).alarm
    found = watch.update(rng.normal(shift, scale, size=400))
    assert found.alarm
    assert found.direction == direction
    assert 800 < found.alarm_at < 1_000
    assert 750 < found.since <= found.alarm_at
    assert direction in str(found)
    assert watch.update(rng.normal(size=10)).alarm_at == found.alarm_at


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConformalMartingale([]), "no scores in reference"),
        (lambda: ConformalMartingale(np.zeros((5, 2))), "deferral_gain"),
        (lambda: ConformalMartingale([0.0], horizon=0), "1 case or more"),
        (lambda: ConformalMartingale([0.0]).update([np.nan]), "scores must be finite"),
        (lambda: ConformalMartingale([0.0]).update(np.zeros((2, 2))), "shape"),
    ],
)
def test_martingales_that_cannot_be_are_refused(make, words):
    with pytest.raises(InvalidInput, match=words):
        make()


def test_no_case_changes_nothing():
    watch = ConformalMartingale([0.0, 1.0])
    assert watch.update(np.zeros(0)) == watch.reading
    assert watch.reading.evidence == 1.0
    again = ConformalMartingale.from_dict(json.loads(json.dumps(watch.to_dict())))
    assert again.update([0.5]) == watch.update([0.5])


# The deferral rate


def a_point(k, n):
    return OperatingPoint((0.1,), deferral_rate=k / n, n_cases=n)


def routes_with(x, m):
    return (np.arange(m) < x).astype(int)


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_the_p_value_is_fishers_in_either_direction(n, m, data):
    k, x = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    table = [[x, m - x], [k, n - k]]
    tails = [fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    found = rate_drift(a_point(k, n), routes_with(x, m))
    assert found.p_value == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-6)
    if abs(found.p_value - 0.05) > 1e-9:
        assert found.drifted == (not found.low <= x <= found.high)
    assert (found.n_deferred, found.n_cases) == (x, m)


def test_a_point_chosen_by_a_budget_keeps_its_word_on_new_cases():
    rng = np.random.default_rng(0)
    drifted, missed = [], []
    for _ in range(1_000):
        scores = np.column_stack([np.zeros(500), rng.normal(size=500)])
        point = choose_operating_point(scores[:200], 0.2)
        found = rate_drift(point, route(scores[200:], point))
        drifted.append(found.drifted)
        missed.append(found.n_deferred > found.high)
    assert np.mean(drifted) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 1_000)
    assert 0.01 < np.mean(missed) < 0.045  # the upper tail is exact up to steps


def test_audits_are_no_deferrals():
    routes = routes_with(20, 100)
    found = audit(routes, 0.9, n_experts=1, random_state=0)
    assert rate_drift(a_point(100, 500), found) == rate_drift(a_point(100, 500), routes)
    assert rate_drift(a_point(100, 500), found.routes).drifted


def test_looks_multiply_the_p_value_of_a_rate():
    one, many = (rate_drift(a_point(100, 500), routes_with(35, 100), n_looks=n) for n in (1, 30))
    assert many.p_value == pytest.approx(30 * one.p_value)
    assert (one.drifted, many.drifted) == (True, False)
    assert "for 30 looks" in str(many)
    assert json.loads(json.dumps(one.to_dict()))["rate"] == 0.35


@pytest.mark.parametrize(
    ("point", "routes", "options", "words"),
    [
        (OperatingPoint((0.1,)), [0, 1], {}, "does not say on how many cases"),
        (a_point(1, 5), [], {}, "no recent case"),
        (a_point(1, 5), [0.5], {}, "must be integers"),
        (a_point(1, 5), [[0]], {}, "shape"),
        (a_point(1, 5), [0], {"n_looks": 0}, "n_looks is 1 or more"),
    ],
)
def test_rates_that_cannot_be_judged_are_refused(point, routes, options, words):
    with pytest.raises(InvalidInput, match=words):
        rate_drift(point, np.asarray(routes, dtype=None if routes else int), **options)


# All of it


def in_use(watch, point, wrong_rate, change=0.0, seed=1):
    """A month of 300 cases a day, audited, with outcomes as given."""
    rng = np.random.default_rng(seed)
    for _ in range(30):
        scores = rng.normal(size=(300, 3))
        scores[:, 0] -= change
        found = audit(route(scores, point), 0.05, n_experts=2, random_state=rng)
        watch.observe_cases(scores, found)
        watch.observe_audits(rng.random(int(found.audited.sum())) < wrong_rate)
    return watch.report()


def a_monitor():
    reference = np.random.default_rng(0).normal(size=(3_000, 3))
    point = choose_operating_point(reference, 0.3)
    cusum = KeptErrorCusum(0.05, 0.15, false_alarm_every=10_000)
    return Monitor(reference, point, cusum=cusum), point


def verdicts(report):
    return {finding.what: finding.alarm for finding in report.findings}


def test_a_monitor_is_quiet_where_nothing_changed_and_alarms_where_something_did():
    watch, point = a_monitor()
    quiet = in_use(watch, point, 0.05)
    assert verdicts(quiet) == {
        "scores": False,
        "deferral rate": False,
        "kept error": None,
        "rise of it": False,
    }
    assert not quiet.alarm
    watch, point = a_monitor()
    worse = in_use(watch, point, 0.25)
    assert verdicts(worse)["rise of it"]
    assert not verdicts(worse)["scores"]
    watch, point = a_monitor()
    moved = in_use(watch, point, 0.05, change=0.5)
    assert verdicts(moved)["scores"]
    assert verdicts(moved)["deferral rate"]
    assert "higher than the reference's from about case" in " ".join(str(moved).split())
    assert not verdicts(moved)["rise of it"]
    for report in (quiet, worse, moved):
        assert max(map(len, str(report).splitlines())) <= 80
    assert "ALARM" in str(moved)
    assert "ALARM" not in str(quiet)
    assert json.loads(json.dumps(moved.to_dict()))["alarm"] is True


def test_a_monitor_says_what_it_does_not_know_yet():
    watch, _ = a_monitor()
    assert set(verdicts(watch.report()).values()) == {None}
    assert "no case has been observed" in str(watch.report())
    assert "nothing is known of what the model keeps" in str(watch.report()).replace(
        "\n" + " " * 22, " "
    )
    watch.observe_audits([0, np.nan, 0])
    text = " ".join(str(watch.report()).split())
    assert "0 of 2 audited" in text
    assert f"four times in five takes {audits_needed(0.05, 0.15)}" in text


def test_a_monitor_goes_on_from_plain_values():
    watch, point = a_monitor()
    in_use(watch, point, 0.1, seed=1)
    again = Monitor.from_dict(json.loads(json.dumps(watch.to_dict())))
    assert str(again.report()) == str(watch.report())
    assert str(in_use(again, point, 0.1, seed=2)) == str(in_use(watch, point, 0.1, seed=2))
    plain = Monitor(np.zeros((5, 2)), OperatingPoint((0.0,)))
    assert len(Monitor.from_dict(plain.to_dict()).report().findings) == 3


def test_a_monitor_watches_gains_and_the_rate_at_its_point():
    watch, point = a_monitor()
    scores = np.random.default_rng(4).normal(size=(200, 3))
    routes = route(scores, point)
    watch.observe_cases(scores, routes)
    reference = np.random.default_rng(0).normal(size=(3_000, 3))
    alone = ConformalMartingale(deferral_gain(reference), confidence=0.975)
    assert watch._scores.reading == alone.update(deferral_gain(scores))
    flags = ConformalMartingale(route(reference, point) != 0, confidence=0.975)
    found = flags.update(routes != 0)
    assert watch._deferrals.reading == found
    shown = f"p = {min(1.0, 2 * found.p_value):.2g})"
    assert shown in watch.report().findings[1].sentence


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Monitor(np.zeros((0, 2)), OperatingPoint((0.0,))), "no reference case"),
        (lambda: Monitor(np.zeros((5, 3)), OperatingPoint((0.0,))), "3 columns"),
        (lambda: Monitor(np.zeros((5, 1)), OperatingPoint(())), "one at least"),
        (lambda: a_monitor()[0].observe_cases(np.zeros((5, 2)), np.zeros(5, int)), "3 columns"),
        (lambda: a_monitor()[0].observe_cases(np.zeros((5, 3)), np.zeros(5)), "be integers"),
        (lambda: a_monitor()[0].observe_cases(np.zeros((5, 3)), np.zeros(4, int)), "one row"),
        (lambda: a_monitor()[0].observe_audits([0, 2]), "0 or 1"),
    ],
)
def test_what_a_monitor_cannot_watch_is_refused(make, words):
    with pytest.raises(InvalidInput, match=words):
        make()


def test_importing_monitoring_loads_no_scipy_and_no_torch():
    import subprocess
    import sys

    code = (
        "import sys, cede.monitoring; "
        "print([m for m in ('scipy', 'torch', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_router_audits_what_it_would_keep():
    data = make_two_specialists(n=2_000, random_state=0)
    router = cede.SingleStageClassifier().fit(data.X, data.y, experts=data.experts)
    router.tune(data.X, budget=0.2)
    found = router.audit(data.X, 0.1, random_state=0)
    assert (found.decided == router.route(data.X)).all()
    assert 110 < found.audited.sum() < 210
    alone = router.audit(data.X, 0.1, available=["expert 2"], random_state=0)
    assert set(alone.routes[alone.audited]) == {2}
    assert (alone.decided != 1).all()


def test_evidence_beyond_all_numbers_is_kept_as_its_logarithm():
    watch = ConformalMartingale(np.zeros(100_000), horizon=10)
    found = watch.update(np.ones(5_000))
    assert 709.8 < found.log_evidence < 1e5
    assert found.evidence == pytest.approx(np.finfo(float).max)
    assert 0.0 < found.p_value < 1e-300
    for values in (found.to_dict(), watch.to_dict()):
        assert json.loads(json.dumps(values, allow_nan=False)) is not None
    again = ConformalMartingale.from_dict(json.loads(json.dumps(watch.to_dict())))
    assert again.reading == found
    assert again.update(np.ones(3)) == watch.update(np.ones(3))
    old = {k: v for k, v in watch.to_dict().items() if not k.startswith("log_e")}
    old |= {"evidence": math.inf, "largest": math.inf}
    del old["log_largest"]
    assert ConformalMartingale.from_dict(old).reading.alarm
