import numpy as np
import pytest
from distorted import CASES, FRESH, Distorted, population

import cede
from cede.exceptions import InvalidInput
from cede.routers._calibrated import METHODS, CalibratedRouter


def test_fees_are_the_routers_until_they_are_said():
    X, y, experts = CASES
    calibrated = CalibratedRouter(Distorted(fees=0.2).fit(X, y)).fit(X, y, experts)
    accuracy = calibrated.expert_accuracy(FRESH)
    assert np.abs(accuracy[:, 0] - FRESH[:, 1]).mean() < 0.02
    np.testing.assert_allclose(calibrated.fees_, [0.2])
    np.testing.assert_allclose(calibrated.agent_scores(FRESH)[:, 1:], accuracy - 0.2)
    calibrated.set_params(fees=0.5)
    np.testing.assert_allclose(calibrated.agent_scores(FRESH)[:, 1:], accuracy - 0.5)


def test_a_table_of_costs_says_the_same_as_answers():
    X, y, experts = CASES
    router = Distorted("squared", fees=0.2).fit(X, y)
    table = cede.agent_costs(X[:, 2], experts, y, fees=0.2)
    found = CalibratedRouter(router).fit(X, table).agent_scores(FRESH)
    np.testing.assert_allclose(
        found, CalibratedRouter(router).fit(X, y, experts).agent_scores(FRESH), atol=1e-12
    )
    with pytest.raises(InvalidInput, match="add fees to the table"):
        CalibratedRouter(router, fees=0.1).fit(X, table)


def test_costs_of_any_unit_have_isotonic_maps_and_lines():
    X, y, _ = population(5_000, 9)
    router = Distorted("any unit").fit(X, y)
    costs = 30.0 * (1 - X[:, :2])  # one minus cost is not the score, and rises with it
    for method in ("isotonic", "linear"):
        found = CalibratedRouter(router, method=method).fit(X, costs).agent_scores(FRESH)
        np.testing.assert_allclose(found, 1 - 30 * (1 - FRESH[:, :2]), atol=0.1)
    with pytest.raises(InvalidInput, match="choose 'isotonic' or 'linear'"):
        CalibratedRouter(router, method="sigmoid").fit(X, costs)


def test_missing_answers_are_left_out_of_their_own_map_alone():
    X, y, experts = population(1_000, 10)
    router = Distorted().fit(X, y)
    thin = experts.copy()
    thin[500:] = np.nan
    found = CalibratedRouter(router).fit(X, y, thin).agent_scores(FRESH)
    whole = CalibratedRouter(router).fit(X, y, experts).agent_scores(FRESH)
    half = CalibratedRouter(router).fit(X[:500], y[:500], experts[:500]).agent_scores(FRESH)
    np.testing.assert_array_equal(found[:, 0], whole[:, 0])
    np.testing.assert_array_equal(found[:, 1], half[:, 1])


@pytest.mark.parametrize("method", METHODS)
def test_propensities_weigh_who_answered(method):
    """Wrong answers are known half as often as right ones; weighted, that changes nothing."""
    X, y, experts = CASES
    router = Distorted().fit(X, y)
    chance = np.where(experts == 1.0, 1.0, 0.5)
    seen = np.where(np.random.default_rng(0).random(chance.shape) < chance, experts, np.nan)
    whole = CalibratedRouter(router, method=method).fit(X, y, experts)
    naive = CalibratedRouter(router, method=method).fit(X, y, seen)
    weighted = CalibratedRouter(router, method=method).fit(X, y, seen, propensities=chance)
    truth = whole.agent_scores(FRESH)[:, 1]
    off = [np.mean(each.agent_scores(FRESH)[:, 1] - truth) for each in (naive, weighted)]
    if method == "temperature":  # can not shift, so it is off in any case
        assert abs(off[1]) < 0.02
    else:
        assert off[0] > 0.05 > 0.01 > abs(off[1])
