"""Several files, folders of parts, and tables in databases are one table."""

import sqlite3
from contextlib import closing

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

import cede
from cede.logs import read_table, read_wide


def as_dict(frame):
    return {name: frame[name].to_list() for name in frame.columns}


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return [folder / f"{name}.csv" for name in files]


def test_rows_stand_below_each_other_whatever_the_order_of_columns(tmp_path):
    paths = write(tmp_path, a="x,y\n1,a\n", b="y,x\nb,2.5\n", c="x;y\n;c\n")
    assert as_dict(read_table(paths)) == {"x": [1.0, 2.5, None], "y": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("x,y\n1,2\n", "x,z\n1,2\n", "b.csv' has no column 'y', which .*a.csv' has"),
        ("x\n1\n", "x,z\n1,2\n", "a.csv' has no column 'z', which .*b.csv' has"),
        ("x,y\n1,2\n", "x,y\n?,2\n", "'x' holds numbers in .*a.csv' and texts in .*b.csv'"),
        ("x,y\ntrue,2\n", "x,y\n7,2\n", "'x' holds truths in .* and numbers in"),
    ],
)
def test_files_that_differ_are_refused_by_name(a, b, message, tmp_path):
    with pytest.raises(cede.exceptions.UnreadableFile, match=message):
        read_table(write(tmp_path, a=a, b=b))


def test_names_are_texts_in_all_files(tmp_path):
    paths = write(tmp_path, a="id,x\n1,0\n", b="id,x\n01,0\n")
    parquet.write_table(pa.table({"id": [2], "x": [0]}), tmp_path / "c.parquet")
    frame = read_table([*paths, tmp_path / "c.parquet"], texts=["id"])
    assert frame["id"].to_list() == ["1", "01", "2"]


def test_a_file_that_is_named_twice_is_refused(tmp_path):
    [path] = write(tmp_path, a="x\n1\n")
    with pytest.raises(cede.InvalidInput, match=r"name each file once, but got .*a.csv' twice"):
        read_table([path, path])


def test_partitions_of_a_folder_are_columns_of_texts(tmp_path):
    table = pa.table({"x": [1, 2, 3], "site": ["01", "1", None], "year": [2025, 2026, 2026]})
    dataset.write_dataset(
        table,
        tmp_path / "t",
        format="parquet",
        partitioning=dataset.partitioning(
            pa.schema([("site", pa.string()), ("year", pa.int64())]), flavor="hive"
        ),
    )
    (tmp_path / "t" / "_SUCCESS").touch()
    found = as_dict(read_table(tmp_path / "t"))
    rows = sorted(zip(found["x"], found["site"], found["year"], strict=True))
    assert rows == [(1, "01", "2025"), (2, "1", "2026"), (3, None, "2026")]


def test_a_folder_of_parts_that_differ_loses_no_column(tmp_path):
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    parquet.write_table(pa.table({"x": [1], "z": [2]}), tmp_path / "b.parquet")
    with pytest.raises(cede.exceptions.UnreadableFile, match=r"a.parquet' has no column 'z'"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "parts of one table, but it holds none"),
        (["a.csv", "b.parquet"], "holds files that end in .csv, .parquet"),
        (["_delta_log/0.json", "a.parquet"], "is a table of Delta, .* deleted rows"),
        (["metadata/v1.metadata.json", "data/a.parquet"], "is a table of Iceberg"),
    ],
)
def test_folders_that_are_no_table_get_a_sentence(files, message, tmp_path):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(cede.exceptions.UnreadableFile, match=message):
        read_table(tmp_path)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "log 100%?.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('CREATE TABLE "a ""b""; --" (id, small INTEGER, large REAL, note TEXT)')
        rows = [("1", 1, 0.5, "é"), (2, 0, None, None), ("01", 1, 1, "x")]
        connection.executemany('INSERT INTO "a ""b""; --" VALUES (?, ?, ?, ?)', rows)
        connection.commit()
    return path


def test_the_one_table_of_sqlite_needs_no_name(database):
    assert as_dict(read_table(database)) == {
        "id": ["1", "2", "01"],
        "small": [1, 0, 1],
        "large": [0.5, None, 1.0],
        "note": ["é", None, "x"],
    }
    assert len(read_table(f'{database}::a "b"; --')) == 3


def test_one_of_several_tables_is_named(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.commit()
    with pytest.raises(cede.InvalidInput, match=r'table must name one .* a "b"; --, other;'):
        read_table(database)
    assert as_dict(read_table(f"{database}::other")) == {"x": []}
    with pytest.raises(cede.InvalidInput, match=r"'othr'. Did you mean 'other'"):
        read_table(f"{database}::othr")


def test_what_is_no_database_gets_a_sentence(tmp_path):
    (tmp_path / "t.db").write_bytes(b"SQLite format 3\0" + b"nonsense" * 20)
    with pytest.raises(cede.exceptions.UnreadableFile, match="cannot be read as SQLite"):
        read_table(tmp_path / "t.db")
    (tmp_path / "t.db").write_bytes(b"nonsense" * 20)
    with pytest.raises(cede.exceptions.UnreadableFile, match="no database of SQLite or DuckDB"):
        read_table(tmp_path / "t.db")
    write(tmp_path, t="x\n1\n")
    with pytest.raises(cede.exceptions.UnreadableFile, match="no database, and has no table 'x'"):
        read_table(f"{tmp_path / 't.csv'}::x")
    with pytest.raises(cede.exceptions.UnreadableFile, match=r"no file .*none.db'"):
        read_table(f"{tmp_path / 'none.db'}::x")


def test_tables_of_duckdb(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE \"a\"\"b\" AS SELECT 1 AS x, {'k': 'v'} AS o")
    assert as_dict(read_table(path)) == {"x": [1], "o.k": ["v"]}
    secret = write(tmp_path, secret="x\n1\n")[0]
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA s")
        connection.execute("CREATE TABLE s.t AS SELECT 2 AS x")
        connection.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{secret}')")
    assert as_dict(read_table(f"{path}::s.t")) == {"x": [2]}
    with pytest.raises(cede.InvalidInput, match=r'table must name one of .* a"b, v, s.t;'):
        read_table(path)
    with pytest.raises(cede.exceptions.UnreadableFile, match="cannot be read as DuckDB"):
        read_table(f"{path}::v")


def test_duckdb_that_is_not_there_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    (tmp_path / "t.duckdb").write_bytes(b"\0" * 8 + b"DUCK" + b"\0" * 8)
    with pytest.raises(cede.exceptions.MissingExtra, match=r"pip install 'cede\[duckdb\]'"):
        read_table(tmp_path / "t.duckdb")


def test_a_log_of_several_files_is_the_log_of_one(tmp_path):
    rng = np.random.default_rng(0)
    log = pl.DataFrame(
        {"id": range(40), "x": rng.normal(size=40), "a": [0, 1] * 20, "b": [1, 1, 0, 0] * 10}
    )
    log.write_csv(tmp_path / "all.csv")
    log[:15].write_csv(tmp_path / "one.csv")
    log[15:].write_parquet(tmp_path / "two.parquet")
    flags = {"outcome": {"a": "a", "b": "b"}, "model": "a", "case": "id", "features": None}
    one = read_wide(tmp_path / "all.csv", **flags)
    both = read_wide([tmp_path / "one.csv", tmp_path / "two.parquet"], **flags)
    np.testing.assert_array_equal(one.agent_costs, both.agent_costs)
    np.testing.assert_array_equal(one.X, both.X)
