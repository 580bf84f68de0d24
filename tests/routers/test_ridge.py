"""Ridge regression against scikit-learn's; its penalty against leaving out case by case."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from cede.routers._ridge import PENALTIES, chosen_penalty, ridge

rng = np.random.default_rng(0)


def problem(n, d, n_targets=2, weighted=True):
    X = rng.normal(size=(n, d)) + 3.0
    targets = X @ rng.normal(size=(d, n_targets)) * 0.2 + rng.normal(size=(n, n_targets))
    return X, targets, rng.uniform(0.2, 2.0, n) if weighted else np.ones(n)


@pytest.mark.parametrize(("n", "d"), [(50, 4), (20, 20), (12, 30), (1, 3), (40, 1)])
@pytest.mark.parametrize("penalty", [1e-3, 1.0, 100.0])
def test_it_is_ridge(n, d, penalty):
    X, targets, counts = problem(n, d)
    coefficients, intercepts = ridge(X, targets, counts, penalty)
    reference = Ridge(alpha=penalty, solver="svd").fit(X, targets, sample_weight=counts)
    np.testing.assert_allclose(coefficients, reference.coef_, atol=1e-8)
    np.testing.assert_allclose(intercepts, reference.intercept_, atol=1e-7)


@pytest.mark.parametrize(("n", "d"), [(25, 3), (15, 20)])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_penalty_is_the_one_that_leaving_out_each_case_likes_best(n, d, weighted):
    X, targets, counts = problem(n, d, weighted=weighted)

    def left_out(penalty):
        total = 0.0
        for i in range(n):
            rest = np.arange(n) != i
            coefficients, intercepts = ridge(X[rest], targets[rest], counts[rest], penalty)
            error = targets[i] - coefficients @ X[i] - intercepts
            total += counts[i] * np.square(error).sum()
        return total

    best = min(PENALTIES, key=left_out)
    chosen = ridge(X, targets, counts)
    np.testing.assert_allclose(chosen[0], ridge(X, targets, counts, best)[0])
    other = ridge(X, targets, counts, 30.0 * best)
    assert not np.allclose(chosen[0], other[0], rtol=1e-3)


def test_blocks_of_cases_change_nothing(monkeypatch):
    X, targets, counts = problem(60, 5)
    whole = ridge(X, targets, counts)
    monkeypatch.setattr("cede.routers._ridge.BLOCK", 7)
    np.testing.assert_allclose(ridge(X, targets, counts)[0], whole[0])


def test_without_a_penalty_a_column_that_says_nothing_gets_nothing():
    X, targets, counts = problem(60, 3)
    wide = np.column_stack([X, X[:, 0], np.full(60, 7.0)])
    fitted = wide @ ridge(wide, targets, counts, 0.0)[0].T
    plain = X @ ridge(X, targets, counts, 0.0)[0].T
    np.testing.assert_allclose(fitted - fitted.mean(0), plain - plain.mean(0), atol=1e-8)
    assert np.abs(ridge(wide, targets, counts, 0.0)[0]).max() < 10.0


def test_the_penalty_alone_is_that_of_the_fit_and_knows_no_order():
    X, targets, _ = problem(80, 6)
    penalty = chosen_penalty(X, targets)
    fitted, again = ridge(X, targets, np.ones(80)), ridge(X, targets, np.ones(80), penalty)
    np.testing.assert_allclose(fitted[0], again[0])
    order = rng.permutation(80)
    assert chosen_penalty(X[order], targets[order]) == penalty


def test_some_of_many_cases_choose_nearly_the_same(monkeypatch):
    X, targets, _ = problem(4_000, 30)
    targets = 0.05 * targets + rng.normal(size=targets.shape)
    whole = chosen_penalty(X, targets)
    monkeypatch.setattr("cede.routers._ridge.ENOUGH", 1_000)
    assert 0.05 < chosen_penalty(X, targets) / whole < 20.0
