"""What is particular to TwoStageRouter; the rest is in common/test_every_estimator.py."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import cede
from cede import InvalidInput, TwoStageRouter
from cede.datasets import make_realizable_mixture, make_two_specialists
from cede.losses import SURROGATES
from cede.routers import Linear, Mlp, Network

X, y, experts = make_two_specialists(n=3_000, random_state=1)
MODEL = LogisticRegression().fit(X[:1000], y[:1000])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y, fees=[0.02, 0.05])
fit, test = slice(1000, 2000), slice(2000, None)
TWO_STAGE = [row.name for row in SURROGATES.values() if row.kind == "two_stage"]


def test_labels_and_their_cost_table_give_the_same_router():
    of_labels = TwoStageRouter(MODEL, fees=[0.02, 0.05]).fit(X[fit], y[fit], experts[fit])
    of_costs = TwoStageRouter().fit(X[fit], TABLE[fit])
    np.testing.assert_allclose(of_labels.agent_scores(X), of_costs.agent_scores(X), atol=1e-12)
    of_labels, of_costs = (r.set_params(surrogate="complement") for r in (of_labels, of_costs))
    scores = of_labels.fit(X[fit], y[fit], experts[fit]).agent_scores(X)
    np.testing.assert_array_equal(scores, of_costs.fit(X[fit], TABLE[fit]).agent_scores(X))


def test_an_unfitted_model_is_judged_out_of_fold_and_then_fitted_on_all():
    y_noise = np.random.default_rng(0).integers(3, size=300)  # learned by heart, never foreseen
    from sklearn.tree import DecisionTreeClassifier

    router = TwoStageRouter(DecisionTreeClassifier(random_state=0))
    router.fit(X[:300], y_noise, experts=np.column_stack([y_noise, (y_noise + 1) % 3]))
    assert (router.predict(X[:300]) == y_noise).all()
    assert (router.route(X[:300]) == 1).all()  # the first expert is always right


def test_the_routed_cost_is_that_of_the_score():
    router = TwoStageRouter().fit(X[fit], TABLE[fit])
    routes = router.route(X[test])
    paid = TABLE[test][np.arange(len(routes)), routes].mean()
    assert router.score(X[test], TABLE[test]) == pytest.approx(1.0 - paid)


@pytest.mark.parametrize("surrogate", [n for n in TWO_STAGE if n != "weighted"])
def test_every_surrogate_is_cheaper_than_every_agent(surrogate):
    router = TwoStageRouter(surrogate=surrogate).fit(X[fit], TABLE[fit])
    assert 1.0 - router.score(X[test], TABLE[test]) < TABLE[test].mean(axis=0).min() - 0.04


def test_costs_of_any_size_and_unit():
    """Minutes of delay, say: what counts is who is the cheapest."""
    small = TwoStageRouter(surrogate="complement", head=Linear(weight_decay=0.0, tol=1e-9)).fit(
        X[fit], TABLE[fit]
    )
    large = TwoStageRouter(surrogate="complement", head=Linear(weight_decay=0.0, tol=1e-9)).fit(
        X[fit], 60.0 * TABLE[fit]
    )
    assert np.mean(small.route(X[test]) == large.route(X[test])) > 0.995


def test_finds_the_perfect_router_of_a_realizable_table():
    data = make_realizable_mixture(3_000, n_classes=2, n_experts=3, random_state=0)
    agents = data.extras["scores"][:, 1:].argmax(axis=1)  # linear in X
    costs = (np.random.default_rng(0).random((3_000, 4)) < 0.5).astype(float)
    costs[np.arange(3_000), agents] = 0.0
    found = TwoStageRouter(surrogate="complement", head=Linear(weight_decay=1e-5)).fit(
        data.X[:2000], costs[:2000]
    )
    other = TwoStageRouter(surrogate="aggregated", head=Linear(weight_decay=1e-5))
    other.fit(data.X[:2000], costs[:2000])
    scores = [r.score(data.X[2000:], costs[2000:]) for r in (found, other)]
    assert scores[0] > 0.98
    assert scores[1] < 0.97


def test_names_come_from_a_table_with_or_without_the_model():
    frame = pd.DataFrame(TABLE, columns=["model", "Ada", "Bo"])
    assert TwoStageRouter().fit(X, frame).expert_names_ == ("Ada", "Bo")
    assert TwoStageRouter().fit(X, TABLE).expert_names_ == ("expert 1", "expert 2")
    answers = pd.DataFrame(experts, columns=["Ada", "Bo"])
    assert TwoStageRouter(MODEL).fit(X, y, answers).expert_names_ == ("Ada", "Bo")


def test_a_head_of_ones_own_is_copied_and_trained():
    module = torch.nn.Linear(X.shape[1], 3)
    before = module.weight.clone()
    router = TwoStageRouter(head=Network(module, learning_rate=0.05, epochs=20), random_state=0)
    router.fit(X[fit], TABLE[fit])
    assert torch.equal(module.weight, before)
    assert 1.0 - router.score(X[test], TABLE[test]) < TABLE[test].mean(axis=0).min() - 0.04


def test_a_case_of_weight_zero_counts_as_if_deleted():
    keep = np.arange(1000) % 3 > 0
    weighted = TwoStageRouter().fit(X[fit], TABLE[fit], sample_weight=keep.astype(float))
    deleted = TwoStageRouter().fit(X[fit][keep], TABLE[fit][keep])
    np.testing.assert_allclose(weighted.agent_scores(X), deleted.agent_scores(X), atol=1e-4)


def test_a_budget_holds_though_scores_are_only_ranks():
    router = TwoStageRouter(surrogate="complement").fit(X[fit], TABLE[fit])
    router.tune(X[fit], budget=0.2)
    assert (router.route(X[fit]) > 0).mean() <= 0.2
    assert (router.route(X[test]) > 0).mean() == pytest.approx(0.2, abs=0.06)


BAD = {
    "no model": (TwoStageRouter(), (X, y, experts), "model must be a classifier"),
    "missing": (
        TwoStageRouter(MODEL, surrogate="complement"),
        (X, y, np.where(np.arange(3000)[:, None] < 7, np.nan, experts)),
        "but 14 of 9000 costs are missing",
    ),
    "negative": (TwoStageRouter(), (X, TABLE - 1.0), "y must not hold negative agent costs, but"),
    "nobody": (
        TwoStageRouter(surrogate="cost_regression"),
        (X, np.where(np.arange(3000)[:, None] < 7, np.nan, TABLE)),
        "got none in 7 of 3000 cases, the first at row 0",
    ),
    "never": (
        TwoStageRouter(surrogate="cost_regression"),
        (X, np.where([True, False, False], np.nan, TABLE)),
        "Every cost of the model is missing",
    ),
    "trees and a surrogate": (
        TwoStageRouter(head=Ridge(), surrogate="complement"),
        (X, TABLE),
        "surrogate='complement' cannot be used",
    ),
    "too short": (TwoStageRouter(), (X, TABLE[:10]), "3000"),
    "both": (
        TwoStageRouter(),
        (X, TABLE, experts),
        "y must stand alone if it is a table of agent costs",
    ),
    "fees twice": (TwoStageRouter(fees=0.1), (X, TABLE), "add fees to the table"),
    "another kind": (
        TwoStageRouter(surrogate="one_vs_all"),
        (X, TABLE),
        "not the single_stage 'one_vs_all'. Known: complement",
    ),
    "too dear": (TwoStageRouter(surrogate="weighted"), (X, TABLE), "agent_costs must be at most 1"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_sentence(what):
    router, arguments, words = BAD[what]
    with pytest.raises(InvalidInput) as caught:
        router.fit(*arguments)
    assert words in str(caught.value)


def test_a_router_without_a_model_does_not_predict():
    router = TwoStageRouter().fit(X[fit], TABLE[fit])
    with pytest.raises(InvalidInput, match="has no model"):
        router.predict(X)


def test_a_new_fee_needs_a_new_fit():
    router = TwoStageRouter(MODEL, surrogate="complement", fees=0.1)
    router.fit(X[fit], y[fit], experts[fit]).set_params(fees=0.2)
    with pytest.raises(InvalidInput, match=r"at the fees it was fitted with, \[0.1, 0.1\]"):
        router.route(X)


# --- Scikit-learn heads ---------------------------------------------------------------------------

HEADS = {
    "trees": ExtraTreesRegressor(50, min_samples_leaf=10, random_state=0),
    "pipeline": make_pipeline(PolynomialFeatures(2), StandardScaler(), Ridge()),
    "classifier": HistGradientBoostingClassifier(max_iter=40, random_state=0),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_scikit_learn_head_is_cheaper_than_every_agent(name):
    router = TwoStageRouter(head=HEADS[name]).fit(X[fit], TABLE[fit])
    assert 1.0 - router.score(X[test], TABLE[test]) < TABLE[test].mean(axis=0).min() - 0.04


def test_a_linear_regressor_is_the_linear_head_of_cost_regression():
    """Ridge adds its penalty to a sum, ours to a mean: n = 1000, and twice for the half."""
    scaler = StandardScaler().fit(X[fit])
    ridge = TwoStageRouter(head=make_pipeline(scaler, Ridge(alpha=1000 * 0.05)))
    ours = TwoStageRouter(surrogate="cost_regression", head=Linear(weight_decay=0.1, tol=1e-10))
    scores = [r.fit(X[fit], TABLE[fit]).agent_scores(X) for r in (ridge, ours)]
    np.testing.assert_allclose(*scores, atol=1e-6)


@pytest.mark.parametrize("surrogate", ["aggregated", "classifier"])
def test_a_linear_classifier_is_the_linear_head_of_aggregated(surrogate):
    """Up to a constant per case, and the shift by the smallest cost, which both are given."""
    above = TABLE[fit] - TABLE[fit].min(axis=1, keepdims=True)
    plain = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    classifier = TwoStageRouter(head=make_pipeline(StandardScaler(), plain))
    ours = TwoStageRouter(surrogate="aggregated", head=Linear(weight_decay=0.0, tol=1e-9))
    scores = [r.fit(X[fit], above).agent_scores(X) for r in (classifier, ours)]
    centred = [s - s.mean(axis=1, keepdims=True) for s in scores]
    np.testing.assert_allclose(*centred, atol=2e-2)


def test_a_classifier_to_which_all_agents_are_equal_keeps_everything():
    equal = TwoStageRouter(head=LogisticRegression()).fit(X, np.ones((3000, 3)))
    assert (equal.route(X) == 0).all()
    best = TwoStageRouter(head=LogisticRegression()).fit(X, np.tile([1.0, 1.0, 0.0], (3000, 1)))
    assert (best.route(X) == 2).all()


def test_weights_need_a_head_that_takes_them():
    router = TwoStageRouter(head=make_pipeline(StandardScaler(), KNeighborsRegressor()))
    with pytest.raises(InvalidInput, match="KNeighborsRegressor takes no sample_weight"):
        router.fit(X[fit], TABLE[fit], sample_weight=np.ones(1000))
    assert router.fit(X[fit], TABLE[fit]).agent_scores(X).shape == (3000, 3)


# --- Costs that are known of some agents only ---------------------------------------------------


def test_estimates_learn_each_agent_from_the_cases_that_it_answered():
    rng = np.random.default_rng(0)
    thin = np.where(rng.random(TABLE.shape) < 0.5, np.nan, TABLE)
    thin[np.isnan(thin).all(axis=1), 0] = 0.5
    for router in (
        TwoStageRouter(surrogate="cost_regression"),
        TwoStageRouter(head=HEADS["trees"]),
        TwoStageRouter(
            surrogate="cost_regression", head=Mlp(learning_rate=0.01, epochs=40), random_state=0
        ),
    ):
        router.fit(X[fit], thin[fit])
        assert 1.0 - router.score(X[test], TABLE[test]) < TABLE[test].mean(axis=0).min() - 0.03


def logged(n, seed=0):
    """One agent's cost per case: dear for the hidden half of cases that the log rarely shows.

    Features know nothing: the best estimate of each agent is its mean cost, .5 and .3.
    """
    rng = np.random.default_rng(seed)
    hidden = rng.random(n) < 0.5
    costs = np.column_stack([hidden, np.where(hidden, 0.0, 0.6)]).astype(float)
    chance = np.where(hidden, 0.2, 0.8)  # of agent 0
    first = rng.random(n) < chance
    table = np.where(np.column_stack([first, ~first]), costs, np.nan)
    return rng.normal(size=(n, 2)), table, np.where(first, chance, 1.0 - chance)


LOG_ROUTERS = {
    "linear": TwoStageRouter(surrogate="cost_regression", head=Linear(weight_decay=1.0)),
    "mlp": TwoStageRouter(
        surrogate="cost_regression", head=Mlp(epochs=5, weight_decay=1.0), random_state=0
    ),
    "regressor": TwoStageRouter(head=Ridge(alpha=1e4)),
    "neighbours": cede.NeighborRouter(n_neighbors=6_000),
}


@pytest.mark.parametrize("name", LOG_ROUTERS)
def test_one_known_cost_per_case_is_enough_with_its_propensity(name):
    features, table, chance = logged(6_000)
    router = LOG_ROUTERS[name].fit(features, table, propensities=chance)
    np.testing.assert_allclose(
        1.0 - router.agent_scores(features[:300]).mean(axis=0), [0.5, 0.3], atol=0.06
    )
    blind = LOG_ROUTERS[name].fit(features, table)
    assert (1.0 - blind.agent_scores(features[:300]).mean(axis=0))[
        0
    ] < 0.25  # seen where it is cheap


@pytest.mark.parametrize("surrogate", ["complement", "aggregated", "constrained", "classifier"])
def test_ranks_are_learned_from_costs_divided_by_propensities(surrogate):
    features, table, chance = logged(6_000)
    router = TwoStageRouter(surrogate=surrogate, head=Linear(weight_decay=1.0))
    if surrogate == "classifier":
        router = TwoStageRouter(head=LogisticRegression(C=1e-4))
    assert (router.fit(features, table, propensities=chance).route(features) == 1).all()
    both = np.column_stack([chance, np.full(6_000, np.nan)])
    both[np.isnan(table[:, 0])] = np.column_stack([np.full(6_000, np.nan), chance])[
        np.isnan(table[:, 0])
    ]
    same = router.agent_scores(features)
    again = router.fit(features, table, propensities=both).agent_scores(features)
    np.testing.assert_array_equal(again, same)


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (np.zeros((3000, 3)), r"wherever a cost is known, but got 0 at index \(0, 0\)"),
        (np.full((3000, 3), np.nan), "but got nan .* 9,000 such in all"),
        (np.full((3000, 3), 1.5), "but got 1.5 at index"),
        (np.ones((10, 3)), "but got shape \\(10, 3\\)"),
        (np.ones(3000), "3000 cases have several, the first at row 0"),
        (np.full((3000, 3), "a"), "must be numbers"),
    ],
)
def test_propensities_that_are_none_get_a_sentence(chance, words):
    with pytest.raises(InvalidInput, match=words):
        TwoStageRouter().fit(X, TABLE, propensities=chance)


def test_propensities_of_experts_leave_the_model_s_at_one():
    chance = np.full((3000, 2), 0.5)
    rng = np.random.default_rng(0)
    thin = TABLE.copy()
    thin[:, 1:][rng.random((3000, 2)) < 0.5] = np.nan
    whole = np.column_stack([np.ones(3000), chance])
    router = TwoStageRouter(surrogate="cost_regression")
    scores = [router.fit(X, thin, propensities=p).agent_scores(X) for p in (chance, whole)]
    np.testing.assert_array_equal(*scores)


# --- Fees, names and who is there ---------------------------------------------------------------


def test_estimates_take_a_new_fee_without_a_new_fit():
    router = TwoStageRouter(MODEL, surrogate="cost_regression", fees=0.1)
    router.fit(X[fit], y[fit], experts[fit])
    before = router.agent_scores(X)
    router.set_params(fees=[0.2, 0.0])
    np.testing.assert_allclose(router.agent_scores(X), before - [0.0, 0.1, -0.1])


def test_few_answers_are_said_with_their_number():
    few = TABLE.copy()
    few[3:, 2] = np.nan
    with pytest.warns(UserWarning, match="expert 2 answered 3 of 3000 cases"):
        TwoStageRouter(surrogate="cost_regression").fit(X, few)


def test_other_names_at_score_than_at_fit():
    frame = pd.DataFrame(TABLE, columns=["model", "Ada", "Bo"])
    router = TwoStageRouter().fit(X, frame)
    assert router.score(X, TABLE) == router.score(X, frame)
    with pytest.raises(InvalidInput, match=r"experts of the fit, Ada, Bo, .* but got Bo, Ada"):
        router.score(X, frame[["model", "Bo", "Ada"]])


def test_who_is_away_is_never_asked():
    frame = pd.DataFrame(TABLE, columns=["model", "Ada", "Bo"])
    router = TwoStageRouter().fit(X[fit], frame[fit])
    everyone = router.route(X[test])
    assert set(everyone) == {0, 1, 2}
    np.testing.assert_array_equal(router.route(X[test], available=["Ada", "Bo"]), everyone)
    for present in (["Ada"], [True, False], np.tile([True, False], (1000, 1))):
        here = router.route(X[test], available=present)
        assert set(here) == {0, 1}
        assert (here[everyone == 1] == 1).all()
    assert (router.route(X[test], available=[]) == 0).all()
    with pytest.raises(InvalidInput, match="must name one of the experts, but there is no 'Cy'"):
        router.route(X[test], available=["Cy"])
    with pytest.raises(InvalidInput, match=r"one per expert \(2,\)"):
        router.route(X[test], available=[True])


@pytest.mark.parametrize(
    "make",
    [
        TwoStageRouter,
        partial(TwoStageRouter, surrogate="complement"),
        partial(TwoStageRouter, surrogate="aggregated"),
        cede.DensityRatioRouter,
    ],
    ids=["costs", "complement", "aggregated", "ratios"],
)
def test_the_penalty_is_chosen_for_what_there_is_to_learn(make):
    """Few cases and many columns of noise: a fixed small penalty learns the noise by heart."""
    rng = np.random.default_rng(0)
    noisy = np.hstack([X, rng.normal(size=(3_000, 200))])
    chosen, fixed = (
        make(head=Linear(weight_decay=decay)).fit(noisy[1000:1300], TABLE[1000:1300])
        for decay in (None, 1e-3)
    )
    margin = 0.0 if getattr(chosen, "surrogate", None) == "complement" else 0.02
    gain = chosen.score(noisy[test], TABLE[test]) - fixed.score(noisy[test], TABLE[test])
    assert gain > margin


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_a_network_learns_costs_of_any_unit(factor):
    router = TwoStageRouter(head=Mlp(learning_rate=0.01, epochs=30), random_state=0)
    unit = TwoStageRouter(head=Mlp(learning_rate=0.01, epochs=30), random_state=0)
    scores = unit.fit(X[fit], TABLE[fit]).agent_scores(X)
    found = router.fit(X[fit], factor * TABLE[fit]).agent_scores(X)
    np.testing.assert_allclose((1.0 - found) / factor, 1.0 - scores, atol=0.02)


def test_the_order_of_cases_does_not_matter_to_a_network_either():
    order = np.random.default_rng(0).permutation(1000)
    router = TwoStageRouter(head=Mlp(epochs=5), random_state=0)
    here = router.fit(X[fit], TABLE[fit]).agent_scores(X)
    there = router.fit(X[fit][order], TABLE[fit][order]).agent_scores(X)
    np.testing.assert_allclose(here, there, atol=1e-6)


def test_bad_weights_get_a_sentence():
    with pytest.raises(InvalidInput, match="cannot be negative, but got -1"):
        TwoStageRouter().fit(X[fit], TABLE[fit], sample_weight=-np.ones(1000))
    with pytest.raises(InvalidInput, match="zero in every case"):
        TwoStageRouter().fit(X[fit], TABLE[fit], sample_weight=np.zeros(1000))
    thin = TABLE[fit].copy()
    thin[100:, 2] = np.nan
    with pytest.raises(InvalidInput, match="zero in every case that expert 2 answered"):
        TwoStageRouter().fit(X[fit], thin, sample_weight=np.arange(1000) >= 100)
    with pytest.raises(InvalidInput, match="weighted takes costs of at most 1, but a cost"):
        TwoStageRouter(surrogate="weighted").fit(
            X[fit], TABLE[fit].clip(max=1.0), propensities=np.full((1000, 3), 0.5)
        )


@pytest.mark.parametrize("surrogate", ["complement", "aggregated", "constrained"])
@pytest.mark.parametrize("factor", [1e-2, 1e4])
def test_ranks_do_not_depend_on_the_unit_of_costs(surrogate, factor):
    routes = [
        TwoStageRouter(surrogate=surrogate).fit(X[fit], TABLE[fit] * f).route(X)
        for f in (1.0, factor)
    ]
    assert np.mean(routes[0] == routes[1]) > 0.98
