import numpy as np
import pytest

from cede.exceptions import InvalidInput
from cede_papers.datasets import majority_of_others
from cede_papers.datasets._votes import draw_voters


def counted(answers, n_classes):
    return np.stack([(answers == k).sum(axis=1) for k in range(n_classes)], axis=1)


def test_drawing_everybody_gives_all_votes_and_nobody_twice():
    counts = np.random.default_rng(0).integers(0, 4, size=(200, 3))
    answers = draw_voters(counts, 12, np.random.default_rng(1))
    np.testing.assert_array_equal(counted(answers, 3), counts)
    np.testing.assert_array_equal((~np.isnan(answers)).sum(axis=1), counts.sum(axis=1))


def test_those_who_are_absent_come_last():
    answers = draw_voters(np.array([[1, 1], [0, 0], [3, 0]]), 4, np.random.default_rng(0))
    np.testing.assert_array_equal(
        np.isnan(answers), [[False, False, True, True], [True] * 4, [False, False, False, True]]
    )


def test_a_column_holds_each_voter_with_equal_chance():
    counts = np.tile([6, 3, 1], (20_000, 1))
    answers = draw_voters(counts, 3, np.random.default_rng(0))
    for column in answers.T:  # four standard deviations of a share of 20,000
        np.testing.assert_allclose(
            np.bincount(column.astype(int)) / 20_000, [0.6, 0.3, 0.1], atol=0.014
        )
    # Without putting back: P(both of class 0) = 6/10 * 5/9.
    assert (answers[:, :2] == 0).all(axis=1).mean() == pytest.approx(1 / 3, abs=0.014)


@pytest.mark.parametrize("n_experts", [-1, 1.5, True])
def test_a_number_of_experts_is_a_number(n_experts):
    with pytest.raises(InvalidInput, match="n_experts must be an integer of at least 0"):
        draw_voters(np.ones((2, 2), dtype=int), n_experts, np.random.default_rng(0))


def test_no_experts_is_legal():
    assert draw_voters(np.ones((2, 2), dtype=int), 0, np.random.default_rng(0)).shape == (2, 0)


def by_hand(row):
    out = []
    for j, own in enumerate(row):
        others = [a for i, a in enumerate(row) if i != j and not np.isnan(a)]
        ones, zeros = others.count(1.0), others.count(0.0)
        out.append(np.nan if np.isnan(own) or ones == zeros else float(ones > zeros))
    return out


def test_the_majority_of_others_by_hand():
    experts = np.random.default_rng(0).choice([0.0, 1.0, np.nan], size=(300, 5))
    np.testing.assert_array_equal(majority_of_others(experts), [by_hand(row) for row in experts])


def test_an_own_vote_never_counts():
    experts = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, np.nan]])
    np.testing.assert_array_equal(
        majority_of_others(experts), [[0.0, 1.0], [0.0, 0.0], [np.nan, np.nan]]
    )


@pytest.mark.parametrize(
    ("experts", "message"),
    [([0.0, 1.0], "must have shape"), ([[0.0, 2.0]], "must hold answers 0 and 1, but got 2")],
)
def test_other_answers_are_refused(experts, message):
    with pytest.raises(InvalidInput, match=message):
        majority_of_others(experts)
