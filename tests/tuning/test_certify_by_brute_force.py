import math

import numpy as np
import pytest
from certified import all_prices, problem
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cede import InvalidInput, route
from cede._intervals import share_estimate
from cede.operating import OperatingPoint
from cede.tuning.guarantees import (
    binomial_p_value,
    certify_scores,
)


def losses(scores, costs, price, of):
    """Losses of the cases that count, one by one."""
    routes = route(scores, OperatingPoint((price,) * (scores.shape[1] - 1)))
    if of == "system":
        return costs[np.arange(len(costs)), routes]
    if of == "among_kept":
        return costs[routes == 0, 0]
    return costs[:, 0] * (routes == 0)


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
    with pytest.raises(
        InvalidInput, match=r"needs 7 cases in each group, .* got 0 of known costs in group 'c'"
    ):
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
