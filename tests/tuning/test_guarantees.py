"""Guarantees: p-values by others' code, procedures by brute force, and what is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression

import cede
from cede import InvalidInput, route
from cede._intervals import share_estimate
from cede.operating import NEVER, OperatingPoint
from cede.tuning.guarantees import (
    binomial_p_value,
    certify,
    certify_scores,
    hoeffding_bentkus_p_value,
    risk_upper_bound,
)
from cede.tuning.guarantees._p_values import cases_for, cases_without_error
from cede.tuning.guarantees._procedures import draw_scouts


def problem(n, seed=0, n_experts=1, ties=False):
    """A model that errs more the larger x; experts who err less; scores that know x, roughly."""
    rng = np.random.default_rng(seed)
    x = rng.random(n)
    risks = np.column_stack([0.02 + 0.4 * x**2, *(0.04 + 0.1 * rng.random((n_experts, n)))])
    scores = 1.0 - risks - rng.normal(0, 0.02, risks.shape)
    if ties:
        scores = scores.round(1)
    return scores, (rng.random(risks.shape) < risks).astype(float)


# p-values


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


# Procedures, by brute force: every price routed by the rule itself.


def losses(scores, costs, price, of):
    """Losses of the cases that count, one by one."""
    routes = route(scores, OperatingPoint((price,) * (scores.shape[1] - 1)))
    if of == "system":
        return costs[np.arange(len(costs)), routes]
    if of == "among_kept":
        return costs[routes == 0, 0]
    return costs[:, 0] * (routes == 0)


def all_prices(scores):
    gain = np.unique((scores[:, 1:] - scores[:, :1]).max(axis=1))
    return [float(np.nextafter(gain[0], -np.inf)), *gain[:-1].tolist(), NEVER]


def brute_force(scores, costs, scouts, risk, delta, of, group):
    """The fixed sequence, word by word: order by the scouts, test the others, stop at a failure."""
    logs = -math.log(delta)

    def bound(price):
        worst = 0.0
        for g in np.unique(group):
            rows = scouts & (group == g)
            loss = losses(scores[rows], costs[rows], price, of)
            if not len(loss):
                return math.inf
            m, n = loss.mean(), len(loss)
            worst = max(worst, m + math.sqrt(2 * m * logs / n) + 2 * logs / n)
        return worst

    prices = all_prices(scores[scouts])
    bounds = [bound(price) for price in prices]
    front = [
        price
        for i, price in enumerate(prices)
        if all(bounds[i] < other for other in bounds[i + 1 :]) and bounds[i] < math.inf
    ]
    found = None
    for price in front:
        for g in np.unique(group):
            rows = ~scouts & (group == g)
            loss = losses(scores[rows], costs[rows], price, of)
            if not len(loss) or stats.binom.cdf(loss.sum(), len(loss), risk) > delta:
                return found
        found = price
    return found


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n_experts", [1, 3])
@pytest.mark.parametrize("of", ["system", "among_kept"])
@pytest.mark.parametrize("n_groups", [1, 2])
def test_the_fixed_sequence_is_brute_force(of, n_experts, ties, n_groups):
    certified = 0
    risk = 0.15 if n_experts == 1 else 0.17
    for seed in range(6):
        scores, costs = problem(600, seed, n_experts, ties)
        scouts = np.random.default_rng(seed + 77).random(600) < 0.25
        group = np.random.default_rng(seed + 9).integers(n_groups, size=600)
        expected = brute_force(scores, costs, scouts, risk, 0.1, of, group)
        found = certify_scores(
            scores,
            costs,
            risk=risk,
            of=of,
            scout=scouts,
            subgroups=group if n_groups > 1 else None,
        )
        assert (found.point.prices[0] if found else None) == expected
        certified += bool(found)
        assert (found.n_tested, found.n_scouts) == ((~scouts).sum(), scouts.sum())
    assert certified


def check_numbers(found, scores, costs, tested):
    """What a certificate says was seen is what the rule does at its point."""
    s, c = scores[tested], costs[tested]
    loss = losses(s, c, found.point.prices[0], found.of)
    assert found.observed_risk == pytest.approx(loss.mean())
    assert found.deferral_rate.value == np.mean(route(s, found.point) > 0)
    assert found.deferral_rate.value == found.point.deferral_rate
    assert found.deferral_rate.low <= found.deferral_rate.value <= found.deferral_rate.high
    assert found.point.n_cases == found.n_tested == len(s)
    assert found.p_value == pytest.approx(stats.binom.cdf(loss.sum(), len(loss), found.risk))
    assert found.p_value <= found.delta
    assert found.upper_bound <= found.risk


@pytest.mark.parametrize("of", ["system", "kept", "among_kept"])
def test_numbers_are_those_of_the_tested_cases_at_the_point(of):
    scores, costs = problem(2_000, n_experts=3)
    scouts = np.arange(2_000) % 5 == 0
    found = certify_scores(scores, costs, risk=0.12, of=of, scout=scouts)
    assert found
    check_numbers(found, scores, costs, ~scouts if of != "kept" else np.ones(2_000, dtype=bool))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(150, 300),
    levels=st.integers(1, 6),
    of=st.sampled_from(["system", "kept", "among_kept"]),
    n_groups=st.integers(1, 3),
)
def test_recounting_at_the_point_gives_its_counts_whatever_the_order_of_tied_rows(
    seed, n, levels, of, n_groups
):
    """Scores of few levels, in blocks: all of a block is deferred, or none of it is."""
    draw = np.random.default_rng(seed)
    scores, costs = problem(n, seed, n_experts=2)
    scores = np.round(scores * levels) / levels
    group = draw.integers(n_groups, size=n)
    scouts = draw.random(n) < 0.3
    scouts[[np.flatnonzero(group == g)[0] for g in np.unique(group)]] = True
    found = []
    for order in (np.arange(n), draw.permutation(n), np.lexsort(scores.T)):
        kind = {"risk": 0.45, "of": of, "scout": scouts[order], "subgroups": group[order]}
        certificate = certify_scores(scores[order], costs[order], **kind)
        found.append(certificate)
        if certificate.point is None:
            continue
        tested = np.ones(n, dtype=bool) if of == "kept" else ~scouts[order]
        routes = route(scores[order], certificate.point)
        assert certificate.deferral_rate == share_estimate(np.sum(routes[tested] > 0), tested.sum())
        lost = costs[order][np.arange(n), routes if of == "system" else np.zeros(n, dtype=int)]
        counted = tested & ((routes == 0) | (of != "among_kept"))
        wrong = lost * (1 if of == "system" else routes == 0)
        for row in certificate.subgroups:
            mine = counted & (group[order].astype(str) == row.name)
            assert (row.loss, row.n_cases) == (wrong[mine].sum(), mine.sum())
            assert row.observed_risk == row.loss / row.n_cases
            assert row.p_value == binomial_p_value(row.loss, row.n_cases, 0.45)
        worst = max(certificate.subgroups, key=lambda row: row.observed_risk)
        assert (certificate.loss, certificate.n_counted) == (worst.loss, worst.n_cases)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("of", ["system", "kept", "among_kept"])
def test_a_group_of_which_no_cost_is_known_is_refused_and_not_forgotten(of):
    scores, costs = problem(900)
    group = np.repeat(["a", "b", "c"], 300)
    costs[group == "c", 0] = np.nan
    with pytest.raises(InvalidInput, match="Group 'c' has 0 cases"):
        certify_scores(scores, costs, risk=0.3, subgroups=group, of=of)


def highest_price(scores, costs, group, ok):
    """The highest price up to which every price passes in every group."""
    found = None
    for price in all_prices(scores):
        loss = losses(scores, costs, price, "kept")
        if not all(ok(loss[group == g]) for g in np.unique(group)):
            return found
        found = price
    return found


tables = st.tuples(
    st.integers(0, 10_000),
    st.integers(60, 160),
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 2),
)


@settings(max_examples=40)
@given(case=tables, conformal=st.booleans())
def test_what_is_kept_is_tested_at_every_point(case, conformal):
    seed, n, ties, n_experts, n_groups = case
    scores, costs = problem(n, seed, n_experts, ties)
    group = np.arange(n) % n_groups
    risk = 0.12

    def ok(loss):
        if conformal:
            return loss.sum() + 1 <= risk * (len(loss) + 1)
        return stats.binom.cdf(loss.sum(), len(loss), risk) <= 0.1

    found = certify_scores(
        scores,
        costs,
        risk=risk,
        delta=None if conformal else 0.1,
        of="kept",
        subgroups=group if n_groups > 1 else None,
    )
    assert found
    assert found.n_scouts == 0
    assert found.point.prices[0] == highest_price(scores, costs, group, ok)


def test_bonferroni_tests_few_prices_apart_and_is_stricter():
    scores, costs = problem(4_000)
    scouts = np.arange(4_000) % 4 == 0
    options = {"risk": 0.12, "scout": scouts}
    walk = certify_scores(scores, costs, **options)
    apart = certify_scores(scores, costs, procedure="bonferroni", **options)
    assert walk
    assert apart
    assert apart.p_value <= 0.1 / 20
    assert apart.deferral_rate.value >= walk.deferral_rate.value


def test_bonferroni_passes_over_a_hump_that_the_scouts_did_not_see():
    """Scouts that all are right order by nothing but deferrals; the second price is bad here."""
    gain = np.repeat([1.0, 2.0, 3.0], 400)
    scores = np.column_stack([np.zeros(1_200), gain])
    scouts = np.arange(1_200) % 4 == 0
    costs = np.zeros((1_200, 2))
    costs[scouts & (gain == 1.0), 0] = np.arange(100) < 4  # the more deferred the better,
    costs[scouts & (gain == 2.0), 0] = np.arange(100) < 4  # the scouts say
    costs[scouts & (gain == 3.0), 0] = np.arange(100) < 4
    costs[~scouts & (gain == 2.0), 0] = np.arange(300) < 150  # keeping these is bad,
    costs[~scouts & (gain == 3.0), 1] = np.arange(300) < 120  # and so is deferring those
    options = {"risk": 0.2, "scout": scouts, "delta": 0.2}
    assert certify_scores(scores, costs, **options).point.prices[0] < 2.0
    assert certify_scores(scores, costs, procedure="bonferroni", **options).point.prices[0] == NEVER


def test_the_cheapest_certified_point_keeps_everything_if_the_model_is_good_enough():
    scores, costs = problem(3_000)
    found = certify_scores(scores, costs, risk=0.3)
    assert found.point.prices == (NEVER,)
    assert found.deferral_rate.value == 0.0
    assert str(found).startswith("With nobody deferred, the system errs in at most 30 % of cases")


def test_a_smaller_risk_or_delta_never_defers_less():
    scores, costs = problem(5_000, seed=3)
    rates = [certify_scores(scores, costs, risk=r).deferral_rate.value for r in (0.11, 0.13, 0.15)]
    assert rates == sorted(rates, reverse=True)
    rates = [
        certify_scores(scores, costs, risk=0.06, of="kept", delta=d).deferral_rate.value
        for d in (0.01, 0.1, 0.3, None)
    ]
    assert rates == sorted(rates, reverse=True)


def test_money_along_the_path_falls_with_deferrals():
    """So the point with the fewest deferrals is also the cheapest, whatever the fees."""
    scores, _ = problem(500, n_experts=3)
    fees = np.array([0.0, 0.01, 5.0, 0.2])
    spent = [
        fees[route(scores, OperatingPoint((price,) * 3))].sum() for price in all_prices(scores)
    ]
    assert (np.diff(spent) <= 1e-9).all()


def test_scouts_are_drawn_from_every_group_and_apart_from_cases_of_the_same_seed():
    """Cases made up with one seed must not be sorted by it: their x is not what draws."""
    x = np.random.default_rng(0).random(10_000)
    group = (np.arange(10_000) % 100 == 0).astype(int)
    scouts = draw_scouts(group, 2, 0.2, 0)
    assert [scouts[group == g].sum() for g in (0, 1)] == [1_980, 20]
    assert abs(x[scouts].mean() - 0.5) < 4 * np.sqrt(1 / 12 / 2_000)
    assert (scouts == draw_scouts(group, 2, 0.2, 0)).all()
    assert (scouts != draw_scouts(group, 2, 0.2, 1)).any()


# Costs


def test_costs_with_fees_are_tested_as_bounded_ones():
    scores, costs = problem(3_000)
    paid = costs + np.array([0.0, 0.05])
    with pytest.raises(InvalidInput, match=r"largest_cost=1, however they lie between 0 and 1\.05"):
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
    with pytest.raises(InvalidInput, match="In none of the 1,000 cases are the costs known"):
        certify_scores(scores, np.column_stack([costs[:, 0], np.full(1_000, np.nan)]), risk=0.2)


# Groups


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
        match=r"Group 'rare' has 12 cases, 10 of them to test .* needs 45 to test, about 54 in all",
    ):
        certify_scores(scores, costs, risk=0.05, subgroups=group)
    with pytest.raises(InvalidInput, match=r"'rare' has 12 cases, but .* needs 45, even if"):
        certify_scores(scores, costs, risk=0.05, subgroups=group, of="kept")


def test_groups_that_cannot_be_read_are_refused():
    scores, costs = problem(200)
    with pytest.raises(
        InvalidInput, match="subgroups names none for 2 of 200 cases, the first at row 0"
    ):
        certify_scores(scores, costs, risk=0.2, subgroups=np.r_[[np.nan] * 2, np.ones(198)])
    with pytest.raises(InvalidInput, match="cases has 200, subgroups has 3"):
        certify_scores(scores, costs, risk=0.2, subgroups=["a", "b", "a"])
    with pytest.raises(InvalidInput, match=r"subgroups must have shape \(n,\)"):
        certify_scores(scores, costs, risk=0.2, subgroups=np.ones((200, 2)))


# What is missing


def test_fewer_cases_than_any_guarantee_needs_are_refused():
    scores, costs = problem(40)
    with pytest.raises(InvalidInput, match="There are 40 cases, 32 of them to test after 8"):
        certify_scores(scores, costs, risk=0.05)
    with pytest.raises(InvalidInput, match=r"There are 40 cases, but .* needs 45, even if"):
        certify_scores(scores, costs, risk=0.05, of="kept")
    with pytest.raises(InvalidInput, match=r"a risk of 0.02 on average needs 49, even if"):
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
    with pytest.raises(InvalidInput, match="Without experts there is no deferral to choose"):
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
        ({"risk": 5}, "risk is the mean cost .* however risk=5; write 0.05 for 5 %"),
        ({"risk": 0.0}, "risk is the mean cost"),
        ({"risk": math.nan}, "risk is the mean cost"),
        ({"delta": 90}, "delta is the probability .* however delta=90"),
        ({"delta": 0.0}, "delta is the probability"),
        ({"delta": None}, "pass delta=0.1, or of='kept'"),
        ({"largest_cost": 0}, "largest_cost is the most"),
        ({"largest_cost": 0.5}, "pass as largest_cost the most that a case can ever cost"),
        ({"of": "sytem"}, "no risk to certify 'sytem'. Did you mean 'system'"),
        ({"procedure": "holm"}, "no procedure 'holm'"),
        ({"scout": 1.0}, "scout is the share"),
        ({"scout": [True]}, r"one boolean per case, \(300,\)"),
        ({"scout": np.zeros(300, dtype=bool)}, "scout must name a case of each group"),
        ({"scout": np.ones(300, dtype=bool)}, "0 of them to test"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            certify_scores(scores, costs, **{"risk": 0.1, **change})
    with pytest.raises(InvalidInput, match="must have one shape"):
        certify_scores(scores[:, :1], costs, risk=0.1)
    with pytest.raises(InvalidInput, match="add a constant if any is negative"):
        certify_scores(scores, costs - 0.5, risk=0.1)


# Routers


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
    with pytest.raises(InvalidInput, match="leave out experts="):
        certify(router, X[new], table, experts[new], risk=0.2)
    with pytest.raises(InvalidInput, match="fitted with 2 experts, so the answers of as many"):
        certify(router, X[new], y[new], risk=0.2)
    with pytest.raises(InvalidInput, match="not both"):
        certify(router, X[new], y[new], experts[new], wrong, risk=0.2)


# The certificate


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
    with pytest.raises(InvalidInput, match="groups names none for"):
        certify_scores(*many, risk=0.2, groups=np.where(groups == 3, np.nan, groups))
