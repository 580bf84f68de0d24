"""What is particular to CascadeRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

import cede
from cede import CascadeRouter, InvalidInput, TwoStageRouter, cascade_costs
from cede.datasets import make_two_specialists
from cede.routers._repricing import policies_of

X, y, experts = make_two_specialists(n=3_000, random_state=1)
TREE = TwoStageRouter(head=DecisionTreeRegressor(max_depth=4, min_samples_leaf=50, random_state=0))
PRICES = np.array([0.05, 0.1, 0.3])


def verified(n=20_000, seed=0):
    """Three agents; after each of the first two, a verifier says how sure its answer is.

    Nothing is known at the start. The chance of being right is what the verifier says.
    """
    rng = np.random.default_rng(seed)
    sure = rng.random((n, 2))
    accuracy = np.column_stack([sure, np.full(n, 0.95)])
    costs = (rng.random((n, 3)) > accuracy).astype(float)
    return np.column_stack([rng.normal(size=n), sure]), costs, accuracy


def best_cascade(accuracy):
    """Who answers under the best rule, by dynamic programming over two uniform verifiers."""
    paid = np.cumsum(PRICES)
    grid = (np.arange(100_000) + 0.5) / 100_000
    last = 0.05 + paid[2]
    stop_1 = 1.0 - accuracy[:, 1] + paid[1] <= last
    expected = np.minimum(1.0 - grid + paid[1], last).mean()
    stop_0 = 1.0 - accuracy[:, 0] + paid[0] <= expected
    return np.where(stop_0, 0, np.where(stop_1, 1, 2))


def test_it_finds_the_best_rule_where_looking_one_step_ahead_does_not():
    cases, costs, _ = verified()
    table = cascade_costs(costs, PRICES)
    cascade = CascadeRouter(revealed=[[1], [2]], router=TREE).fit(cases, table)
    fresh, _, truth = verified(seed=1)
    expected = cascade_costs(1.0 - truth, PRICES)

    def mean_cost(routes):
        return expected[np.arange(len(routes)), routes].mean()

    best = mean_cost(best_cascade(truth))
    assert mean_cost(cascade.route(fresh)) - best < 0.01
    # One step ahead, agent 1 costs .1 and half of its answers; what comes after it is not seen.
    one_step = np.where(
        1.0 - truth[:, 0] + 0.05 <= 0.5 + 0.15,
        0,
        np.where(1.0 - truth[:, 1] + 0.15 <= 0.05 + 0.45, 1, 2),
    )
    assert mean_cost(one_step) - best > 0.015


def test_the_score_is_one_minus_what_the_table_says_of_its_routes():
    cases, costs, _ = verified(3_000)
    table = cascade_costs(costs, PRICES)
    cascade = CascadeRouter(revealed=[[1], [2]], router=TREE).fit(cases, table)
    routes = cascade.route(cases)
    assert set(routes) == {0, 1, 2}
    paid = table[np.arange(3_000), routes].mean()
    assert cascade.score(cases, table) == pytest.approx(1.0 - paid)


def test_going_stage_by_stage_ends_where_route_says():
    cases, costs, _ = verified(4_000)
    cascade = CascadeRouter(revealed=[[1], [2]], router=TREE)
    cascade.fit(cases, cascade_costs(costs, PRICES))
    for budget in (None, 0.3):
        if budget is not None:
            cascade.tune(cases, budget=budget)
        at_0, at_1 = cases.copy(), cases
        at_0[:, 2] = np.nan  # not asked yet
        on_0, on_1 = cascade.go_on(at_0, 0), cascade.go_on(at_1, 1)
        step_by_step = np.where(~on_0, 0, np.where(~on_1, 1, 2))
        np.testing.assert_array_equal(cascade.route(cases), step_by_step)
    assert (cascade.route(cases) > 0).mean() <= 0.3


def test_features_of_agents_who_were_not_asked_may_be_missing():
    cases, costs, _ = verified(6_000)
    cascade = CascadeRouter(revealed=[[1], [2]], router=TREE)
    cascade.fit(cases, cascade_costs(costs, PRICES))
    routes, thin = cascade.route(cases), cases.copy()
    thin[routes == 0, 2] = np.nan
    np.testing.assert_array_equal(cascade.route(thin), routes)
    thin[:, 2] = np.nan
    with pytest.raises(InvalidInput, match="cases come to stage 1 without the features"):
        cascade.route(thin)


def test_a_log_in_which_agents_were_not_always_asked_is_enough():
    cases, costs, _ = verified(20_000)
    whole = CascadeRouter(revealed=[[1], [2]], router=TREE)
    whole.fit(cases, cascade_costs(costs, PRICES))
    rng = np.random.default_rng(5)
    asked_1 = rng.random(20_000) < 0.5
    asked_2 = asked_1 & (rng.random(20_000) < 0.5)
    seen, table = cases.copy(), costs.copy()
    seen[~asked_1, 2] = np.nan
    table[~asked_1, 1], table[~asked_2, 2] = np.nan, np.nan
    thin = CascadeRouter(revealed=[[1], [2]], router=TREE)
    thin.fit(seen, cascade_costs(table, PRICES))
    fresh, fresh_costs, _ = verified(seed=2)
    truth = cascade_costs(fresh_costs, PRICES)
    assert thin.score(fresh, truth) == pytest.approx(whole.score(fresh, truth), abs=0.015)


def test_what_later_stages_select_is_judged_out_of_fold():
    """The last two agents are equal and noisy: a stage that learns by heart would see a gain."""
    rng = np.random.default_rng(0)
    cases = rng.normal(size=(2_000, 3))
    costs = np.column_stack([np.full(2_000, 0.45), rng.integers(2, size=(2_000, 2))])
    deep = TwoStageRouter(head=DecisionTreeRegressor(random_state=0))
    shallow = TwoStageRouter(surrogate="cost_regression")
    assert CascadeRouter(router=deep).fit(cases, costs).agent_scores(cases).shape == (2_000, 3)
    # Of the two, the better half of the time: .25 in sample, .5 in truth. Agent 0 costs .45.
    from cede._rows._folds import folds
    from cede.routers._stages import Stages

    stages = Stages(
        deep, [np.arange(3)] * 2, cases, costs, folds(cases, 5), np.zeros((len(cases), 2))
    )
    fitted = stages.fit()
    first = shallow.fit(
        cases, np.column_stack([costs[:, 0], 1.0 - fitted[0].agent_scores(cases)[:, 1]])
    )
    assert (first.route(cases) == 0).mean() > 0.95


def curved(n=4_000, seed=0):
    """A linear rule on one side, a circle on the other: the small model is right on the one."""
    rng = np.random.default_rng(seed)
    cases = rng.normal(size=(n, 3))
    circle = (cases[:, :2] ** 2).sum(axis=1) > 1.4
    return cases, np.where(cases[:, 2] > 0, cases[:, 0] > 0, circle).astype(int)


def test_models_from_labels_spend_little_where_the_small_one_is_right():
    cases, labels = curved()
    large = RandomForestClassifier(100, min_samples_leaf=3, random_state=0)
    cascade = CascadeRouter([LogisticRegression(), large], fees=0.03, router=TREE)
    cascade.fit(cases, labels)
    fresh, truth = curved(seed=1)
    routes = cascade.route(fresh)
    assert (routes == 1)[fresh[:, 2] < 0].mean() > 0.8
    assert (routes == 1)[fresh[:, 2] > 0].mean() < 0.3
    right = cascade.answers(fresh) == truth
    alone = [model.predict(fresh) == truth for model in cascade.models_]
    assert right.mean() > alone[0].mean() + 0.1
    assert right.mean() - cascade.spend(fresh).mean() > alone[1].mean() - 0.03 + 0.005
    np.testing.assert_allclose(cascade.spend(fresh), 0.03 * routes)
    np.testing.assert_allclose(cascade.spend(fresh, money=[1.0, 20.0]), np.where(routes, 21.0, 1.0))
    assert cascade.expert_names_ == ("model 1",)


def test_only_cases_that_get_there_are_shown_to_a_dear_model():
    class Counting(LogisticRegression):
        seen = 0

        def predict_proba(self, X):
            Counting.seen += len(X)
            return super().predict_proba(X)

    models = [LogisticRegression(), Counting(), LogisticRegression(C=2.0)]
    fitted = [model.fit(X[:1000], y[:1000]) for model in models]
    cascade = CascadeRouter(fitted, fees=[0.02, 0.02]).fit(X[1000:2000], y[1000:2000])
    Counting.seen = 0
    routes = cascade.route(X[2000:])
    assert Counting.seen == (routes > 0).sum() < 1000


def test_experts_come_after_the_models():
    cascade = CascadeRouter([LogisticRegression(), LogisticRegression(C=9.0)], fees=[0.0, 0.1, 0.1])
    cascade.fit(X[:1000], y[:1000], pd.DataFrame(experts[:1000], columns=["Ada", "Bo"]))
    assert cascade.expert_names_ == ("model 1", "Ada", "Bo")
    assert len(cascade.stages_) == 3
    with pytest.raises(InvalidInput, match="cases are for agents that are not models"):
        cascade.answers(X)


def test_columns_are_revealed_by_name_too():
    cases, costs, _ = verified(2_000)
    table = cascade_costs(costs, PRICES)
    frame = pd.DataFrame(cases, columns=["noise", "sure 0", "sure 1"])
    named = CascadeRouter(revealed=[["sure 0"], ["sure 1"]]).fit(frame, table)
    placed = CascadeRouter(revealed=[[1], [2]]).fit(cases, table)
    np.testing.assert_array_equal(named.agent_scores(frame), placed.agent_scores(cases))
    assert [c.tolist() for c in placed.columns_] == [[0, 1], [0, 1, 2]]


CASES, COSTS, _ = verified(200)
BAD = {
    "three lists for two stages": ({"revealed": [[1], [2], [0]]}, "revealed must list columns"),
    "twice": ({"revealed": [[1], [1]]}, "position 1 twice"),
    "beyond": ({"revealed": [[7]]}, "revealed must name columns of X, which has 3"),
    "no names": ({"revealed": [["sure"]]}, "revealed must name columns of X"),
    "models for a table": (
        {"model": LogisticRegression()},
        "model is for labels, but y is a table",
    ),
    "fees for a table": ({"fees": 0.1}, "add fees to the table"),
    "one fold": ({"cv": 1}, "cv must be a whole number of at least 2"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_parameters_get_a_sentence(what):
    parameters, words = BAD[what]
    with pytest.raises(InvalidInput, match=words):
        CascadeRouter(**parameters).fit(CASES, COSTS)


def test_other_bad_input_gets_a_sentence():
    with pytest.raises(
        InvalidInput, match=r"must be classifiers with predict_proba, .* but got None"
    ):
        CascadeRouter().fit(X, y, experts=experts)
    with pytest.raises(InvalidInput, match="revealed is for tables of costs"):
        CascadeRouter(LogisticRegression(), revealed=[[0]]).fit(X, y, experts=experts)
    holes = np.where(np.arange(200)[:, None] < 7, np.nan, CASES)
    with pytest.raises(InvalidInput, match=r"known from the start, .* but 7 cases lack"):
        CascadeRouter(revealed=[[1], [2]]).fit(holes, COSTS)
    never = CASES.copy()
    never[:, 2] = np.nan
    with pytest.raises(InvalidInput, match="Stage 1 of the cascade cannot be learned"):
        CascadeRouter(revealed=[[1], [2]]).fit(never, COSTS)
    cascade = CascadeRouter(revealed=[[1], [2]]).fit(CASES, COSTS)
    with pytest.raises(InvalidInput, match=r"decides at the stages 0..1, not at 2"):
        cascade.go_on(CASES, 2)
    with pytest.raises(InvalidInput, match="has no model"):
        cascade.predict(CASES)
    labelled = CascadeRouter(LogisticRegression(), fees=0.1).fit(X, y, experts=experts)
    with pytest.raises(InvalidInput, match="fees must be those that the stages were"):
        labelled.set_params(fees=0.2).route(X)


def test_prices_add_up_in_the_order_in_which_agents_are_asked():
    np.testing.assert_allclose(cascade_costs(np.zeros((1, 3)), PRICES), [[0.05, 0.15, 0.45]])
    np.testing.assert_allclose(
        cascade_costs([[0.0, np.nan, 1.0]], [0.1, 0.2]), [[0.0, np.nan, 1.3]]
    )
    np.testing.assert_allclose(cascade_costs(np.zeros((1, 3)), 0.5), [[0.0, 0.5, 1.0]])
    with pytest.raises(InvalidInput, match="cannot be negative"):
        cascade_costs([[0.0, 1.0]], -0.1)
    assert cede.cascade_costs is cascade_costs


def test_who_is_away_ends_the_cascade():
    cases, costs, _ = verified(4_000)
    cascade = CascadeRouter(revealed=[[1], [2]], router=TREE)
    cascade.fit(cases, cascade_costs(costs, PRICES))
    everyone = cascade.route(cases)
    without_last = cascade.route(cases, available=[True, False])
    # Without agent 2 behind it, agent 1 is worth asking less often, as a cascade of two knows.
    of_two = CascadeRouter(revealed=[[1]], router=TREE)
    of_two.fit(cases[:, :2], cascade_costs(costs, PRICES)[:, :2])
    np.testing.assert_array_equal(without_last, of_two.route(cases[:, :2]))
    assert 0 < (without_last > 0).sum() < (everyone > 0).sum()
    # Agent 1 is away: nobody knows what it would have said, and agent 2 stands behind it.
    unseen = cases.copy()
    unseen[:, 2] = np.nan
    assert (cascade.route(unseen, available=[False, True]) == 0).all()
    some = np.ones((4_000, 2), dtype=bool)
    some[:2_000, 0] = False
    unseen[2_000:] = cases[2_000:]
    expected = np.where(np.arange(4_000) < 2_000, 0, everyone)
    np.testing.assert_array_equal(cascade.route(unseen, available=some), expected)


def test_a_cascade_of_models_scores_itself():
    cases, labels = curved(1_000)
    models = [LogisticRegression(), RandomForestClassifier(20, random_state=0)]
    cascade = CascadeRouter(models, fees=0.02, router=TREE).fit(cases, labels)
    assert cascade.score(cases, labels) == pytest.approx((cascade.answers(cases) == labels).mean())


def test_money_must_be_said_after_a_fit_on_costs():
    cascade = CascadeRouter(revealed=[[1], [2]]).fit(CASES, COSTS)
    with pytest.raises(InvalidInput, match="money must say what a call of each agent takes"):
        cascade.spend(CASES)
    assert cascade.spend(CASES, money=PRICES).min() >= 0.05


def test_stages_that_cannot_learn_from_costs_are_refused():
    with pytest.raises(
        InvalidInput, match=r"router must learn from tables of costs, .* got a PostHocRouter"
    ):
        CascadeRouter(router=cede.PostHocRouter(LogisticRegression())).fit(CASES, COSTS)
    for revealed in ([1, 2], ["sure"], "ab"):
        with pytest.raises(InvalidInput, match="a list of lists"):
            CascadeRouter(revealed=revealed).fit(CASES, COSTS)


def test_stages_choose_their_penalty_on_other_groups_also_at_unequal_prices():
    """Rows of a person are one case five times: left out one by one, stages overfit unharmed."""
    rng = np.random.default_rng(0)
    own, cost = rng.normal(size=(60, 30)), rng.random((60, 3))
    who = np.repeat(np.arange(60), 5)
    cases = own[who] + rng.normal(scale=1e-3, size=(300, 30))
    sizes = []
    for groups in (None, who):
        cascade = CascadeRouter().fit(cases, cost[who], groups=groups)
        cascade.tune(cases, spend=0.3, charges=[1.0, 2.0])
        stages = [*cascade.stages_, *policies_of(cascade, ((1.0, (0.1, 0.3)),), 2)[0][1].stages]
        sizes.append([np.abs(stage.module_.weight.numpy()).sum() for stage in stages])
    assert (np.array(sizes[1]) < np.array(sizes[0]) / 5).all()
