"""make_two_groups: its truth is what happens, and each side knows one group only."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from cede.exceptions import InvalidInput
from cede_papers.datasets import make_two_groups

SEEDS = [0, 1, 2]


def agree(stated, happened, n_bins=10):
    """Tell whether an event happens as often as stated, in bins of the stated chance, to 4 s.e."""
    bins = np.array_split(np.argsort(stated, kind="stable"), n_bins)
    excess = np.array([happened[b].mean() - stated[b].mean() for b in bins])
    error = np.array([np.sqrt((stated[b] * (1 - stated[b])).sum()) / len(b) for b in bins])
    return bool((np.abs(excess) <= 4 * error + 1e-12).all())


def test_a_seed_gives_the_same_problem_and_another_seed_another():
    first, again, other = (make_two_groups(50, seed) for seed in (0, 0, 1))
    for name in ("X", "y", "experts", "class_posterior", "expert_accuracy"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.X, other.X)
    assert not np.array_equal(make_two_groups(50, None).X, make_two_groups(50, None).X)


@pytest.mark.parametrize("seed", SEEDS)
def test_classes_and_right_answers_come_as_often_as_stated(seed):
    problem = make_two_groups(40_000, seed)
    np.testing.assert_allclose(problem.class_posterior.sum(axis=1), 1.0, rtol=1e-12)
    right = problem.experts[:, 0] == problem.y
    for g in (0, 1):
        here = problem.extras["group"] == g
        assert agree(problem.class_posterior[here, 1], problem.y[here] == 1)
        assert agree(problem.expert_accuracy[here, 0], right[here])


def test_the_truth_holds_where_the_groups_meet():
    """Few cases lie there, so the formula is held against densities counted on a fine grid."""
    problem = make_two_groups(400_000)
    u = problem.X[:, 0]
    between = (u > -1.6) & (u < -0.9)
    assert between.sum() > 500
    assert agree(problem.class_posterior[between, 1], problem.y[between] == 1)


def test_far_away_the_truth_is_still_a_probability():
    from cede_papers.datasets import _two_groups

    far = np.array([[1e3, 1e3], [-1e3, -1e3], [1e6, 0.0], [-4.2, 0.0]])
    chance = _two_groups._chance_of_class_1(far)
    assert np.isfinite(chance).all()
    assert ((chance >= 0) & (chance <= 1)).all()


def test_the_groups_are_as_stated():
    problem = make_two_groups(100_000)
    circles = problem.extras["group"] == 0
    assert abs(circles.mean() - 0.5) < 0.01
    apart = np.linalg.norm(problem.X[circles] - [-2.5, 0.0], axis=1)
    assert apart.max() <= np.sqrt(2.0)
    assert abs((apart < 1.0).mean() - 0.5) < 0.01
    blobs, y = problem.X[~circles], problem.y[~circles]
    for k, v in enumerate((-1.0, 1.0)):
        np.testing.assert_allclose(blobs[y == k].mean(axis=0), [1.5, v], atol=0.02)
        np.testing.assert_allclose(blobs[y == k].std(axis=0), 0.7, atol=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_knows_the_blobs_and_the_expert_the_circles(seed):
    problem = make_two_groups(20_000, seed)
    circles = problem.extras["group"] == 0
    line = LogisticRegression().fit(problem.X, problem.y).predict(problem.X) == problem.y
    expert = problem.experts[:, 0] == problem.y
    assert line[~circles].mean() == pytest.approx(0.92, abs=0.02)
    assert line[circles].mean() == pytest.approx(0.5, abs=0.05)
    assert expert[circles].mean() == pytest.approx(0.91, abs=0.02)
    assert expert[~circles].mean() == pytest.approx(0.5, abs=0.02)


def test_the_expert_is_a_quadratic_model():
    problem = make_two_groups(5_000)
    quadratic = make_pipeline(PolynomialFeatures(2), LogisticRegression(C=1e6, max_iter=10_000))
    answer = problem.experts[:, 0]
    assert quadratic.fit(problem.X, answer).score(problem.X, answer) > 0.99
    assert LogisticRegression().fit(problem.X, answer).score(problem.X, answer) < 0.85


def test_who_knows_everything_needs_no_expert():
    problem = make_two_groups(5_000)
    assert (problem.best_routes(fees=0.01) == 0).all()
    best = problem.class_posterior.max(axis=1)
    assert (problem.expert_accuracy[:, 0] <= best + 1e-12).all()


@pytest.mark.parametrize("n", [0, -1, 1.5, True])
def test_no_cases_are_refused(n):
    with pytest.raises(InvalidInput, match="n must be"):
        make_two_groups(n)
