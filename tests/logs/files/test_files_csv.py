"""Files come in as they are written, or not at all."""

import csv as python_csv
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

import cede
from cede.logs import read_problem, read_table


def test_line_breaks_in_cells_of_a_file_of_many_blocks(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (f"{i:05d}", "\n".join("word" * k for k in rng.integers(1, 40, 4)), i) for i in range(9_000)
    ]
    path = tmp_path / "t.csv"
    with path.open("w", newline="") as stream:
        python_csv.writer(stream).writerows([("id", "text", "number"), *rows])
    assert path.stat().st_size > 2 << 20
    frame = read_table(path, texts=["id"])
    assert frame["id"].to_list() == [row[0] for row in rows]
    assert frame["text"].to_list() == [row[1] for row in rows]
    assert frame["number"].to_list() == [row[2] for row in rows]


def test_a_cell_longer_than_a_block(tmp_path):
    text = "line\n" * 300_000
    (tmp_path / "t.csv").write_text(f'x,text\n1,short\n2,"{text}"\n3,short\n')
    frame = read_table(tmp_path / "t.csv")
    assert frame["text"].to_list() == ["short", text, "short"]
    assert frame["x"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(("late", "kind"), [("0.5", float), ("?", str), ("12", int)])
def test_what_stands_late_in_a_long_column_counts_as_what_stands_early(late, kind, tmp_path):
    cells = ["7"] * 600_000 + [late]
    (tmp_path / "t.csv").write_text("x\n" + "\n".join(cells) + "\n")
    assert read_table(tmp_path / "t.csv")["x"].to_list() == [kind(cell) for cell in cells]


READ = """
import sys
import pyarrow
from cede.logs import read_table
table = read_table(sys.argv[1])
print(pyarrow.default_memory_pool().max_memory())
"""


def test_reading_keeps_no_text_of_a_file_beside_the_table(tmp_path):
    numbers = np.random.default_rng(0).normal(size=(400_000, 5))
    table = pa.table({f"x{j}": numbers[:, j] for j in range(5)})
    csv.write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").stat().st_size > 32 << 20
    most = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "t.csv"], check=True, capture_output=True, text=True
    ).stdout
    assert int(most) < table.nbytes + (32 << 20)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_columns_may_be_apart_by_other_marks(mark, tmp_path):
    lines = [("x", "a; b" if mark == "," else "a"), ("1", "2"), ("3", "4")]
    (tmp_path / "t.csv").write_text("\n".join(mark.join(line) for line in lines))
    frame = read_table(tmp_path / "t.csv")
    assert frame.columns == list(lines[0])
    assert frame["x"].to_list() == [1, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x,é\n1,2\n".encode("latin-1"), "not UTF-8 .line 1 holds the byte 0xe9.*say cp1252"),
        ("x,y\n1,2\n\n3,é\n".encode("cp1252"), "not UTF-8 .line 4 holds the byte 0xe9"),
        (b"", "is empty; a table has a header"),
        (b"\n \n", "is empty; a table has a header"),
        (b"x,y\n1,\x002\n", "holds zero bytes"),
        (b"x,y,x,x,y\n1,2,3,4,5\n", r"several are named 'x' \(3 times\), 'y' \(2 times\)"),
        (b"x,y\n1,2\n3\n", "Expected 2 columns, got 1"),
    ],
)
def test_files_that_cannot_be_read_get_a_sentence(content, message, tmp_path):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(cede.CedeError, match=message):
        read_table(tmp_path / "t.csv")


def test_a_byte_beyond_utf_8_after_the_first_block(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"x,y\n" + b"1,word\n" * 300_000 + b"2,caf\xe9\n")
    with pytest.raises(cede.InvalidInput, match="line 300,002 holds the byte 0xe9"):
        read_table(tmp_path / "t.csv")


def test_utf_8_with_a_mark_and_other_ends_of_lines(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfx,y\r\n1,caf\xc3\xa9\r\n\r\n")
    frame = read_table(tmp_path / "t.csv")
    assert (frame.columns, frame["y"].to_list()) == (["x", "y"], ["café"])


def test_texts_stay_as_written_and_plain_whole_numbers_are_numbers(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c,d\n01,10,1.10,18446744073709551617\n1,9,1.1,1\n")
    frame = read_table(tmp_path / "t.csv", texts=["a", "b", "c", "d", "no such column", None])
    assert frame["a"].to_list() == ["01", "1"]
    assert frame["b"].to_list() == [10, 9]
    assert frame["c"].to_list() == ["1.10", "1.1"]
    assert frame["d"].to_list() == ["18446744073709551617", "1"]


def test_bytes_that_are_texts_are_read_as_such(tmp_path):
    y, e = [b"frais", "café".encode()] * 30, ["frais"] * 60
    table = pa.table({"x": np.arange(60) % 7, "y": y, "e": e, "word": [b"one", b"two"] * 30})
    parquet.write_table(table, tmp_path / "t.parquet")
    problem = read_problem(tmp_path / "t.parquet", "y", {"e": "e"})
    assert set(problem.y) == {"frais", "café"}
    assert problem.costs[:, 0].tolist() == [0, 1] * 30
    assert problem.features["word"].tolist() == ["one", "two"] * 30
    with pytest.raises(cede.InvalidInput, match="'y' holds bytes that are no text in UTF-8"):
        read_problem(pa.table({"x": [1, 2], "y": [b"\xff", b"a"]}), "y")


def test_whole_numbers_name_columns():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(12, 3)))
    frame["y"], frame["e"] = ["a", "b"] * 6, ["a", "b"] * 6
    assert list(read_problem(frame, "y", {"e": "e"}).features) == ["0", "1", "2"]
    assert list(read_problem(frame, "y", {"e": "e"}, exclude=[1]).features) == ["0", "2"]


def test_a_header_without_rows_gets_its_own_sentence(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n")
    with pytest.raises(cede.InvalidInput, match="a header but no rows"):
        read_problem(tmp_path / "t.csv", "y")
