import numpy as np
from distorted import FRESH, Distorted, population

from cede.routers._calibrated import CalibratedRouter


def test_steps_tie_and_the_routers_order_breaks_them():
    X, y, experts = population(1_000, 6)
    router = Distorted().fit(X, y)
    stepped = CalibratedRouter(router, keep_order=False).fit(X, y, experts)
    ordered = CalibratedRouter(router).fit(X, y, experts)
    plain, fine = stepped.agent_scores(FRESH), ordered.agent_scores(FRESH)
    np.testing.assert_allclose(fine, plain, atol=2e-9)
    assert len(np.unique(plain[:, 1])) < 0.5 * len(np.unique(fine[:, 1]))
    inside = np.abs(FRESH[:, :2] - 0.5) < 0.4
    for j in range(2):
        order = np.argsort(FRESH[inside[:, j], j])
        steps = np.diff(fine[inside[:, j], j][order])
        assert (steps >= 0).all()
        assert np.mean(steps > 0) > 0.99  # some estimates differ by less than rounding leaves


def test_a_budget_is_spent_where_ties_are_ordered_and_not_where_they_stand():
    """Cases in a few steps, so that the threshold falls into one of them."""
    X, y, experts = population(300, 7)
    router = Distorted().fit(X, y)
    spent = {}
    for keep in (False, True):
        found = CalibratedRouter(router, keep_order=keep).fit(X, y, experts)
        gains = [found.tune(FRESH, budget=b).deferral_rate for b in (0.05, 0.1, 0.2)]
        spent[keep] = np.array([0.05, 0.1, 0.2]) - gains
        assert (spent[keep] >= 0).all()
    assert spent[True].max() < 1e-3 < spent[False].max()


def test_the_order_makes_nobody_leave_whom_the_scores_keep():
    """Both maps end in the same value; a tie stays with the model."""
    X, y, experts = population(2_000, 8)
    sure = X.copy()
    sure[:, 2] = experts[:, 0] = 1.0
    found = CalibratedRouter(Distorted().fit(X, y)).fit(sure, y, experts)
    np.testing.assert_allclose(found.agent_scores(FRESH), 1.0, atol=2e-9)
    assert (found.route(FRESH) == 0).all()
