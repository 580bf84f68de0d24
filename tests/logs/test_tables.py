"""Any table comes in; each thing wrong with one gets a sentence."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

import cede
from cede.logs import read_problem, read_table
from cede.study import split

COLUMNS = {
    "age": [30.0, None, 50.0, 61.0],
    "ward": ["a", "b", None, "a"],
    "smoker": [True, False, None, True],
    "died": ["no", "yes", "no", "yes"],
    "nurse": ["no", None, "yes", "yes"],
    "graded": [1, 0, None, 1],
    "patient": [1, 1, 2, 3],
}


def frames():
    yield "pandas", pd.DataFrame(COLUMNS)
    yield "polars", pl.DataFrame(COLUMNS)
    yield "pyarrow", pa.table(COLUMNS)


@pytest.mark.parametrize(("kind", "frame"), list(frames()))
def test_every_dataframe_is_taken_apart_alike(kind, frame):
    problem = read_problem(frame, "died", {"nurse": "nurse"}, {"judge": "graded"}, group="patient")
    assert list(problem.features) == ["age", "ward", "smoker"]
    np.testing.assert_array_equal(problem.features["age"], [30, np.nan, 50, 61])
    assert problem.features["ward"].tolist() == ["a", "b", None, "a"]
    np.testing.assert_array_equal(problem.features["smoker"], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(problem.costs, [[0, 0], [np.nan, 1], [1, np.nan], [0, 0]])
    assert problem.expert_names == ("nurse", "judge")
    assert problem.groups.tolist() == [0, 0, 1, 2]
    assert problem.y.tolist() == ["no", "yes", "no", "yes"]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".feather", ".arrow"])
def test_every_file_is_read(suffix, tmp_path):
    path = tmp_path / f"table{suffix}"
    table = pa.table(COLUMNS)
    writers = {".parquet": parquet.write_table, ".csv": csv.write_csv}
    writers.get(suffix, feather.write_feather)(table, path)
    frame = read_table(path)
    assert frame.columns == list(COLUMNS)
    problem = read_problem(path, "died", {"nurse": "nurse"}, exclude=["graded"])
    assert len(problem) == 4
    assert problem.features["ward"].tolist() == ["a", "b", None, "a"]


def test_numbers_as_labels_match_answers_read_as_floats():
    frame = pl.DataFrame({"x": [1, 2, 3], "y": [0, 1, 1], "e": [0.0, None, 0.0]})
    problem = read_problem(frame, "y", {"e": "e"})
    np.testing.assert_array_equal(problem.costs[:, 0], [0, np.nan, 1])


@pytest.mark.parametrize(
    ("label", "answers"),
    [
        (pd.Categorical([0, 1, 1]), [0, 1, 0]),
        (np.array([0, 1, 1], dtype=object), [0.0, 1.0, 0.0]),
        (pd.array([0, 1, 1], "Int64"), pd.array([0, 1, 0], "Int64")),
        (np.array([False, True, True]), np.array([False, True, False], dtype=object)),
    ],
)
def test_numbers_in_objects_and_categories_stay_numbers(label, answers):
    frame = pd.DataFrame({"x": [1, 2, 3], "y": label, "e": answers})
    np.testing.assert_array_equal(read_problem(frame, "y", {"e": "e"}).costs[:, 0], [0, 0, 1])


def test_columns_without_values_are_dropped():
    frame = pa.table({"x": [1, 2], "void": pa.nulls(2), "y": ["a", "b"]})
    assert list(read_problem(frame, "y").features) == ["x"]


def test_quoted_empty_answers_of_a_csv_are_missing(tmp_path):
    (tmp_path / "t.csv").write_text('x,y,e\n1,"a","a"\n2,"b",""\n3,"b","a"\n')
    costs = read_problem(tmp_path / "t.csv", "y", {"e": "e"}).costs
    np.testing.assert_array_equal(costs[:, 0], [0, np.nan, 1])


def changed(**columns):
    return pa.table({**COLUMNS, **columns})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: read_problem(changed(), "dead"),
            "label must name one of the columns, but there is no 'dead'. Did you mean 'died'",
        ),
        (lambda: read_problem(changed(), "died", {"nurse": "nurze"}), "Did you mean 'nurse'"),
        (lambda: read_problem(changed(), "died", exclude=["Age"]), "Did you mean 'age'"),
        (lambda: read_problem(changed(), "died", group="patent"), "Did you mean 'patient'"),
        (lambda: read_problem(changed(), "died", {"n": "age"}), "answered .* which no case has"),
        (
            lambda: read_problem(
                changed(nurse=["no", "maybe", "yes", "no"]), "died", {"n": "nurse"}
            ),
            r"'n' .*answered maybe \(texts\), .*holds no, yes \(texts\)\. Write answers as labels",
        ),
        (
            lambda: read_problem(changed(nurse=pa.nulls(4, pa.string())), "died", {"n": "nurse"}),
            "Every answer of expert 'n'",
        ),
        (lambda: read_problem(changed(), "died", {}, {"n": "age"}), "true or false or 1 or 0"),
        (lambda: read_problem(changed(), "nurse"), "has 1 missing values; drop"),
        (lambda: read_problem(changed(died=["no"] * 4), "died"), "one value only"),
        (lambda: read_problem(changed(died=[0.1, 0.2, 0.3, 0.4]), "died"), "look like measure"),
        (lambda: read_problem(changed(age=[1.0, np.inf, 2.0, 3.0]), "died"), "1 infinite values"),
        (
            lambda: read_problem(
                changed(age=[datetime.date(2026, 1, 1)] * 4), "died", features=["age"]
            ),
            "holds dates or times.*--exclude age",
        ),
        (
            lambda: read_problem(changed(), "died", features=["age", "died"]),
            "features cannot have 'died' among",
        ),
        (
            lambda: read_problem(changed(), "died", features=[]),
            "features must be one column at least",
        ),
        (lambda: read_problem(changed(), "died", {"n": "nurse"}, {"n": "graded"}), "given twice"),
        (lambda: read_problem([1, 2], "died"), "dataframe .* is wanted, not list"),
        (lambda: read_table("nowhere.csv"), "no file 'nowhere.csv'"),
    ],
)
def test_bad_tables_get_a_sentence(call, message):
    with pytest.raises(cede.CedeError, match=message):
        call()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"hello", "its name should end in .parquet"),
        ("broken.parquet", b"PAR1 not really", "cannot be read as parquet"),
        ("broken.feather", b"nothing", "cannot be read as feather"),
        ("broken.csv", b'a,b\n1,2,3\n"', "cannot be read as csv"),
        (
            "latin.csv",
            "a,gr\xf6\xdfe\n1,2\n".encode("latin-1"),
            "not UTF-8 .line 1 holds the byte 0xf6",
        ),
        ("twice.csv", b"a,a\n1,2\n", r"several are named 'a' \(2 times\); rename"),
    ],
)
def test_files_that_are_no_tables_get_a_sentence(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(cede.CedeError, match=message):
        read_table(tmp_path / name)


def big(n=400, groups=None, **columns):
    rng = np.random.default_rng(0)
    base = {"x": rng.normal(size=n), "y": rng.integers(2, size=n), "e": rng.integers(2, size=n)}
    base |= {"g": groups} if groups is not None else {}
    return pl.DataFrame({**base, **columns})


def test_parts_never_overlap_and_hold_their_share():
    parts = split(read_problem(big(), "y", {"e": "e"}), seed=0)
    rows = np.concatenate([parts.model, parts.fit, parts.tune, parts.test])
    assert sorted(rows) == list(range(400))
    assert [len(p) for p in parts.by_name.values()] == pytest.approx([144, 116, 40, 100], abs=2)


def test_groups_stay_on_one_side():
    groups = np.arange(400) // 4
    parts = split(read_problem(big(groups=groups), "y", {"e": "e"}, group="g"), seed=0)
    sides = [set(groups[part]) for part in parts.by_name.values()]
    for i, one in enumerate(sides):
        for other in sides[i + 1 :]:
            assert not one & other


def test_sparse_answers_are_refused_with_the_name_of_who_answered_least():
    one, two = np.full(400, np.nan), np.full(400, np.nan)
    one[::2], two[1::2] = 1.0, 1.0
    frame = big(y=np.arange(400) // 2 % 2, one=one, two=two)
    with pytest.raises(cede.InvalidInput, match="compare fewer experts at a time"):
        split(read_problem(frame, "y", {"one": "one", "two": "two"}), seed=0)


def test_groups_that_cannot_be_split_get_a_sentence():
    with pytest.raises(
        cede.InvalidInput, match=r"group must tell at least 12 groups apart, .* got 2"
    ):
        split(read_problem(big(groups=np.arange(400) % 2), "y", group="g"), seed=0)
    groups = np.arange(400).astype(float)
    groups[0] = np.nan
    with pytest.raises(cede.InvalidInput, match="group column 'g' has 1 missing"):
        read_problem(big(groups=groups), "y", group="g")


def test_too_little_to_split_gets_a_sentence():
    rare = np.r_[np.zeros(395, int), np.ones(5, int)]
    with pytest.raises(
        cede.InvalidInput, match=r"label must have 12 cases at least of every class, .* got 5 of 1;"
    ):
        split(read_problem(big(y=rare), "y"), seed=0)
    thin = np.r_[[0.0], np.full(399, np.nan)]
    with pytest.raises(cede.InvalidInput, match="experts must each answer some case of every part"):
        split(read_problem(big(e=thin, y=np.arange(400) % 2), "y", {"e": "e"}), seed=0)
