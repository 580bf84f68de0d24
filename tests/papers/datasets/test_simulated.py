import numpy as np
import pytest

from cede.exceptions import InvalidInput
from cede_papers.datasets import simulate_experts, simulate_specialists

N = 20_000
Y = np.arange(N) % 4
SEEDS = range(5)


def within(share, chance, n, sigmas=4.5):
    """True where a share of n draws is within its binomial bounds."""
    return np.abs(share - chance) <= sigmas * np.sqrt(chance * (1 - chance) / n) + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_each_expert_is_right_as_often_as_stated(seed):
    stated = np.array([0.0, 0.3, 0.75, 1.0])
    answers = simulate_experts(Y, stated, random_state=seed)
    assert answers.shape == (N, 4)
    assert answers.dtype == np.float64
    assert within((answers == Y[:, None]).mean(axis=0), stated, N).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_specialists_by_class_cluster_or_region_are_right_where_stated(seed):
    clusters = np.arange(N) // 4 % 5
    table = np.linspace(0.05, 0.95, 15).reshape(5, 3)
    answers = simulate_experts(Y, table[clusters], random_state=seed)
    for cluster in range(5):
        here = clusters == cluster
        right = (answers[here] == Y[here, None]).mean(axis=0)
        assert within(right, table[cluster], here.sum()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_experts_who_know_some_classes_guess_elsewhere(seed):
    answers = simulate_specialists(Y, [[0, 1], [3]], n_classes=4, outside=0.25, random_state=seed)
    for j, known in enumerate([[0, 1], [3]]):
        inside = np.isin(Y, known)
        np.testing.assert_array_equal(answers[inside, j], Y[inside])
        # A guess is right in one case of four, so its answers are uniform over all classes.
        shares = np.bincount(answers[~inside, j].astype(int), minlength=4) / (~inside).sum()
        assert within(shares, 0.25, (~inside).sum()).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_answers_are_uniform_over_the_other_classes(seed):
    answers = simulate_experts(Y, 0.4, random_state=seed)
    for true in range(4):
        here = answers[true == Y, 0].astype(int)
        wrong = np.bincount(here[here != true], minlength=4) / (here != true).sum()
        others = np.delete(wrong, true)
        assert wrong[true] == 0
        assert within(others, 1 / 3, (here != true).sum()).all()


def test_experts_err_independently_of_one_another():
    right = (simulate_experts(Y, [0.5, 0.5]) == Y[:, None]).T
    assert within((right[0] & right[1]).mean(), 0.25, N)


def test_specialists_are_experts_whose_accuracy_goes_by_class():
    table = np.where(np.isin(np.arange(4), [1, 2]), 0.9, 0.2)[:, None]
    np.testing.assert_array_equal(
        simulate_specialists(Y, [[1, 2]], n_classes=4, inside=0.9, outside=0.2, random_state=5),
        simulate_experts(Y, table[Y], random_state=5),
    )
    nobody_knows_these = simulate_specialists([0, 0], [[1]], n_classes=2, outside=1.0)
    assert nobody_knows_these.tolist() == [[0.0], [0.0]]


def test_a_seed_gives_the_same_answers_and_another_gives_others():
    draws = [simulate_experts(Y, [0.5, 0.7], random_state=s) for s in (3, 3, 4)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()
    generator = np.random.default_rng(3)
    first = simulate_experts(Y, [0.5, 0.7], random_state=generator)
    np.testing.assert_array_equal(first, draws[0])
    assert (simulate_experts(Y, [0.5, 0.7], random_state=generator) != first).any()


def test_no_draw_moves_a_random_state():
    state = np.random.get_state()  # noqa: NPY002 - the one that must stay
    simulate_experts(Y, [0.8, 0.7], random_state=None)
    for before, after in zip(state, np.random.get_state(), strict=True):  # noqa: NPY002
        np.testing.assert_array_equal(before, after)


def test_arguments_come_back_unchanged():
    y, accuracy = Y.copy(), np.full((N, 2), 0.5)
    simulate_experts(y, accuracy)
    assert (accuracy == 0.5).all()
    np.testing.assert_array_equal(y, Y)


def test_no_experts_no_cases_and_one_class_are_legal():
    assert simulate_experts(Y, np.empty((N, 0))).shape == (N, 0)
    assert simulate_experts([], [0.5, 0.5], n_classes=3).shape == (0, 2)
    assert simulate_experts([0, 0], [1.0]).tolist() == [[0.0], [0.0]]


def test_classes_that_do_not_occur_are_answered_too():
    answers = simulate_experts(np.zeros(1_000, dtype=int), 0.0, n_classes=3)
    assert set(answers[:, 0]) == {1.0, 2.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"accuracy": 1.5}, r"accuracy must lie in \[0, 1\], but got 1.5"),
        ({"accuracy": [np.nan]}, "accuracy must be finite"),
        ({"accuracy": np.ones((3, 2))}, r"one per case and expert \(2, J\)"),
        ({"n_classes": 2}, "y must be below 2, the number of classes, but got 3"),
        ({"n_classes": 0}, "n_classes must be an integer of at least 1"),
        ({"y": [0.5, 1.0]}, "y must be classes"),
        ({"y": [np.nan, 1.0]}, "y must be classes"),
        ({"y": [-1, 1]}, "y must be classes"),
        ({"y": ["a", "b"]}, "y must be classes"),
        ({"y": [0, 0]}, "accuracy must be 1 where there is one class"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        simulate_experts(**({"y": [0, 3], "accuracy": 0.5} | arguments))


def test_specialists_of_no_class_are_refused():
    with pytest.raises(InvalidInput, match=r"specialities\[0\] must be groups .*7.* none of the 4"):
        simulate_specialists(Y, [[7]], n_classes=4, outside=0.5)
    with pytest.raises(InvalidInput, match="y must be below 2"):
        simulate_specialists(Y, [[0]], n_classes=2, outside=0.5)
