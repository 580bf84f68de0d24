"""Reader studies: three columns of a CSV, and nothing that is not one of them."""

import numpy as np
import pytest

from cede import InvalidInput
from cede.exceptions import UnknownName, UnreadableFile
from cede.routers.regions import ReaderStudy, read_reader_study

TEXT = "y_true,y_model,reader_score\n0,0.12,0\n1,1.0,1\n1,0,0\n"


@pytest.fixture
def write(tmp_path):
    def write(text, **options):
        path = tmp_path / "tune.csv"
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, newline="", **{"encoding": "utf-8", **options})
        return path

    return write


def same(study, y=(0, 1, 1), score=(0.12, 1.0, 0.0), reader=(0, 1, 0)):
    assert study.y.tolist() == list(y)
    assert study.score.tolist() == list(score)
    assert study.reader.tolist() == list(reader)
    assert (study.y.dtype, study.score.dtype, study.reader.dtype) == (np.int64, float, np.int64)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.rstrip("\n"),
        TEXT.replace("\n", "\n\n"),
        TEXT.replace("1,1.0,1", ' 1.0,"1e0",1 '),
        "\ufeff" + TEXT,
        "reader_score, y_model,site,y_true\n0,0.12,a,0\n1,1.0,,1\n0,0,b,1\n",
    ],
    ids=["plain", "crlf", "no end", "empty lines", "spelling", "byte order mark", "order, extra"],
)
def test_the_three_columns_are_read_by_name(write, text):
    same(read_reader_study(write(text)))


def test_columns_may_have_other_names(write):
    text = "Maker 1,Maker 2,y_true,reader_score\n0.5,0.1,0,1\n0.25,0.2,1,0\n"
    same(read_reader_study(write(text), score="Maker 2"), (0, 1), (0.1, 0.2), (1, 0))
    same(read_reader_study(write(text), score="Maker 1"), (0, 1), (0.5, 0.25), (1, 0))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", UnreadableFile, "has no cases"),
        ("y_true,y_model,reader_score\n", UnreadableFile, "has no cases"),
        (b"\xff\xfe\x00\x01", UnreadableFile, "cannot be read as CSV"),
        ('y_true,y_model,reader_score\n1,"0.5,1\n', UnreadableFile, "cannot be read as CSV"),
        (TEXT + "1,0.5\n", UnreadableFile, r"Line 5 of .* each of the 3 columns, but has 2"),
        (TEXT.replace("reader_score", "y_true"), UnreadableFile, "2 columns named 'y_true'"),
        (TEXT.replace("y_model", "y_modle"), UnknownName, "no column 'y_model'. Did you mean"),
        (
            TEXT + "1,1.5,1\n",
            InvalidInput,
            r"y_model must be a number in \[0, 1\].* '1.5' in line 5",
        ),
        (TEXT + "1,-0.1,1\n", InvalidInput, r"number in \[0, 1\], but got '-0\.1' in line 5 of"),
        (TEXT + "1,high,1\n", InvalidInput, "'high' in line 5 of .* and 0 other lines"),
        (TEXT + "1,nan,1\n1,inf,1\n", InvalidInput, "'nan' in line 5 of .* and 1 other lines"),
        (TEXT + "1,,1\n", InvalidInput, "y_model must be .* missing in line 5"),
        (TEXT + "\n2,0.5,1\n", InvalidInput, "y_true must be 0 or 1, but got '2' in line 6 of"),
        (TEXT + "0,0.5,0.5\n", InvalidInput, r"reader_score must be 0 or 1, but got '0\.5'"),
        (TEXT + "0,0.5, \n", InvalidInput, "reader_score must be 0 or 1, .* missing in line 5"),
    ],
)
def test_what_is_not_such_a_table_gets_a_sentence(write, text, error, message):
    with pytest.raises(error, match=message):
        read_reader_study(write(text))


def test_no_file_gets_a_sentence(tmp_path):
    with pytest.raises(UnreadableFile, match=r"There is no file '.*none.csv'"):
        read_reader_study(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match="cannot be read as CSV"):
        read_reader_study(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [0, 1]}, "score must have one row per case, as y has, but y has 2, score has 3"),
        ({"y": [0, 1, 2]}, "y must be 0 or 1 in every case, but got 2 first, and 1 such of 3"),
        ({"reader": [0.5, 0, 1]}, "reader must be 0 or 1 in every case"),
        ({"reader": [np.nan, 0, 1]}, "reader must be finite numbers"),
        ({"score": [0.1, np.inf, 0.2]}, "score must be finite numbers"),
        ({"score": ["a", "b", "c"]}, r"score must be numbers of shape \(n,\)"),
        (
            {"score": [[0.1], [0.2], [0.3]]},
            r"score .* \(n,\), but got .* shape \(3, 1\)",
        ),
        ({"y": [], "score": [], "reader": []}, "y must have one case at least, but got none"),
    ],
)
def test_arrays_that_are_no_study_get_a_sentence(change, message):
    arrays = {"y": [0, 1, 1], "score": [0.1, 0.2, 0.3], "reader": [0, 0, 1], **change}
    with pytest.raises(InvalidInput, match=message):
        ReaderStudy(**arrays)


def test_arrays_come_back_unchanged_and_scores_may_be_any_number():
    score = np.array([-7.5, 0.0, 1e9])
    study = ReaderStudy(y=np.array([True, False, True]), score=score, reader=[1, 1, 0])
    same(study, (1, 0, 1), (-7.5, 0.0, 1e9), (1, 1, 0))
    study.score[0] = 3.0
    assert score[0] == -7.5
    same(study.take([2, 1]), (1, 0), (1e9, 0.0), (0, 1))
    same(study.take(np.array([False, True, False])), (0,), (0.0,), (1,))
