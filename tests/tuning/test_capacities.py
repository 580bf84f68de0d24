"""Capacities: assignments are optimal and proven so, prices stay within, a stream never exceeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from scipy.sparse import eye_array, kron

from cede import InvalidInput, OperatingPoint, choose_operating_point, route
from cede.operating import NEVER
from cede.tuning.capacities import CapacityController, assign, prices_within

ELEMENTS = [
    st.floats(-2, 2),
    st.floats(-1e300, 1e300),
    st.sampled_from([0.0, 0.1, 0.2, 0.3, -0.1]),
    st.integers(0, 2).map(float),
]


@st.composite
def problems(draw, elements=None):
    """Scores with ties of every pattern, equal rows and columns, and capacities from zero."""
    n, n_agents = draw(st.integers(0, 10)), draw(st.integers(1, 5))
    values = draw(st.sampled_from(ELEMENTS if elements is None else [elements]))
    scores = draw(arrays(float, (n, n_agents), elements=values))
    if n and draw(st.booleans()):
        scores = scores[draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n))]
    if n_agents > 2 and draw(st.booleans()):
        scores[:, 2] = scores[:, 1]
    limits = st.one_of(st.integers(0, n + 1), st.none())
    return scores, draw(st.lists(limits, min_size=n_agents - 1, max_size=n_agents - 1))


def numbers(capacity):
    return np.array([np.inf if c is None else c for c in capacity], dtype=float)


def linear_program(scores, capacity, allowed, model_capacity=None):
    """The linear program as it stands, by scipy's HiGHS."""
    n, n_agents = scores.shape
    kept = allowed.ravel()
    once = kron(eye_array(n), np.ones((1, n_agents)), format="csc")[:, kept]
    load = kron(np.ones((1, n)), eye_array(n_agents), format="csc")[:, kept]
    limits = np.append(n if model_capacity is None else model_capacity, numbers(capacity))
    return linprog(-scores.ravel()[kept], load, np.minimum(limits, n), once, np.ones(n))


@settings(max_examples=100)
@given(problem=problems(st.one_of(st.floats(-2, 2), st.integers(0, 3).map(lambda k: k / 10))))
def test_an_assignment_is_worth_what_the_linear_program_is(problem):
    scores, capacity = problem
    found = assign(scores, capacity)
    loads = np.bincount(found.routes, minlength=scores.shape[1])[1:]
    assert (loads <= numbers(capacity)).all()
    assert found.loads.tolist() == loads.tolist()
    assert found.worth == pytest.approx(scores[np.arange(len(scores)), found.routes].sum())
    if scores.size:
        best = linear_program(scores, capacity, np.ones(scores.shape, dtype=bool))
        assert found.worth == pytest.approx(-best.fun, abs=1e-6)


@settings(max_examples=100)
@given(problem=problems())
def test_the_prices_prove_it(problem):
    """Weak duality says worth <= bound for any prices; equality, that neither can be better."""
    scores, capacity = problem
    found = assign(scores, capacity)
    limits = np.minimum(numbers(capacity), len(scores))
    size = np.abs(scores).max(initial=0.0)
    assert (found.prices >= 0).all()
    assert 0.0 <= found.model_price <= 1e-10 * size  # nothing, but for rounding
    net = scores - np.append(0.0, found.prices)
    bound = net.max(axis=1, initial=-np.inf).sum() + found.prices @ limits
    assert abs(bound - found.worth) <= 1e-10 * size
    assert abs(found.bound - bound) <= 1e-10 * size
    assert (np.abs(found.prices * (limits - found.loads)) <= 1e-10 * size).all()


