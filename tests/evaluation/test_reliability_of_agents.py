import numpy as np
import pytest
from golden_forecasts import O, P

import cede
from cede.datasets import make_two_specialists
from cede.evaluation import calibration
from cede.evaluation.calibration import (
    agent_reliability,
    classwise_reliability,
    reliability,
    top_label_reliability,
)
from cede.exceptions import InvalidInput, UnknownName


def test_classes_are_named_and_missing_labels_left_out():
    y = np.array(["b", "a", None, "a"], dtype=object)
    chances = [[0.9, 0.1], [0.6, 0.4], [0.5, 0.5], [0.2, 0.8]]
    top = top_label_reliability(chances, y, classes=["a", "b"], n_bins=1)
    assert (top.n_cases, top.outcome[0]) == (3, pytest.approx(1 / 3))
    assert top.estimate[0] == pytest.approx((0.9 + 0.6 + 0.8) / 3)
    found = classwise_reliability(chances, y, classes=["a", "b"], n_bins=1)
    assert list(found) == ["a", "b"]
    assert found["b"].estimate[0] == pytest.approx(1.3 / 3)
    assert found["b"].outcome[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("chances", "y", "classes", "words"),
    [
        ([0.2, 0.8], [0, 1], None, "for one column of probabilities, use reliability"),
        ([[0.5, 0.6]], [0], None, "sums go from 1.1"),
        ([[1.5, -0.5]], [0], None, "the smallest is -0.5"),
        ([[0.5, 0.5]], ["a"], None, r"y must hold classes of the columns, \[0, 1\], but got a"),
        (
            [[0.5, 0.5]],
            ["c"],
            ["a", "b"],
            r"y must hold classes of the columns, \['a', 'b'\], but got c",
        ),
        ([[0.5, 0.5]], [0], [0, 1, 2], "must name the 2 columns"),
        ([[0.5, 0.5]], [0, 1], None, "probabilities has 1, y has 2"),
        ([[np.nan, 0.5]], [0], None, "probabilities must be finite"),
    ],
)
def test_a_posterior_that_is_none_gets_a_sentence(chances, y, classes, words):
    for function in (top_label_reliability, classwise_reliability):
        with pytest.raises(InvalidInput, match=words):
            function(chances, y, classes)


X, labels, experts = make_two_specialists(n=2_000, random_state=0)


fit, test = slice(0, 1000), slice(1000, 2000)


class Foreign:
    """Anybody's router, whose scores hold a fee of 0.1."""

    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def agent_scores(self, X):
        return np.tile([0.5, 0.6], (len(X), 1))


def test_agents_are_compared_with_what_they_did():
    router = cede.SingleStageClassifier("one_vs_all").fit(X[fit], labels[fit], experts=experts[fit])
    found = agent_reliability(router, X[test], labels[test], experts[test], n_bins=7)
    assert list(found) == ["model", "expert 1", "expert 2"]
    right = experts[test] == labels[test, None]
    for j in range(2):
        expected = reliability(router.expert_accuracy(X[test])[:, j], right[:, j], 7)
        np.testing.assert_allclose(found[f"expert {j + 1}"].outcome, expected.outcome)
        np.testing.assert_allclose(found[f"expert {j + 1}"].estimate, expected.estimate)
    own = router.predict(X[test]) == labels[test]
    expected = reliability(router.agent_scores(X[test])[:, 0], own, 7)
    assert found["model"].ece == pytest.approx(expected.ece)


@pytest.mark.parametrize(
    "router",
    [
        cede.NeighborRouter(n_neighbors=50),
        cede.SingleStageClassifier("one_vs_all"),
        cede.SingleStageClassifier("one_vs_all", fees_in="loss"),
    ],
    ids=["neighbours", "fees in the rule", "fees in the loss"],
)
def test_fees_are_no_errors(router):
    """Whatever asking costs, an expert is right as often; a table of costs says the same."""
    if isinstance(router, cede.NeighborRouter):
        router.set_params(model=cede.SingleStageClassifier().fit(X[fit], labels[fit], experts[fit]))
    router.set_params(fees=[0.1, 0.3]).fit(X[fit], labels[fit], experts=experts[fit])
    found = agent_reliability(router, X[test], labels[test], experts[test])
    assert found["expert 1"].outcome.max() <= 1.0
    paid = cede.agent_costs(router.predict(X[test]), experts[test], labels[test], [0.1, 0.3])
    again = agent_reliability(router, X[test], paid)
    for name in found:
        np.testing.assert_allclose(again[name].outcome, found[name].outcome)
        np.testing.assert_allclose(again[name].estimate, found[name].estimate)
    free = router.set_params(fees=None)
    if getattr(router, "fees_in", "rule") == "rule":
        assert agent_reliability(free, X[test], labels[test], experts[test])["expert 1"].ece == (
            pytest.approx(found["expert 1"].ece)
        )


