"""Guarantees: p-values by others' code, procedures by brute force, and what is refused."""

import math

import numpy as np
import pytest
from scipy import stats

from cede.tuning.guarantees import (
    binomial_p_value,
    hoeffding_bentkus_p_value,
    risk_upper_bound,
)
from cede.tuning.guarantees._p_values import cases_for, cases_without_error


def test_the_exact_p_value_is_scipys():
    n = np.array([1, 10, 45, 400, 100_000])
    for share in (0.0, 0.02, 0.3, 1.0):
        k = np.floor(n * share)
        for risk in (1e-4, 0.05, 0.5, 0.99):
            expected = stats.binom.cdf(k, n, risk)
            np.testing.assert_allclose(binomial_p_value(k, n, risk), expected, rtol=1e-9)
            some = stats.binomtest(int(k[2]), 45, risk, alternative="less").pvalue
            assert binomial_p_value(k[2], 45, risk) == pytest.approx(some)
    assert binomial_p_value(0, 0, 0.1) == 1.0


def test_the_bounded_p_value_is_its_formula():
    """Printed in plain floats, from Bates et al. 2021."""
    for total, n, risk, most in [(0.0, 20, 0.1, 1), (3.25, 80, 0.1, 1), (31.0, 90, 0.9, 2.5)]:
        mean, level = total / most / n, risk / most
        h = (1 - mean) * math.log((1 - mean) / (1 - level))
        h += mean * math.log(mean / level) if mean else 0.0
        bentkus = math.e * stats.binom.cdf(math.ceil(total / most), n, level)
        expected = min(math.exp(-n * h), bentkus)
        found = hoeffding_bentkus_p_value(total, n, risk, most)
        assert found == pytest.approx(expected, rel=1e-9)
    assert hoeffding_bentkus_p_value(9.0, 80, 0.1) == 1.0 or 9.0 / 80 > 0.1
    assert hoeffding_bentkus_p_value(80.0, 80, 0.1) == 1.0  # no evidence at all


def test_a_sum_a_rounding_above_an_integer_is_that_integer():
    total = sum([0.1] * 30)  # 3.0000000000000013
    assert total > 3.0
    assert hoeffding_bentkus_p_value(total, 100, 0.1) == pytest.approx(
        float(hoeffding_bentkus_p_value(3.0, 100, 0.1)), rel=1e-9
    )


def test_p_values_and_procedures_are_those_of_mapie():
    methods = pytest.importorskip("mapie.risk_control.methods")
    fwer = pytest.importorskip("mapie.risk_control.fwer_control")
    from cede.tuning.guarantees._procedures import cheapest

    mean = np.array([0.0, 0.015625, 0.0625, 0.09375, 0.125, 0.5])  # no rounding times 128
    for risk in (0.05, 0.1, 0.4):
        theirs = methods.compute_hoeffding_bentkus_p_value(mean, 128, risk)[:, 0]
        ours = hoeffding_bentkus_p_value(mean * 128, 128, risk)
        np.testing.assert_allclose(ours, np.minimum(theirs, 1.0), rtol=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.random(12) ** 3
        for procedure in ("fixed_sequence", "bonferroni"):
            rejected = fwer.control_fwer(p, 0.2, procedure)
            last = int(rejected[-1]) if len(rejected) else None
            assert cheapest(p, 0.2, procedure) == last


@pytest.mark.parametrize("most", [1.0, 2.5])
@pytest.mark.parametrize("zero_one", [True, False])
def test_the_upper_bound_is_where_the_p_value_is_delta(zero_one, most):
    n, delta = np.array([50, 400, 5_000]), 0.1
    for share in (0.0, 0.04, 0.5):
        loss = np.floor(n * share) * most
        bound = risk_upper_bound(loss, n, delta, most, zero_one=zero_one)
        test = binomial_p_value if zero_one else hoeffding_bentkus_p_value
        for risk, wanted in ((bound * (1 + 1e-6), True), (bound * (1 - 1e-6), False)):
            p = (
                test(loss / most, n, risk / most)
                if zero_one
                else np.array([test(a, b, r, most) for a, b, r in zip(loss, n, risk, strict=True)])
            )
            assert ((p <= delta) == wanted).all()
    exact = stats.binomtest(8, 400).proportion_ci(0.8, "exact").high
    assert risk_upper_bound(8, 400, 0.1, zero_one=True) == pytest.approx(exact)
    everything = risk_upper_bound([0, 7 * most], [0, 7], 0.1, most, zero_one=zero_one)
    assert everything.tolist() == [most, most]


@pytest.mark.parametrize("zero_one", [True, False])
def test_cases_for_is_where_brute_force_first_certifies(zero_one):
    """Whole errors make the p-value a saw, rounded down or up; the answer lies between."""
    test = binomial_p_value if zero_one else hoeffding_bentkus_p_value
    for mean, risk, delta in [(0.0, 0.05, 0.1), (0.02, 0.05, 0.1), (0.3, 0.35, 0.05)]:
        n = np.arange(1, 6_000)
        down = test(np.floor(mean * n + 1e-9), n, risk)
        up = test(np.ceil(mean * n - 1e-9), n, risk)
        found = cases_for(mean, risk, delta, zero_one=zero_one)
        assert n[down <= delta][0] <= found <= n[up > delta][-1] + 1
        assert n[down <= delta][0] > 40
    assert cases_for([0.05, 0.9], 0.05, 0.1).tolist() == [math.inf, math.inf]


@pytest.mark.parametrize(("risk", "delta"), [(0.05, 0.1), (0.01, 0.05), (0.5, 0.3), (0.9, 0.5)])
def test_the_least_number_of_cases_is_the_least(risk, delta):
    n = cases_without_error(risk, delta)
    for test in (binomial_p_value, hoeffding_bentkus_p_value):
        assert test(0, n, risk) <= delta
        assert n == 1 or test(0, n - 1, risk) > delta
