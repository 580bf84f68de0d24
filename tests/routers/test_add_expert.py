"""One more expert in a fitted router: the others stay, and it is learned as if from the start."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import cede
from cede import InvalidInput
from cede.datasets import make_two_specialists
from cede.routers import Linear, Mlp

X, y, experts = make_two_specialists(n=2_400, random_state=3)
old, fit, test = slice(0, 400), slice(400, 1400), slice(1400, None)
MODEL = LogisticRegression().fit(X[old], y[old])

#: Whose experts are learned apart, so that one by one and together come to the same.
SAME = {
    "one_vs_all": cede.SingleStageClassifier("one_vs_all", head=Linear(tol=1e-8)),
    "softmax_one_vs_all": cede.SingleStageClassifier("softmax_one_vs_all", head=Linear(tol=1e-8)),
    "threshold correction": cede.PostHocRouter(MODEL, tol=1e-8),
    "expert model": cede.PostHocRouter(MODEL, expert_model=LogisticRegression()),
    "rejector": cede.PostHocRouter(MODEL, method="rejector", tol=1e-8),
    "joint ideals": cede.DensityRatioRouter(MODEL, head=Linear(weight_decay=1e-3, tol=1e-8)),
    "contrast": cede.DensityRatioRouter(
        MODEL, head=HistGradientBoostingClassifier(max_iter=10, random_state=0)
    ),
    # A penalty that is chosen is one for all agents together, and another for one alone.
    "marginal ideals": cede.DensityRatioRouter(
        MODEL, ideals="marginal", head=Linear(weight_decay=1e-3)
    ),
    "cost regression": cede.TwoStageRouter(MODEL, head=Linear(weight_decay=1e-3)),
    "trees": cede.TwoStageRouter(
        MODEL, head=ExtraTreesRegressor(10, min_samples_leaf=20, random_state=0)
    ),
    "neighbours": cede.NeighborRouter(MODEL),
}
#: Apart only given the classes, which are learned with all experts; or by chance of the start.
NEARLY = {
    "asymmetric_softmax": cede.SingleStageClassifier("asymmetric_softmax"),
    "mlp": cede.SingleStageClassifier(head=Mlp(epochs=60), random_state=0),
    "regression, mlp": cede.TwoStageRouter(
        MODEL, surrogate="cost_regression", head=Mlp(epochs=60), random_state=0
    ),
}
APART = {**SAME, **NEARLY}


def copy_of(router):
    return type(router)(**router.get_params(deep=False))


def one_by_one(name, **changes):
    router = copy_of(APART[name]).set_params(**changes)
    router.fit(X[fit], y[fit], experts=experts[fit, :1])
    return router


@pytest.mark.parametrize("name", SAME)
def test_one_by_one_is_as_together(name):
    router = one_by_one(name).add_expert(X[fit], y[fit], experts[fit, 1])
    together = copy_of(SAME[name]).fit(X[fit], y[fit], experts=experts[fit])
    np.testing.assert_allclose(router.agent_scores(X), together.agent_scores(X), atol=2e-4)
    assert router.expert_names_ == together.expert_names_


@pytest.mark.parametrize("name", APART)
def test_the_others_stay_as_they_were(name):
    router = one_by_one(name)
    before = router.agent_scores(X)
    router.tune(X, budget=0.2)
    assert router.add_expert(X[fit], y[fit], experts[fit, 1]) is router
    np.testing.assert_allclose(router.agent_scores(X)[:, :2], before, rtol=1e-12, atol=1e-13)
    assert not hasattr(router, "operating_point_")
    assert router.tune(X, budget=0.2).deferral_rate <= 0.2


@pytest.mark.parametrize("name", [name for name in APART if name != "contrast"])  # boosting
def test_a_few_dozen_answers_are_worth_something(name):
    few = slice(400, 480)
    router = one_by_one(name)
    alone = router.score(X[test], y[test], experts=experts[test, :1])
    router.add_expert(X[few], y[few], experts[few, 1], name="Bo")
    assert router.score(X[test], y[test], experts=experts[test]) > alone + 0.01
    assert router.expert_names_ == ("expert 1", "Bo")


@pytest.mark.parametrize("name", APART)
def test_a_fee_of_its_own(name):
    router = one_by_one(name, fees=0.05).add_expert(X[fit], y[fit], experts[fit, 1], fee=0.1)
    together = copy_of(APART[name]).set_params(fees=[0.05, 0.1])
    together.fit(X[fit], y[fit], experts=experts[fit])
    scores, expected = router.agent_scores(X), together.agent_scores(X)
    assert np.abs(scores - expected).mean() < (2e-4 if name in SAME else 0.2)
    assert router.fees_.tolist() == [0.05, 0.1]


@pytest.mark.parametrize("name", ["one_vs_all", "rejector", "joint ideals", "mlp", "neighbours"])
def test_saved_and_loaded_it_routes_as_before(name, tmp_path):
    router = one_by_one(name).add_expert(X[fit], y[fit], experts[fit, 1])
    loaded = cede.load(cede.save(router, tmp_path / "router"))
    np.testing.assert_array_equal(loaded.agent_scores(X), router.agent_scores(X))
    loaded.add_expert(X[fit], y[fit], experts[fit, 0], name="again")
    assert loaded.agent_scores(X).shape == (2_400, 4)


def test_cases_that_it_did_not_answer_are_left_out_and_costs_say_the_same():
    thin = np.where(np.arange(1_000) % 3 == 0, np.nan, experts[fit, 1])
    kept = ~np.isnan(thin)
    costs = cede.costs.expert_costs(thin, y[fit])[:, 0]
    scores = [
        one_by_one("threshold correction").add_expert(*given, **named).agent_scores(X)
        for given, named in (
            ((X[fit], y[fit], thin), {}),
            ((X[fit][kept], y[fit][kept], thin[kept]), {}),
            ((X[fit], y[fit]), {"costs": costs}),
        )
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])


@pytest.mark.parametrize(
    "router",
    [
        cede.TwoStageRouter(head=Linear(weight_decay=1e-3)),
        cede.DensityRatioRouter(head=Linear(weight_decay=1e-3)),
        cede.NeighborRouter(),
    ],
    ids=["regression", "ratio", "neighbours"],
)
def test_from_tables_of_costs_without_labels(router):
    table = cede.agent_costs(MODEL.predict(X), experts, y)
    whole = clone(router).fit(X[fit], table[fit]).agent_scores(X)
    router.fit(X[fit], table[fit, :2]).add_expert(X[fit], table[fit][:, [0, 2]])
    np.testing.assert_allclose(router.agent_scores(X), whole, atol=2e-4)


@pytest.mark.parametrize(
    "router",
    [
        cede.SingleStageClassifier("cost_sensitive_softmax"),
        cede.SingleStageClassifier("one_vs_all", fees=0.1, fees_in="loss"),
        cede.TwoStageRouter(MODEL, surrogate="complement"),
        cede.CascadeRouter(MODEL),
        cede.routers.ModelAlone(MODEL),
    ],
    ids=["softmax", "fees in the loss", "complement", "cascade", "model alone"],
)
def test_who_learns_experts_together_says_so(router):
    router.fit(X[fit], y[fit], experts=experts[fit, :1])
    with pytest.raises(InvalidInput, match=r"experts together|all agents together"):
        router.add_expert(X[fit], y[fit], experts[fit, 1])


BAD = {
    "named twice": ({"name": "expert 1"}, "an expert 'expert 1' already"),
    "nothing": ({"answers": None}, "answers must be passed, or else what they"),
    "both": ({"costs": np.zeros(1_000)}, "answers must be passed, or else what they"),
    "silent": ({"answers": np.full(1_000, np.nan)}, "expert 2 answered no case"),
    "too few rows": ({"answers": experts[:10, 1]}, "answers has 10, y has 1000"),
    "three columns": ({"y": np.zeros((1_000, 3))}, r"y must be of shape \(m, 2\) and stand alone"),
    "strange labels": ({"y": np.full(1_000, 9)}, r"labels \['9'\], which this router was not"),
    "negative": ({"answers": None, "costs": np.full(1_000, -1.0)}, "cannot be negative"),
    "dear": ({"answers": None, "costs": np.full(1_000, 2.0)}, r"must lie in \[0, 1\]"),
    "negative fee": ({"fee": -0.1}, "cannot be negative"),
    "no labels": ({"y": np.zeros((1_000, 2)), "answers": None}, "learns from labels"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_sentence_and_changes_nothing(what):
    changes, words = BAD[what]
    router = one_by_one("softmax_one_vs_all")
    before = router.agent_scores(X[:5])
    given = {"X": X[fit], "y": y[fit], "answers": experts[fit, 1], **changes}
    with pytest.raises(InvalidInput, match=words):
        router.add_expert(given.pop("X"), given.pop("y"), given.pop("answers"), **given)
    np.testing.assert_array_equal(router.agent_scores(X[:5]), before)


def test_few_answers_are_said():
    with pytest.warns(UserWarning, match="Bo answered 3 of 3 cases"):
        one_by_one("neighbours").add_expert(X[:3], y[:3], experts[:3, 1], name="Bo")


def test_a_ratio_needs_the_model_s_costs():
    table = cede.agent_costs(MODEL.predict(X), experts, y)
    router = cede.DensityRatioRouter().fit(X[fit], table[fit])
    with pytest.raises(InvalidInput, match="what the model's answers cost must be known"):
        router.add_expert(X[fit], y[fit], experts[fit, 0])


@pytest.mark.parametrize("name", ["one_vs_all", "cost regression", "neighbours", "joint ideals"])
def test_the_parameters_stay_as_they_were_and_a_new_fit_forgets(name):
    router = one_by_one(name)
    router.add_expert(X[fit], y[fit], experts[fit, 1], fee=0.1)
    assert router.get_params()["fees"] is None
    again = copy_of(router).fit(X[fit], y[fit], experts=experts[fit, :1])
    router.fit(X[fit], y[fit], experts=experts[fit, :1])
    assert router.expert_names_ == ("expert 1",)
    np.testing.assert_array_equal(router.agent_scores(X), again.agent_scores(X))


def test_more_bad_input():
    router = one_by_one("softmax_one_vs_all")
    with pytest.raises(InvalidInput, match="y must be labels"):
        router.add_expert(X[fit], None, costs=np.zeros(1_000))
    with pytest.raises(InvalidInput, match="must be finite"):
        router.add_expert(X[fit], y[fit], costs=np.where(np.arange(1_000) == 3, np.inf, 0.0))
    nobody = cede.DensityRatioRouter(MODEL).fit(X[fit], y[fit], experts=np.empty((1_000, 0)))
    with pytest.raises(InvalidInput, match="fitted without experts"):
        nobody.add_expert(X[fit], y[fit], experts[fit, 0])