def test_other_peoples_routers_are_believed_and_told_their_fees():
    answers = np.where(np.arange(10) < 7, 0, 1)[:, None]
    found = agent_reliability(Foreign(), X[:10], np.zeros(10, int), answers, fees=0.1)
    assert found["expert 1"].estimate == pytest.approx(0.7)
    assert found["expert 1"].ece == pytest.approx(0.0)
    assert found["model"].ece == pytest.approx(0.5)


def test_what_rounding_leaves_of_a_fee_is_no_degree():
    fee = 1.2680616635929753
    assert (1 + fee) - fee > 1.0
    costs = np.array([[0.0, 1 + fee], [0.0, fee]])
    found = agent_reliability(Foreign(), np.zeros((2, 1)), costs, fees=fee)
    assert found["expert 1"].outcome == pytest.approx(0.5)


def test_each_expert_is_judged_on_what_it_answered():
    thin = experts[test].copy()
    thin[::2, 0] = np.nan
    router = cede.SingleStageClassifier("one_vs_all").fit(X[fit], labels[fit], experts=experts[fit])
    found = agent_reliability(router, X[test], labels[test], thin)
    assert [each.n_cases for each in found.values()] == [1000, 500, 1000]
    thin[:, 1] = np.nan
    with pytest.raises(
        InvalidInput, match="experts must hold some answer of each expert, but got none of expert 2"
    ):
        agent_reliability(router, X[test], labels[test], thin)


def test_what_cannot_be_judged_gets_a_sentence():
    ranks = cede.SingleStageClassifier("expected_cost")
    ranks.fit(X[fit], labels[fit], experts=experts[fit])
    with pytest.raises(
        InvalidInput,
        match="router must estimate how often each agent is right, but its scores",
    ):
        agent_reliability(ranks, X[test], labels[test], experts[test])
    router = cede.SingleStageClassifier("one_vs_all").fit(X[fit], labels[fit], experts=experts[fit])
    with pytest.raises(InvalidInput, match="cases that the router has not seen"):
        agent_reliability(router, X[fit], labels[fit], experts[fit])
    with pytest.raises(
        InvalidInput, match="experts must be as many as the router was fitted with, 2"
    ):
        agent_reliability(router, X[test], labels[test], experts[test, :1])
    with pytest.raises(InvalidInput, match=r"lie outside \[0, 1\]"):
        agent_reliability(router, X[test], labels[test], costs=np.full((1000, 2), 3.0))
    with pytest.raises(InvalidInput, match="y must stand alone if it is a table of agent costs"):
        agent_reliability(router, X[test], np.zeros((1000, 3)), experts[test])
    with pytest.raises(InvalidInput, match=r"leaves a cost of -0\.2"):
        agent_reliability(router, X[test], np.zeros((1000, 3)), fees=0.2)
    with pytest.raises(UnknownName, match="kind of bins"):
        agent_reliability(router, X[test], labels[test], experts[test], bins="equal")


def test_the_old_home_of_reliability_is_its_home():
    assert cede.evaluation.reliability is calibration.reliability
    assert cede.evaluation.Reliability is calibration.Reliability


def test_the_diagram_draws_exact_intervals_and_counts():
    from cede.report import plotting

    found = reliability(P, O, 5, "mass")
    figure = plotting.reliability({"mine": found}, "Dr Somebody With A Name", width=3.5)
    (panel,) = (ax for ax in figure.axes if ax.get_visible())
    bars = np.array(panel.collections[0].get_segments())
    np.testing.assert_allclose(bars[:, 0, 0], found.estimate)
    np.testing.assert_allclose(bars[:, :, 1], np.column_stack(found.interval()))
    (below,) = panel.child_axes
    counts = np.array(below.collections[0].get_segments())
    np.testing.assert_allclose(counts[:, 0, 0], found.estimate)
    np.testing.assert_array_equal(counts[:, 1, 1], found.count)
    assert [label.get_text() for label in below.get_yticklabels()] == ["40"]
    assert "\n" in figure._supxlabel.get_text()  # or it would be cut off
