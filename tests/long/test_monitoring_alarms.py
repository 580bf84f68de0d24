"""False alarms come as seldom as they are said to, and alarms as soon, on repeated draws."""

import numpy as np
import pytest

from cede import choose_operating_point, route
from cede.monitoring import (
    ConformalMartingale,
    KeptErrorCusum,
    Monitor,
    audit,
    kept_error,
    score_drift,
)

pytestmark = pytest.mark.long


def run_lengths(watch, error, repeats, rng):
    """Cases until the alarm, simulated all at once, by the recursion."""
    level, length = np.zeros(repeats), np.zeros(repeats, dtype=int)
    running = np.arange(repeats)
    while running.size:
        wrong = rng.random(running.size) < error
        level[running] = np.maximum(0.0, level[running] + wrong - watch.allowance)
        length[running] += 1
        running = running[level[running] < watch.threshold - 1e-9]
    return length


def close(sample, mean):
    return abs(sample.mean() - mean) < 4 * sample.std() / np.sqrt(len(sample))


@pytest.mark.parametrize(
    ("error", "risen", "every"),
    [(0.05, 0.10, 2_000), (0.02, 0.06, 5_000), (0.3, 0.5, 1_000), (0.005, 0.02, 10_000)],
)
def test_run_lengths_of_cumulative_sums_are_what_the_chain_says(error, risen, every):
    watch = KeptErrorCusum(error, risen, false_alarm_every=every)
    assert every <= watch.false_alarm_every < 1.2 * every
    rng = np.random.default_rng(0)
    assert close(run_lengths(watch, error, 2_000, rng), watch.false_alarm_every)
    assert close(run_lengths(watch, risen, 2_000, rng), watch.detection_delay)
    halfway = (error + risen) / 2
    assert close(run_lengths(watch, halfway, 2_000, rng), watch.run_length(halfway))


def test_the_sum_itself_alarms_as_often_and_dates_the_rise():
    rng = np.random.default_rng(1)
    made = KeptErrorCusum(0.05, 0.15, false_alarm_every=1_000)
    quiet, delays, dates = [], [], []
    for _ in range(600):
        watch = KeptErrorCusum(0.05, 0.15, threshold=made.threshold)
        quiet.append(watch.update(rng.random(40_000) < 0.05).alarm_at)
        watch.reset()
        x = rng.random(3_000) < np.where(np.arange(3_000) < 200, 0.05, 0.15)
        found = watch.update(x)
        if found.alarm_at > 200:
            delays.append(found.alarm_at - 200)
            dates.append(found.since - 201)
    assert close(np.array(quiet), made.false_alarm_every)
    # Mid-way the sum is seldom at zero, so the rise is seen somewhat sooner than from a start.
    assert 0.7 * made.detection_delay < np.mean(delays) < 1.05 * made.detection_delay
    assert abs(np.median(dates)) <= 10


LAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy": lambda rng, n: rng.standard_cauchy(size=n),
    "few values": lambda rng, n: rng.integers(0, 5, size=n),
    "deferred or not": lambda rng, n: (rng.random(n) < 0.1).astype(int),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_a_martingale_may_be_looked_at_any_time(law, confidence):
    rng = np.random.default_rng(2)
    alarms = [
        ConformalMartingale(LAWS[law](rng, 400), confidence=confidence, random_state=seed)
        .update(LAWS[law](rng, 3_000))
        .alarm
        for seed in range(800)
    ]
    alpha = 1 - confidence
    assert np.mean(alarms) < alpha + 3 * np.sqrt(alpha * (1 - alpha) / 800)


def test_a_test_each_day_alarms_too_often_unless_looks_are_counted():
    rng = np.random.default_rng(3)
    naive, counted, martingale = [], [], []
    for seed in range(300):
        reference, days = rng.normal(size=1_000), rng.normal(size=(30, 100))
        naive.append(any(score_drift(reference, day).drifted for day in days))
        counted.append(any(score_drift(reference, day, n_looks=30).drifted for day in days))
        watch = ConformalMartingale(reference, random_state=seed)
        martingale.append(watch.update(days.ravel()).alarm)
    assert np.mean(naive) > 0.4
    assert np.mean(counted) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    assert np.mean(martingale) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_delays_of_a_martingale_shrink_with_the_drift():
    rng = np.random.default_rng(4)
    median = []
    for shift in (0.25, 0.5, 1.0):
        delays = []
        for seed in range(100):
            watch = ConformalMartingale(rng.normal(size=1_000), random_state=seed)
            watch.update(rng.normal(size=1_000))
            found = watch.update(rng.normal(shift, size=3_000))
            delays.append(found.alarm_at - 1_000 if found.alarm else np.inf)
        median.append(np.median(delays))
    assert median[0] < 500
    assert median[1] < 150
    assert median[2] < 60


def test_a_monitor_on_the_cases_its_point_was_chosen_on_is_quiet():
    """The deferral rate of chosen cases is not quite that of new ones; it does no harm."""
    rng = np.random.default_rng(5)
    alarms = []
    for _ in range(400):
        reference = rng.normal(size=(500, 2))
        point = choose_operating_point(reference, 0.1)
        watch = Monitor(reference, point)
        scores = rng.normal(size=(3_000, 2))
        watch.observe_cases(scores, route(scores, point))
        alarms.append(watch.report().alarm)
    assert np.mean(alarms) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_intervals_of_the_kept_error_cover_and_are_not_wasteful(share):
    rng = np.random.default_rng(6)
    wrong = rng.random(5_000) < 0.08
    held, rejected = [], []
    for _ in range(3_000):
        drawn = audit(np.zeros(5_000, dtype=int), share, n_experts=3, random_state=rng).audited
        found = kept_error(wrong[drawn])
        held.append(found.error.low <= wrong.mean() <= found.error.high)
        rejected.append(found.p_value(wrong.mean()) <= 0.05)
    assert 0.95 - 0.01 < np.mean(held) < 0.995
    assert np.mean(rejected) < 0.06
