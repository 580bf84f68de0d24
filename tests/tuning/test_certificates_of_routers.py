import json

import numpy as np
import pytest
from certified import problem
from sklearn.linear_model import LogisticRegression

import cede
from cede import InvalidInput
from cede.operating import OperatingPoint
from cede.tuning.guarantees import (
    certify,
    certify_scores,
)


@pytest.fixture(scope="module")
def fitted():
    X, y, experts = cede.datasets.make_two_specialists(n=6_000, random_state=0)
    model = LogisticRegression().fit(X[:1_000], y[:1_000])
    rows = slice(1_000, 3_000)
    return cede.PostHocRouter(model).fit(X[rows], y[rows], experts=experts[rows]), X, y, experts


def test_a_router_is_certified_on_cases_it_has_not_seen(fitted):
    router, X, y, experts = fitted
    new = slice(3_000, None)
    found = certify(router, X[new], y[new], experts[new], risk=0.2)
    table = cede.costs.agent_costs(router.predict(X[new]), experts[new], y[new])
    same = certify_scores(router.agent_scores(X[new]), table, risk=0.2)
    assert found == certify(router, X[new], table, risk=0.2)
    assert found.point.fingerprint == router.tune(X[new], budget=0.1).fingerprint
    assert found.point.prices == same.point.prices
    assert found.p_value == same.p_value
    assert found
    with pytest.raises(InvalidInput, match="A guarantee needs cases that the router has not seen"):
        certify(router, X[1_000:3_000], y[1_000:3_000], experts[1_000:3_000], risk=0.2)


def test_a_router_is_asked_as_a_curve_asks_it(fitted):
    router, X, y, experts = fitted
    new = slice(3_000, None)
    wrong = (experts[new] != y[new, None]).astype(float)
    answers = certify(router, X[new], y[new], experts[new], risk=0.2)
    assert certify(router, X[new], y[new], costs=wrong, risk=0.2) == answers
    fees = [0.02, 0.1]
    options = {"risk": 0.2, "largest_cost": 1.1}
    paid = certify(router, X[new], y[new], experts[new], fees=fees, **options)
    table = cede.costs.agent_costs(router.predict(X[new]), experts[new], y[new], fees)
    assert paid == certify(router, X[new], table, **options)
    assert paid.deferral_rate.value > 0.05
    assert not paid.zero_one
    table = cede.costs.agent_costs(router.predict(X[new]), experts[new], y[new])
    with pytest.raises(InvalidInput, match="y must stand alone"):
        certify(router, X[new], table, experts[new], risk=0.2)
    with pytest.raises(
        InvalidInput, match="experts must be as many as the router was fitted with, 2"
    ):
        certify(router, X[new], y[new], risk=0.2)
    with pytest.raises(InvalidInput, match="not both"):
        certify(router, X[new], y[new], experts[new], wrong, risk=0.2)


def test_it_is_true_prints_and_exports():
    scores, costs = problem(4_000)
    group = np.arange(4_000) % 2
    for of in ("system", "kept", "among_kept"):
        for subgroups in (None, group):
            found = certify_scores(scores, costs, risk=0.13, of=of, subgroups=subgroups)
            assert found
            content = json.loads(json.dumps(found.to_dict()))
            assert content["certified"] is True
            assert OperatingPoint.from_dict(content["point"]) == found.point
            assert len(content["subgroups"]) == (0 if subgroups is None else 2)
            assert "with confidence 90 %" in str(found)
            assert str(found).endswith("% deferred.")
    refused = certify_scores(scores, costs, risk=0.03)
    assert json.loads(json.dumps(refused.to_dict()))["point"] is None
    on_average = certify_scores(scores, costs, risk=0.05, of="kept", delta=None)
    assert "at most 5 % of all cases, on average:" in str(on_average)
    assert on_average.p_value is None


def test_cases_that_belong_together_count_once():
    """Forty copies of each case: as many promises as from one of each, not forty times as many."""
    scores, costs = problem(300)
    groups = np.arange(300).repeat(40)
    many = (scores.repeat(40, axis=0), costs.repeat(40, axis=0))
    once = certify_scores(scores, costs, risk=0.2)
    found = certify_scores(*many, risk=0.2, groups=groups)
    assert found.n_tested + found.n_scouts == 300
    assert found.n_left_out == 39 * 300
    assert found.upper_bound == pytest.approx(once.upper_bound, abs=0.03)
    assert certify_scores(*many, risk=0.2).upper_bound < found.upper_bound - 0.02
    texts = np.array([f"user {g}" for g in groups], dtype=object)
    assert certify_scores(*many, risk=0.2, groups=texts).n_left_out == 39 * 300
    thin = many[1].copy()
    thin[::2, 1] = np.nan  # of each group, a known case is drawn
    assert certify_scores(many[0], thin, risk=0.2, groups=groups).n_left_out == 39 * 300
    with pytest.raises(InvalidInput, match="groups must have shape"):
        certify_scores(*many, risk=0.2, groups=groups[:, None])
    with pytest.raises(
        InvalidInput, match="groups must name a group for each case, but got none for"
    ):
        certify_scores(*many, risk=0.2, groups=np.where(groups == 3, np.nan, groups))
