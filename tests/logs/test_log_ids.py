"""Cases, agents and groups are named as they are written: none merge, none swap names."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import cede
from cede.logs import read_long, read_wide

PAIRS = [
    ("1.1", "1.10"),
    ("01", "1"),
    ("18446744073709551617", "18446744073709551618"),
    ("1e5", "100000"),
    ("9007199254740992", "9007199254740993"),
    ("True", "true"),
    ("2026-01-01", "2026-1-1"),
    ("a", "a "),
]


def names_of_groups(log):
    return [log.group_names[number] for number in log.groups]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_cases_of_a_csv_never_merge(one, other, tmp_path):
    (tmp_path / "t.csv").write_text(
        f"case,agent,ok,user\n{one},small,1,{other}\n{other},large,0,{one}\n7,small,0,7\n"
        f"7,large,1,7\n"
    )
    log = read_long(
        tmp_path / "t.csv", case="case", agent="agent", outcome="ok", model="small", group="user"
    )
    assert sorted(map(str, log.ids)) == sorted([one, other, "7"])
    users = dict(zip(map(str, log.ids), names_of_groups(log), strict=True))
    assert users == {one: other, other: one, "7": "7"}
    (tmp_path / "w.csv").write_text(f"case,a,b\n{one},1,0\n{other},0,1\n")
    wide = read_wide(tmp_path / "w.csv", outcome={"a": "a", "b": "b"}, model="a", case="case")
    assert sorted(map(str, wide.ids)) == sorted([one, other])


@pytest.mark.parametrize(("one", "other"), PAIRS[:-1])
def test_agents_of_a_csv_never_merge(one, other, tmp_path):
    (tmp_path / "t.csv").write_text(f"agent,ok\n{one},1\n{other},0\n{one},1\n")
    log = read_long(tmp_path / "t.csv", case=None, agent="agent", outcome="ok", model=one)
    assert log.agent_names == (one, other)
    np.testing.assert_array_equal(log.agent_costs, [[0, np.nan], [np.nan, 1], [0, np.nan]])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
@pytest.mark.parametrize(
    "names",
    [
        [2**53, 2**53 + 1, 2**53 + 10],
        [2**63 - 2, 2**63 - 1, -(2**63)],
        [
            datetime.datetime(2026, 1, 1),
            datetime.datetime(2026, 1, 2),
            datetime.datetime(2025, 1, 1),
        ],
        ["b", "a", "é"],
        [True, False, True],
    ],
)
def test_groups_keep_their_names(names, frame):
    groups = [names[0], names[1], names[2], names[1]]
    table = frame({"a": [1, 0, 1, 0], "b": [0, 1, 1, 1], "g": groups})
    log = read_wide(table, outcome={"a": "a", "b": "b"}, model="a", group="g")
    assert log.groups.tolist() == [sorted(set(names)).index(name) for name in groups]
    assert names_of_groups(log) == [str(name).removesuffix(" 00:00:00") for name in groups]
    assert len(set(log.groups)) == len(set(names))
    assert names_of_groups(log[[1, 3]]) == names_of_groups(log)[1::2]


def test_many_ids_are_sorted_with_their_rows(tmp_path):
    rng = np.random.default_rng(0)
    ids = [f"{i:07x}" for i in rng.permutation(20_000)]
    table = pa.table({"id": ids, "a": rng.random(20_000), "b": rng.random(20_000)})
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=3_000)
    wide = read_wide(
        tmp_path / "t.parquet", outcome={"a": "a", "b": "b"}, model="a", case="id", features=[]
    )
    long = pa.table(
        {
            "id": ids * 2,
            "agent": ["a"] * 20_000 + ["b"] * 20_000,
            "ok": table["a"].to_pylist() + table["b"].to_pylist(),
        }
    )
    read = read_long(long, case="id", agent="agent", outcome="ok", model="a")
    assert wide.ids.tolist() == read.ids.tolist() == sorted(ids)
    np.testing.assert_array_equal(read.agent_costs, wide.agent_costs)
    np.testing.assert_array_equal(
        wide.agent_costs[:, 0], 1 - table["a"].to_numpy()[np.argsort(ids)]
    )


def test_a_group_is_the_same_in_all_rows_of_a_case():
    table = pd.DataFrame(
        {"c": ["q", "q", "r"], "a": ["x", "y", "x"], "o": [1, 0, 1], "g": [1, 2, 1]}
    )
    with pytest.raises(cede.InvalidInput, match="Group column 'g' varies within 1 cases"):
        read_long(table, case="c", agent="a", outcome="o", model="x", group="g")
    table["g"] = [1, 1, None]
    with pytest.raises(cede.InvalidInput, match="group column 'g' has 1 missing"):
        read_long(table, case="c", agent="a", outcome="o", model="x", group="g")


def test_what_cases_share_may_be_a_feature_too(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,g\n1,0,3\n0,1,3\n1,1,4\n")
    log = read_wide(
        tmp_path / "t.csv", outcome={"a": "a", "b": "b"}, model="a", features=["g"], group="g"
    )
    assert log.X.tolist() == [[3], [3], [4]]
    assert names_of_groups(log) == ["3", "3", "4"]


def test_repeated_rows_are_to_share_a_group():
    table = pd.DataFrame({"c": ["q", "q"], "a": ["x", "x"], "o": [1, 0]})
    with pytest.raises(
        cede.InvalidInput,
        match="cases of their own, and the case that they repeat as their group",
    ):
        read_long(table, case="c", agent="a", outcome="o", model="x")


def test_whole_numbers_name_columns():
    wide = pd.DataFrame(np.random.default_rng(0).integers(0, 2, size=(12, 3)))
    log = read_wide(wide, outcome={"a": 0, "b": 1}, model="a", features=[2])
    np.testing.assert_array_equal(log.agent_costs, 1.0 - wide[[0, 1]].to_numpy())
    np.testing.assert_array_equal(log.X, wide[[2]].to_numpy())
    long = pd.DataFrame({"c": ["q", "r"], "a": ["a", "b"], "o": [1, 0], 3: [1.0, 2.0]})
    log = read_long(long, case="c", agent="a", outcome="o", model="a", features=[3])
    assert log.feature_names == ("3",)


@pytest.mark.parametrize("value", [1 + 2e-16, 1 + 1e-9, float(np.float32(1) + np.float32(1.2e-7))])
def test_one_and_rounding_is_one(value):
    table = pd.DataFrame({"a": [value, 1.0], "b": [0.5, 1.0], "p": [value, 1.0]})
    both = {"a": "p", "b": "p"}
    log = read_wide(table, outcome={"a": "a", "b": "b"}, model="a", propensity=both)
    assert log.agent_costs[0, 0] == 0.0
    assert log.propensities.max() == 1.0
    with pytest.raises(cede.InvalidInput, match=r"the first being 1\.00001"):
        read_wide(table * 1.00001, outcome={"a": "a", "b": "b"}, model="a")


def test_a_feature_says_what_it_was_taken_for():
    table = pd.DataFrame({"a": [1, 0], "b": [0, 1], "f": ["1,5", "?"], "a_ms": [1.0, 2.0]})
    log = read_wide(table, outcome={"a": "a", "b": "b"}, model="a", features=["f"])
    np.testing.assert_array_equal(log.X, [[1.5], [np.nan]])
    assert log.columns[0].taken_for == "number"
    assert "'?' is not" in log.columns[0].warning


@pytest.mark.parametrize(
    ("outcomes", "costs"),
    [
        (["0,25", "1", None], [0.75, 0.0, np.nan]),
        (["TRUE", "False", None], [0.0, 1.0, np.nan]),
        (["0.5", "1.0", None], [0.5, 0.0, np.nan]),
    ],
)
@pytest.mark.parametrize("frame", [pd.DataFrame, pa.table])
def test_outcomes_that_are_texts_are_read_if_all_are_numbers(outcomes, costs, frame):
    table = frame({"a": outcomes, "b": [1, 1, 1]})
    log = read_wide(table, outcome={"a": "a", "b": "b"}, model="a")
    np.testing.assert_array_equal(log.agent_costs[:, 0], costs)


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        (["0.5", "?", "1"], "hold '[?]'; mend"),
        (["1,250", "1,000", "2"], "may be"),
        ([[1], [0], [1]], "holds lists or records"),
    ],
)
def test_outcomes_that_are_no_numbers_are_refused(outcomes, message):
    table = pa.table({"a": outcomes, "b": [1, 1, 1]})
    with pytest.raises(cede.InvalidInput, match=f"'a' .*{message}"):
        read_wide(table, outcome={"a": "a", "b": "b"}, model="a")
