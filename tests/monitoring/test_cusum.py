import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cede import InvalidInput
from cede.monitoring import (
    KeptErrorCusum,
)
from cede.monitoring._run_length import lattice, mean_run_lengths, threshold_for


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
        ({}, "false_alarm_every must be passed if there is no threshold"),
        ({"false_alarm_every": 100, "threshold": 3}, "but got 100 beside 3; pass either"),
        ({"false_alarm_every": 1}, "above 1"),
        ({"false_alarm_every": np.inf}, "finite"),
        ({"threshold": 0}, "above 0"),
        ({"threshold": 1e9}, "threshold must be small enough to be solved"),
    ],
)
def test_sums_that_cannot_be_are_refused(given_, words):
    with pytest.raises(InvalidInput, match=words):
        KeptErrorCusum(0.05, 0.1, **given_)


def test_errors_too_rare_or_close_for_a_lattice_are_refused():
    with pytest.raises(InvalidInput, match="watch for a larger rise"):
        KeptErrorCusum(1e-5, 2e-5, false_alarm_every=1e6)
    with pytest.raises(InvalidInput, match="error_to_detect must be far enough"):
        KeptErrorCusum(1e-7, 2e-7, false_alarm_every=1e6)
    with pytest.raises(InvalidInput, match=r"error must be in \(0, 1\], but got 0.0"):
        KeptErrorCusum(0.05, 0.1, threshold=3).run_length(0.0)
