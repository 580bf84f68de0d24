import math

import numpy as np
import pytest
from certified import problem

from cede import InvalidInput, route
from cede.tuning.guarantees import (
    certify_scores,
)
from cede.tuning.guarantees._p_values import cases_for


def test_fewer_cases_than_any_guarantee_needs_are_refused():
    scores, costs = problem(40)
    with pytest.raises(
        InvalidInput, match=r"to test, about 57 in all, .* got 40, 32 of them to test after 8"
    ):
        certify_scores(scores, costs, risk=0.05)
    with pytest.raises(
        InvalidInput, match=r"risk of 0.05 .* needs 45 cases, even if .* but got 40;"
    ):
        certify_scores(scores, costs, risk=0.05, of="kept")
    with pytest.raises(InvalidInput, match=r"risk of 0.02 on average needs 49 cases, even if"):
        certify_scores(scores, costs, risk=0.02, of="kept", delta=None)
    assert certify_scores(scores, costs, risk=0.025, of="kept", delta=None)  # 39 would do


def test_as_many_cases_as_it_says_would_do():
    """Without experts there is one point, so the answer can be acted on: the same share, more."""
    costs = (np.arange(400) % 25 == 0).astype(float)[:, None]
    found = certify_scores(np.zeros((400, 1)), costs, risk=0.05)
    assert not found
    assert found.point is None
    assert found.observed_risk == 0.04

    def same_share(n):
        return certify_scores(np.zeros((n, 1)), np.arange(n)[:, None] % 25 == 0, risk=0.05)

    needed = -(-found.cases_needed // 25) * 25
    assert same_share(needed)
    assert same_share(needed).point.prices == ()
    assert not same_share(needed - 50)
    assert str(found) == (
        "No operating point is certified for 5 %: the best is wrong in 4.0 % of 400 test cases; "
        "about 860 cases in all would do at that rate."
    )


def test_no_number_of_cases_would_do_if_the_best_is_not_below():
    scores, costs = problem(1_000)
    found = certify_scores(scores, costs, risk=0.03)
    assert not found.certified
    assert found.cases_needed is None
    assert found.observed_risk > 0.03
    assert "no number of cases would do" in str(found)


def test_the_scouts_count_among_the_cases_that_are_needed():
    scores, costs = problem(400, seed=3)
    few = certify_scores(scores, costs, risk=0.08)
    assert not few
    alone = cases_for(few.observed_risk, 0.08, 0.1, zero_one=True)
    assert np.isfinite(alone)
    assert few.cases_needed == np.ceil(alone * 400 / 320)
    assert few.upper_bound > 0.08


def test_no_experts_is_legal_and_three_are():
    scores, costs = problem(800, n_experts=3)
    for of in ("system", "kept", "among_kept"):
        alone = certify_scores(scores[:, :1], costs[:, :1], risk=0.3, of=of)
        assert alone
        assert alone.n_scouts == 0
        assert len(certify_scores(scores, costs, risk=0.2, of=of).point.prices) == 3
    with pytest.raises(InvalidInput, match="delta must be a number where there is no expert"):
        certify_scores(scores[:, :1], costs[:, :1], risk=0.3, of="kept", delta=None)


def test_scores_that_all_tie_leave_nobody_or_everybody():
    costs = np.column_stack([np.arange(300) % 2, np.zeros(300)])
    found = certify_scores(np.zeros((300, 2)), costs, risk=0.1)
    assert found.deferral_rate.value == 1.0
    assert (route(np.zeros((300, 2)), found.point) == 1).all()
    kept = certify_scores(np.zeros((300, 2)), costs, risk=0.1, of="kept")
    assert (route(np.zeros((300, 2)), kept.point) == 1).all()


def test_settings_that_mean_nothing_are_refused():
    scores, costs = problem(300)
    for change, said in [
        (
            {"risk": 5},
            "risk must be strictly between 0 and the largest cost, 1, but got 5; write 0.05",
        ),
        ({"risk": 0.0}, "but got 0.0"),
        ({"risk": math.nan}, "but got nan"),
        ({"delta": 90}, "delta must be strictly between 0 and 1, .* but got 90"),
        ({"delta": 0.0}, "delta must be strictly between .* but got 0.0"),
        ({"delta": None}, "delta must be a number for the risk of 'system'"),
        ({"largest_cost": 0}, "largest_cost must be above zero and finite"),
        ({"largest_cost": 0.5}, "largest_cost must be the most that a case can ever cost"),
        (
            {"of": "sytem"},
            "of must name one of the risks, but there is no 'sytem'. Did you mean 'system'",
        ),
        (
            {"procedure": "holm"},
            "procedure must name one of the procedures, but there is no 'holm'",
        ),
        ({"scout": 1.0}, "scout must be strictly between 0 and 1"),
        ({"scout": [True]}, r"one boolean per case, \(300,\)"),
        ({"scout": np.zeros(300, dtype=bool)}, "scout must name a case of each group"),
        ({"scout": np.ones(300, dtype=bool)}, "0 of them to test"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            certify_scores(scores, costs, **{"risk": 0.1, **change})
    with pytest.raises(InvalidInput, match="agent_costs must have the shape of agent_scores"):
        certify_scores(scores[:, :1], costs, risk=0.1)
    with pytest.raises(InvalidInput, match="add a constant if any cost is negative"):
        certify_scores(scores, costs - 0.5, risk=0.1)
