import json

import numpy as np
import pytest

from cede import InvalidInput
from cede.monitoring import (
    ConformalMartingale,
)
from cede.monitoring._martingale import _TIES


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
        (lambda: ConformalMartingale([]), "reference must hold a score"),
        (lambda: ConformalMartingale(np.zeros((5, 2))), "deferral_gain"),
        (lambda: ConformalMartingale([0.0], horizon=0), "horizon must be 1 or more"),
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
