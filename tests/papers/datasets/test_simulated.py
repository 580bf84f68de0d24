import math

import numpy as np
import pytest

from cede.exceptions import InvalidInput
from cede_papers.datasets import simulate_experts, simulate_regression_experts, specialist_accuracy

N = 20_000
Y = np.arange(N) % 4
SEEDS = range(5)


def within(share, chance, n, sigmas=4.5):
    """True where a share of n draws is within its binomial bounds."""
    return np.abs(share - chance) <= sigmas * np.sqrt(chance * (1 - chance) / n) + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_each_expert_is_right_as_often_as_stated(seed):
    answers, accuracy = simulate_experts(Y, [0.0, 0.3, 0.75, 1.0], random_state=seed)
    assert answers.shape == accuracy.shape == (N, 4)
    assert answers.dtype == np.float64
    assert within((answers == Y[:, None]).mean(axis=0), accuracy[0], N).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_specialists_by_class_cluster_or_region_are_right_where_stated(seed):
    clusters = np.arange(N) // 4 % 5
    table = np.linspace(0.05, 0.95, 15).reshape(5, 3)
    answers, accuracy = simulate_experts(Y, table[clusters], random_state=seed)
    np.testing.assert_array_equal(accuracy, table[clusters])
    for cluster in range(5):
        here = clusters == cluster
        right = (answers[here] == Y[here, None]).mean(axis=0)
        assert within(right, table[cluster], here.sum()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_experts_who_know_some_classes_guess_elsewhere(seed):
    chances = specialist_accuracy(Y, [[0, 1], [3]], outside=0.25)
    answers, _ = simulate_experts(Y, chances, random_state=seed)
    for j, known in enumerate([[0, 1], [3]]):
        inside = np.isin(Y, known)
        np.testing.assert_array_equal(answers[inside, j], Y[inside])
        # A guess is right in one case of four, so its answers are uniform over all classes.
        shares = np.bincount(answers[~inside, j].astype(int), minlength=4) / (~inside).sum()
        assert within(shares, 0.25, (~inside).sum()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_answers_are_uniform_over_the_other_classes(seed):
    answers, _ = simulate_experts(Y, 0.4, random_state=seed)
    for true in range(4):
        here = answers[true == Y, 0].astype(int)
        wrong = np.bincount(here[here != true], minlength=4) / (here != true).sum()
        others = np.delete(wrong, true)
        assert wrong[true] == 0
        assert within(others, 1 / 3, (here != true).sum()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_confusions_are_those_stated(seed):
    rng = np.random.default_rng(99)
    confusion = rng.dirichlet(np.ones(4), size=(2, 4))
    answers, accuracy = simulate_experts(Y, confusion=confusion, random_state=seed)
    for j in range(2):
        np.testing.assert_allclose(accuracy[:, j], np.diagonal(confusion[j])[Y])
        for true in range(4):
            here = answers[true == Y, j].astype(int)
            shares = np.bincount(here, minlength=4) / len(here)
            assert within(shares, confusion[j, true], len(here)).all()


def test_beside_an_accuracy_confusions_say_only_which_wrong_class():
    confusion = [[0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0.5, 0.5], [0.5, 0, 0, 0.5]]
    answers, accuracy = simulate_experts(Y, [0.9, 0.2], confusion=confusion)
    assert (accuracy == [0.9, 0.2]).all()
    assert within((answers == Y[:, None]).mean(axis=0), accuracy[0], N).all()
    np.testing.assert_array_equal(
        np.where(answers == Y[:, None], (Y[:, None] + 1) % 4, answers),
        np.tile((Y[:, None] + 1) % 4, 2),
    )


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.3, 0.8])
def test_right_and_wrong_correlate_as_the_formula_says(rho):
    answers, _ = simulate_experts(Y, [0.5, 0.5], correlation=rho)
    first, second = (answers == Y[:, None]).T
    # Both right: the quadrant of two correlated normals, 1/4 + arcsin(rho) / (2 pi).
    assert within((first & second).mean(), 0.25 + math.asin(rho) / (2 * math.pi), N)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(2 / math.pi * math.asin(rho), abs=0.03)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_correlation_leaves_each_accuracy_as_it_is(seed):
    stated = np.array([0.0, 0.2, 0.6, 0.9, 1.0])
    answers, _ = simulate_experts(Y, stated, correlation=0.9, random_state=seed)
    assert within((answers == Y[:, None]).mean(axis=0), stated, N).all()


def test_perfectly_correlated_experts_are_right_together():
    answers, _ = simulate_experts(Y, [0.3, 0.3, 0.6], correlation=1.0)
    first, second, better = (answers == Y[:, None]).T
    np.testing.assert_array_equal(first, second)
    assert (better | ~first).all()


def test_a_matrix_correlates_pairs_of_experts():
    matrix = [[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, 1.0]]
    answers, _ = simulate_experts(Y, [0.5] * 3, correlation=matrix)
    found = np.corrcoef((answers == Y[:, None]).T)
    expected = 2 / math.pi * np.arcsin(matrix)
    np.testing.assert_allclose(found, expected, atol=0.03)


def test_a_seed_gives_the_same_answers_and_another_gives_others():
    draws = [simulate_experts(Y, [0.5, 0.7], random_state=s).answers for s in (3, 3, 4)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()
    generator = np.random.default_rng(3)
    first = simulate_experts(Y, [0.5, 0.7], random_state=generator).answers
    np.testing.assert_array_equal(first, draws[0])
    assert (simulate_experts(Y, [0.5, 0.7], random_state=generator).answers != first).any()


def test_arguments_come_back_unchanged():
    y, chances = Y.copy(), np.full((N, 2), 0.5)
    accuracy = simulate_experts(y, chances).accuracy
    accuracy[:] = 0.0
    assert (chances == 0.5).all()
    np.testing.assert_array_equal(y, Y)


def test_no_experts_no_cases_and_one_class_are_legal():
    assert simulate_experts(Y, np.empty((N, 0))).answers.shape == (N, 0)
    assert simulate_experts([], [0.5, 0.5], n_classes=3).answers.shape == (0, 2)
    assert simulate_experts([0, 0], [1.0]).answers.tolist() == [[0.0], [0.0]]
    assert simulate_experts([0, 0], confusion=[[1.0]]).answers.tolist() == [[0.0], [0.0]]


def test_classes_that_do_not_occur_are_answered_too():
    answers, _ = simulate_experts(np.zeros(1_000, dtype=int), 0.0, n_classes=3)
    assert set(answers[:, 0]) == {1.0, 2.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "neither was given"),
        ({"accuracy": 1.5}, r"accuracy must be chances in \[0, 1\], however they go from 1.5"),
        ({"accuracy": [np.nan]}, "accuracy must be finite"),
        ({"accuracy": np.ones((3, 2))}, r"one per case and expert \(2, J\)"),
        ({"accuracy": 0.5, "n_classes": 2}, "y holds class 3 and there are 2"),
        ({"accuracy": 0.5, "n_classes": 0}, "n_classes must be an integer of at least 1"),
        ({"accuracy": 0.5, "y": [0.5, 1.0]}, "y must be classes"),
        ({"accuracy": 0.5, "y": [np.nan, 1.0]}, "y must be classes"),
        ({"accuracy": 0.5, "y": [-1, 1]}, "y must be classes"),
        ({"accuracy": 0.5, "y": ["a", "b"]}, "y must be classes"),
        ({"accuracy": 0.5, "y": [0, 0]}, "With one class nobody can be wrong"),
        ({"confusion": [[0.5, 0.5]]}, r"confusion must have shape \(K, K\)"),
        ({"confusion": np.eye(4) * 0.9}, "sums to 1, however a sum is off by 0.1"),
        ({"confusion": np.eye(3)}, "y holds class 3 and there are 3"),
        ({"confusion": np.eye(4), "n_classes": 5}, "and confusion is of 4"),
        (
            {"accuracy": [0.5] * 3, "confusion": np.tile(np.eye(4), (2, 1, 1))},
            "they are of 3 and 2",
        ),
        ({"accuracy": 0.0, "confusion": np.eye(4)}, "nothing of wrong answers of expert 1"),
        ({"accuracy": [0.5] * 3, "correlation": -0.6}, "No 3 experts can be correlated so"),
        ({"accuracy": [0.5] * 2, "correlation": 1.1}, "No 2 experts can be correlated so"),
        ({"accuracy": [0.5] * 2, "correlation": [0.1, 0.2]}, r"have shape \(J, J\) = \(2, 2\)"),
        ({"accuracy": [0.5] * 2, "correlation": [[1, 0.5], [0, 1]]}, "symmetric"),
        ({"accuracy": [0.5] * 2, "correlation": [[2, 0], [0, 1]]}, "1 on the diagonal"),
        ({"accuracy": [0.5] * 2, "correlation": np.nan}, "correlation must be finite"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        simulate_experts(**({"y": [0, 3]} | arguments))


AMOUNTS = np.linspace(-5.0, 5.0, N)


@pytest.mark.parametrize("seed", SEEDS)
def test_amounts_are_missed_by_the_stated_mean_error(seed):
    regions = np.arange(N) % 2
    table = np.array([[2.0, 0.0], [0.5, 1.0]])
    answers = simulate_regression_experts(AMOUNTS, table[regions], random_state=seed)
    for region in range(2):
        here = regions == region
        error = np.abs(answers[here] - AMOUNTS[here, None])
        # A half normal of mean m has standard deviation m sqrt(pi / 2 - 1).
        bound = 4.5 * table[region] * math.sqrt((math.pi / 2 - 1) / here.sum())
        assert (np.abs(error.mean(axis=0) - table[region]) <= bound).all()
        bias = (answers[here] - AMOUNTS[here, None]).mean(axis=0)
        assert (np.abs(bias) <= 4.5 * table[region] * math.sqrt(math.pi / 2 / here.sum())).all()


def test_errors_of_amounts_correlate_as_stated():
    answers = simulate_regression_experts(AMOUNTS, [1.0, 3.0], correlation=0.7)
    errors = (answers - AMOUNTS[:, None]).T
    assert np.corrcoef(errors)[0, 1] == pytest.approx(0.7, abs=0.02)
    again = simulate_regression_experts(AMOUNTS, [1.0, 3.0], correlation=0.7)
    np.testing.assert_array_equal(answers, again)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ([1.0, np.nan], 1.0, "y must be finite"),
        ([[1.0]], 1.0, r"y must have shape \(n,\)"),
        ([1.0], -1.0, "error cannot be negative"),
        ([1.0], np.inf, "error must be finite"),
        ([1.0, 2.0], np.ones((3, 1)), r"one per case and expert \(2, J\)"),
    ],
)
def test_amounts_that_cannot_be_drawn(y, error, message):
    with pytest.raises(InvalidInput, match=message):
        simulate_regression_experts(y, error)
