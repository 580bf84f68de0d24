"""Reader studies in the format of iMRMC."""

from pathlib import Path

import polars as pl
import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_imrmc

FILE = Path(__file__).parent / "files" / "imrmc" / "study.imrmc"
STUDY = {"modality": "screen", "threshold": "50", "model": "AI"}


@pytest.fixture
def text():
    return FILE.read_text()


def write(path, text):
    path.write_text(text)
    return path


def test_readers_answer_by_a_threshold_and_the_truth_is_the_label(text):
    export = read_imrmc(FILE, **STUDY)
    scores = dict(line.rsplit(",", 1) for line in text.splitlines() if line.count(",") == 3)
    readers = export.table["1"].to_pylist()
    cases = export.table["caseID"].to_pylist()
    assert readers == [str(int(float(scores[f"1,{c},screen"]) >= 50)) for c in cases]
    assert export.table["2"].to_pylist()[cases.index("c05")] is None
    assert export.table["AI score"].to_pylist()[0] == float(scores["AI,c00,AI"])
    assert read(export).y.tolist() == ["0"] * 10 + ["1"] * 10
    assert export.columns["experts"] == {"1": "1", "2": "2"}


def test_a_score_that_is_the_threshold_is_a_yes(text, tmp_path):
    path = write(tmp_path / "a.imrmc", text.replace("BEGIN DATA:", "BEGIN DATA:,,,"))
    for threshold, answer in (("3", "1"), ("3.5", "0")):
        changed = path.read_text().replace("1,c00,screen,", "1,c00,screen,3\n,,,\nx,c00,film,")
        study = STUDY | {"threshold": threshold}
        export = read_imrmc(write(tmp_path / "b.imrmc", changed), **study)
        assert export.table["1"][0].as_py() == answer


def test_a_table_is_read_alike(text, tmp_path):
    rows = [line.split(",") for line in text.split("BEGIN DATA:\n")[1].splitlines()]
    names = ["readerID", "caseID", "modalityID", "score"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    frame.with_columns(readerID=pl.col("readerID").replace("-1", "truth")).write_csv(
        tmp_path / "study.csv"
    )
    export = read_imrmc(tmp_path / "study.csv", **STUDY)
    assert export.table.equals(read_imrmc(FILE, **STUDY).table)
    typed = frame.with_columns(pl.col("score").cast(float))
    codes = {"-1": -1.0, "1": 1.0, "2": 2.0, "AI": 3.0}
    typed = typed.with_columns(readerID=pl.col("readerID").replace_strict(codes))
    typed.write_parquet(tmp_path / "study.parquet")
    export = read_imrmc(tmp_path / "study.parquet", **STUDY | {"model": "3"})
    assert export.table["1"].equals(read_imrmc(FILE, **STUDY).table["1"])
    frame.drop("score").write_csv(tmp_path / "short.csv")
    with pytest.raises(UnreadableFile, match="has no column 'score'"):
        read_imrmc(tmp_path / "short.csv")


def test_modality_and_threshold_must_be_said():
    with pytest.raises(InvalidInput, match=r"one of film, screen, but got none; write modality="):
        read_imrmc(FILE, threshold=50, model="AI")
    with pytest.raises(
        InvalidInput, match=r"scores run from \d+ to \d+, but got none; write thres"
    ):
        read_imrmc(FILE, modality="screen", model="AI")
    for threshold in ("half", "nan"):
        with pytest.raises(InvalidInput, match=f"but got '{threshold}'"):
            read_imrmc(FILE, **STUDY | {"threshold": threshold})


def test_zero_and_one_need_no_threshold(tmp_path):
    rows = "-1,a,0,0\n-1,b,0,1\nr,a,1,1.000\nr,b,1,0.000\nm,a,1,.2\nm,b,1,.9\n"
    path = write(tmp_path / "a.imrmc", "BEGIN DATA:\n" + rows)
    assert read_imrmc(path, model="m").table["r"].to_pylist() == ["1", "0"]


def test_a_model_needs_something_to_see(tmp_path):
    study = {n: v for n, v in STUDY.items() if n != "model"}
    without = "\n".join(line for line in FILE.read_text().splitlines() if line[:2] != "AI")
    path = write(tmp_path / "a.imrmc", without)
    with pytest.raises(InvalidInput, match="must say cases, as the files hold nothing"):
        read_imrmc(path, **study)
    cases = pl.DataFrame({"caseID": [f"c{n:02d}" for n in range(20)], "age": range(40, 60)})
    cases.write_csv(tmp_path / "cases.csv")
    export = read_imrmc(path, cases=str(tmp_path / "cases.csv"), **study)
    assert export.table["age"].to_pylist() == list(range(40, 60))


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("-1,c00,0,0", "-1,c00,0,0\n-1,c00,0,1", InvalidInput, "caseID c00 has '0' and '1'"),
        ("-1,c00,0,0", "-1,c00,0,2", InvalidInput, "must hold 0 or 1 as the truth of a case"),
        ("1,c01,screen", "1,c00,screen", InvalidInput, "'1' answered caseID c00 twice"),
        ("AI,c01,AI", "AI,c00,AI", InvalidInput, "must hold one score of 'AI' for each case"),
        ("1,c01,screen", "1,screen", UnreadableFile, "no reader, case, modality and score in row"),
        ("1,c01,screen,", "1,c01,screen,nan\n2,c01,x,", UnreadableFile, "modality and score in"),
        ("BEGIN DATA:", "DATA", UnreadableFile, "no line BEGIN DATA:"),
    ],
)
def test_wrong_studies_are_refused(text, tmp_path, old, new, error, message):
    assert old in text
    path = write(tmp_path / "a.imrmc", text.replace(old, new, 1))
    with pytest.raises(error, match=message):
        read_imrmc(path, **STUDY)


def test_a_case_whose_truth_is_not_known_is_left_out(text, tmp_path):
    path = write(tmp_path / "a.imrmc", text.replace("-1,c00,0,0\n", "", 1))
    assert len(read(read_imrmc(path, **STUDY)).y) == 19


def test_names_that_are_not_there(tmp_path):
    with pytest.raises(InvalidInput, match="a reader of the study for model, but got 'KI'"):
        read_imrmc(FILE, **STUDY | {"model": "KI"})
    with pytest.raises(InvalidInput, match="one of film, screen, but got 'paper'"):
        read_imrmc(FILE, **STUDY | {"modality": "paper"})
    with pytest.raises(UnreadableFile, match="There is no file"):
        read_imrmc(tmp_path / "absent.imrmc", **STUDY)


def test_one_command_compares(cede, tmp_path):
    rows = []
    for case in answered():
        name, score = f"c{case.number:03d}", {"yes": 80, "no": 20}
        rows.append(f"-1,{name},0,{int(case.truth == 'yes')}")
        rows.append(f"AI,{name},AI,{case.length:.4f}")
        rows += [f"1,{name},screen,{score[case.ann]}"] if case.ann else []
        rows.append(f"2,{name},screen,{score[case.bob]}")
    write(tmp_path / "study.imrmc", "\n".join(["BEGIN DATA:", *rows]))
    options = ["--option", "threshold=50", "--option", "model=AI"]
    done = compare(cede, "study.imrmc", "--from", "imrmc", *options)
    assert set(done["experts"]) == {"1", "2"}
    assert [c["name"] for c in done["columns"] if c["used"]] == ["AI score"]
