import numpy as np
import pytest
from certified import problem

from cede import InvalidInput
from cede.tuning.guarantees import (
    certify_scores,
    hoeffding_bentkus_p_value,
)


def test_costs_with_fees_are_tested_as_bounded_ones():
    scores, costs = problem(3_000)
    paid = costs + np.array([0.0, 0.05])
    with pytest.raises(
        InvalidInput, match=r"largest_cost .* but got 1 for costs between 0 and 1\.05"
    ):
        certify_scores(scores, paid, risk=0.2)
    found = certify_scores(scores, paid, risk=0.15, largest_cost=1.05)
    assert found
    assert not found.zero_one
    assert "costs at most 0.15 per case" in str(found)
    loss, n = found.observed_risk * found.n_tested, found.n_tested
    assert found.p_value == pytest.approx(float(hoeffding_bentkus_p_value(loss, n, 0.15, 1.05)))


def test_the_unit_of_costs_does_not_matter():
    scores, costs = problem(3_000)
    for of in ("system", "kept", "among_kept"):
        plain = certify_scores(scores, costs, risk=0.12, of=of)
        scaled = certify_scores(scores, 7 * costs, risk=0.84, of=of, largest_cost=7)
        assert scaled.point.prices == plain.point.prices
        assert scaled.zero_one
        assert scaled.p_value == pytest.approx(plain.p_value)
        assert scaled.upper_bound == pytest.approx(7 * plain.upper_bound)


def test_cases_with_missing_costs_are_left_out_where_they_are_needed():
    scores, costs = problem(1_000)
    thin = costs.copy()
    thin[:300, 1] = np.nan
    found = certify_scores(scores, thin, risk=0.2)
    assert (found.n_left_out, found.n_tested + found.n_scouts) == (300, 700)
    assert certify_scores(scores, thin, risk=0.1, of="kept").n_left_out == 0
    with pytest.raises(InvalidInput, match=r"agent_costs must hold .* but got none in 1,000 cases"):
        certify_scores(scores, np.column_stack([costs[:, 0], np.full(1_000, np.nan)]), risk=0.2)


def test_the_worst_group_decides_and_each_is_reported():
    scores, costs = problem(4_000)
    group = np.where(np.arange(4_000) % 4 == 0, "b", "a")
    rng = np.random.default_rng(5)
    costs[group == "b", 0] = np.maximum(costs[group == "b", 0], rng.random(1_000) < 0.08)
    alone = certify_scores(scores, costs, risk=0.15)
    found = certify_scores(scores, costs, risk=0.15, subgroups=group)
    assert alone
    assert found
    assert found.deferral_rate.value > alone.deferral_rate.value
    assert [g.name for g in found.subgroups] == ["a", "b"]
    assert sum(g.n_cases for g in found.subgroups) == found.n_tested
    assert found.p_value == max(g.p_value for g in found.subgroups)
    assert found.upper_bound == max(g.upper_bound for g in found.subgroups) <= 0.15
    assert "in each of 2 subgroups" in str(found)
    assert "in the worst, 'b'" in str(found)


def test_a_group_of_a_handful_is_refused_by_name_size_and_what_it_needs():
    scores, costs = problem(1_000)
    group = np.where(np.arange(1_000) < 12, "rare", "common")
    with pytest.raises(
        InvalidInput,
        match=r"needs 45 .* to test, about 54 in all, .* 12 in group 'rare', 10 of them to test",
    ):
        certify_scores(scores, costs, risk=0.05, subgroups=group)
    with pytest.raises(InvalidInput, match=r"needs 45 cases .* but got 12 in group 'rare';"):
        certify_scores(scores, costs, risk=0.05, subgroups=group, of="kept")


def test_groups_that_cannot_be_read_are_refused():
    scores, costs = problem(200)
    with pytest.raises(
        InvalidInput,
        match=r"subgroups must name .* got none for 2 of 200 cases, the first at row 0",
    ):
        certify_scores(scores, costs, risk=0.2, subgroups=np.r_[[np.nan] * 2, np.ones(198)])
    with pytest.raises(InvalidInput, match="cases has 200, subgroups has 3"):
        certify_scores(scores, costs, risk=0.2, subgroups=["a", "b", "a"])
    with pytest.raises(InvalidInput, match=r"subgroups must have shape \(n,\)"):
        certify_scores(scores, costs, risk=0.2, subgroups=np.ones((200, 2)))
