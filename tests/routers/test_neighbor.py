"""What is particular to NeighborRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pytest

import cede
from cede import InvalidInput, NeighborRouter
from cede.datasets import make_two_specialists

X, y, experts = make_two_specialists(n=3_000, random_state=1)
LINE = np.arange(6.0)[:, None]
NAN = np.nan
COSTS = np.array([[0.0, 1.0], [0.2, 1.0], [0.4, NAN], [1.0, 0.0], [1.0, NAN], [1.0, 0.5]])

tiny = pytest.mark.filterwarnings("ignore:expert 1 answered 4 of 6 cases")


@tiny
def test_scores_are_one_minus_the_mean_cost_of_the_neighbours_who_answered():
    router = NeighborRouter(n_neighbors=3, weights="uniform").fit(LINE, COSTS)
    scores = router.agent_scores([[1.0], [4.0]])  # the cases 0, 1, 2 and 3, 4, 5
    np.testing.assert_allclose(1.0 - scores, [[0.2, 1.0], [1.0, 0.25]])
    assert router.route([[1.0], [4.0]]).tolist() == [0, 1]


@tiny
def test_an_agent_who_answered_none_of_them_costs_what_it_does_on_average():
    router = NeighborRouter(n_neighbors=1, weights="uniform").fit(LINE, COSTS)
    np.testing.assert_allclose(1.0 - router.agent_scores([[4.0]]), [[1.0, 2.5 / 4]])


@tiny
def test_propensities_weigh_the_neighbours():
    chance = np.where(np.isnan(COSTS), NAN, [[1.0, 0.5]] * 5 + [[1.0, 0.25]])
    router = NeighborRouter(n_neighbors=3, weights="uniform").fit(LINE, COSTS, propensities=chance)
    # the cases 3, 4, 5, of which the expert answered 3 and 5
    expected = (2 * 0.0 + 4 * 0.5) / (2 + 4)
    assert 1.0 - router.agent_scores([[4.0]])[0, 1] == pytest.approx(expected)


@tiny
def test_more_neighbours_than_cases_are_all_cases():
    router = NeighborRouter(n_neighbors=50, weights="uniform").fit(LINE, COSTS)
    np.testing.assert_allclose(1.0 - router.agent_scores(LINE), [[0.6, 0.625]] * 6)


def test_nearer_neighbours_count_for_more():
    table = np.column_stack([np.zeros(6), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]])
    router = NeighborRouter(n_neighbors=3, standardise=False).fit(LINE, table)
    # each case is its own nearest; of the others one is 1 away, or both are
    squares = np.array([0, 1, 1] * 4 + [0, 1, 4] * 2)
    assert router.bandwidth_ == np.median(squares) == 1.0
    near, far = np.exp(-4.0 * (0.6**2 - 0.4**2)), np.exp(-4.0 * (1.4**2 - 0.4**2))
    expected = (0.0 * near + 1.0 * 1.0 + 1.0 * 0.0) / (1.0 + near + far)
    scores = router.agent_scores([[1.6]])  # the cases 2, 1 and 3, at .4, .6 and 1.4
    assert 1.0 - scores[0, 1] == pytest.approx(expected)


def test_far_from_everything_the_nearest_still_count():
    table = np.column_stack([np.zeros(6), [1.0, 1.0, 1.0, 0.0, 0.25, 0.5]])
    router = NeighborRouter(n_neighbors=2).fit(LINE, table)
    assert 1.0 - router.agent_scores([[1e9]])[0, 1] == pytest.approx(0.5)


def test_cases_that_are_all_alike_have_no_scale():
    router = NeighborRouter(n_neighbors=2).fit(np.ones((6, 2)), np.tile([0.5, 0.25], (6, 1)))
    np.testing.assert_allclose(1.0 - router.agent_scores(np.ones((1, 2))), [[0.5, 0.25]])


def test_unknown_weights_get_a_sentence():
    with pytest.raises(InvalidInput, match="Did you mean 'uniform'"):
        NeighborRouter(weights="uniforms").fit(LINE, np.ones((6, 2)))


def test_fees_come_off_the_scores_without_a_new_fit():
    from sklearn.linear_model import LogisticRegression

    router = NeighborRouter(LogisticRegression().fit(X, y)).fit(X, y, experts=experts)
    free = router.agent_scores(X)
    router.set_params(fees=[0.1, 0.2])
    np.testing.assert_allclose(router.agent_scores(X), free - [0.0, 0.1, 0.2])


def test_units_of_features_do_not_matter():
    moved = X * [1e3, 1.0, 1e-3] + [5.0, 0.0, 1.0]
    table = cede.agent_costs(np.zeros_like(y), experts, y)
    here, there = NeighborRouter().fit(X, table), NeighborRouter().fit(moved, table)
    np.testing.assert_allclose(here.agent_scores(X), there.agent_scores(moved), atol=0.05)


def test_with_many_cases_it_nears_the_best_rule():
    data = make_two_specialists(n=20_000, random_state=0)
    model_costs = 1.0 - data.class_posterior.max(axis=1)
    table = np.column_stack([model_costs, cede.costs.expert_costs(data.experts, data.y)])
    router = NeighborRouter(n_neighbors=100).fit(data.X[:15_000], table[:15_000])
    truth = np.column_stack([model_costs, 1.0 - data.expert_accuracy])[15_000:]
    best = truth.min(axis=1).mean()
    routed = truth[np.arange(5_000), router.route(data.X[15_000:])].mean()
    assert routed - best < 0.02


@pytest.mark.parametrize("k", [0, -1, 2.5, "many"])
def test_an_impossible_number_of_neighbours_is_refused(k):
    with pytest.raises(InvalidInput, match="whole number of at least 1"):
        NeighborRouter(n_neighbors=k).fit(LINE, COSTS)


def test_an_agent_without_a_single_cost_is_refused_by_name():
    with pytest.raises(InvalidInput, match="Every cost of expert 1 is missing"):
        NeighborRouter().fit(LINE, np.column_stack([COSTS[:, 0], np.full(6, NAN)]))
