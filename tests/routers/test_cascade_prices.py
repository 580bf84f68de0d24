"""A cascade at prices: it decides by what is known, and running it keeps what tune promised."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.tree import DecisionTreeRegressor

import cede
from cede import CascadeRouter, InvalidInput, OperatingPoint, TwoStageRouter
from cede.monitoring import Monitor
from cede.operating import NEVER

FIT, TUNE = slice(0, 8_000), slice(8_000, 16_000)


def binary(seed, n=16_000, accuracy=None):
    """Two flags, one known from the start, one that agent 1 reveals; three agents."""
    rng = np.random.default_rng(seed)
    flags = (rng.random((n, 2)) < rng.uniform(0.3, 0.7, 2)).astype(int)
    if accuracy is None:
        accuracy = rng.uniform(0.4, 0.98, (2, 2, 3)) + np.array([0.0, 0.05, 0.15])
        accuracy[..., 0] = accuracy[
            :, :1, 0
        ]  # what agent 0 is worth does not hang on the late flag
    chance = 1.0 - np.clip(accuracy, 0.0, 1.0)[flags[:, 0], flags[:, 1]]
    wrong = (rng.random((n, 3)) < chance).astype(float)
    X = np.column_stack([flags, flags.prod(axis=1)]).astype(float)
    return X, wrong, chance


def cascade_of(seed):
    X, wrong, chance = binary(seed)
    fitted = CascadeRouter(revealed=[[], [1, 2]]).fit(X[FIT], wrong[FIT])
    return fitted, X[TUNE], wrong[TUNE], chance[TUNE]


def in_steps(cascade, X, available=None):
    """Who answers, each stage being asked of the cases that got there, and shown no more."""
    routes, here = np.zeros(len(X), dtype=int), np.arange(len(X))
    for k in range(len(cascade.stages_)):
        known = np.full((len(here), X.shape[1]), np.nan)
        known[:, cascade.columns_[k]] = X[np.ix_(here, cascade.columns_[k])]
        present = available
        if np.ndim(available) == 2:
            present = available[here]
        here = here[cascade.go_on(known, k, present)]
        routes[here] = k + 1
    return routes


def asked_of(routes):
    return np.array([(routes >= 1).sum(), (routes >= 2).sum()])


def best_mixture(X, chance, loads, limits):
    """Least error of all 64 policies that can be run, and of their mixtures."""
    rows, counts = np.unique(X[:, :2].astype(int), axis=0, return_counts=True)
    cost = np.array([chance[(X[:, :2] == row).all(axis=1)].mean(axis=0) for row in rows])
    errors, used = [], []
    for leave in product([False, True], repeat=2):
        for onwards in product([False, True], repeat=4):
            goes = np.array([leave[a] for a, _ in rows])
            twice = goes & np.array([onwards[2 * a + b] for a, b in rows])
            route = goes.astype(int) + twice
            errors.append((counts * cost[np.arange(4), route]).sum())
            used.append(loads @ [(counts * goes).sum(), (counts * twice).sum()])
    assert len(errors) == 64
    found = linprog(errors, A_ub=np.transpose(used), b_ub=limits, A_eq=np.ones((1, 64)), b_eq=[1.0])
    return found.fun / len(X)


N = TUNE.stop - TUNE.start
QUESTIONS = {
    "spend": ({"spend": 0.3, "charges": [1.0, 5.0]}, np.array([[1.0, 5.0]]), [0.3 * N]),
    "more": ({"spend": 0.9, "charges": [1.0, 2.0]}, np.array([[1.0, 2.0]]), [0.9 * N]),
    "late": ({"spend": 0.1, "charges": [0.0, 1.0]}, np.array([[0.0, 1.0]]), [0.1 * N]),
    "capacity": ({"capacity": [3_000, 700]}, np.eye(2), [3_000, 700]),
    "shares": ({"budget": [0.6, 0.2]}, np.eye(2), [0.6 * N, 0.2 * N]),
    "none": ({"capacity": [3_000, 0]}, np.eye(2), [3_000, 0]),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("seed", range(4))
def test_it_is_as_good_as_the_best_policies_that_can_be_run(question, seed):
    asked, loads, limits = QUESTIONS[question]
    cascade, X, _, chance = cascade_of(seed)
    point = cascade.tune(X, **asked)
    routes = in_steps(cascade, X)
    np.testing.assert_array_equal(cascade.route(X), routes)
    assert (loads @ asked_of(routes) <= np.array(limits) + 1e-6).all()
    error = chance[np.arange(N), routes].mean()
    assert error - best_mixture(X, chance, loads, limits) < 0.01
    assert point.deferral_rate == (routes > 0).mean()
    shares = [share.value for share in point.expected.shares]
    assert shares == [(routes == 1).mean(), (routes == 2).mean()]
    if "charges" in asked:
        paid = np.append(0.0, np.cumsum(asked["charges"]))[routes]
        assert point.expected.spend.value == pytest.approx(paid.mean())


def test_a_spend_holds_where_a_later_call_would_tell():
    """What agent 1 reveals is what would have told whom to ask, before it was asked."""
    accuracy = 1.0 - np.stack(np.broadcast_arrays([[0.1], [0.5]], [[0.05, 0.6]], 0.02), axis=-1)
    X, wrong, _ = binary(0, accuracy=accuracy)
    cascade = CascadeRouter(revealed=[[], [1, 2]]).fit(X[FIT], wrong[FIT])
    cascade.tune(X[TUNE], spend=0.3, charges=[1.0, 5.0])
    for part in (FIT, TUNE):
        routes = in_steps(cascade, X[part])
        assert np.array([0.0, 1.0, 6.0])[routes].mean() == pytest.approx(0.3, abs=0.03)
        np.testing.assert_array_equal(cascade.route(X[part]), routes)


BETTER = np.array([0.0, 0.5, 1.0])


def continuous(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    right = 1 / (1 + np.exp(-(np.column_stack([X[:, 0], X[:, 0] + X[:, 2], X[:, 3]]) + BETTER)))
    return X, (rng.random((n, 3)) > right).astype(float)


CASES, COSTS = continuous(6_000)
CASCADE = CascadeRouter(revealed=[[2], [3]]).fit(CASES[:3_000], COSTS[:3_000])
POINTS = {
    "spend": {"spend": 0.4, "charges": [1.0, 3.0]},
    "capacity": {"capacity": [900, 200]},
    "shares": {"budget": [0.3, 0.02]},
    "budget": {"budget": 0.2},
    "target": {"target": 0.63},
    "risk": {"risk": 0.42},
}


def tuned(name):
    X, costs = CASES[3_000:], COSTS[3_000:]
    point = CASCADE.tune(X, costs, **POINTS[name])
    assert point.expected.risk.value == pytest.approx(1.0 - CASCADE.score(X, costs))
    return X


@pytest.mark.parametrize("name", POINTS)
def test_route_is_what_going_step_by_step_gives(name):
    X = tuned(name)
    some = np.random.default_rng(0).random((len(X), 2)) < 0.6
    for available in (None, [True, False], [False, True], some):
        routes = CASCADE.route(X, available)
        np.testing.assert_array_equal(routes, in_steps(CASCADE, X, available))
    assert asked_of(CASCADE.route(X))[0] > 100


@pytest.mark.parametrize("name", POINTS)
def test_what_is_revealed_later_decides_nothing(name):
    X = tuned(name)
    routes, other = CASCADE.route(X), X.copy()
    other[:, 3] = other[::-1, 3]  # known after agent 1
    np.testing.assert_array_equal(CASCADE.route(other) > 0, routes > 0)
    assert (CASCADE.route(other) != routes).any() or not (routes == 2).any()
    X, wrong, _ = binary(3)
    flags = CascadeRouter(revealed=[[], [1, 2]]).fit(X[FIT], wrong[FIT])
    flags.tune(X[TUNE], spend=0.3, charges=[1.0, 2.0])
    late = X[TUNE].copy()
    late[:, 1:] = late[::-1, 1:]
    np.testing.assert_array_equal(flags.route(late) > 0, flags.route(X[TUNE]) > 0)


@pytest.mark.parametrize(
    "prices",
    [(-0.2, -0.2), (-0.2, 0.1), (0.1, -0.3), (0.02, 0.3), (NEVER, NEVER), (0.0, NEVER),
     (-1e308, 1e308), (1e308, -1e308), (-NEVER, -NEVER), (5e-324, -5e-324)],
)  # fmt: skip
def test_any_prices_act_at_every_stage(prices):
    X = CASES[3_000:]
    CASCADE.operating_point_ = OperatingPoint(prices)
    routes = CASCADE.route(X)
    np.testing.assert_array_equal(routes, in_steps(CASCADE, X))
    if prices[0] == prices[1] and abs(prices[0]) < 1:  # as curves and certificates read scores
        scores = CASCADE.agent_scores(X)
        np.testing.assert_array_equal(cede.route(scores, CASCADE.operating_point_), routes)
    if prices[0] < -1e300 and prices[1] < 1:
        assert (routes > 0).all()
    if prices[1] == NEVER:
        assert not (routes == 2).any()
    CASCADE._forget_point()


def test_prices_below_zero_send_on_those_that_the_later_stages_would_send_on():
    X = CASES[3_000:]
    CASCADE.operating_point_ = OperatingPoint((-10.0, -10.0))
    routes = CASCADE.route(X)
    CASCADE._forget_point()
    assert set(routes) == {1, 2}
    np.testing.assert_array_equal(routes == 2, CASCADE.go_on(X, 1))
    certificate = cede.certify(CASCADE, X, COSTS[3_000:], risk=0.5, of="kept", largest_cost=1.0)
    CASCADE.operating_point_ = certificate.point
    np.testing.assert_array_equal(
        CASCADE.route(X), cede.route(CASCADE.agent_scores(X), certificate.point)
    )
    CASCADE._forget_point()


def test_stages_know_who_is_away():
    """Agent 1 is no better than agent 0; it is worth asking only for agent 2 behind it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4_000, 2))
    costs = np.column_stack([np.full(4_000, 0.5), np.full(4_000, 0.6), 0.1 + 0.01 * X[:, 1] ** 2])
    cascade = CascadeRouter(revealed=[[], [1]]).fit(X, costs)
    assert (cascade.route(X) == 2).all()
    assert (cascade.route(X, available=[True, False]) == 0).all()
    assert not cascade.go_on(X, 0, available=[True, False]).any()
    assert not cascade.go_on(X, 1, available=[True, False]).any()


