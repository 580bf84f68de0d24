"""What is particular to the post-hoc router: the model stays as it is, and cannot flatter."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier

import cede
from cede.datasets import make_two_specialists

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
        cede.reliability(confidence, right).ece
        < cede.reliability(model.predict_proba(X[third]).max(axis=1), right).ece
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
    with pytest.raises(cede.InvalidInput, match=r"labels \[2\], which the model was not fitted"):
        cede.PostHocRouter(model).fit(X, y, experts=experts)


def test_graded_costs_need_the_linear_expert_model():
    costs = cede.expert_costs(experts, y) / 2
    cede.PostHocRouter(LogisticRegression()).fit(X, y, costs=costs)
    with pytest.raises(cede.InvalidInput, match="leave expert_model=None"):
        cede.PostHocRouter(LogisticRegression(), expert_model=LogisticRegression()).fit(
            X, y, costs=costs
        )
