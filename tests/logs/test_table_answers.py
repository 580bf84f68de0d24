"""Values that are equal as written are the same; what could be two is refused."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import cede
from cede.logs import read_problem

nan = np.nan
X = list(range(4))


def costs(y, e, frame=pa.table):
    return read_problem(frame({"x": [0.5, 1.5, 0.5, 3.5], "y": y, "e": e}), "y", {"e": "e"}).costs[
        :, 0
    ]


@pytest.mark.parametrize(
    ("labels", "answers"),
    [
        ([0, 1, 1, 0], ["0", "1", "0", None]),
        ([0, 1, 1, 0], ["0.0", "1.0", "0.0", None]),
        ([0, 1, 1, 0], [0.0, 1.0, 0.0, nan]),
        (["0", "1", "1", "0"], [0, 1, 0, None]),
        (["0", "1", "1", "0"], [0.0, 1.0, 0.0, None]),
        ([0.0, 1.0, 1.0, 0.0], ["0", "1", "0", None]),
        ([False, True, True, False], ["False", "true", "FALSE", None]),
        (["false", "True", "TRUE", "False"], [False, True, False, None]),
        (["false", "True", "TRUE", "False"], ["False", "TRUE", "false", None]),
        ([False, True, True, False], [0, 1, 0, None]),
        (["no", "yes", "yes", "no"], ["no ", " yes", "no", None]),
        (["01", "02", "02", "01"], [1, 2, 1, None]),
        ([10**19, 5, 5, 10**19], ["10000000000000000000", "5", "10000000000000000000", None]),
    ],
)
@pytest.mark.parametrize("frame", [pd.DataFrame, pa.table, pl.DataFrame])
def test_values_that_are_written_alike_are_the_same(labels, answers, frame):
    if frame is pa.table and labels[0] == 10**19:
        labels = pa.array(labels, pa.uint64())
    if frame is pa.table and answers[3] is nan:
        answers = pa.array(answers, from_pandas=True)
    np.testing.assert_array_equal(costs(labels, answers, frame), [0, 0, 1, nan])


@pytest.mark.parametrize(
    "kind", [pd.Categorical, lambda values: np.array(values, dtype=object), pd.array]
)
def test_categories_objects_and_numpys_own_numbers(kind):
    numbers = [np.int64(1), np.int64(0), np.int64(1), np.int64(0)]
    assert costs(kind(numbers), ["1", "1", "0", "0"], pd.DataFrame).tolist() == [0, 1, 1, 0]
    assert costs(["1", "1", "0", "0"], kind(numbers), pd.DataFrame).tolist() == [0, 1, 1, 0]


def test_labels_of_a_csv_stay_apart_as_they_are_written(tmp_path):
    (tmp_path / "t.csv").write_text("x,y,e\n1,1.1,1.10\n2,1.10,1.10\n3,1.1,1.1\n4,1.10,\n")
    problem = read_problem(tmp_path / "t.csv", "y", {"e": "e"}, features=["x"])
    assert problem.y.tolist() == ["1.1", "1.10", "1.1", "1.10"]
    np.testing.assert_array_equal(problem.costs[:, 0], [1, 0, 0, nan])


def test_answers_of_a_csv_with_holes_match_whole_numbers(tmp_path):
    (tmp_path / "t.csv").write_text("x,y,e,r\n1,0,0.0,TRUE\n2,1,1.0,false\n3,1,,True\n4,0,1.0,\n")
    problem = read_problem(tmp_path / "t.csv", "y", {"e": "e"}, {"r": "r"}, features=["x"])
    assert problem.y.tolist() == [0, 1, 1, 0]
    np.testing.assert_array_equal(problem.costs, [[0, 0], [0, 1], [nan, 0], [1, nan]])


def test_what_could_be_two_labels_is_none():
    with pytest.raises(cede.InvalidInput, match=r"answered 1\.00 \(texts\)"):
        costs(["1", "1.0", "1", "1.0"], ["1.00", "1", "1", "1"])


@pytest.mark.parametrize(
    ("labels", "answers", "message"),
    [
        ([0, 1, 0, 1], ["a", "b", "a", "b"], r"a, b \(texts\).*holds 0, 1 \(whole numbers\)"),
        (["a", "b", "a", "b"], [1, 0, 1, 0], r"\(whole numbers\).*\(texts\).*--correct e=e"),
        (["a", "b", "a", "b"], [True, False, True, None], r"\(truths\).*--correct e=e"),
        (["a", "b", "a", "b"], ["true", "false", "1", "0"], "--correct e=e"),
        ([0, 1, 2, 0], [True, "maybe", "1", "0"], "maybe"),
    ],
)
def test_strange_answers_name_their_type(labels, answers, message):
    with pytest.raises(cede.InvalidInput, match=message):
        costs(labels, answers, pd.DataFrame)


@pytest.mark.parametrize(
    ("labels", "answers"), [([0, 1, 2, 0], ["0", "1", "3", "1"]), ([0, 1, 0, 1], [0, 1, 2, 0])]
)
def test_grades_are_offered_only_where_answers_cannot_be_labels(labels, answers):
    with pytest.raises(cede.InvalidInput, match="Write answers as labels") as found:
        costs(labels, answers)
    assert "--correct" not in str(found.value)


def test_a_suggested_command_can_be_pasted():
    frame = pa.table({"x": X, "y": ["a", "b"] * 2, "my expert": [1, 0, 1, 0], "d": [np.inf] * 4})
    with pytest.raises(cede.InvalidInput, match="--correct 'my expert=my expert'"):
        read_problem(frame, "y", {"my expert": "my expert"}, features=["x"])
    with pytest.raises(cede.InvalidInput, match=r"--exclude 'my d'\)"):
        read_problem(frame.rename_columns(["x", "y", "e", "my d"]), "y", {}, exclude=["e"])


LISTS = [["a"], ["b"], ["a", "b"], None]


@pytest.mark.parametrize("frame", [pd.DataFrame, pa.table, pl.DataFrame])
@pytest.mark.parametrize("role", ["label", "expert", "correct", "group", "feature"])
def test_lists_in_cells_get_a_sentence(frame, role):
    table = frame({"x": X, "y": ["a", "b"] * 2, "e": ["a", "b"] * 2, "odd": LISTS})
    options = {
        "label": {"label": "odd"},
        "expert": {"experts": {"e": "odd"}},
        "correct": {"correct": {"e": "odd"}},
        "group": {"group": "odd"},
        "feature": {"features": ["odd"]},
    }[role]
    with pytest.raises(cede.InvalidInput, match=r"olumn 'odd' .*holds lists or records"):
        read_problem(table, **{"label": "y", "features": ["x"], **options})


def test_days_are_labels_and_groups():
    days = [datetime.datetime(2026, 1, day) for day in (1, 2, 1, 2)]
    for frame in (pd.DataFrame, pa.table, pl.DataFrame):
        table = frame({"x": X, "y": days, "e": ["2026-01-01"] * 4})
        problem = read_problem(table, "y", {"e": "e"}, group="y", features=["x"])
        assert problem.y.tolist() == ["2026-01-01", "2026-01-02"] * 2
        assert problem.costs[:, 0].tolist() == [0, 1, 0, 1]
        assert problem.groups.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("groups", "numbers"),
    [
        ([2**53, 2**53 + 1, 2**53, 2**53 + 2], [0, 1, 0, 2]),
        (["1.1", "1.10", "01", "1"], [2, 3, 0, 1]),
        ([str(10**20), str(10**20 + 1), str(10**20), "7"], [1, 2, 1, 0]),
    ],
)
def test_groups_never_merge(groups, numbers, tmp_path):
    table = pa.table({"x": X, "y": ["a", "b"] * 2, "g": groups})
    assert read_problem(table, "y", group="g", features=["x"]).groups.tolist() == numbers
    rows = zip(X, "abab", groups, strict=True)
    (tmp_path / "t.csv").write_text("x,y,g\n" + "".join(f"{x},{y},{g}\n" for x, y, g in rows))
    problem = read_problem(tmp_path / "t.csv", "y", group="g", features=["x"])
    assert problem.groups.tolist() == numbers


def test_labels_that_differ_in_case_only_are_refused():
    with pytest.raises(cede.InvalidInput, match="'Yes' and 'yes', which differ in upper"):
        costs(["Yes", "yes", "no", "no"], ["no"] * 4)
    assert costs(["A", "a", "b", "b"], ["a"] * 4).tolist() == [1, 0, 1, 1]


def test_a_group_is_the_same_whatever_its_type():
    table = pd.DataFrame({"x": X, "y": ["a", "b"] * 2, "g": np.array([1, "1", "01", 1.0], object)})
    assert read_problem(table, "y", group="g", features=["x"]).groups.tolist() == [1, 1, 0, 1]


@pytest.mark.parametrize("way", ["experts", "correct"])
def test_the_label_is_nobodys_answer(way):
    frame = pa.table({"x": X, "y": [0, 1] * 2})
    with pytest.raises(cede.InvalidInput, match="'ann' is given the label column 'y'"):
        read_problem(frame, "y", **{way: {"ann": "y"}})
