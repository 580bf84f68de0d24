import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists
from cede.evaluation.calibration import agent_reliability
from cede.exceptions import InvalidInput, UnknownName
from cede.routers._calibrated import METHODS, CalibratedRouter

X3, y3, experts3 = make_two_specialists(n=3_000, random_state=1)


first, second, third = slice(0, 1000), slice(1000, 2000), slice(2000, 3000)


def single_stage(**options):
    router = cede.SingleStageClassifier("cost_sensitive_softmax", **options)
    return router.fit(X3[first], y3[first], experts=experts3[first])


@pytest.mark.parametrize(
    "router",
    [
        single_stage(),
        cede.TwoStageRouter().fit(
            X3[first], cede.agent_costs(np.zeros(1000, int), experts3[first], y3[first])
        ),
        cede.PostHocRouter(LogisticRegression()).fit(X3[first], y3[first], experts3[first]),
    ],
    ids=["single stage", "costs", "post hoc"],
)
def test_real_routers_are_calibrated_on_fresh_cases_and_left_alone(router):
    if router.__class__ is cede.TwoStageRouter:
        answers = cede.agent_costs(np.zeros(3000, int), experts3, y3)
        given = [(answers[part],) for part in (second, third)]
    else:
        given = [(y3[part], experts3[part]) for part in (second, third)]
    before = router.agent_scores(X3[third]).copy()
    calibrated = CalibratedRouter(router).fit(X3[second], *given[0])
    np.testing.assert_array_equal(router.agent_scores(X3[third]), before)
    old, new = (agent_reliability(each, X3[third], *given[1]) for each in (router, calibrated))
    if isinstance(router, cede.SingleStageClassifier):  # the others hardly need it
        assert sum(a.ece for a in new.values()) < 0.6 * sum(a.ece for a in old.values())
    assert all(agent.ece < 0.07 for agent in new.values())
    assert calibrated.expert_names_ == router.expert_names_
    assert calibrated.n_features_in_ == router.n_features_in_


def test_it_is_never_judged_on_cases_of_either_fit():
    calibrated = CalibratedRouter(single_stage()).fit(X3[second], y3[second], experts3[second])
    for part in (first, second):
        with pytest.raises(InvalidInput, match="cases that the router has not seen"):
            agent_reliability(calibrated, X3[part], y3[part], experts3[part])
        with pytest.raises(InvalidInput, match="Recalibration needs cases"):
            CalibratedRouter(calibrated).fit(X3[part], y3[part], experts3[part])
    agent_reliability(calibrated, X3[third], y3[third], experts3[third])


def test_a_clone_keeps_the_router_fitted_and_forgets_the_maps():
    router = single_stage()
    calibrated = CalibratedRouter(router, method="linear", fees=[0.1, 0.2])
    calibrated.fit(X3[second], y3[second], experts3[second])
    copy = clone(calibrated)
    assert copy.router is router
    assert not hasattr(copy, "coef_")
    assert (copy.method, copy.fees) == ("linear", [0.1, 0.2])
    copy.fit(X3[second], y3[second], experts3[second])
    np.testing.assert_array_equal(copy.agent_scores(X3), calibrated.agent_scores(X3))


def test_names_of_experts_are_the_routers():
    pandas = pytest.importorskip("pandas")
    named = pandas.DataFrame(experts3, columns=["ann", "bob"])
    router = cede.SingleStageClassifier().fit(X3[first], y3[first], experts=named[first])
    calibrated = CalibratedRouter(router).fit(X3[second], y3[second], experts=named[second])
    assert calibrated.expert_names_ == ("ann", "bob")
    with pytest.raises(InvalidInput, match="experts of the fit, ann, bob"):
        calibrated.fit(X3[second], y3[second], experts=named[["bob", "ann"]][second])


