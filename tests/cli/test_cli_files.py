"""Commands read files of any kind, and say how they were written."""

import io
import json
import sqlite3
from contextlib import closing

import pandas as pd
import polars as pl
import pytest
from made_logs import make

WIDE = ("--model", "small", "--outcome", "small=small ok", "--outcome", "large=large ok")
FLAGS = (*WIDE, "--case", "id", "--exclude", "*usd", "--router", "cost_regression")


@pytest.fixture
def log():
    return make(0, 300).drop("topic", "user")


def told(done):
    content = json.loads(done.stdout)
    apart = {"command", "columns", "files", "folder", "kept"}
    return {name: value for name, value in content.items() if name not in apart}


def test_one_command_reads_any_kind_of_file(cede, log, tmp_path, monkeypatch):
    log.write_parquet(tmp_path / "t.parquet")
    expected = told(cede("fit", "t.parquet", *FLAGS, "--json"))

    frame = log.to_pandas()
    frame.to_csv(tmp_path / "t.csv", sep=";", decimal=",", index=False, encoding="utf-16")
    done = cede("fit", "t.csv", *FLAGS, "--json")
    assert "Read 't.csv': columns apart by semicolons." in done.stderr
    assert "Read 't.csv': encoding UTF-16." in done.stderr
    assert json.loads(done.stdout)["files"][0] == "'t.csv': columns apart by semicolons"
    assert told(done) == expected

    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        frame.to_sql("log", connection, index=False)
        frame.to_sql("other", connection, index=False)
    assert told(cede("fit", "t.db::log", *FLAGS, "--json", "--quiet")) == expected
    done = cede("fit", "t.db", *FLAGS, code=2)
    assert "table must name one of the tables in 't.db', which are log, other" in done.stderr

    log[:100].write_ndjson(tmp_path / "a.jsonl")
    log[100:].write_csv(tmp_path / "b.tsv", separator="\t")
    assert told(cede("fit", "a.jsonl", "b.tsv", *FLAGS, "--json")) == expected

    class Stdin:
        buffer = io.BytesIO((tmp_path / "t.parquet").read_bytes())

    monkeypatch.setattr("sys.stdin", Stdin)
    assert told(cede("fit", "-", *FLAGS, "--json")) == expected


def test_what_must_be_said_is_asked_for_by_its_flag(cede, log, tmp_path):
    log.write_csv(tmp_path / "t.csv")
    frame = pd.DataFrame({"id,x": ["1,5", "2,5"], "small ok": [0, 1], "large ok": [1, 1]})
    frame.to_csv(tmp_path / "either.csv", sep=";", index=False, quoting=3, escapechar="\\")
    (tmp_path / "either.csv").write_text("id,x;y\n1,5;0\n2,5;1\n")
    (tmp_path / "latin.csv").write_bytes("é,y\n1,2\n".encode("cp1252"))
    for name, flags, words in (
        ("either.csv", (), "--delimiter must be said of 'either.csv', whose columns may be"),
        ("latin.csv", (), "--encoding must be said of 'latin.csv', which is not UTF-8"),
        ("t.csv", ("--decimal", "point"), "--decimal must be '.' or ',', but got 'point'"),
        ("t.csv", ("--from", "routerbench", "--decimal", "."), "--decimal is for tables"),
        ("nothing.csv", (), "There is no file 'nothing.csv'"),
        ("t.csv", ("t.csv",), "table must name each file once"),
    ):
        done = cede("fit", name, *flags, *FLAGS, code=2)
        assert words in done.stderr, done.stderr


def test_a_report_says_how_files_and_columns_were_read(cede, log, tmp_path):
    log.with_row_index("").to_pandas().to_csv(tmp_path / "t.csv", sep=";", index=False)
    cede("fit", "t.csv", *FLAGS)
    fresh = make(1, 300).with_columns(pl.lit("x").alias("topic"))
    fresh.to_pandas().to_csv(tmp_path / "new.csv", sep=";", index=False)
    cede("report", "router", "new.csv", *WIDE[2:], "--case", "id")
    page = (tmp_path / "report.html").read_text()
    assert "columns apart by semicolons" in page
    assert "Features taken for 3 numbers" in page


def test_lists_reach_a_router_and_are_routed(cede, log, tmp_path):
    names = ("e_1", "e_2")
    rows = [
        {**{k: v for k, v in row.items() if k not in names}, "e": [row["e_1"], row["e_2"]]}
        for row in log.to_dicts()
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = cede("fit", "t.jsonl", *FLAGS, "--features", "e_*,length")
    assert "Read 'e': lists of 2 numbers as 'e_0' to 'e_1'." in done.stderr
    cede("route", "router", "t.jsonl", "--case", "id", "--out", "routes.csv")
    assert pl.read_csv(tmp_path / "routes.csv")["id"].to_list() == log["id"].to_list()
