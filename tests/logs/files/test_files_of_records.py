"""JSON records come in with their objects as columns, and lists as numbers."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import cede
from cede.logs import read_problem, read_table
from cede.logs.files import Files
from cede.logs.files._cells import table_of

RECORDS = [
    {"id": 1, "x": 0.5, "doc": {"subject": "law", "marks": {"a": 1}}, "y": "a"},
    {"id": 2, "x": 1, "doc": {"subject": "art", "marks": {"a": 2}}, "y": "b"},
    {"id": 3, "x": None, "doc": {"subject": None}, "y": "b"},
]


def as_dict(frame):
    return {name: frame[name].to_list() for name in frame.columns}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.jsonl", "\n".join(map(json.dumps, RECORDS))),
        ("t.ndjson", "\n\n".join(map(json.dumps, RECORDS)) + "\n"),
        ("t.json", json.dumps(RECORDS, indent=2)),
        ("t.json", json.dumps({"version": 3, "tags": ["a"], "rows": RECORDS})),
        ("t.json", "\n".join(map(json.dumps, RECORDS))),
        ("t.jsonl", json.dumps(RECORDS)),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_records_in_every_form(name, text, encoding, tmp_path):
    (tmp_path / name).write_text(text, encoding=encoding)
    files = Files(tmp_path / name)
    assert as_dict(files.read()) == {
        "id": [1, 2, 3],
        "x": [0.5, 1.0, None],
        "doc.subject": ["law", "art", None],
        "doc.marks.a": [1, 2, None],
        "y": ["a", "b", "b"],
    }
    assert any("objects in 'doc' as columns of their own" in note for note in files.notes)
    assert any("records of 'rows'" in note for note in files.notes) == ("rows" in text)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.json", '{"a": {"0": 1}, "b": {"0": 2}}', "it holds no list; write one, .*orient"),
        ("t.json", '{"a": [{"x": 1}], "b": [{"x": 2}]}', "lists of records in 'a', 'b'"),
        ("t.json", "[[1, 2], [3, 4]]", "holds a list where records are wanted"),
        ("t.json", "3", "holds a number where records are wanted"),
        ("t.json", '[{"x": 1},', "is no JSON: .* at line 1"),
        ("t.json", " \n", "is empty"),
        ("t.jsonl", '{"x": 1}\n{"x": \n', "line 2 is no JSON"),
        ("t.jsonl", '{"x": 1}\n[2]\n', "line 2 holds no record but a list"),
        ("t.jsonl", '{"x": 1, "x": 2}\n', "an object has 'x' twice"),
        ("t.jsonl", '{"a": {"b": 1}, "a.b": 2}\n', "a record has 'a.b' twice"),
        ("t.jsonl", "[" * 100_000, "cannot be read|no JSON"),
    ],
)
def test_what_holds_no_records_gets_a_sentence(name, text, message, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(cede.exceptions.UnreadableFile, match=message):
        read_table(tmp_path / name)


def test_an_encoding_that_json_has_not_is_asked_for(tmp_path):
    (tmp_path / "t.jsonl").write_bytes(b'{"x": "caf\xe9"}\n')
    with pytest.raises(cede.InvalidInput, match=r"encoding must be said of .*0xe9"):
        read_table(tmp_path / "t.jsonl")
    assert read_table(tmp_path / "t.jsonl", encoding="latin-1")["x"].to_list() == ["café"]


@pytest.mark.parametrize(
    ("early", "late", "read"),
    [
        (1, "1", ["1", "1"]),
        (1, 0.5, [1.0, 0.5]),
        (2**60 + 1, 0.5, [str(2**60 + 1), "0.5"]),
        (1, 2**70, ["1", str(2**70)]),
        (True, 1, ["true", "1"]),
        ([1], [0.5], [[1.0], [0.5]]),
        ([1], "a", ["[1]", "a"]),
        (None, 3, [None, 3]),
    ],
)
@pytest.mark.parametrize("apart", [0, 12_000])
def test_a_kind_does_not_depend_on_where_a_cell_stands(early, late, read, apart):
    records = [{"x": early}, *({"y": 0} for _ in range(apart)), {"x": late}]
    cells = table_of(records)["x"].to_pylist()
    assert [cells[0], cells[-1]] == read


def test_a_field_that_comes_late_is_missing_before(tmp_path):
    lines = [*(json.dumps({"x": i}) for i in range(11_000)), '{"x": 1, "late": "here"}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    frame = read_table(tmp_path / "t.jsonl")
    assert frame["late"].to_list()[-2:] == [None, "here"]
    assert len(frame) == 11_001


EMBEDDINGS = [[0.5, 1.0], [0.25, 2.0], None, [0.0, 3.0]]
SPREAD = {"emb_0": [0.5, 0.25, np.nan, 0.0], "emb_1": [1.0, 2.0, np.nan, 3.0]}


def frames():
    columns = {"x": [1, 2, 3, 4], "emb": EMBEDDINGS, "y": ["a", "b", "a", "b"]}
    yield pa.table(columns)
    yield pa.table({**columns, "emb": pa.array(EMBEDDINGS, pa.list_(pa.float32(), 2))})
    yield pd.DataFrame(columns, index=[3, 1, 2, 0])
    yield pd.DataFrame({**columns, "emb": [e if e is None else np.array(e) for e in EMBEDDINGS]})
    yield pl.DataFrame(columns)
    yield pl.DataFrame(columns).with_columns(pl.col("emb").cast(pl.Array(pl.Float64, 2)))
    yield pd.DataFrame({**columns, "emb": ["[0.5, 1]", "[0.25,2.0]", None, "[ 0. 3.]"]})


@pytest.mark.parametrize("frame", list(frames()))
def test_lists_of_one_length_are_numbers(frame):
    cases = read_problem(frame, "y")
    assert list(cases.features) == ["x", "emb_0", "emb_1"]
    for name, values in SPREAD.items():
        np.testing.assert_array_equal(cases.features[name], values)
    assert list(read_problem(frame, "y", features=["emb_*"]).features) == ["emb_0", "emb_1"]
    assert list(read_problem(frame, "y", features=["emb"]).features) == ["emb_0", "emb_1"]
    assert list(read_problem(frame, "y", exclude=["emb"]).features) == ["x"]


def test_lists_in_files_are_numbers_and_said(tmp_path):
    table = pa.table({"emb": [[0.5, 1.0], [2.0, 3.0]], "y": ["a", "b"]})
    parquet.write_table(table, tmp_path / "t.parquet")
    table.to_pandas().to_csv(tmp_path / "t.csv", index=False)
    for name in ("t.parquet", "t.csv"):
        files = Files(tmp_path / name)
        assert files.read()["emb_1"].to_list() == [1.0, 3.0]
        assert files.notes == ["'emb': lists of 2 numbers as 'emb_0' to 'emb_1'"]


@pytest.mark.parametrize(
    "cells",
    [
        [[1.0, 2.0], [3.0]],
        [["a", "b"], ["c", "d"]],
        [[[1.0], [2.0]], [[3.0], [4.0]]],
        [[], []],
        ["[1, 2]", "[3]"],
        ["[0.1 0.2 ... 0.3]", "[0.1 0.2 ... 0.4]"],
    ],
)
def test_other_lists_stay_and_are_left_out(cells):
    cases = read_problem(pa.table({"x": [1.5, 2.5], "emb": cells, "y": ["a", "b"]}), "y")
    assert not {"emb_0", "emb_1"} & set(cases.features)
    assert [c.used for c in cases.columns] == [True, isinstance(cells[0], str)]


def test_a_list_whose_names_are_taken_stays_one():
    frame = pa.table({"emb": [[1.0], [2.0]], "emb_0": [5.0, 6.0], "y": ["a", "b"]})
    assert read_problem(frame, "y").features["emb_0"].tolist() == [5.0, 6.0]
