"""What is particular to DensityRatioRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

import cede
from cede import DensityRatioRouter, InvalidInput, TwoStageRouter
from cede.datasets import make_two_specialists
from cede.routers import Linear, Mlp

X, y, experts = make_two_specialists(n=3_000, random_state=1)
MODEL = LogisticRegression().fit(X[:1000], y[:1000])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y)
fit, test = slice(1000, 2000), slice(2000, None)


def two_groups(n=40_000, seed=0):
    """A case is of one of two kinds, which is all that x says; accuracies of the three agents."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(2, size=n)
    accuracy = np.array([[0.9, 0.6, 0.8], [0.5, 0.7, 0.45]])
    return kind[:, None].astype(float), (rng.random((n, 3)) > accuracy[kind]).astype(float)


@pytest.mark.parametrize("proper", ["log", "square", "exponential"])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
def test_scores_are_the_ratios_of_mean_weights_in_each_kind_of_case(proper, temperature):
    features, costs = two_groups()
    router = DensityRatioRouter(
        temperature=temperature, proper=proper, head=Linear(weight_decay=0.0, tol=1e-9)
    ).fit(features, costs)
    weights = np.exp(-costs / temperature)
    weights /= weights.mean(axis=0)
    kinds = np.array([[0.0], [1.0]])
    means = np.stack([weights[features[:, 0] == k].mean(axis=0) for k in (0, 1)])
    expected = np.log(means[:, :1]) - np.log(means[:, 1:])
    np.testing.assert_allclose(router.log_ratios(kinds), expected, atol=1e-5)
    log_z = np.log(np.exp(-costs / temperature).mean(axis=0))
    np.testing.assert_allclose(router.log_normalizers_, [[log_z[0], z] for z in log_z[1:]])


@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0, 100.0])
@pytest.mark.parametrize("ideals", ["joint", "marginal"])
def test_at_price_zero_whoever_is_right_most_often_answers(ideals, temperature):
    features, costs = two_groups()
    router = DensityRatioRouter(
        ideals=ideals, temperature=temperature, head=Linear(weight_decay=1e-6)
    )
    assert router.fit(features, costs).route([[0.0], [1.0]]).tolist() == [0, 1]


def test_at_a_high_temperature_scores_are_the_costs_saved():
    features, costs = two_groups()
    router = DensityRatioRouter(temperature=1e3, head=Linear(weight_decay=0.0, tol=1e-12)).fit(
        features, costs
    )
    saved = [costs[features[:, 0] == k].mean(axis=0) for k in (0, 1)]
    np.testing.assert_allclose(
        router.agent_scores([[0.0], [1.0]]), [s[0] - s for s in saved], atol=1e-3
    )


def test_one_fit_serves_every_deferral_rate():
    router = DensityRatioRouter().fit(X[fit], TABLE[fit])
    module = router.module_
    for budget in (0.05, 0.1, 0.3, 0.6):
        router.tune(X[fit], budget=budget)
        share = (router.route(X[test]) > 0).mean()
        assert share == pytest.approx(
            min(budget, (router.agent_scores(X[fit])[:, 1:] > 0).any(axis=1).mean()), abs=0.07
        )
    assert router.module_ is module


def test_marginal_ideals_are_a_regression_of_costs():
    marginal = DensityRatioRouter(ideals="marginal", temperature=0.5).fit(X[fit], TABLE[fit])
    plain = TwoStageRouter(surrogate="cost_regression").fit(X[fit], TABLE[fit])
    scores = plain.agent_scores(X)
    np.testing.assert_allclose(marginal.agent_scores(X), scores)
    of_ideals = np.exp(-(1.0 - scores[fit]) / 0.5)
    log_z = np.log(of_ideals.mean(axis=0))
    expected = (scores[:, :1] - scores[:, 1:]) / 0.5 + log_z[1:] - log_z[0]
    np.testing.assert_allclose(marginal.log_ratios(X), expected)


