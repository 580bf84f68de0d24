"""Words for right and wrong, values of their own, and abstentions."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import cede
from cede.logs import read_log, read_long, read_problem, read_wide

nan = np.nan


def wide(small, large=("1", "1", "0", "1"), **said):
    table = pa.table({"x": [1.0, 2.0, 3.0, 4.0], "s": small, "l": large, "p": [0.5] * 4})
    return read_wide(table, outcome={"s": "s", "l": "l"}, model="s", **said)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("false", "true"),
        ("No", "YES"),
        ("n", "y"),
        ("wrong", "right"),
        ("incorrect", "correct"),
        ("Fail", "pass"),
        ("failed", "passed"),
    ],
)
def test_pairs_of_words_are_right_and_wrong(wrong, right):
    assert wide([right, None, wrong, right]).outcomes[:, 0].tolist()[::2] == [1.0, 0.0]
    assert wide([right] * 4).outcomes[:, 0].tolist() == [1.0] * 4
    table = pa.table({"x": [1, 2, 3], "y": ["a", "b", "a"], "g": [right, None, wrong]})
    np.testing.assert_array_equal(
        read_problem(table, "y", correct={"e": "g"}).costs[:, 0], [0.0, nan, 1.0]
    )


@pytest.mark.parametrize("cells", [["yes", "wrong"], ["yes", "1"], ["yes", "maybe"], ["C", "I"]])
def test_words_that_are_no_pair_are_refused(cells):
    with pytest.raises(cede.InvalidInput, match="Values of column 's' must be numbers"):
        wide([*cells, *cells])
    table = pa.table({"x": [1, 2], "y": ["a", "b"], "g": cells})
    with pytest.raises(cede.InvalidInput, match=r"correct must say .*--outcome-values"):
        read_problem(table, "y", correct={"e": "g"})


def test_values_of_words_are_outcomes_of_wide_long_and_graded_columns():
    values = {"C": 1, "P": 0.5, "I": 0, "N": 0}
    small, large = ["C", "P", None, "I"], ["N", "C", "C", "P"]
    expected = [[1.0, 0.0], [0.5, 1.0], [nan, 1.0], [0.0, 0.5]]
    cases = wide(small, large, outcome_values=values)
    np.testing.assert_array_equal(cases.outcomes, expected)
    long = pd.DataFrame({"c": [*range(4)] * 2, "a": ["s"] * 4 + ["l"] * 4, "o": small + large})
    columns = {"case": "c", "agent": "a", "outcome": "o"}
    read = read_long(long, **columns, model="s", outcome_values=values)
    np.testing.assert_array_equal(read.outcomes, expected)
    table = pa.table({"x": [1, 2, 3, 4], "y": ["a", "b", "a", "b"], "g": small})
    graded = read_problem(table, "y", correct={"e": "g"}, outcome_values=values)
    np.testing.assert_array_equal(graded.costs[:, 0], [0.0, 0.5, nan, 1.0])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"outcome_values": {"C": 1}}, "outcome_values must say .* nothing for I, P; add I=NUMBER"),
        ({"outcome_values": {"C": 100}}, r"outcome_values must be in \[0, 1\]"),
        ({"outcome_values": {"C": 1, "P": 0}, "abstain": ["p"]}, "abstain must be words that are"),
        ({"abstain_pays": True}, "abstain_pays needs the words"),
    ],
)
def test_what_is_said_of_words_and_cannot_be_is_refused(said, message):
    with pytest.raises(cede.InvalidInput, match=message):
        wide(["C", "P", "I", "C"], **said)


def test_numbers_may_be_words_that_say_that_nobody_answered():
    cases = wide(pa.array([1, 0, -1, 1]), abstain=["-1"])
    np.testing.assert_array_equal(cases.outcomes[:, 0], [1.0, 0.0, nan, 1.0])


def test_an_abstention_is_a_missing_answer():
    cases = wide(["1", "0", "0.5", "1"], ["Unsure", "1", "skip", None], abstain=["unsure", "skip"])
    np.testing.assert_array_equal(cases.agent_costs[:, 1], [nan, 0.0, nan, nan])


def test_who_abstains_and_is_paid_leaves_the_answer_of_the_model():
    table = pd.DataFrame(
        {
            "s": ["1", "0", None, "0.5"],
            "l": ["unsure", "unsure", "1", None],
            "su": [1.0, 2.0, 3.0, 4.0],
            "lu": [10.0, 20.0, 30.0, 40.0],
        }
    )
    said = {"outcome": {"s": "s", "l": "l"}, "cost": {"s": "su", "l": "lu"}, "exchange_rate": 0.01}
    cases = read_wide(table, model="s", **said, abstain=["unsure"], abstain_pays=True)
    np.testing.assert_array_equal(cases.outcomes[:, 1], [1.0, 0.0, 1.0, nan])
    np.testing.assert_allclose(cases.agent_costs[:, 1], [0.11, 1.22, 0.3, nan])
    other = read_wide(table, model="s", **said, abstain=["unsure"])
    np.testing.assert_allclose(other.agent_costs[:, 1], [nan, nan, 0.3, nan])
    np.testing.assert_array_equal(cases.agent_costs[:, 0], other.agent_costs[:, 0])


def test_abstentions_that_propensities_count_are_refused():
    both = {"s": "p", "l": "p"}
    with pytest.raises(cede.InvalidInput, match="abstain leaves 1 outcomes missing"):
        wide(["1", "0", "1", "1"], ["skip", "1", "0", "1"], abstain=["skip"], propensity=both)
    flags = {"abstain": ["skip"], "abstain_pays": True, "propensity": both}
    cases = wide(["1", "0", "1", "1"], ["skip", "1", "0", "1"], **flags)
    assert cases.outcomes[:, 1].tolist() == [1.0, 1.0, 0.0, 1.0]


def test_read_log_passes_on_what_is_said_of_words():
    table = pa.table({"x": [1.0, 2.0], "s": ["C", "I"], "l": ["skip", "C"]})
    both = {"s": "s", "l": "l"}
    values = {"C": 1, "I": 0}
    cases = read_log(table, model="s", outcome=both, outcome_values=values, abstain=["skip"])
    np.testing.assert_array_equal(cases.agent_costs, [[0.0, nan], [1.0, 0.0]])


def test_experts_who_abstain_are_said_to():
    table = pa.table({"x": [1, 2, 3], "y": ["a", "b", "a"], "e": ["a", "Unsure", "b"]})
    with pytest.raises(cede.InvalidInput, match="answered Unsure"):
        read_problem(table, "y", {"ann": "e"})
    with pytest.warns(UserWarning, match="'ann' abstained in 1 of 3 cases: these are missing"):
        costs = read_problem(table, "y", {"ann": "e"}, abstain=["unsure"]).costs
    np.testing.assert_array_equal(costs[:, 0], [0.0, nan, 1.0])


def test_a_number_and_its_text_are_one_label():
    frame = pd.DataFrame({"x": [1, 2, 3, 4], "y": [0, "0", "1", 1.0], "e": ["0", 0, 1, 0]})
    problem = read_problem(frame, "y", {"e": "e"})
    assert problem.y.tolist() == ["0", "0", "1", "1"]
    assert problem.costs[:, 0].tolist() == [0.0, 0.0, 0.0, 1.0]
    odd = pd.DataFrame({"x": [1, 2], "y": [1, "01"]})
    with pytest.raises(cede.InvalidInput, match="mixes values of types texts and whole numbers"):
        read_problem(odd, "y")
