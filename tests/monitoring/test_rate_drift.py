import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from cede import InvalidInput, OperatingPoint, choose_operating_point, route
from cede.monitoring import (
    audit,
    rate_drift,
)


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
        (OperatingPoint((0.1,)), [0, 1], {}, "point must know on how many cases"),
        (a_point(1, 5), [], {}, "routes must hold a case"),
        (a_point(1, 5), [0.5], {}, "must be integers"),
        (a_point(1, 5), [[0]], {}, "shape"),
        (a_point(1, 5), [0], {"n_looks": 0}, "n_looks must be 1 or more"),
    ],
)
def test_rates_that_cannot_be_judged_are_refused(point, routes, options, words):
    with pytest.raises(InvalidInput, match=words):
        rate_drift(point, np.asarray(routes, dtype=None if routes else int), **options)
