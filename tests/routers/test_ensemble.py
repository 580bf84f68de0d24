"""What is particular to EnsembleRouter; the rest is in common/test_every_estimator.py."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import cede
from cede import EnsembleRouter, InvalidInput, NeighborRouter, TwoStageRouter
from cede.datasets import make_two_specialists
from cede.routers import Linear

X, y, experts = make_two_specialists(n=3_000, random_state=1)
MODEL = LogisticRegression().fit(X[:1000], y[:1000])
TABLE = cede.agent_costs(MODEL.predict(X), experts, y)
fit = slice(1000, 2000)


def test_by_default_it_is_a_line_and_neighbours():
    of_default = EnsembleRouter().fit(X[fit], TABLE[fit]).agent_scores(X)
    spelled = EnsembleRouter([TwoStageRouter(), NeighborRouter()]).fit(X[fit], TABLE[fit])
    np.testing.assert_array_equal(of_default, spelled.agent_scores(X))


def test_scores_are_the_weighted_mean():
    parts = [TwoStageRouter(), NeighborRouter()]
    scores = [part.fit(X[fit], TABLE[fit]).agent_scores(X) for part in parts]
    for weights, expected in (
        (None, (scores[0] + scores[1]) / 2),
        ([1, 3], (scores[0] + 3 * scores[1]) / 4),
        ([0, 1], scores[1]),
    ):
        router = EnsembleRouter(parts, weights=weights).fit(X[fit], TABLE[fit])
        np.testing.assert_allclose(router.agent_scores(X), expected)


def test_the_given_routers_are_left_alone_and_one_model_serves_all():
    parts = [TwoStageRouter(), NeighborRouter()]
    router = EnsembleRouter(parts, model=MODEL).fit(X[fit], y[fit], experts=experts[fit])
    assert not hasattr(parts[0], "module_")
    np.testing.assert_array_equal(router.predict(X), MODEL.predict(X))
    of_costs = EnsembleRouter(parts).fit(X[fit], TABLE[fit])
    np.testing.assert_array_equal(router.agent_scores(X), of_costs.agent_scores(X))


def test_an_expert_is_added_to_every_router():
    parts = [TwoStageRouter(head=Linear(weight_decay=1e-3)), NeighborRouter()]
    router = EnsembleRouter(parts, model=MODEL).fit(X[fit], y[fit], experts=experts[fit, :1])
    router.add_expert(X[fit], y[fit], experts[fit, 1], fee=0.1)
    whole = EnsembleRouter(parts, model=MODEL, fees=[0.0, 0.1])
    whole.fit(X[fit], y[fit], experts=experts[fit])
    np.testing.assert_allclose(router.agent_scores(X), whole.agent_scores(X), atol=1e-9)


def test_the_cases_seen_are_told_once(tmp_path):
    router = EnsembleRouter().fit(X[fit], TABLE[fit])
    assert len(router.fitted_on_) == 1
    text = (cede.save(router, tmp_path / "router") / "router.json").read_text()
    assert text.count('"fingerprint"') == 1


def test_options_go_to_every_router():
    chance = np.where(np.random.default_rng(0).random((1000, 3)) < 0.5, 1.0, 0.5)
    parts = [TwoStageRouter(), NeighborRouter()]
    router = EnsembleRouter(parts).fit(X[fit], TABLE[fit], propensities=chance)
    alone = parts[0].fit(X[fit], TABLE[fit], propensities=chance)
    np.testing.assert_array_equal(router.routers_[0].agent_scores(X), alone.agent_scores(X))


@pytest.mark.parametrize(
    ("routers", "weights", "words"),
    [
        ([], None, "needs one router at least"),
        ([TwoStageRouter()], [1, 2], r"one number per router \(1\)"),
        ([TwoStageRouter()], [-1], "not negative"),
        ([TwoStageRouter()], [0.0], "not all zero"),
        ([MODEL], None, "must hold routers, but got LogisticRegression"),
        ([TwoStageRouter(MODEL)], None, "model= is to be given to the ensemble, not to its TwoSt"),
        ([NeighborRouter(fees=0.1)], None, "fees= is to be given to the ensemble"),
    ],
)
def test_bad_parameters_get_a_sentence(routers, weights, words):
    with pytest.raises(InvalidInput, match=words):
        EnsembleRouter(routers, weights=weights).fit(X[fit], TABLE[fit])


@pytest.mark.parametrize(
    "part",
    [
        TwoStageRouter(surrogate="complement"),
        TwoStageRouter(head=LogisticRegression()),
        cede.DensityRatioRouter(),
        cede.CascadeRouter(),
    ],
    ids=["complement", "classifier", "joint ideals", "cascade"],
)
def test_ranks_have_no_mean(part):
    with pytest.raises(InvalidInput, match="only ranks the agents"):
        EnsembleRouter([part, NeighborRouter()]).fit(X[fit], TABLE[fit])


def test_parts_must_know_what_they_are_given():
    with pytest.raises(InvalidInput, match="which PostHocRouter cannot"):
        EnsembleRouter([cede.PostHocRouter(MODEL)]).fit(X[fit], TABLE[fit])
    with pytest.raises(InvalidInput, match="sample_weight must be left out, as the NeighborRouter"):
        EnsembleRouter([NeighborRouter()]).fit(X[fit], TABLE[fit], sample_weight=np.ones(1000))
    nobody = EnsembleRouter([NeighborRouter()]).fit(X[fit], TABLE[fit, :1])
    with pytest.raises(InvalidInput, match="fitted without experts"):
        nobody.add_expert(X[fit], TABLE[fit, :2])
