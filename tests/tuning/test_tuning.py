"""Choosing a point: what is asked for holds where it was chosen, and elsewhere as said."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import cede
from cede import InvalidInput, choose_operating_point, route
from cede._intervals import share_estimate
from cede.datasets import make_two_specialists
from cede.operating import NEVER, OperatingPoint


@st.composite
def problems(draw):
    """Scores with ties of every pattern, fees, and charges some of which are equal or nothing."""
    n, n_experts = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    levels = st.sampled_from([0.0, 0.1, 0.2, 0.3, -0.1, 1 / 3])
    scores = draw(arrays(float, (n, n_experts + 1), elements=levels))
    fee = draw(arrays(float, n_experts, elements=st.sampled_from([0.0, 0.1, 0.3, 1 / 7])))
    charges = draw(arrays(float, n_experts, elements=st.sampled_from([0.0, 0.1, 1 / 3, 5.0])))
    return scores, fee, charges


def brute_force_spend(scores, fee, charges, spend):
    """The least multiple of the charges that fits, among all at which a route can change."""
    gains = scores[:, 1:] - scores[:, :1] - fee
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = [gains / charges]
        for j in range(len(fee)):
            crossing.append((gains - gains[:, [j]]) / (charges - charges[j]))
    multiples = np.concatenate([[0.0], *(c.ravel() for c in crossing)])
    multiples = np.unique(multiples[np.isfinite(multiples) & (multiples >= 0)])
    # Just above each crossing, too: what ties there may go to the dearer of two experts.
    for m in np.sort(np.concatenate([multiples, multiples + 1e-9])):
        routes = route(scores, OperatingPoint(tuple(fee + m * charges)))
        if np.append(0.0, charges)[routes].mean() <= spend + 1e-12:
            return m
    return np.inf


@given(problem=problems(), spend=st.sampled_from([0.0, 0.05, 0.1, 1 / 3, 1.0, 2.0]))
def test_a_spend_is_never_exceeded_and_the_price_is_the_least_that_fits(problem, spend):
    scores, fee, charges = problem
    charges = np.append(charges[:-1], 0.7)
    point = choose_operating_point(scores, spend=spend, fee=fee, charges=charges)
    paid = np.append(0.0, charges)[route(scores, point)]
    assert paid.mean() <= spend + 1e-12
    assert point.expected.spend.value == pytest.approx(paid.mean(), abs=1e-12)
    if spend > 0:
        multiple = (point.prices[-1] - fee[-1]) / 0.7
        assert multiple == pytest.approx(brute_force_spend(scores, fee, charges, spend), abs=2e-8)


@given(problem=problems(), budget=st.sampled_from([0.0, 0.1, 0.29, 0.5, 2 / 3, 1.0]))
def test_a_budget_beside_a_fee_is_never_exceeded(problem, budget):
    scores, fee, _ = problem
    point = choose_operating_point(scores, budget, fee=fee)
    routes = route(scores, point)
    assert np.mean(routes > 0) <= budget
    assert point.deferral_rate == np.mean(routes > 0)
    # Nobody is asked who is not worth the fee.
    case = np.flatnonzero(routes)
    gains = scores[case, routes[case]] - scores[case, 0] - fee[routes[case] - 1]
    assert (gains > 0).all()


@given(
    problem=problems(),
    budgets=st.lists(st.sampled_from([0.0, 0.1, 0.29, 0.5, 1.0]), min_size=3, max_size=3),
)
def test_budgets_per_expert_are_never_exceeded(problem, budgets):
    scores, fee, _ = problem
    shares = np.array(budgets[: len(fee)])
    point = choose_operating_point(scores, shares, fee=fee)
    counts = np.bincount(route(scores, point), minlength=len(fee) + 1)[1:]
    assert (counts <= shares * len(scores) + 1e-9).all()


@given(problem=problems(), capacity=st.integers(0, 5), period=st.sampled_from([None, 3, 100]))
def test_capacities_are_never_exceeded(problem, capacity, period):
    scores, fee, _ = problem
    point = choose_operating_point(scores, capacity=capacity, fee=fee, expected_cases=period)
    counts = np.bincount(route(scores, point), minlength=len(fee) + 1)[1:]
    per_case = 1 if period is None else len(scores) / period
    assert (counts <= capacity * per_case + 1e-9).all()


def test_a_fee_takes_the_place_of_the_fees_in_the_scores():
    scores = np.array([[0.5, 0.9], [0.5, 0.75], [0.5, 0.55]]) - [0.0, 0.1]
    for fee, asked in ((0.0, 3), (0.1, 2), (0.3, 1), (0.5, 0)):
        point = choose_operating_point(scores, fee=fee, fees_in_scores=0.1)
        assert point.deferral_rate == asked / 3
        assert (point.chosen_by, point.value) == ("fee", fee)


def test_a_target_is_reached_with_the_fewest_deferrals():
    # By gain: the expert mends cases 0 and 1, spoils 2, mends 3.
    scores = np.column_stack([np.zeros(5), [0.9, 0.8, 0.7, 0.6, -0.5]])
    costs = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0, 0]])
    for target, asked in ((0.4, 0), (0.6, 1), (0.8, 2)):
        point = choose_operating_point(scores, target=target, answer_costs=costs)
        assert (point.deferral_rate, point.reached) == (asked / 5, True)
        assert point.expected.accuracy.value >= target
        assert point.expected.model_accuracy.value == 0.4
    with pytest.warns(UserWarning, match="the best has 0.8, deferring 40.0%, and is chosen"):
        point = choose_operating_point(scores, target=0.9, answer_costs=costs)
    assert (point.deferral_rate, point.reached) == (0.4, False)
    assert "which no point reaches" in str(point)


@given(
    problem=problems(),
    target=st.sampled_from([0.1, 0.25, 0.5, 2 / 3, 0.9, 1.0]),
    seed=st.integers(0, 99),
)
@pytest.mark.filterwarnings("ignore:No operating point has an accuracy")
def test_a_target_that_is_said_to_be_reached_is_reached(problem, target, seed):
    """Beside a fee, too, where a sum of prices is rounded at every tie."""
    scores, fee, _ = problem
    costs = (np.random.default_rng(seed).random(scores.shape) < 0.4).astype(float)
    point = choose_operating_point(scores, target=target, fee=fee, answer_costs=costs)
    reached = point.expected.accuracy.value >= target - 1e-9
    assert reached == point.reached


def test_a_guarantee_beside_a_fee_does_not_cross_a_tie():
    scores = np.repeat([[0.3, 0.9], [0.5, 0.8], [0.42, 0.68]], 300, 0)
    costs = np.zeros((900, 2))
    costs[:600, 0], costs[600:, 1] = 1, 1
    point = choose_operating_point(scores, risk=0.05, fee=0.05, answer_costs=costs)
    assert point.expected.risk.value == 0.0
    assert route(scores, point).tolist() == [1] * 600 + [0] * 300


def test_a_target_may_need_everybody_deferred_against_the_scores():
    costs = np.array([[1, 1, 0]] * 4)
    scores = np.array([[0.5, -0.2, -0.1]] * 4)
    point = choose_operating_point(scores, target=1.0, answer_costs=costs)
    assert point.deferral_rate == 1.0
    assert route(scores, point).tolist() == [2] * 4  # the better of two that the scores disdain


def test_outcomes_that_are_missing_are_not_judged():
    scores = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, -1.0]])
    costs = np.array([[1.0, 0.0], [1.0, np.nan], [0.0, 1.0]])
    expected = choose_operating_point(scores, 1.0, answer_costs=costs).expected
    assert (expected.n_judged, expected.accuracy.value) == (2, 1.0)
    assert expected.deferral_rate.value == pytest.approx(2 / 3)


def test_intervals_are_those_of_shares_and_means():
    rng = np.random.default_rng(0)
    scores, costs = rng.normal(size=(400, 3)), rng.uniform(size=(400, 3))
    point = choose_operating_point(scores, 0.3, answer_costs=costs, charges=[1.0, 4.0])
    routes, expected = route(scores, point), point.expected
    rate = expected.deferral_rate
    assert rate.low < 0.3 < rate.high
    assert expected.shares[1].value == np.mean(routes == 2)
    chosen = costs[np.arange(400), routes]
    error = chosen.std(ddof=1) / 20
    assert expected.risk.high == pytest.approx(chosen.mean() + 1.966 * error, abs=1e-3 * error)
    assert expected.accuracy.low == 1 - expected.risk.high
    paid = np.array([0.0, 1.0, 4.0])[routes]
    assert expected.spend.value == paid.mean()


def test_what_was_chosen_on_is_told_from_other_cases():
    rng = np.random.default_rng(0)
    X, scores = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    point = choose_operating_point(scores, 0.2, cases=X)
    order = rng.permutation(50)
    assert point.fingerprint == choose_operating_point(scores, 0.4, cases=X[order]).fingerprint
    assert (
        point.fingerprint
        != choose_operating_point(scores, 0.2, cases=X[1:50].repeat(2, 0)[:50]).fingerprint
    )
    assert len(point.fingerprint) == 16


@pytest.mark.parametrize("known", [0.0, 0.05])
def test_a_router_is_tuned_by_everything(known):
    data = make_two_specialists(n=3_000, random_state=0)
    fit, val = slice(0, 1_500), slice(1_500, None)
    router = cede.SingleStageClassifier(fees=known or None).fit(
        data.X[fit], data.y[fit], experts=data.experts[fit]
    )
    labelled = (data.X[val], data.y[val], data.experts[val])
    free = router.tune(data.X[val], fee=0.0)
    dear = router.tune(data.X[val], fee=[0.1, 0.4])
    assert dear.deferral_rate < free.deferral_rate
    # The same routes as from a router whose fees were these at the fit.
    other = cede.SingleStageClassifier(fees=[0.1, 0.4]).fit(
        data.X[fit], data.y[fit], experts=data.experts[fit]
    )
    assert (router.route(data.X[val]) == other.route(data.X[val])).mean() > 0.999
    both = router.tune(*labelled, budget=[0.1, 0.05])
    counts = np.bincount(router.route(data.X[val]), minlength=3)
    assert counts[1] <= 150
    assert counts[2] <= 75
    assert counts[1:].sum() > 200
    assert both.expected.accuracy.value == router.score(*labelled)
    router.tune(data.X[val], capacity=[30, np.inf], expected_cases=300)
    counts = np.bincount(router.route(data.X[val]), minlength=3)
    assert 120 < counts[1] <= 150
    spend = router.tune(*labelled, spend=0.5, charges=[1.0, 3.0])
    assert 0.48 < spend.expected.spend.value <= 0.5
    goal = router.tune(*labelled, target=0.85)
    assert goal.expected.accuracy.value >= 0.85
    assert router.operating_point_ is goal


def test_what_cannot_be_chosen_is_refused_with_a_sentence():
    scores, costs = np.zeros((4, 3)), np.zeros((4, 3))
    wrong = [
        ({}, "Say what the point is to be chosen for"),
        ({"budget": 0.1, "target": 0.9}, "budget cannot be asked for beside the target"),
        ({"target": 0.9}, "target is about how the agents answered"),
        ({"risk": 0.1}, "risk is about how the agents answered"),
        ({"spend": 0.1}, "charges must be known for a spend"),
        ({"spend": -1, "charges": 1.0}, "spend must be at least 0, .* but got -1"),
        ({"budget": [0.1, 0.2, 0.3]}, r"one per expert \(2\), but got shape \(3,\)"),
        ({"budget": [0.1, 1.2]}, r"must be in \[0, 1\], but got 1.2"),
        ({"capacity": [1, 2, 3]}, r"one per expert \(2\)"),
        ({"capacity": -1}, "at least 0"),
        ({"capacity": 0.2}, "whole number of cases, .* for a share of the cases, say a budget"),
        ({"capacity": "many"}, "capacity must be numbers, but got 'many'"),
        ({"capacity": 3, "expected_cases": 0}, "expected_cases"),
        ({"budget": 0.1, "expected_cases": 9}, "share a capacity, but a budget is asked for"),
        ({"budget": "20%"}, "budget must be a number, but got '20%'; write 0.2 for 20 %"),
        ({"budget": True}, "budget must be a number, but got True"),
        ({"target": 90, "answer_costs": costs}, "write 0.9 for 90 %"),
        ({"target": "high", "answer_costs": costs}, "target must be a number"),
        ({"risk": "5%", "answer_costs": costs}, "risk must be a number, .* write 0.05 for 5 %"),
        (
            {"risk": 0.1, "delta": 0.9, "answer_costs": costs},
            r"delta must be in \(0, 0.5\].* but got 0.9",
        ),
        ({"fee": "a"}, r"fee must be one number or one per expert \(2\), but got 'a'"),
        ({"fee": np.nan}, "fee must be finite numbers"),
        ({"spend": 0.1, "charges": [1, 2, 3]}, "charges must be one number"),
        ({"fee": [0.1, 0.2, 0.3]}, "one per expert"),
        ({"target": np.nan, "answer_costs": costs}, "target must be at most 1, an accuracy"),
        (
            {"target": 0.5, "answer_costs": costs[:, :2]},
            "answer_costs must have the shape of agent_scores",
        ),
        ({"budget": 0.5, "confidence": 95}, "strictly between 0 and 1"),
    ]
    for options, sentence in wrong:
        with pytest.raises(InvalidInput, match=sentence):
            choose_operating_point(scores, **options)


def test_a_router_says_what_tuning_needs():
    data = make_two_specialists(n=600, random_state=0)
    router = cede.SingleStageClassifier().fit(data.X, data.y, experts=data.experts)
    with pytest.raises(InvalidInput, match="among the 600 it was fitted on; hold some out"):
        router.tune(data.X[:300], data.y[:300], data.experts[:300], risk=0.3)
    with pytest.raises(InvalidInput, match="y must be labels"):
        router.tune(data.X, experts=data.experts, target=0.9)
    with pytest.raises(InvalidInput, match="Say what the point is to be chosen for"):
        router.tune(data.X, 0.2)
    ranking = cede.SingleStageClassifier("realizable").fit(data.X, data.y, experts=data.experts)
    with pytest.raises(
        InvalidInput, match=r"fee cannot be taken off the scores .* rank the agents"
    ):
        ranking.tune(data.X, fee=0.1)
    assert ranking.tune(data.X, budget=0.0).prices == (NEVER, NEVER)


def test_no_experts_have_nothing_to_choose():
    point = choose_operating_point(np.zeros((3, 1)), budget=0.2)
    assert (point.prices, point.deferral_rate) == ((), 0.0)
    assert choose_operating_point(np.zeros((3, 1)), spend=1.0, charges=[]).prices == ()


def test_what_to_expect_of_cases_that_were_fitted_on_is_said_to_be_flattered():
    data = make_two_specialists(n=600, random_state=0)
    router = cede.SingleStageClassifier().fit(data.X, data.y, experts=data.experts)
    with pytest.warns(UserWarning, match="What to expect is flattered: 100% of these were among"):
        router.tune(data.X[:300], data.y[:300], data.experts[:300], budget=0.2)


def test_one_minus_a_cost_is_called_an_accuracy_only_of_errors():
    scores, errors = np.array([[0.0, 1.0], [0.0, -1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    told = choose_operating_point(scores, target=0.9, answer_costs=errors)
    assert ", for an accuracy of 90 %" in str(told)
    assert "; accuracy 100.0 %" in str(told)
    told = choose_operating_point(scores, target=0.9, answer_costs=0.2 * errors)
    assert ", for one minus a mean cost of 0.9" in str(told)
    assert "; mean cost 0.1" in str(told)


@pytest.mark.parametrize("errors", [0, 1, 30, 60])
def test_the_expected_risk_of_errors_with_a_fee_is_exact(errors):
    scores = np.column_stack([np.zeros(60), np.ones(60)])
    wrong = np.r_[np.ones(errors), np.zeros(60 - errors)]
    costs = np.column_stack([np.ones(60), wrong + 0.1])
    found = choose_operating_point(scores, 1.0, answer_costs=costs).expected
    _, low, high = share_estimate(errors, 60)
    assert found.risk.value == pytest.approx(wrong.mean() + 0.1)
    assert found.risk.low <= low + 0.1 + 1e-12
    assert found.risk.high >= high + 0.1 - 1e-12
    if 0 < errors < 60:
        assert (found.risk.low, found.risk.high) == pytest.approx((low + 0.1, high + 0.1))
    assert found.model_risk == share_estimate(60, 60)


def test_the_expected_risk_of_several_fees_without_an_error_is_not_certain():
    """All experts are right, at a fee of their own: they may be wrong in 6 % of 60 cases."""
    scores = np.tile(np.vstack([np.eye(3)] * 2), (10, 1))
    costs = np.tile([0.0, 0.1, 0.3], (60, 1))
    found = choose_operating_point(scores, 1.0, answer_costs=costs, charges=[0.1, 0.3]).expected
    assert found.risk.value == pytest.approx(0.4 / 3)
    assert found.risk.high > 0.4 / 3 + 0.05
    # Money cannot be more than the larger charge, and its share is seen.
    assert 0.15 < found.spend.high < 0.2


def test_an_expert_who_answered_no_case_has_no_expected_risk():
    scores = np.column_stack([np.zeros(60), np.ones(60)])
    costs = np.column_stack([np.zeros(60), np.full(60, np.nan)])
    found = choose_operating_point(scores, 0.5, answer_costs=costs).expected
    assert (found.risk, found.n_judged) == (None, 0)