@pytest.mark.parametrize(
    "router",
    [
        DensityRatioRouter(),
        DensityRatioRouter(temperature=0.4, proper="square"),
        DensityRatioRouter(head=Mlp(learning_rate=0.01, epochs=30), random_state=0),
        DensityRatioRouter(head=HistGradientBoostingClassifier(max_iter=30, random_state=0)),
        DensityRatioRouter(
            ideals="marginal", head=HistGradientBoostingRegressor(max_iter=30, random_state=0)
        ),
    ],
    ids=["linear", "cold and square", "mlp", "classifier", "regressor"],
)
def test_cheaper_than_every_agent(router):
    router.fit(X[fit], TABLE[fit])
    assert 1.0 - router.score(X[test], TABLE[test]) < TABLE[test].mean(axis=0).min() - 0.04


def test_an_expert_is_learned_from_the_cases_it_answered():
    features, costs = two_groups()
    thin = costs.copy()
    rare = np.random.default_rng(1).random(costs.shape) < 0.95
    thin[:, 1:][rare[:, 1:]] = np.nan
    whole, part = (
        DensityRatioRouter(head=Linear(weight_decay=1e-6))
        .fit(features, c)
        .agent_scores([[0.0], [1.0]])
        for c in (costs, thin)
    )
    np.testing.assert_allclose(part, whole, atol=0.08)


def test_one_known_cost_per_case_is_enough_with_propensities():
    features, costs = two_groups(100_000)
    rng = np.random.default_rng(2)
    # Whom the log asked followed what it knew of the answer, which x does not say.
    chance = np.where(costs[:, :1] == 0, [[0.7, 0.2, 0.1]], [[0.2, 0.3, 0.5]])
    asked = (rng.random((len(costs), 1)) > chance.cumsum(axis=1)[:, :2]).sum(axis=1)
    seen = np.arange(3) == asked[:, None]
    router = DensityRatioRouter(head=Linear(weight_decay=1e-6))
    expected = router.fit(features, costs).agent_scores([[0.0], [1.0]])
    log = np.where(seen, costs, np.nan)
    with pytest.warns(UserWarning, match="compare different cases"):
        router.fit(features, log, propensities=chance[seen])
    found = router.agent_scores([[0.0], [1.0]])
    np.testing.assert_allclose(found, expected, atol=0.06)
    with pytest.raises(InvalidInput, match="no case in common"):
        router.fit(features, log)


def test_a_fee_needs_a_new_fit_for_joint_ideals_only():
    joint = DensityRatioRouter(MODEL, fees=0.1).fit(X[fit], y[fit], experts[fit])
    with pytest.raises(InvalidInput, match="fees must be those that ratios of joint"):
        joint.set_params(fees=0.2).route(X)
    marginal = DensityRatioRouter(MODEL, ideals="marginal").fit(X[fit], y[fit], experts[fit])
    free = marginal.agent_scores(X)
    np.testing.assert_allclose(
        marginal.set_params(fees=[0.2, 0.1]).agent_scores(X), free - [0.0, 0.2, 0.1]
    )


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"temperature": 0.0}, "temperature must be above zero, not 0.0"),
        ({"temperature": "warm"}, "not 'warm'"),
        ({"ideals": "margin"}, "Did you mean 'marginal'"),
        ({"proper": "brier"}, "no proper loss 'brier'"),
        (
            {"head": HistGradientBoostingRegressor()},
            "must be a classifier, of both, if it is scikit-learn's and ideals are joint",
        ),
        (
            {"head": LogisticRegression(), "ideals": "marginal"},
            "must be a regressor, of the costs, .* but got LogisticRegression",
        ),
    ],
)
def test_bad_parameters_get_a_sentence(parameters, words):
    with pytest.raises(InvalidInput, match=words):
        DensityRatioRouter(**parameters).fit(X[fit], TABLE[fit])