def test_one_price_for_all_is_as_before():
    """At one price, stages are those of the fit, and what changes is the first step."""
    X = CASES[3_000:]
    CASCADE.tune(X, budget=0.25)
    point = CASCADE.operating_point_
    assert point.blend == ()
    scores = CASCADE.agent_scores(X)
    np.testing.assert_array_equal(CASCADE.route(X), cede.route(scores, point))
    free = CascadeRouter(revealed=[[2], [3]]).fit(CASES[:3_000], COSTS[:3_000])
    leaves = free.go_on(X, 0)
    later = np.where(free.go_on(X, 1), 2, 1)
    np.testing.assert_array_equal(free.route(X), np.where(leaves, later, 0))


def test_a_point_of_stages_is_not_applied_to_scores():
    X = tuned("spend")
    point = CASCADE.operating_point_
    scores = CASCADE.agent_scores(X)
    for use in (lambda: cede.route(scores, point), lambda: Monitor(scores, point)):
        with pytest.raises(InvalidInput, match=r"prices every stage of a cascade.*call route\(X\)"):
            use()
    assert OperatingPoint.from_dict(point.to_dict()) == point


@pytest.mark.parametrize("name", ["spend", "capacity", "shares"])
def test_it_is_saved_with_its_prices(name, tmp_path):
    X, wrong, _ = binary(1, n=4_000)
    small = {"capacity": [300, 90]} if name == "capacity" else {}
    trusted = ["sklearn.tree._tree.Tree"]
    tree = TwoStageRouter(head=DecisionTreeRegressor(min_samples_leaf=20, max_features=1))
    for router in (None, tree):  # the tree's features are drawn anew in each fit
        cascade = CascadeRouter(revealed=[[], [1, 2]], router=router).fit(X[:2_000], wrong[:2_000])
        cascade.tune(X[2_000:], **{**POINTS[name], **small})
        folder = cede.save(cascade, tmp_path / f"{router is None}")
        loaded = cede.load(folder, trusted=trusted)
        np.testing.assert_array_equal(loaded.route(X), cascade.route(X))
        assert loaded.operating_point_ == cascade.operating_point_
        if router is None:  # and it can be tuned again
            loaded.tune(X[2_000:], spend=0.2, charges=[1.0, 2.0])
            cascade.tune(X[2_000:], spend=0.2, charges=[1.0, 2.0])
            np.testing.assert_array_equal(loaded.route(X), cascade.route(X))


def test_stages_that_only_rank_cannot_weigh_unequal_prices():
    ranks = CascadeRouter(revealed=[[2], [3]], router=TwoStageRouter(surrogate="aggregated"))
    ranks.fit(CASES[:1_000], COSTS[:1_000])
    ranks.tune(CASES[1_000:2_000], budget=0.2)
    np.testing.assert_array_equal(ranks.route(CASES), in_steps(ranks, CASES))
    with pytest.raises(InvalidInput, match="rank two agents and do not estimate costs"):
        ranks.tune(CASES[1_000:2_000], spend=0.2, charges=[1.0, 3.0])


def test_equal_cases_are_shared_out_in_turn_and_one_alone_stays():
    X, wrong, _ = binary(0)
    cascade = CascadeRouter(revealed=[[], [1, 2]]).fit(X[FIT], wrong[FIT])
    cascade.tune(X[TUNE], spend=0.1, charges=[1.0, 5.0])
    assert len(cascade.operating_point_.blend) > 1
    alone = np.array([cascade.route(X[i : i + 1])[0] for i in range(50)])
    assert np.array([0, 1, 6])[alone].mean() <= 0.1
    np.testing.assert_array_equal(cascade.route(X), cascade.route(X))
