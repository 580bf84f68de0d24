"""What a column is taken for is said, and what says which case this is is no feature."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import cede
from cede.logs import read_problem
from cede.logs._columns import Column, column_warnings
from cede.logs._late import known_late

N = 240
RNG = np.random.default_rng(0)
BASE = {
    "x": RNG.normal(size=N).round(3),
    "y": RNG.integers(2, size=N),
    "e": RNG.integers(2, size=N),
}


def problem(frame=pa.table, **columns):
    return read_problem(frame({**BASE, **columns}), "y", {"e": "e"})


def column(values, name="c", frame=pa.table):
    found = {one.name: one for one in problem(frame, **{name: values}).columns}
    return found[name]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("c", np.arange(N)),
        ("c", np.arange(1, N + 1)),
        ("c", RNG.permutation(N)),
        ("c", RNG.permutation(N).astype(float)),
        ("", np.r_[np.arange(N // 2), np.arange(N // 2)]),
        ("Unnamed: 0", RNG.choice(9_999, N)),
        ("__index_level_0__", RNG.choice(9_999, N)),
        ("index", RNG.choice(9_999, N, replace=False)),
        ("row_nr", 5 + np.arange(N)),
        ("index", np.r_[np.arange(N - 70), np.arange(70)]),
        ("...1", np.arange(N)),
    ],
)
@pytest.mark.parametrize("frame", [pd.DataFrame, pa.table, pl.DataFrame])
def test_row_numbers_are_no_features(name, values, frame):
    found = column(values, name, frame)
    assert (found.taken_for, found.used) == ("row number", False)
    assert "row numbers" in found.why


@pytest.mark.parametrize("n", [4, N])
@pytest.mark.parametrize("name", ["", "Unnamed: 0", "__index_level_0__", "index", "level_0", "_c0"])
def test_what_a_dataframe_left_behind_is_never_a_feature(name, n):
    values = (RNG.choice(500, n) * 3 - 7).tolist()
    values[:3] = [2, 4, 9]
    table = pa.table({name: values, "x": RNG.normal(size=n), "y": ["a", "b"] * (n // 2)})
    cases = read_problem(table, "y")
    assert list(cases.features) == ["x"]
    assert cases.columns[0].taken_for == "row number"
    assert cases.columns[0].why.startswith("row numbers")
    named = read_problem(table, "y", features=[name, "x"])
    assert "looks like row numbers" in named.columns[0].warning


def test_names_of_rows_are_no_features_and_a_measured_index_is_one():
    rows = [f"row {i % 3}" for i in range(N)]
    table = pa.table({"": rows, "index": RNG.normal(size=N), "y": ["a", "b"] * (N // 2)})
    assert list(read_problem(table, "y").features) == ["index"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("c", np.arange(N) * 2),
        ("c", np.r_[0, np.arange(N - 1)]),
        ("index", RNG.normal(size=N)),
        ("index", RNG.integers(0, 9, N)),
        ("covid", RNG.choice(9_999, N)),
        ("class_id", RNG.integers(0, 4, N) * 7),
        ("row height", np.arange(N) + 150),
    ],
)
def test_numbers_that_only_resemble_row_numbers_stay(name, values):
    assert (column(values, name).taken_for, column(values, name).used) == ("number", True)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (RNG.permutation(N) + 1_000, "all whole numbers from one to another once"),
        (np.arange(N) * 3, "a whole number of its own in each row"),
        (RNG.permutation(np.arange(N) // 2), "whole numbers in a row, each 2 times"),
    ],
)
def test_what_may_be_row_numbers_is_used_and_warned_of(values, said):
    found = column(values)
    assert (found.taken_for, found.used) == ("number", True)
    assert said in found.warning
    assert column(values + 0.5).warning == ""


def test_codes_that_many_rows_share_are_features():
    n = 12_000
    odd = ["V57", "E909", "V45", "V10"]
    codes = [str(i % 599) if i % 20 else odd[i // 20 % 4] for i in range(n)]
    table = pa.table(
        {
            "y": np.arange(n) % 2,
            "diagnosis": codes,
            "ward_id": np.random.default_rng(0).integers(0, 80, n),
            "image": [f"{i % 4_000:05d}.png" for i in range(n)],
        }
    )
    found = {one.name: one for one in read_problem(table, "y").columns}
    kinds = {name: (one.taken_for, one.used) for name, one in found.items()}
    assert kinds == {
        "diagnosis": ("category", True),
        "ward_id": ("number", True),
        "image": ("id", False),
    }
    assert "'V57', 'E909', 'V45' are not" in found["diagnosis"].warning


def test_an_odd_cell_late_in_a_column_of_objects():
    n = 3_000
    values = np.array([i / 8 for i in range(n)], dtype=object)
    values[2_500] = "?"
    frame = pd.DataFrame({"c": values, "y": np.arange(n) % 2})
    found = read_problem(frame, "y")
    assert np.isnan(found.features["c"][2_500])
    assert "2,999 of 3,000 are numbers; '?' is not" in found.columns[0].warning


def test_whoever_names_a_row_number_gets_it_and_is_warned():
    table = pa.table({**BASE, "c": np.arange(N)})
    found = read_problem(table, "y", {"e": "e"}, features=["c", "x"])
    assert list(found.features) == ["c", "x"]
    assert "says which case this is" in found.columns[0].warning
    assert found.columns[1].warning == ""


def test_the_index_of_a_pandas_frame_is_no_feature(tmp_path):
    frame = pd.DataFrame(BASE, index=RNG.permutation(N) * 3)
    assert list(read_problem(frame, "y", {"e": "e"}).features) == ["x"]
    for kept in (frame, frame.rename_axis("dose"), frame.sample(frac=0.5, random_state=0)):
        kept.to_parquet(tmp_path / "t.parquet")
        assert list(read_problem(tmp_path / "t.parquet", "y", {"e": "e"}).features) == ["x"]
        kept.reset_index(drop=kept.index.name is None).to_csv(tmp_path / "t.csv")
        assert "" not in read_problem(tmp_path / "t.csv", "y", {"e": "e"}).features
    table = parquet.read_table(tmp_path / "t.parquet")
    assert list(read_problem(table, "y", {"e": "e"}).features) == ["x"]


@pytest.mark.parametrize(
    ("name", "values", "kind", "used"),
    [
        ("c", [True, False] * (N // 2), "flag", True),
        ("c", [True, None] * (N // 2), "flag", True),
        ("c", ["TRUE", "True", "false", None] * (N // 4), "flag", True),
        ("c", ["yes", "no"] * (N // 2), "category", True),
        ("c", ["1", "2", "3A", "3B"] * (N // 4), "category", True),
        ("c", [f"city {i % 90}" for i in range(N)], "category", True),
        ("c", [f"{i % 90:05d}" for i in range(N)], "category", True),
        ("c", [f"{i % 60}{'ABC'[i % 3]}" for i in range(N)], "category", True),
        ("c", [str(i / 8) for i in range(N)], "number", True),
        ("c", [f"why does thing {i % 80} not go at all" for i in range(N)], "text", False),
        ("c", [f"{i:x}-{i * 7919 % 1013:x}" for i in range(N)], "id", False),
        ("patient_id", [f"p{i % 60}" for i in range(N)], "id", False),
        ("userId", RNG.integers(0, 60, N), "id", False),
        ("c", 2**60 + RNG.integers(0, 60, N), "id", False),
        ("model_id", [f"m{i % 3}" for i in range(N)], "category", True),
        ("c", [datetime.date(2026, 1, 1) + datetime.timedelta(i) for i in range(N)], "date", False),
        ("c", [f"{i % 28 + 1:02d}/{i % 12 + 1:02d}/2026" for i in range(N)], "date", False),
        ("c", [f"{i % 28 + 1} March 2026 10:{i % 60:02d}" for i in range(N)], "date", False),
        ("c", [None] * N, "empty", False),
        ("c", [7] * N, "constant", False),
        ("c", ["a"] * N, "constant", False),
        ("c", ["a", None] * (N // 2), "category", True),
        ("c", [[1.0, 2.0], [3.0]] * (N // 2), "list", False),
        ("c", [{"a": 1}] * N, "list", False),
        ("c", [b"\xff", b"a"] * (N // 2), "other", False),
    ],
)
def test_every_kind(name, values, kind, used):
    found = column(values, name)
    assert (found.taken_for, found.used) == (kind, used)
    assert used or found.why


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"why does thing {i} not go" for i in range(N)], "holds free text .240 different"),
        ([f"{i:x}-{i * 7919 % 1013:x}" for i in range(N)], "texts that name something"),
        ([datetime.date(2026, 1, 1)] * N, "holds dates or times"),
        ([["a"]] * N, "holds lists or records"),
        ([b"\xff", b"a"] * (N // 2), "holds bytes that are no text"),
    ],
)
def test_who_names_what_no_model_reads_is_told_what_to_do(values, message):
    with pytest.raises(cede.InvalidInput, match=f"{message}.*--exclude 'my c'"):
        read_problem(pa.table({**BASE, "my c": values}), "y", features=["my c"])


@pytest.mark.parametrize("odd", ["?", ">2", "1.2O", "n/a", "-", "high"])
@pytest.mark.parametrize("frame", [pd.DataFrame, pa.table])
def test_an_odd_cell_is_missing_and_said(odd, frame):
    texts = [str(value) for value in BASE["x"]]
    texts[5] = odd
    found = problem(frame, c=texts)
    values = found.features["c"]
    assert np.isnan(values[5])
    np.testing.assert_array_equal(np.delete(values, 5), np.delete(BASE["x"], 5))
    said = found.columns[1]
    assert (said.taken_for, said.used) == ("number", True)
    assert f"holds texts, of which 239 of 240 are numbers; {odd!r} is not" in said.warning


def test_an_odd_cell_among_python_numbers_is_missing_and_said():
    values = np.array(BASE["x"], dtype=object)
    values[5] = "?"
    found = problem(pd.DataFrame, c=values)
    assert np.isnan(found.features["c"]).sum() == 1
    assert "'?' is not" in found.columns[1].warning


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i, v: "high" if i % 8 == 0 else v, "210 of 240 are numbers; 'high' is not"),
        (lambda i, v: f"{v} %" if i % 3 else v, "are not. Mend these cells"),
        (lambda i, v: f"{i + 1},{i + 100}", "'1,100' may be 1100 or 1.100"),
    ],
)
def test_a_column_of_which_too_much_is_odd_is_refused(change, message):
    texts = [change(i, str(value)) for i, value in enumerate(BASE["x"])]
    with pytest.raises(cede.InvalidInput, match=f"'c' holds texts.*{message}.*--exclude c"):
        problem(c=texts)


def test_few_values_of_which_one_is_no_number_are_categories_and_said():
    found = column([">9" if i % 9 == 0 else str(i % 9) for i in range(N)])
    assert found.taken_for == "category"
    assert "'>9' is not, so it is taken for a category" in found.warning


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("large_tokens", "bears the name of 'large'"),
        ("smallLatency", "bears the name of 'small'"),
        ("gpt4 price", "bears the name of 'gpt-4'"),
        ("output_tokens", "speaks of 'token'"),
        ("completionTokens", "speaks of 'token'"),
        ("response_length", "speaks of 'response'"),
        ("answer", "speaks of 'answer'"),
        ("latency_ms", "speaks of 'latency'"),
        ("prompt_tokens", ""),
        ("input_tokens", ""),
        ("urine output", ""),
        ("enlarged", ""),
        ("b_1", ""),
        ("age", ""),
    ],
)
def test_names_tell_what_is_known_too_late(name, why):
    found = known_late(name, ["small", "large", "gpt-4", "b", "1"])
    assert (why in found and "--exclude" in found) if why else not found


def test_what_is_known_too_late_is_used_and_warned_of():
    found = problem(e_minutes=BASE["x"], nurse_minutes=BASE["x"], output_tokens=BASE["x"])
    assert [bool(one.warning) for one in found.columns] == [False, False, False, True]
    table = pa.table({**BASE, "nurse_minutes": BASE["x"]})
    named = read_problem(table, "y", {"nurse": "e"}).columns[1]
    assert named.used
    assert "bears the name of 'nurse'" in named.warning


def test_a_table_without_features_says_why():
    table = pa.table({"y": BASE["y"], "n": np.arange(N), "when": [datetime.date(2026, 1, 1)] * N})
    with pytest.raises(cede.InvalidInput, match=r"'n': row numbers, 0 to 239.*'when': dates"):
        read_problem(table, "y")


def test_a_long_column_of_prompts_is_free_text():
    n = 12_000
    table = pa.table(
        {
            "x": np.arange(n) % 7 / 4,
            "y": np.arange(n) % 2,
            "prompt": [f"what is to be done about number {i}" for i in range(n)],
            "short": [f"word {i % 30}" for i in range(n)],
        }
    )
    kinds = {one.name: one.taken_for for one in read_problem(table, "y").columns}
    assert kinds == {"x": "number", "prompt": "text", "short": "category"}


def test_the_same_warning_of_several_columns_is_one():
    names = ["reader", "fracture_reader", *(f"n{i} reader" for i in range(9))]
    late = [Column(name, "number", warning=known_late(name, ["reader"])) for name in names]
    rows = Column("k", "number", warning="Column 'k' counts.")
    first, other = column_warnings([late[0], rows, *late[1:], Column("x", "number")])
    assert first.startswith(late[0].warning + " The same holds for 'fracture_reader', 'n0 reader',")
    assert first.endswith(" and 2 more.")
    assert other == rows.warning
