"""Tables, and numbers with their intervals, as text."""

import numpy as np
import pytest

import cede_papers
from cede.exceptions import InvalidInput


def test_numbers_stand_to_the_right_and_bars_are_escaped():
    text = cede_papers.table(
        ["who", "how much", "what"], [["a|b", "+1.2 [+0.3, +2.1]", "x"], ["c", "–", "y"]]
    )
    _, rules, first, _ = text.splitlines()
    assert rules == "| --- | --: | --- |"
    assert cede_papers.table(["a|b"], []).startswith(r"| a\|b |")
    assert first == r"| a\|b | +1.2 [+0.3, +2.1] | x |"
    with pytest.raises(InvalidInput, match="the 2 cells of the header"):
        cede_papers.table(["a", "b"], [["1"]])


def test_tables_of_papers_keep_their_own_emphasis_and_one_line():
    text = cede_papers.table(["who", "error"], [["a|b\nc", "**0.1**"]])
    assert text.splitlines()[2] == r"| a\|b c | **0.1** |"
    assert len(text.splitlines()) == 3


def test_the_interval_is_student_s():
    from scipy import stats

    values = np.array([0.2, 0.5, 0.1, 0.9])
    mean, low, high = cede_papers.mean_and_interval(values)
    wanted = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose([low, high], wanted)
    assert mean == pytest.approx(values.mean())
    assert cede_papers.mean_and_interval([1.0, 1.0, 1.0]) == (1.0, 1.0, 1.0)  # no share of three
    assert (
        cede_papers.with_interval(values, scale=100)
        == f"{100 * mean:.1f} [−{-100 * low:.1f}, {100 * high:.1f}]"
    )
    assert cede_papers.with_deviation([-1.0, 1.0]) == "0.0 ± 1.4"
    assert cede_papers.with_interval((-0.01, -1.0, 1.0)) == "0.0 [−1.0, 1.0]"


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan")], []])
def test_an_interval_needs_two_numbers(values):
    with pytest.raises(InvalidInput, match="two or more repetitions"):
        cede_papers.mean_and_interval(values)
