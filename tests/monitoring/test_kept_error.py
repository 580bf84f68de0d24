import json

import numpy as np
import pytest
from audited_logs import logs_of_audits, system
from scipy.stats import binom

from cede import InvalidInput
from cede.monitoring import (
    KeptErrorCusum,
    audits_needed,
    kept_error,
)


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
        ([], "wrong must be known of an audited case, but got 0"),
        ([np.nan, np.nan], "wrong must be known of an audited case, but got 2"),
        ([0.5], "wrong must be 0 or 1, .* but got 0.5 at row 0"),
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
        ((0.05, 0.05), "must be above error.*, 0.05, but got 0.05"),
        ((0.1, 0.05), "must be above error.*, 0.1, but got 0.05"),
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
    with pytest.raises(
        InvalidInput, match=r"power must be above the probability of a false alarm, 0.05"
    ):
        audits_needed(0.05, 0.1, power=0.01)