def test_without_experts_the_model_is_calibrated():
    with pytest.warns(UserWarning, match="every case stays with the model"):
        router = cede.SingleStageClassifier().fit(X3[first], y3[first])
    calibrated = CalibratedRouter(router).fit(X3[second], y3[second])
    assert calibrated.agent_scores(X3[third]).shape == (1000, 1)
    assert (calibrated.route(X3[third]) == 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_saved_and_loaded_it_scores_the_same_to_the_bit(method, tmp_path):

    calibrated = CalibratedRouter(single_stage(), method=method, fees=0.05)
    calibrated.fit(X3[second], y3[second], experts3[second])
    calibrated.tune(X3[third], budget=0.2)
    loaded = cede.load(cede.save(calibrated, tmp_path / "router"))
    np.testing.assert_array_equal(loaded.agent_scores(X3), calibrated.agent_scores(X3))
    np.testing.assert_array_equal(loaded.route(X3), calibrated.route(X3))
    assert sorted(vars(loaded)) == sorted(vars(calibrated))


def test_a_router_that_has_learned_since_is_calibrated_again():
    router = cede.NeighborRouter()
    table = cede.agent_costs(np.zeros(3000, int), experts3, y3)
    router.fit(X3[first], table[first, :2])
    calibrated = CalibratedRouter(router).fit(X3[second], table[second, :2])
    router.add_expert(X3[first], table[first][:, [0, 2]])
    with pytest.raises(InvalidInput, match="has 2 experts now and was calibrated with 1"):
        calibrated.agent_scores(X3)


@pytest.mark.parametrize(
    ("router", "options", "words"),
    [
        (
            cede.SingleStageClassifier(),
            {},
            "router must be fitted, but got a SingleStageClassifier that is not",
        ),
        (LogisticRegression(), {}, "router must be a fitted router, but got LogisticRegression"),
        ("one_vs_all", {}, "router must be a fitted router, but got 'one_vs_all'"),
        (single_stage(), {"fees": [0.1]}, "one per expert"),
        (single_stage(), {"fees": -0.1}, "cannot be negative"),
        (
            cede.SingleStageClassifier("expected_cost").fit(X3[first], y3[first], experts3[first]),
            {},
            "router must estimate how often each agent is right",
        ),
        (
            cede.PostHocRouter(LogisticRegression(), method="rejector").fit(
                X3[first], y3[first], experts3[first]
            ),
            {},
            "rank the agents",
        ),
        (
            cede.routers.ModelAlone(LogisticRegression()).fit(
                X3[first], y3[first], experts3[first]
            ),
            {},
            "rank the agents",
        ),
    ],
)
def test_bad_parameters_get_a_sentence(router, options, words):
    with pytest.raises(InvalidInput, match=words):
        CalibratedRouter(router, **options).fit(X3[second], y3[second], experts3[second])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"X": X3[first], "y": y3[first], "experts": experts3[first]}, "has not seen"),
        (
            {"experts": experts3[second, :1]},
            "experts must be of the router's 2 experts, but got 1",
        ),
        ({"experts": np.full((1000, 2), 7)}, "expert 1 answered 7, which no case has"),
        (
            {"y": np.full(1000, 7)},
            r"y must hold labels that the model was fitted on, .* but got \[7\]",
        ),
        ({"experts": None}, "of the router's 2 experts, but got 0"),
        ({"experts": experts3[:10]}, "answers has 10, y has 1000"),
        ({"y": y3[:10]}, r"inconsistent numbers of samples: \[1000, 10\]"),
        ({"experts": np.where([True, False], np.nan, experts3[second])}, "of expert 1 is missing"),
    ],
)
def test_bad_input_gets_a_sentence(changes, words):
    given = {"X": X3[second], "y": y3[second], "experts": experts3[second], **changes}
    with pytest.raises(ValueError, match=words):
        CalibratedRouter(single_stage()).fit(given["X"], given["y"], given["experts"])


def test_a_handful_of_answers_is_warned_of_and_a_method_must_exist():
    few = np.where(np.arange(1000)[:, None] < 3, experts3[second], np.nan)
    with pytest.warns(UserWarning, match="expert 1 answered 3 of 1000"):
        CalibratedRouter(single_stage()).fit(X3[second], y3[second], few)
    costs = np.where(np.isnan(few), np.nan, 0.5)
    with pytest.warns(UserWarning, match="expert 1 answered 3 of 1000"):
        CalibratedRouter(single_stage()).fit(X3[second], y3[second], costs=costs)
    with pytest.raises(UnknownName, match="no method 'platt'"):
        CalibratedRouter(single_stage(), method="platt").fit(
            X3[second], y3[second], experts3[second]
        )
