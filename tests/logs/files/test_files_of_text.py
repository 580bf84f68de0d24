"""How files of text are written is found, said, or asked for; it is never read wrong."""

import gzip
import io

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

import cede
from cede.logs import read_problem, read_table
from cede.logs.files import Files


def written(tmp_path, text, name="t.csv", encoding="utf-8"):
    (tmp_path / name).write_bytes(text.encode(encoding))
    return tmp_path / name


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_encodings_with_a_mark_are_found(encoding, tmp_path):
    files = Files(written(tmp_path, "x,y\n1,é\n", encoding=encoding))
    frame = files.read()
    assert (frame.columns, frame["y"].to_list()) == (["x", "y"], ["é"])
    assert [note.split(": ")[1] for note in files.notes] == (
        ["encoding UTF-16"] if encoding == "utf-16" else []
    )


def test_an_encoding_that_is_said_is_used_and_one_that_does_not_fit_refused(tmp_path):
    path = written(tmp_path, "x,y\n1,café\n", encoding="cp1252")
    assert read_table(path, encoding="cp1252")["y"].to_list() == ["café"]
    with pytest.raises(cede.InvalidInput, match=r"encoding must be that of .*0xe9"):
        read_table(path, encoding="ascii")
    with pytest.raises(cede.InvalidInput, match=r"encoding must be an encoding of .*'rot13'"):
        read_table(path, encoding="rot13")


def test_a_delimiter_is_the_one_that_divides_all_rows_alike(tmp_path):
    files = Files(written(tmp_path, "name;price, EUR;x\na;1;2\nb;3;4\n"))
    assert files.read().columns == ["name", "price, EUR", "x"]
    assert files.notes[0].endswith("t.csv': columns apart by semicolons")
    quoted = written(tmp_path, 'a,"b;c"\n1,"2;3"\n')
    assert read_table(quoted).columns == ["a", "b;c"]


def test_two_delimiters_that_both_divide_are_asked_for(tmp_path):
    path = written(tmp_path, "a,b;c\n1,5;2\n2,5;3\n")
    with pytest.raises(cede.InvalidInput, match=r"delimiter must be said of .* ',' or ';'"):
        read_table(path)
    assert read_table(path, delimiter=";")["a,b"].to_list() == ["1,5", "2,5"]
    assert read_table(path, delimiter=";", decimal=",")["a,b"].to_list() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"delimiter": ";;"}, "delimiter must be one sign"),
        ({"decimal": "comma"}, "decimal must be '.' or ','"),
        ({"decimal": ",", "delimiter": ","}, "another sign than the delimiter"),
    ],
)
def test_what_cannot_be_is_refused(said, message, tmp_path):
    with pytest.raises(cede.InvalidInput, match=message):
        read_table(written(tmp_path, "x\n1\n"), **said)


def test_a_tab_has_a_name_and_an_ending(tmp_path):
    text = "x, y\tz\n1, 2\t3\n"
    assert read_table(written(tmp_path, text, "t.tsv")).columns == ["x, y", "z"]
    assert read_table(written(tmp_path, text), delimiter="tab").columns == ["x, y", "z"]
    assert read_table(written(tmp_path, "x,y\n1,2\n", "u.tsv")).columns == ["x", "y"]


@pytest.mark.parametrize(
    ("decimal", "cells", "numbers"),
    [
        (",", ["1,234", "2,5"], [1.234, 2.5]),
        (",", ["1.234", "2.345"], [1234.0, 2345.0]),
        (",", ["1.234,5", "12"], [1234.5, 12.0]),
        (",", ["1 234,5", "-0,5"], [1234.5, -0.5]),
        (".", ["1,234", "12"], [1234.0, 12.0]),
        (".", ["1,234.5", "0.5"], [1234.5, 0.5]),
        (",", ["1,5e3", ",5"], [1500.0, 0.5]),
    ],
)
def test_a_decimal_mark_that_is_said_leaves_the_other_between_thousands(
    decimal, cells, numbers, tmp_path
):
    path = written(tmp_path, "x;y\n" + "".join(f"{cell};a\n" for cell in cells))
    assert read_table(path, decimal=decimal)["x"].to_list() == numbers


def test_what_is_a_number_only_with_the_other_mark_stays_as_it_is(tmp_path):
    path = written(tmp_path, "x;code;y\n1.5;01234;a\n2.25;56789;b\n")
    frame = read_table(path, decimal=",", texts=["code"])
    assert frame["x"].to_list() == ["1.5", "2.25"]
    assert frame["code"].to_list() == ["01234", "56789"]


def table_with(cells, other):
    rows = "".join(f"{cell};{other};{'ab'[i % 2]}\n" for i, cell in enumerate(cells))
    return f"x;z;y\n{rows}"


