"""Intervals of shares and means against scipy's own, and at their edges."""

import numpy as np
import pytest
from scipy import stats

from cede import InvalidInput
from cede._intervals import mean_estimate, share_estimate, share_interval, share_prediction


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
        share_interval(1, 2, 95)
    with pytest.raises(InvalidInput, match="some cases for some, not 0 and 5"):
        share_prediction(0, 0, 5)
