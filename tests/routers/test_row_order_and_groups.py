"""What is learned out of fold depends neither on the rows' order nor on cases of the same group."""

import json

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, PredefinedSplit

import cede
from cede.exceptions import InvalidInput
from cede.operating import OperatingPoint
from cede.routers import Linear, Mlp

FOREST = RandomForestClassifier(20, min_samples_leaf=3, random_state=0)
#: Every router that cross-fits a model that is not fitted.
ROUTERS = {
    "post hoc": cede.PostHocRouter(FOREST, fees=0.05),
    "rejector": cede.PostHocRouter(FOREST, method="rejector", fees=0.05),
    "two stages": cede.TwoStageRouter(FOREST, fees=0.05),
    "two stages, mlp": cede.TwoStageRouter(FOREST, head=Mlp(epochs=20), fees=0.05, random_state=0),
    "neighbours": cede.NeighborRouter(FOREST, fees=0.05),
    "density ratio": cede.DensityRatioRouter(FOREST, fees=0.05),
    "ensemble": cede.EnsembleRouter(model=FOREST, fees=0.05),
    "cascade": cede.CascadeRouter(FOREST, fees=0.05),
}


def stripes(n, seed):
    """Of a label that changes with each unit of x nothing can be told where no x was seen."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, 10, size=(n, 2))
    y = (np.floor(X[:, 0]) % 2).astype(int)
    y = np.where(rng.random(n) < 0.05, 1 - y, y)
    return X, y, np.where(rng.random(n) < 0.8, y, 1 - y)[:, None]


@pytest.mark.parametrize("name", ROUTERS)
def test_a_table_sorted_by_a_covariate_gives_the_router_of_a_shuffled_one(name):
    X, y, experts = stripes(1_000, 0)
    fresh, truth, answers = stripes(2_000, 1)
    rewards, shares = [], []
    for order in (np.argsort(X[:, 0]), np.random.default_rng(2).permutation(1_000)):
        router = clone(ROUTERS[name]).fit(X[order], y[order], experts=experts[order])
        shares.append(np.mean(router.route(fresh) > 0))
        rewards.append(router.score(fresh, truth, experts=answers) - 0.05 * shares[-1])
    assert abs(rewards[0] - rewards[1]) < 0.003
    assert min(rewards) > 0.88  # .74 to .78, nearly all deferred, if blocks of x are left out
    assert max(shares) < 0.25


def people(n, seed, n_rows=5):
    """Five rows a person, who keep their features, nearly, and their label; it is a weak signal."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(n, 8))
    label = (own[:, 0] + rng.normal(scale=3, size=n) > 0).astype(int)
    who = np.repeat(np.arange(n), n_rows)
    X = own[who] + rng.normal(scale=0.05, size=(n * n_rows, 8))
    experts = np.where(rng.random(n * n_rows) < 0.7, label[who], 1 - label[who])[:, None]
    return X, label[who], experts, np.char.add("person ", who.astype(str))


@pytest.mark.parametrize("name", ["two stages", "neighbours", "ensemble", "post hoc"])
def test_what_a_model_is_said_to_be_worth_holds_for_other_people(name):
    X, y, experts, who = people(200, 0)
    fresh, truth, *_ = people(1_000, 1)
    grouped = clone(ROUTERS[name]).set_params(fees=None).fit(X, y, experts=experts, groups=who)
    accuracy = np.mean(grouped.predict(fresh) == truth)
    assert abs(grouped.agent_scores(fresh)[:, 0].mean() - accuracy) < 0.07
    if name == "two stages":  # of a regression the mean is that of the errors out of fold
        blind = clone(grouped).fit(X, y, experts=experts)
        assert blind.agent_scores(fresh)[:, 0].mean() > accuracy + 0.2


def test_the_penalty_of_a_line_is_chosen_on_other_groups():
    """Rows of a person are one case five times: left out one by one they overfit without harm."""
    rng = np.random.default_rng(0)
    own, cost = rng.normal(size=(60, 40)), rng.random(60)
    who = np.repeat(np.arange(60), 5)
    X = own[who] + rng.normal(scale=1e-3, size=(300, 40))
    table = np.column_stack([cost, np.full(60, 0.5)])[who]
    norms = [
        np.abs(cede.TwoStageRouter().fit(X, table, groups=g).module_.weight.numpy()).sum()
        for g in (None, who)
    ]
    assert norms[1] < norms[0] / 10


def test_regions_are_validated_on_other_groups():
    rng = np.random.default_rng(0)
    score = rng.random(600)
    y = (rng.random(600) < score).astype(int)
    reader = np.where((score > 0.3) & (score < 0.6), y, 1 - y)
    who = np.arange(600) // 6
    router = cede.RegionRouter(random_state=0, max_deferral_rate=1.0, margin=0.5)
    router.fit(score, y, experts=reader, groups=who)
    assert len(router.reached_) == 2
    with pytest.raises(InvalidInput, match="in too few groups"):
        router.fit(score, y, experts=reader, groups=np.zeros(600))