def test_numbers_that_may_be_either_are_refused_and_name_the_flag(tmp_path):
    cells = [f"{i + 1},{100 + i}" for i in range(30)]
    path = written(tmp_path, table_with(cells, "0"))
    with pytest.raises(cede.InvalidInput, match=r"'1,100' may be 1100 or 1\.100.*--decimal"):
        read_problem(path, "y")
    commas = read_problem(Files(path, decimal=","), "y").features["x"]
    assert commas[:2].tolist() == [1.1, 2.101]
    points = read_problem(Files(path, decimal="."), "y").features["x"]
    assert points[:2].tolist() == [1100.0, 2101.0]


def test_points_beside_decimal_commas_may_be_thousands(tmp_path):
    cells = [f"{i + 1}.{100 + i}" for i in range(30)]
    path = written(tmp_path, table_with(cells, "12,5"))
    with pytest.raises(cede.InvalidInput, match=r"decimal must be said .*'z' has decimal commas"):
        read_table(path)
    assert read_table(path, decimal=",")["x"].to_list()[0] == 1100.0
    both = read_table(path, decimal=".")
    assert both["x"].to_list()[0] == 1.1
    clear = written(tmp_path, table_with([*cells, "0.5"], "12,5"))
    assert read_table(clear)["x"].to_list()[-1] == 0.5


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("packing", [".gz", ".bz2", ".zst"])
def test_packed_files_are_those_that_they_hold(packing, ending, tmp_path):
    texts = {".csv": b"x,y\n1,a\n", ".tsv": b"x\ty\n1\ta\n", ".jsonl": b'{"x": 1, "y": "a"}\n'}
    if ending == ".parquet":
        stream = io.BytesIO()
        parquet.write_table(pa.table({"x": [1], "y": ["a"]}), stream)
        texts[ending] = stream.getvalue()
    name = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}[packing]
    path = tmp_path / f"t{ending}{packing}"
    with pa.CompressedOutputStream(str(path), name) as stream:
        stream.write(texts[ending])
    frame = read_table(path)
    assert {name: frame[name].to_list() for name in frame.columns} == {"x": [1], "y": ["a"]}


def test_a_packed_file_that_is_cut_is_refused(tmp_path):
    packed = gzip.compress(b"x,y\n" + b"1,2\n" * 1000)
    (tmp_path / "t.csv.gz").write_bytes(packed[:-12])
    with pytest.raises(cede.exceptions.UnreadableFile, match="Truncated"):
        read_table(tmp_path / "t.csv.gz")
    (tmp_path / "t.csv.gz").write_bytes(b"x,y\n1,2\n")
    with pytest.raises(cede.exceptions.UnreadableFile, match="cannot be read as csv"):
        read_table(tmp_path / "t.csv.gz")


class Stdin:
    def __init__(self, data):
        self.buffer = io.BytesIO(data)


def parquet_of(table):
    stream = io.BytesIO()
    parquet.write_table(table, stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"x,y\n1,a\n2,b\n",
        b"x;y\n1;a\n2;b\n",
        gzip.compress(b"x,y\n1,a\n2,b\n"),
        b'[{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]',
        b' {"x": 1, "y": "a"}\n{"x": 2, "y": "b"}\n',
        parquet_of(pa.table({"x": [1, 2], "y": ["a", "b"]})),
    ],
    ids=["comma", "semicolon", "packed", "json", "jsonl", "parquet"],
)
def test_standard_input_is_told_by_how_it_begins(data, monkeypatch):
    monkeypatch.setattr("sys.stdin", Stdin(data))
    frame = read_table("-")
    assert (frame["x"].to_list(), frame["y"].to_list()) == ([1, 2], ["a", "b"])


def test_standard_input_that_is_nothing_is_refused(monkeypatch):
    monkeypatch.setattr("sys.stdin", Stdin(b""))
    with pytest.raises(cede.exceptions.UnreadableFile, match="Standard input is empty"):
        read_table("-")


def test_what_is_said_of_a_file_that_has_none_of_it_is_refused(tmp_path):
    parquet.write_table(pa.table({"x": [1]}), tmp_path / "t.parquet")
    with pytest.raises(cede.InvalidInput, match=r"delimiter is nothing that a file .*parquet has"):
        read_table(tmp_path / "t.parquet", delimiter=";")


def test_kinds_do_not_depend_on_the_block(tmp_path):
    rows = ["7,2024-01-01,true,"] * 150_000
    late = "0.5,never,1,9"
    path = written(tmp_path, "a,b,c,d\n" + "\n".join([*rows, late]) + "\n")
    assert path.stat().st_size > 2 << 20
    first = written(tmp_path, "a,b,c,d\n" + "\n".join([late, *rows]) + "\n", "first.csv")
    one, other = read_table(path), read_table(first)
    assert one.schema == other.schema
    assert one.tail(1).rows() == other.head(1).rows()


def test_several_blocks_of_what_arrow_wrote(tmp_path):
    table = pa.table({"x": range(200_000), "y": ["word"] * 200_000})
    csv.write_csv(table, tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")["x"].to_list() == list(range(200_000))