@settings(max_examples=100)
@given(data=st.data(), problem=problems(st.integers(0, 3).map(float)))
def test_absences_and_a_limited_model_too(data, problem):
    scores, capacity = problem
    n, n_experts = len(scores), scores.shape[1] - 1
    available = data.draw(arrays(bool, (n, n_experts)))
    kept = data.draw(st.integers(0, n))
    allowed = np.hstack([np.ones((n, 1), dtype=bool), available])
    if n == 0:
        return
    best = linear_program(scores, capacity, allowed, kept)
    if best.status == 2:
        with pytest.raises(InvalidInput, match=r"for all|must let somebody|a place for every case"):
            assign(scores, capacity, available=available, model_capacity=kept)
        return
    found = assign(scores, capacity, available=available, model_capacity=kept)
    assert found.worth == pytest.approx(-best.fun, abs=1e-6)
    assert found.bound == pytest.approx(found.worth, abs=1e-9)
    assert allowed[np.arange(n), found.routes].all()
    assert np.count_nonzero(found.routes == 0) <= kept
    assert (found.loads <= numbers(capacity)).all()


def test_nobody_leaves_the_model_without_a_gain():
    assert assign([[0.5, 0.5, 0.4]] * 3, capacity=2).routes.tolist() == [0, 0, 0]


def test_an_example_by_hand():
    """Expert 2 is best everywhere but has one place: it goes to the case with the largest lead."""
    found = assign([[0.0, 3.0, 5.0], [0.0, 1.0, 4.0], [0.0, 0.0, 1.0]], capacity=[1, 1])
    assert found.routes.tolist() == [1, 2, 0]  # 3 + 4; the other way is 5 + 1
    assert found.worth == 7.0
    assert "2 with experts (loads 1, 1, at price" in str(found)