def test_fewer_groups_than_folds_get_a_sentence():
    X, y, experts, _ = people(40, 0)
    with pytest.raises(
        InvalidInput, match=r"cv must be at most the number of different groups, 2, but got 5"
    ):
        clone(ROUTERS["post hoc"]).fit(X, y, experts=experts, groups=np.arange(200) % 2)
    network = cede.TwoStageRouter(head=Mlp(epochs=2))
    with pytest.raises(InvalidInput, match="cases of two groups"):
        network.fit(X, np.column_stack([y, 1.0 - y]), groups=np.zeros(200))


def test_a_splitter_of_ones_own_sees_the_rows_as_they_came():
    X, y, experts = stripes(300, 0)
    fold = np.arange(300) % 3
    model = LogisticRegression()
    here = cede.PostHocRouter(model, cv=PredefinedSplit(fold)).fit(X, y, experts=experts)
    there = cede.PostHocRouter(model, cv=KFold(3)).fit(
        *(part[np.argsort(fold, kind="stable")] for part in (X, y)),
        experts=experts[np.argsort(fold, kind="stable")],
    )
    np.testing.assert_allclose(here.agent_scores(X), there.agent_scores(X), atol=1e-4)
    grouped = cede.PostHocRouter(model, cv=GroupKFold(3))
    with pytest.raises(ValueError, match="groups"):
        grouped.fit(X, y, experts=experts)
    grouped.fit(X, y, experts=experts, groups=fold)
    np.testing.assert_allclose(grouped.agent_scores(X), here.agent_scores(X), atol=1e-4)


def test_groups_reach_the_router_through_a_search():
    X, y, experts, who = people(60, 0)
    with config_context(enable_metadata_routing=True):
        router = cede.TwoStageRouter(FOREST, head=Linear()).set_fit_request(experts=True)
        router.set_score_request(experts=True)
        search = GridSearchCV(router, {"head__weight_decay": [0.1]}, cv=GroupKFold(3))
        search.fit(X, y, experts=experts, groups=who)
    alone = clone(router).set_params(head__weight_decay=0.1).fit(X, y, experts=experts, groups=who)
    found = search.best_estimator_.agent_scores(X)
    np.testing.assert_array_equal(found, alone.agent_scores(X))
    without = clone(alone).fit(X, y, experts=experts).agent_scores(X)
    assert np.abs(found - without).max() > 0.05


def test_a_point_tuned_on_groups_expects_as_much_as_groups_tell():
    X, y, experts, who = people(100, 0)
    router = clone(ROUTERS["two stages"]).fit(X, y, experts=experts, groups=who)
    fresh, truth, answers, others = people(80, 1)
    blind = router.tune(fresh, truth, answers, budget=0.3)
    point = router.tune(fresh, truth, answers, budget=0.3, groups=others)
    assert point.prices == blind.prices
    assert 3 < point.design_effect < 7
    assert blind.design_effect == 1.0
    pairs = [
        (getattr(point.expected, part), getattr(blind.expected, part))
        for part in ("deferral_rate", "risk", "model_risk", "spend")
    ]
    for wide, narrow in [*pairs, (point.rate_among(200), blind.rate_among(200))]:
        assert wide.value == pytest.approx(narrow.value)
        assert wide.half_width > 1.2 * narrow.half_width
    alone = router.tune(fresh, truth, answers, budget=0.3, groups=np.arange(400))
    assert alone.design_effect == pytest.approx(1.0, abs=0.02)
    kept = OperatingPoint.from_dict(json.loads(json.dumps(point.to_dict())))
    assert kept.rate_among(200) == point.rate_among(200)
    old = {name: value for name, value in point.to_dict().items() if name != "design_effect"}
    assert OperatingPoint.from_dict(old).design_effect == 1.0
    with pytest.raises(InvalidInput, match="groups has 3"):
        router.tune(fresh, truth, answers, budget=0.3, groups=[1, 2, 3])


def test_a_guaranteed_risk_is_one_of_groups():
    X, y, experts, who = people(300, 0)
    router = clone(ROUTERS["two stages"]).fit(X, y, experts=experts, groups=who)
    fresh, truth, answers, others = people(300, 1)
    costs = {"costs": np.zeros_like(answers, dtype=float)}
    alone = router.tune(fresh, truth, **costs, risk=0.15)
    grouped = router.tune(fresh, truth, **costs, risk=0.15, groups=others)
    assert grouped.deferral_rate > alone.deferral_rate


def test_the_rate_of_the_next_cases_of_groups_is_as_uncertain_as_groups_are():
    """60 people of five equal rows, a budget of 20 %: the next 40 people's share, 400 draws."""
    rng = np.random.default_rng(0)
    held = {"grouped": 0, "blind": 0}
    for _ in range(400):
        scores, later = (np.repeat(rng.random(n), 5) for n in (60, 40))
        table = np.column_stack([np.zeros(300), scores])
        for name, groups in (("grouped", np.arange(300) // 5), ("blind", None)):
            point = cede.choose_operating_point(table, 0.2, groups=groups)
            next_ones = point.rate_among(200)
            held[name] += next_ones.low <= np.mean(later > point.prices[0]) <= next_ones.high
    assert held["grouped"] / 400 > 0.92
    assert held["blind"] / 400 < 0.75
