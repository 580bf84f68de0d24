"""Audits keep evaluation unbiased; drift and cumulative sums are what their definitions say."""

import numpy as np
import pytest
from audited_logs import logs_of_audits, system

from cede import InvalidInput
from cede.evaluation import off_policy_cost
from cede.monitoring import (
    audit,
)


def test_chances_are_what_they_are_said_to_be():
    routes = np.array([0, 2, 0, 1])
    present = np.array([[True, True], [True, True], [False, True], [True, False]])
    found = audit(routes, 0.1, available=present, weights=[3, 1], random_state=0)
    wanted = [[0.9, 0.075, 0.025], [0, 0, 1], [0.9, 0, 0.1], [0, 1, 0]]
    np.testing.assert_allclose(found.probabilities, wanted)
    np.testing.assert_allclose(found.review_propensities[:, 0], [0.1, 1, 0.1, 1])
    np.testing.assert_array_equal(found.review_propensities[:, 1:], found.probabilities[:, 1:])
    chosen = found.probabilities[np.arange(4), found.routes]
    np.testing.assert_array_equal(found.propensities, chosen)
    np.testing.assert_array_equal(found.decided, routes)
    np.testing.assert_array_equal(found.audited, (routes == 0) & (found.routes > 0))


def test_who_is_drawn_follows_the_chances():
    rng = np.random.default_rng(0)
    n = 200_000
    decided = rng.integers(0, 3, n) * (rng.random(n) < 0.4)
    found = audit(decided, 0.3, weights=[1, 0, 3], random_state=rng)
    kept = decided == 0
    np.testing.assert_array_equal(found.routes[~kept], decided[~kept])
    seen = np.bincount(found.routes[kept], minlength=4) / kept.sum()
    wanted = np.array([0.7, 0.075, 0.0, 0.225])
    error = np.sqrt(wanted * (1 - wanted) / kept.sum())
    assert (np.abs(seen - wanted) <= 4 * error).all()
    assert (found.propensities > 0).all()


def test_an_audit_of_one_case_depends_on_no_other():
    decided = np.zeros(1_000, dtype=int)
    one = audit(decided, 0.5, n_experts=2, random_state=0)
    present = np.ones((1_000, 2), dtype=bool)
    present[::2] = False
    two = audit(decided, 0.5, available=present, random_state=0)
    np.testing.assert_array_equal(one.routes[1::2], two.routes[1::2])
    assert not two.audited[::2].any()
    np.testing.assert_array_equal(two.propensities[::2], 1.0)


def test_weights_may_name_the_best_scored_expert():
    rng = np.random.default_rng(0)
    best = rng.integers(3, size=500)
    found = audit(np.zeros(500, dtype=int), 0.5, weights=np.eye(3)[best], random_state=0)
    np.testing.assert_array_equal(found.routes[found.audited], 1 + best[found.audited])


def test_cases_made_up_with_the_same_seed_do_not_decide_who_is_audited():
    cases = np.random.default_rng(0).random(10_000)
    drawn = audit(np.zeros(10_000, dtype=int), 0.5, n_experts=1, random_state=0).audited
    assert abs(np.corrcoef(cases, drawn)[0, 1]) < 0.04


def test_seeds_and_generators():
    decided = np.zeros(100, dtype=int)
    first, again = (audit(decided, 0.5, n_experts=2, random_state=7).routes for _ in range(2))
    np.testing.assert_array_equal(first, again)
    rng = np.random.default_rng(7)
    first, other = (audit(decided, 0.5, n_experts=2, random_state=rng).routes for _ in range(2))
    assert (first != other).any()


def unbiased(estimates, truth):
    values = np.array(estimates)
    return abs(values.mean() - truth) < 4 * values.std() / np.sqrt(len(values))


def test_evaluation_off_policy_is_unbiased_for_what_the_audit_supports():
    decided, costs, _, _ = system()
    rows = np.arange(len(decided))
    other = np.where(decided == 0, 1, decided)  # expert 1 instead of the model
    as_routed, after, with_expert, naive = [], [], [], []
    for found, log in logs_of_audits():
        chance = found.propensities
        as_routed.append(off_policy_cost(decided, log, chance).value)
        after.append(off_policy_cost(found.probabilities, log, chance).value)
        with_expert.append(off_policy_cost(other, log, chance).value)
        naive.append(np.nanmean(log[rows, other]))
    assert unbiased(as_routed, costs[rows, decided].mean())
    expected = audit(decided, 0.3, n_experts=2).probabilities
    assert unbiased(after, (expected * costs).sum(axis=1).mean())
    assert unbiased(with_expert, costs[rows, other].mean())
    assert not unbiased(naive, costs[rows, other].mean())  # so there was a bias to be seen


def test_the_model_alone_is_judged_where_experts_tell_whether_it_was_right():
    decided, costs, _, _ = system()
    nobody, rows = np.zeros(len(decided), dtype=int), np.arange(len(decided))
    alone, as_routed = [], []
    for found, log in logs_of_audits():
        reviewed = found.routes > 0
        known = log.copy()
        known[:, 0] = np.where(reviewed, costs[:, 0], np.nan)
        chance = found.review_propensities
        alone.append(off_policy_cost(nobody, known, chance).value)
        as_routed.append(off_policy_cost(decided, known, chance).value)
    assert unbiased(alone, costs[:, 0].mean())
    assert unbiased(as_routed, costs[rows, decided].mean())


def test_an_expert_never_asked_on_deferred_cases_is_warned_of():
    _, costs, _, _ = system(5_000)
    decided = np.tile([0, 0, 0, 0, 2], 1_000)
    found = audit(decided, 0.3, n_experts=2, random_state=0)
    log = np.where(np.arange(3) == found.routes[:, None], costs, np.nan)
    alone = np.ones(5_000, dtype=int)
    with pytest.warns(UserWarning, match=r"average 0\.8.*could not"):
        off_policy_cost(alone, log, found.propensities)
    kept = decided == 0  # of these he can be judged
    judged = off_policy_cost(alone[kept], log[kept], found.propensities[kept])
    assert judged.low < costs[kept, 1].mean() < judged.high


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"share": 0.0}, "strictly between 0 and 1"),
        ({"share": 1.0}, "write 0.02 for 2 %"),
        ({"share": np.nan}, "strictly between"),
        ({"n_experts": None}, "n_experts must be known"),
        ({"n_experts": 0}, "n_experts must hold an expert"),
        ({"n_experts": 1}, "routes must run up to 1, .* by n_experts, but got 2"),
        (
            {"n_experts": 3, "weights": [1, 1]},
            "n_experts must be of 2 experts, as weights is, but got 3",
        ),
        ({"weights": [0, 0]}, "weights must be positive for some expert"),
        ({"weights": [-1, 2]}, "cannot be negative"),
        ({"weights": ["a", "b"]}, "must be numbers"),
        ({"weights": np.ones((2, 2))}, "one entry per expert"),
        ({"available": [1, 0]}, "must be booleans"),
        ({"routes": [0.0, 1.0]}, "must be integers"),
        ({"routes": [-1, 0]}, "0 or more"),
        ({"routes": np.zeros(0, dtype=int)}, "routes must hold a case"),
    ],
)
def test_audits_that_cannot_be_are_refused(change, words):
    given = {"routes": [0, 2, 0], "share": 0.1, "n_experts": 2} | change
    with pytest.raises(InvalidInput, match=words):
        audit(given.pop("routes"), given.pop("share"), **given)
