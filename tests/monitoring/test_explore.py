"""An expert without history gets a share of all cases, with chances that an evaluation can undo."""

import numpy as np
import pytest

import cede
from cede import InvalidInput
from cede.datasets import make_two_specialists
from cede.monitoring import audit, explore

X, y, experts = make_two_specialists(n=4_000, random_state=2)
known = slice(0, 1000)
router = cede.SingleStageClassifier("one_vs_all").fit(X[known], y[known], experts[known, :1])
router.tune(X[:1000], budget=0.3)


def test_the_share_goes_to_the_newcomer_whatever_was_decided():
    found = router.explore(X, 0.1, random_state=0)
    routes = router.route(X)
    np.testing.assert_array_equal(found.decided, routes)
    np.testing.assert_array_equal(found.routes, np.where(found.explored, 2, routes))
    for kept in (routes == 0, routes == 1):
        count, n = found.explored[kept].sum(), kept.sum()
        assert abs(count - 0.1 * n) < 4.0 * np.sqrt(0.09 * n)
    np.testing.assert_allclose(found.propensities, np.where(found.explored, 0.1, 0.9))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)
    assert str(found).endswith("to the newcomer, drawn with a probability of 10 %")


def test_chances_are_those_of_the_draws_also_after_an_audit():
    """Counted over many draws of the same four cases."""
    rng = np.random.default_rng(0)
    routes = np.tile([0, 0, 1, 2], 5_000)
    here = np.tile([True, False, True, True], 5_000)
    first = audit(routes, 0.3, n_experts=2, weights=[3.0, 1.0], random_state=rng)
    found = explore(first, 0.2, n_experts=2, available=here, random_state=rng)
    for case in range(4):
        drawn = np.bincount(found.routes[case::4], minlength=4) / 5_000
        np.testing.assert_allclose(drawn, found.probabilities[case], atol=0.025)
    np.testing.assert_allclose(found.probabilities[0], [0.56, 0.18, 0.06, 0.2])
    np.testing.assert_allclose(found.probabilities[1], [0.7, 0.225, 0.075, 0.0])
    np.testing.assert_allclose(found.probabilities[3], [0, 0, 0.8, 0.2])


def test_a_log_of_it_tells_without_bias_what_the_newcomer_would_cost():
    costs = cede.agent_costs(router.predict(X), experts, y)
    truth = costs[:, 2].mean()
    estimates = []
    for seed in range(40):
        found = router.explore(X, 0.2, random_state=seed)
        known = found.routes[:, None] == np.arange(3)
        log = np.where(known, costs, np.nan)
        everyone = np.full(len(X), 2)
        estimates.append(cede.evaluation.off_policy_cost(everyone, log, found.propensities).value)
    assert np.mean(estimates) == pytest.approx(truth, abs=3.5 * np.std(estimates) / np.sqrt(40))


def test_a_newcomer_keeps_its_number_when_it_is_added():
    found = router.explore(X, 0.1, random_state=0)
    grown = cede.SingleStageClassifier("one_vs_all").fit(
        X[:1000], y[:1000], experts=experts[:1000, :1]
    )
    mine = found.explored
    grown.add_expert(X[mine], y[mine], experts[mine, 1], name="cy")
    assert grown.expert_names_[found.routes.max() - 1] == "cy"
    share = np.mean(grown.route(X) == found.routes.max())
    assert 0.1 < share < 0.9


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"share": 0.0}, "strictly between 0 and 1"),
        ({"share": "some"}, "share must be a number"),
        ({"share": 1.0}, "strictly between 0 and 1"),
        ({"n_experts": 1}, "n_experts must be the number of experts in the routes"),
        ({"routes": [0.5]}, "routes must be integers"),
        ({"routes": []}, "routes"),
        ({"available": [True]}, "one per case"),
        ({"available": [1, 0, 1]}, "must be booleans"),
    ],
)
def test_bad_input_gets_a_sentence(options, words):
    given = {"routes": [0, 1, 2], "share": 0.1, "n_experts": 2, **options}
    with pytest.raises(InvalidInput, match=words):
        explore(given.pop("routes"), given.pop("share"), **given)
