"""Cases that come whole say the same as arguments one by one, at every door of a router."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists
from cede.exceptions import InvalidInput
from cede.logs import Cases

X, y, experts = make_two_specialists(n=600, random_state=0)
MODEL = LogisticRegression().fit(X[:200], y[:200])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y)
HOLES = np.where(np.random.default_rng(0).random(TABLE.shape) < 0.3, np.nan, TABLE)
HOLES[np.isnan(HOLES).all(axis=1)] = 0.5


def cases(table, **known):
    return Cases(
        agent_names=("model", "ann", "bob"),
        agent_costs=table,
        features=dict(zip("abc", X.T, strict=True)),
        ids=np.arange(len(X)),
        **known,
    )


def test_a_log_is_a_table_with_its_propensities_and_groups():
    groups = np.arange(600) // 5
    propensities = np.where(np.isnan(HOLES), np.nan, 0.7)
    log = cases(HOLES, propensities=propensities, groups=groups)
    early, late = slice(0, 300), slice(300, 600)
    whole = cede.TwoStageRouter().fit(log[early])
    apart = cede.TwoStageRouter().fit(
        X[early], HOLES[early], propensities=propensities[early], groups=groups[early]
    )
    np.testing.assert_array_equal(whole.agent_scores(log), apart.agent_scores(log.X))
    assert whole.expert_names_ == ("ann", "bob")
    assert whole.feature_names_in_.tolist() == ["a", "b", "c"]
    frame = pd.DataFrame(X, columns=list("abc"))
    told = {"budget": 0.2, "groups": groups[late]}
    assert (
        whole.tune(log[late], budget=0.2).expected
        == whole.tune(frame[late], HOLES[late], **told).expected
    )
    assert whole.score(cases(TABLE)[late]) == pytest.approx(
        1.0 - cede.operating.routed_costs(whole.route(log[late]), TABLE[late]).mean()
    )


@pytest.mark.parametrize(
    "router", [cede.SingleStageClassifier(), cede.PostHocRouter(LogisticRegression())]
)
def test_cases_whose_model_is_yet_to_be_trained_are_labels_and_costs(router):
    table = np.column_stack([np.full(600, np.nan), cede.costs.expert_costs(experts, y)])
    labelled = cases(table, y=y, label="y")
    whole = router.fit(labelled).agent_scores(labelled)
    score = router.score(labelled)
    np.testing.assert_array_equal(whole, router.fit(X, y, experts).agent_scores(X))
    assert score == router.score(X, y, experts)


def test_what_cases_hold_is_not_to_be_said_beside_them():
    router = cede.TwoStageRouter()
    for name in ("y", "experts", "costs", "propensities", "groups"):
        with pytest.raises(InvalidInput, match=f"{name} must be left out beside Cases"):
            router.fit(cases(TABLE), **{name: TABLE})
    router.fit(cases(TABLE))
    with pytest.raises(InvalidInput, match="y must be left out beside Cases"):
        router.score(cases(TABLE), y)
    with pytest.raises(InvalidInput, match="groups must be left out beside Cases"):
        router.tune(cases(TABLE), budget=0.1, groups=y)


def test_cases_with_other_features_are_refused():
    router = cede.TwoStageRouter().fit(cases(TABLE))
    turned = Cases(
        ("model", "ann", "bob"), TABLE, dict(zip("bac", X.T, strict=True)), np.arange(600)
    )
    with pytest.raises(InvalidInput, match="same order"):
        router.route(turned)


@pytest.mark.parametrize("name", ["sample_weight", "propensities", "validation"])
def test_what_a_router_cannot_use_is_refused_in_a_sentence(name):
    with pytest.raises(InvalidInput, match=f"{name} cannot be used by ModelAlone"):
        cede.routers.ModelAlone(MODEL).fit(X, y, experts=experts, **{name: np.ones(600)})


def test_a_router_with_a_fit_of_its_own_is_refused_and_not_overruled():
    with pytest.raises(TypeError, match="Own must not define fit"):

        class Own(cede.TwoStageRouter):
            def fit(self, X, y):
                return self