def made_up(kind, n, n_experts, rng):
    scores = rng.random((n, n_experts + 1))
    if kind == "coarse":
        return rng.integers(0, 11, scores.shape) / 10
    if kind == "few rows":
        return scores[rng.integers(0, 50, n)]
    if kind == "same experts":
        scores[:, n_experts // 2 :] = scores[:, [1]]
    return scores


@pytest.mark.parametrize("kind", ["continuous", "coarse", "few rows", "same experts"])
def test_twenty_thousand_cases_are_proven_optimal(kind):
    rng = np.random.default_rng(0)
    scores = made_up(kind, 20_000, 20, rng)
    capacity = rng.integers(200, 1_000, 20)
    found = assign(scores, capacity)
    assert (found.loads <= capacity).all()
    net = scores - np.append(0.0, found.prices)
    bound = net.max(axis=1).sum() + found.prices @ capacity
    assert found.worth == pytest.approx(bound, rel=1e-12)


@settings(max_examples=200)
@given(problem=problems())
def test_prices_never_give_an_expert_too_many(problem):
    scores, capacity = problem
    prices = prices_within(scores, capacity)
    routes = route(scores, OperatingPoint(tuple(prices)))
    loads = np.bincount(routes, minlength=scores.shape[1])[1:]
    assert (loads <= numbers(capacity)).all()
    assert (prices >= 0).all()
    assert (prices[numbers(capacity) == 0] == NEVER).all()


@settings(max_examples=100)
@given(problem=problems(st.integers(0, 3).map(float)))
def test_a_lower_price_gives_too_many_cases_or_no_more(problem):
    """Half a unit lower while the others stay, as integer scores change loads at integers."""
    scores, capacity = problem
    prices = prices_within(scores, capacity)
    loads = np.bincount(route(scores, OperatingPoint(tuple(prices))), minlength=len(prices) + 1)
    for j in np.flatnonzero((prices > 0) & (prices < NEVER)):
        lower = prices.copy()
        lower[j] = max(0.0, prices[j] - 0.5)
        routes = route(scores, OperatingPoint(tuple(lower)))
        load = np.count_nonzero(routes == j + 1)
        assert load > capacity[j] or load == loads[j + 1]


@given(gains=arrays(float, st.integers(1, 12), elements=st.floats(-2, 2)), count=st.integers(1, 12))
def test_for_one_expert_it_is_the_price_of_a_budget(gains, count):
    count = min(count, len(gains))
    scores = np.column_stack([np.zeros(len(gains)), gains])
    point = choose_operating_point(scores, budget=count / len(gains))
    assert prices_within(scores, count).tolist() == list(point.prices)


@pytest.mark.parametrize("seed", range(5))
def test_prices_route_like_the_assignment_where_nothing_ties(seed):
    rng = np.random.default_rng(seed)
    scores, capacity = rng.random((1_000, 6)), rng.integers(0, 150, 5)
    found = assign(scores, capacity)
    for prices in (found.prices, prices_within(scores, capacity)):
        assert (route(scores, OperatingPoint(tuple(prices))) == found.routes).all()


@pytest.mark.parametrize("seed", range(3))
def test_of_equal_experts_prices_ask_the_one_with_most_time(seed):
    """No prices use equal experts side by side, so that is the best there is with prices."""
    rng = np.random.default_rng(seed)
    scores, capacity = made_up("same experts", 2_000, 10, rng), rng.integers(20, 100, 10)
    equal = np.array([0, *range(4, 10)])
    one_of_them = capacity.copy()
    one_of_them[equal] = 0
    busiest = equal[capacity[equal].argmax()]
    one_of_them[busiest] = capacity[busiest]
    routes = route(scores, OperatingPoint(tuple(prices_within(scores, capacity))))
    assert (np.bincount(routes, minlength=11)[1:] <= capacity).all()
    worth = scores[np.arange(len(scores)), routes].sum()
    assert worth == pytest.approx(assign(scores, one_of_them).worth)


@settings(max_examples=100)
@given(
    data=st.data(), problem=problems(st.integers(0, 3).map(float)), n_expected=st.integers(0, 12)
)
def test_a_stream_never_exceeds_a_capacity(data, problem, n_expected):
    scores, capacity = problem
    n, n_experts = len(scores), scores.shape[1] - 1
    available = data.draw(arrays(bool, (n, n_experts)))
    start = data.draw(arrays(float, n_experts, elements=st.sampled_from([0.0, 0.5, NEVER])))
    controller = CapacityController(start, capacity, n_expected)
    at = 0
    while at < n:
        size = data.draw(st.integers(1, 5))
        part = slice(at, at + size)
        routes = controller.route(scores[part], available[part])
        rows = np.arange(len(routes))
        assert (np.hstack([np.ones((len(routes), 1), bool), available[part]])[rows, routes]).all()
        assert (scores[part][rows, routes] >= scores[part][:, 0]).all()
        at += size
    assert (controller.loads <= numbers(capacity)).all()
    assert (controller.remaining == numbers(capacity) - controller.loads).all()
    assert (controller.prices >= 0).all()
    assert (controller.loads[start == NEVER] == 0).all()


def test_a_step_by_hand():
    """N = 10, c = 5: V = 10 / 4; the first case leaves 5 / 10 behind, the second 4 / 9."""
    controller = CapacityController([0.1], 5, 10, spread=2.0)
    assert controller.route([0.0, 1.0]) == 1
    first = 0.1 + 2.0 * 0.5 / np.sqrt(2.5 + 0.25)
    assert controller.prices == pytest.approx([first])
    assert controller.route([0.0, 0.0]) == 0
    rate = 4 / 9
    assert controller.prices == pytest.approx([first - 2.0 * rate / np.sqrt(2.5 + rate**2)])


def test_a_spread_is_that_of_the_gains_seen():
    """Whatever the parts they come in: the price moves by the step times their deviation."""
    scores = np.random.default_rng(0).random((50, 3))
    for parts in ([50], [1, 9, 40]):
        controller = CapacityController([9.0, 9.0], 5, 1_000)
        for rows in np.split(scores, np.cumsum(parts)[:-1]):
            controller.route(rows)
        deviation = (scores[:, 1:] - scores[:, :1]).std(axis=0)
        assert controller._gains.deviation() == pytest.approx(deviation)


def test_a_price_rests_while_its_expert_is_away_and_the_others_rise():
    rng = np.random.default_rng(0)
    scores = np.column_stack([np.zeros(200), rng.random((200, 2))])
    controller = CapacityController([0.8, 0.8], 40, 400)
    controller.route(scores[:100])
    before = controller.prices
    for case in scores[100:]:
        controller.route(case, available=[False, True])
    assert controller.prices[0] == before[0]
    held = controller.loads[0]
    for case in np.tile(scores, (2, 1))[:200]:
        controller.route(case)
    assert controller.loads[0] > held  # back, and asked again


def test_more_in_a_batch_than_is_left_goes_to_those_who_gain_most():
    controller = CapacityController([0.1], 2, 3)
    assert controller.route([[0.0, 0.3], [0.0, 0.9], [0.0, 0.5], [0.0, 0.05]]).tolist() == [
        0,
        1,
        1,
        0,
    ]
    assert controller.route([0.0, 9.0]) == 0
    assert controller.remaining.tolist() == [0.0]


def test_a_forecast_can_change():
    """With four places for the last four cases, the price falls; for forty, it hardly does."""
    falls = []
    for n_left in (4, 40):
        controller = CapacityController([0.5], 4, 1_000, spread=1.0)
        controller.expect(n_left)
        controller.route([0.0, 0.1])
        falls.append(0.5 - controller.prices[0])
    assert falls[0] > 5 * falls[1] > 0


def test_no_experts_and_no_cases_are_legal():
    assert assign(np.zeros((3, 1)), []).routes.tolist() == [0, 0, 0]
    assert prices_within(np.zeros((3, 1)), []).shape == (0,)
    assert assign(np.empty((0, 3)), 1).worth == 0.0
    assert prices_within(np.empty((0, 3)), [0, 1]).tolist() == [NEVER, 0.0]
    assert CapacityController([], [], 3).route([0.5]) == 0


TABLE = [[0.5, 0.9, 0.8], [0.5, 0.6, 0.9], [0.5, 0.4, 0.4]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"capacity": -1}, "capacity must be a whole number of cases, but got -1"),
        ({"capacity": [1, 1.5]}, r"a whole number of cases, but got \[1, 1.5\]"),
        ({"capacity": np.nan}, "a whole number of cases, but got nan"),
        ({"capacity": [1, 1, 1]}, r"or one per expert \(2\), but got shape \(3,\)"),
        ({"capacity": "two"}, "capacity must be a whole number of cases, but got 'two'"),
        ({"capacity": 1, "model_capacity": 0}, "for all 3 cases, but got 2 in all, 1 short"),
        ({"capacity": 1, "model_capacity": 0.5}, r"model_capacity must be a whole number .* 0\.5"),
        (
            {"capacity": 3, "model_capacity": 0, "available": [[True, True], [False, False]] * 1},
            "available must be booleans",
        ),
        (
            {
                "capacity": 3,
                "model_capacity": 0,
                "available": [[True, True], [False, False], [True, True]],
            },
            "capacity must let somebody .* got nobody for 1 of 3 cases, the first at row 1",
        ),
        (
            {"capacity": [1, 3], "model_capacity": 0, "available": [True, False]},
            "capacity must leave a place for every case, but got none for 2 of 3 cases",
        ),
    ],
)
def test_what_cannot_be_placed_is_said(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        assign(TABLE, **arguments)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CapacityController(0.5, 1, 10), "one number per expert"),
        (lambda: CapacityController([-0.5], 1, 10), "prices cannot be negative"),
        (
            lambda: CapacityController([0.5], 1, -1),
            "n_expected must be a whole number, .* but got -1",
        ),
        (
            lambda: CapacityController([0.5], 1, 2.5),
            "n_expected must be a whole number, .* but got 2.5",
        ),
        (
            lambda: CapacityController([0.5], 1, np.nan),
            "n_expected must be a whole number, .* but got nan",
        ),
        (lambda: CapacityController([0.5], [1, 2], 10), r"one per expert \(1\)"),
        (lambda: CapacityController([0.5], 1, 10, spread=[1, 2]), "spread must be one number"),
        (
            lambda: CapacityController([0.5], 1, 10).route([0.1, 0.2, 0.3]),
            "agent_scores must .* 1, but got 2",
        ),
        (
            lambda: CapacityController([0.5], 1, 10).expect(-2),
            "n_cases must be a whole number, .* but got -2",
        ),
    ],
)
def test_a_controller_says_what_it_cannot_use(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()
