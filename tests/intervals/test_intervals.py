"""Intervals of shares and means against scipy's own, and at their edges."""

import numpy as np
import pytest
from scipy import stats

from cede import InvalidInput
from cede._intervals import (
    cost_range,
    mean_estimate,
    share_estimate,
    share_interval,
    share_prediction,
    student_estimate,
)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_shares_are_scipys_exact_ones(confidence):
    count, n = np.array([0, 1, 7, 19, 20]), 20
    low, high = share_interval(count, n, confidence)
    for k, a, b in zip(count, low, high, strict=True):
        exact = stats.binomtest(int(k), n).proportion_ci(confidence, method="exact")
        assert (a, b) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_of_no_case_nothing_is_known():
    low, high = share_interval(0, 0)
    assert (float(low), float(high)) == (0.0, 1.0)


def test_a_prediction_is_the_beta_binomials():
    rng = np.random.default_rng(0)
    found = share_prediction(30, 200, 50)
    low = rng.binomial(50, rng.beta(30, 171, 400_000)) / 50
    high = rng.binomial(50, rng.beta(31, 170, 400_000)) / 50
    assert found.low == np.quantile(low, 0.025)
    assert found.high == np.quantile(high, 0.975)
    assert share_prediction(0, 10, 5).low == 0.0
    assert share_prediction(10, 10, 5).high == 1.0
    long_run = share_estimate(30, 200)
    wide = share_prediction(30, 200, 1_000_000)
    assert (wide.low, wide.high) == pytest.approx((long_run.low, long_run.high), abs=1e-3)


def test_means_are_students_and_those_of_zeros_and_ones_exact():
    values = np.random.default_rng(0).normal(size=40)
    exact = stats.ttest_1samp(values, 0.0).confidence_interval(0.9)
    found = mean_estimate(values, 0.9)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))
    assert found.half_width == pytest.approx((exact.high - exact.low) / 2)
    errors = (values > 1).astype(float)
    assert mean_estimate(errors) == share_estimate(errors.sum(), 40)
    assert np.isinf(mean_estimate(np.array([0.5])).high)


def test_cases_of_one_group_count_once():
    """Every case three times, in groups: the interval is that of the cases once."""
    values = np.random.default_rng(0).normal(size=30)
    once = mean_estimate(values)
    thrice = mean_estimate(values.repeat(3), groups=np.arange(30).repeat(3))
    assert thrice == pytest.approx(once)
    assert mean_estimate(values.repeat(3)).half_width < 0.6 * once.half_width


def test_what_is_no_level_or_no_case_is_refused():
    with pytest.raises(InvalidInput, match=r"write 0.95 for 95 %"):
        share_prediction(1, 2, 2, 95)
    with pytest.raises(InvalidInput, match="n must be 1 or more, but got 0"):
        share_prediction(0, 0, 5)


@pytest.mark.parametrize("count", [0, 3, 40])
@pytest.mark.parametrize(("low", "high"), [(0.1, 1.1), (0.0, 5.0), (2.0, 7.0), (-1.0, 0.0)])
def test_a_fee_or_another_unit_leaves_a_share_exact(count, low, high):
    values = np.r_[np.full(40 - count, low), np.full(count, high)]
    found = mean_estimate(values, bounds=(low, high))
    exact = share_estimate(count, 40)
    apart = high - low
    assert found == pytest.approx([low + apart * x for x in exact])
    if count not in (0, 40):
        assert mean_estimate(values) == found


@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 1.0, 1.1, -0.5])
def test_that_nothing_varies_is_no_proof(value):
    for n in (2, 20, 400):
        alike = np.full(n, value)
        for groups in (None, np.arange(n) // 2):
            found = mean_estimate(alike, groups=groups)
            independent = n if groups is None else n // 2
            assert found.low <= value <= found.high
            # At least the rule of three, on one side.
            assert max(value - found.low, found.high - value) >= 0.9 * (
                1 - 0.025 ** (1 / independent)
            )
    assert mean_estimate(np.ones(9), groups=np.zeros(9)).low < 0.05


def test_an_agent_without_errors_says_little_of_another():
    """Half of the cases pay a fee of 0.1, and none is wrong: 6 % of 60 may be."""
    values = np.tile([0.0, 0.1], 30)
    found = mean_estimate(values, bounds=(0.0, 1.1))
    assert found.value == pytest.approx(0.05)
    assert 0.1 < found.high < 0.14
    assert found.low < 0.05


def test_what_is_missing_has_no_estimate():
    for values in ([], [np.nan, np.nan], [1.0, np.nan]):
        assert np.isnan(mean_estimate(np.array(values))).all()


def test_repetitions_of_an_experiment_are_students():
    assert student_estimate(np.ones(5)) == (1.0, 1.0, 1.0)
    assert student_estimate(np.array([0.0, 1.0, 1.0])) == pytest.approx(
        (2 / 3, 2 / 3 - 4.302653 / 3, 2 / 3 + 4.302653 / 3)
    )


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize("p", [0.0, 0.01, 0.02, 0.5, 0.98])
def test_intervals_cover_whatever_is_added_to_errors(n, p):
    """300 draws; the longer version, with more sizes, is in tests/long. 0.91 is 3.2 errors off."""
    draw = np.random.default_rng(0)
    held = {"fee": [], "mixed": [], "groups": [], "difference": []}
    for _ in range(300):
        wrong = (draw.random((n, 2)) < p).astype(float)
        paid = wrong + np.array([0.0, 0.1])
        found = mean_estimate(paid[:, 1], bounds=cost_range(paid, np.array([1])))
        held["fee"].append(found.low <= p + 0.1 <= found.high)
        mixed = paid[np.arange(n), draw.integers(2, size=n)]
        found = mean_estimate(mixed, bounds=cost_range(paid))
        held["mixed"].append(found.low <= p + 0.05 <= found.high)
        found = mean_estimate(wrong[:, 0].repeat(3), groups=np.arange(n).repeat(3))
        held["groups"].append(found.low <= p <= found.high)
        found = mean_estimate(wrong[:, 0] - wrong[:, 1], bounds=(-1.0, 1.0))
        held["difference"].append(found.low <= 0.0 <= found.high)
    for kind, hits in held.items():
        assert np.mean(hits) > 0.91, kind
