"""What is particular to the post-hoc router: the model stays as it is, and cannot flatter."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier

import cede
from cede.datasets import make_two_specialists
from cede.routers import Linear

X, y, experts = make_two_specialists(n=2_000, random_state=5)
first, second, third = slice(0, 600), slice(600, 1_300), slice(1_300, None)


def test_a_fitted_model_is_used_as_it_stands():
    model = LogisticRegression().fit(X[first], y[first])
    before = model.coef_.copy()
    router = cede.PostHocRouter(model).fit(X[second], y[second], experts=experts[second])
    assert router.model_ is model
    np.testing.assert_array_equal(model.coef_, before)
    np.testing.assert_array_equal(router.predict(X[third]), model.predict(X[third]))


def test_cross_fitting_sees_through_a_model_that_knows_its_training_cases():
    """A forest is certain of what it was fitted on; its confidence there would keep everything."""
    forest = RandomForestClassifier(n_estimators=30, random_state=0)
    honest = cede.PostHocRouter(forest).fit(X[first], y[first], experts=experts[first])
    flattered = cede.PostHocRouter(forest.fit(X[first], y[first]))
    flattered.fit(X[first], y[first], experts=experts[first])
    share = {
        name: np.mean(router.route(X[third]) > 0)
        for name, router in (("honest", honest), ("flattered", flattered))
    }
    assert share["honest"] > share["flattered"] + 0.05
    assert honest.score(X[third], y[third], experts=experts[third]) > flattered.score(
        X[third], y[third], experts=experts[third]
    )


def test_the_temperature_mends_overconfidence():
    class Sharp(LogisticRegression):
        def predict_proba(self, X):
            p = super().predict_proba(X) ** 4
            return p / p.sum(axis=1, keepdims=True)

    model = Sharp().fit(X[first], y[first])
    router = cede.PostHocRouter(model).fit(X[second], y[second], experts=experts[second])
    assert router.temperature_ == pytest.approx(4, rel=0.25)
    confidence = router.agent_scores(X[third])[:, 0]
    right = router.predict(X[third]) == y[third]
    assert (
        cede.evaluation.reliability(confidence, right).ece
        < cede.evaluation.reliability(model.predict_proba(X[third]).max(axis=1), right).ece
    )


def test_rule_is_threshold_correction():
    """Defer iff 1 - max pi > min_j (1 - accuracy_j + fee_j)."""
    router = cede.PostHocRouter(LogisticRegression(), fees=[0.02, 0.1])
    router.fit(X[first], y[first], experts=experts[first])
    error = 1 - router.predict_proba(X[third]).max(axis=1)
    expert_cost = 1 - router.expert_accuracy(X[third]) + [0.02, 0.1]
    expected = np.where(error > expert_cost.min(axis=1), expert_cost.argmin(axis=1) + 1, 0)
    np.testing.assert_array_equal(router.route(X[third]), expected)


def test_a_model_without_probabilities_is_refused():
    with pytest.raises(cede.InvalidInput, match="no predict_proba"):
        cede.PostHocRouter(RidgeClassifier()).fit(X, y, experts=experts)


def test_labels_the_model_never_saw_are_refused():
    model = LogisticRegression().fit(X[y < 2], y[y < 2])
    with pytest.raises(cede.InvalidInput, match=r"model was fitted on, \[0, 1\], but got \[2\]"):
        cede.PostHocRouter(model).fit(X, y, experts=experts)


def test_graded_costs_need_the_linear_expert_model():
    costs = cede.costs.expert_costs(experts, y) / 2
    cede.PostHocRouter(LogisticRegression()).fit(X, y, costs=costs)
    with pytest.raises(cede.InvalidInput, match="expert_model learns whether an expert"):
        cede.PostHocRouter(LogisticRegression(), expert_model=LogisticRegression()).fit(
            X, y, costs=costs
        )


def test_rejectors_ask_whoever_costs_less_than_the_model():
    model = LogisticRegression().fit(X[first], y[first])
    router = cede.PostHocRouter(model, method="rejector", fees=[0.02, 0.05])
    router.fit(X[second], y[second], experts=experts[second])
    scores = router.agent_scores(X[third])
    assert (scores[:, 0] == 0.0).all()
    table = cede.agent_costs(model.predict(X[third]), experts[third], y[third], fees=[0.02, 0.05])
    assert 1.0 - router.score(X[third], table) < table.mean(axis=0).min() - 0.02


def test_one_rejector_is_the_two_stage_loss_of_two_agents():
    """Complement with two agents is the logistic rejector of the difference of their scores."""
    model = LogisticRegression().fit(X[first], y[first])
    inputs = np.hstack([X, np.log(model.predict_proba(X))])
    rejector = cede.PostHocRouter(model, method="rejector", weight_decay=0.01, tol=1e-9)
    rejector.fit(X[second], y[second], experts=experts[second, :1])
    table = cede.agent_costs(model.predict(X), experts[:, :1], y)
    # Two columns of weights that are each other's negative: half the weights, so half the penalty.
    two = cede.TwoStageRouter(surrogate="complement", head=Linear(weight_decay=0.02, tol=1e-9)).fit(
        inputs[second], table[second]
    )
    ours, theirs = rejector.agent_scores(X), two.agent_scores(inputs)
    np.testing.assert_allclose(ours[:, 1], theirs[:, 1] - theirs[:, 0], atol=1e-4)


def test_rejectors_hold_for_their_fees_and_estimate_nothing():
    router = cede.PostHocRouter(LogisticRegression(), method="rejector", fees=0.1)
    router.fit(X[first], y[first], experts=experts[first])
    with pytest.raises(cede.InvalidInput, match="estimates no probabilities"):
        router.expert_accuracy(X)
    with pytest.raises(cede.InvalidInput, match=r"fitted with, \[0.1, 0.1\], and fees=0.2"):
        router.set_params(fees=0.2).route(X)
    with pytest.raises(cede.InvalidInput, match="Did you mean 'rejector'"):
        router.set_params(method="rejecter").fit(X, y, experts=experts)
    with pytest.raises(cede.InvalidInput, match="which rejectors do not ask"):
        router.set_params(method="rejector", expert_model=LogisticRegression()).fit(
            X, y, experts=experts
        )


def test_missing_answers_leave_the_rejector_where_it_was():
    model = LogisticRegression().fit(X[first], y[first])
    thin = experts.copy()
    thin[np.random.default_rng(0).random(thin.shape) < 0.5] = np.nan
    router = cede.PostHocRouter(model, method="rejector")
    whole = router.fit(X[second], y[second], experts=experts[second]).route(X[third])
    part = router.fit(X[second], y[second], experts=thin[second]).route(X[third])
    assert np.mean(whole == part) > 0.8


def test_a_network_is_a_model():
    torch.manual_seed(0)
    network = torch.nn.Linear(X.shape[1], 3)
    of_network = cede.PostHocRouter(network).fit(X[first], y[first], experts=experts[first])
    wrapped = cede.PostHocRouter(cede.routers.TorchModel(network, classes=[0, 1, 2], batch_size=7))
    wrapped.fit(X[first], y[first], experts=experts[first])
    # In single precision, the last bits depend on how many cases a product has.
    np.testing.assert_allclose(of_network.agent_scores(X), wrapped.agent_scores(X), rtol=1e-5)
    with torch.no_grad():
        by_hand = network(torch.as_tensor(X, dtype=torch.float32)).argmax(-1)
    np.testing.assert_array_equal(of_network.predict(X), by_hand)
    assert (cede.routers.TorchModel(network, classes=["a", "b", "c"]).predict(X[:5]) != 0).all()
    with pytest.raises(cede.InvalidInput, match="one score per class, shape"):
        cede.routers.TorchModel(network, classes=["a", "b"]).predict_proba(X)
    deep = torch.nn.Sequential(torch.nn.Conv1d(1, 3, 1))
    with pytest.raises(cede.InvalidInput, match="pass classes="):
        _ = cede.routers.TorchModel(deep).classes_


def test_logged_probabilities_are_a_model():
    model = LogisticRegression().fit(X[first], y[first])
    pi = model.predict_proba(X)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    with_pi = frame.assign(p0=pi[:, 0], p1=pi[:, 1], p2=pi[:, 2])
    logged = cede.routers.LoggedModel(columns=["p0", "p1", "p2"], classes=[0, 1, 2])
    placed = cede.routers.LoggedModel(columns=[3, 4, 5], classes=[0, 1, 2])
    np.testing.assert_array_equal(logged.predict(with_pi), model.predict(X))
    np.testing.assert_allclose(placed.predict_proba(with_pi.to_numpy()), pi)
    router = cede.PostHocRouter(logged).fit(with_pi[:600], y[first], experts=experts[first])
    np.testing.assert_array_equal(router.predict(with_pi), model.predict(X))
    with pytest.raises(cede.InvalidInput, match="must hold probabilities that sum to one"):
        cede.routers.LoggedModel(columns=["a", "b", "c"], classes=[0, 1, 2]).predict_proba(with_pi)
    with pytest.raises(cede.InvalidInput, match="dataframe with the columns"):
        logged.predict_proba(frame)
    with pytest.raises(cede.InvalidInput, match="but got 2 and 3"):
        cede.routers.LoggedModel(columns=[3, 4], classes=[0, 1, 2]).predict_proba(
            with_pi.to_numpy()
        )
