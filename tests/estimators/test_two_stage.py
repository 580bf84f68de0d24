"""What is particular to TwoStageRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import cede
from cede import SURROGATES, InvalidInput, TwoStageRouter
from cede.datasets import make_realizable_mixture, make_two_specialists

X, y, experts = make_two_specialists(n=3_000, random_state=1)
MODEL = LogisticRegression().fit(X[:1000], y[:1000])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y, fees=[0.02, 0.05])
fit, test = slice(1000, 2000), slice(2000, None)
TWO_STAGE = [row.name for row in SURROGATES.values() if row.kind == "two_stage"]


def test_labels_and_their_cost_table_give_the_same_router():
    of_labels = TwoStageRouter(MODEL, fees=[0.02, 0.05]).fit(X[fit], y[fit], experts[fit])
    of_costs = TwoStageRouter().fit(X[fit], TABLE[fit])
    np.testing.assert_array_equal(of_labels.agent_scores(X), of_costs.agent_scores(X))


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
    small = TwoStageRouter(weight_decay=0.0, tol=1e-9).fit(X[fit], TABLE[fit])
    large = TwoStageRouter(weight_decay=0.0, tol=1e-9).fit(X[fit], 60.0 * TABLE[fit])
    assert np.mean(small.route(X[test]) == large.route(X[test])) > 0.995


def test_finds_the_perfect_router_of_a_realizable_table():
    data = make_realizable_mixture(3_000, n_classes=2, n_experts=3, random_state=0)
    agents = data.extras["scores"][:, 1:].argmax(axis=1)  # linear in X
    costs = (np.random.default_rng(0).random((3_000, 4)) < 0.5).astype(float)
    costs[np.arange(3_000), agents] = 0.0
    found = TwoStageRouter(weight_decay=1e-5).fit(data.X[:2000], costs[:2000])
    other = TwoStageRouter(surrogate="aggregated", weight_decay=1e-5)
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
    router = TwoStageRouter(head=module, learning_rate=0.05, max_epochs=20, random_state=0)
    router.fit(X[fit], TABLE[fit])
    assert torch.equal(module.weight, before)
    assert 1.0 - router.score(X[test], TABLE[test]) < TABLE[test].mean(axis=0).min() - 0.04


def test_a_case_of_weight_zero_counts_as_if_deleted():
    keep = np.arange(1000) % 3 > 0
    weighted = TwoStageRouter().fit(X[fit], TABLE[fit], sample_weight=keep.astype(float))
    deleted = TwoStageRouter().fit(X[fit][keep], TABLE[fit][keep])
    np.testing.assert_allclose(weighted.agent_scores(X), deleted.agent_scores(X), atol=1e-4)


def test_a_budget_holds_though_scores_are_only_ranks():
    router = TwoStageRouter().fit(X[fit], TABLE[fit])
    router.tune(X[fit], budget=0.2)
    assert (router.route(X[fit]) > 0).mean() <= 0.2
    assert (router.route(X[test]) > 0).mean() == pytest.approx(0.2, abs=0.06)


BAD = {
    "no model": (TwoStageRouter(), (X, y, experts), "needs a classifier as model=, not None"),
    "missing": (
        TwoStageRouter(MODEL),
        (X, y, np.where(np.arange(3000)[:, None] < 7, np.nan, experts)),
        "however 14 of 9000 costs are missing",
    ),
    "negative": (TwoStageRouter(), (X, TABLE - 1.0), "finite and not negative"),
    "too few": (TwoStageRouter(), (X, TABLE[:10]), "3000"),
    "both": (TwoStageRouter(), (X, TABLE, experts), "leave out experts="),
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
    router = TwoStageRouter(MODEL, fees=0.1).fit(X[fit], y[fit], experts[fit])
    router.set_params(fees=0.2)
    with pytest.raises(InvalidInput, match=r"at the fees it was fitted with, \[0.1, 0.1\]"):
        router.route(X)
