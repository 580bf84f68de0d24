"""Results of batches of Mechanical Turk, with the columns of its site."""

import json
from pathlib import Path

import polars as pl
import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_mturk

FILES = Path(__file__).parent / "files" / "mturk"
MOOD = {"question": "mood"}


@pytest.fixture
def batch():
    return pl.read_csv(FILES / "batch.csv", infer_schema=False)


@pytest.mark.parametrize("name", ["batch.csv", "radio.csv", "json.csv"])
def test_forms_are_read_alike(name):
    export = read_mturk(FILES / name, **MOOD)
    table = export.table.to_pydict()
    assert table["A1WORKER"] == ["good", "bad", "good", "bad", "bad", "good"]
    assert table["A2WORKER"] == ["good", "good", "bad", "good", None, "good"]
    assert table["Input.length"] == [14, 16, 19, 18, 20, 24]
    assert table["Input.text_words"] == [4, 4, 5, 4, 5, 4]


def test_rejected_assignments_are_left_out(batch, tmp_path):
    export = read_mturk(FILES / "batch.csv")
    assert set(export.columns["experts"]) == {"A1WORKER", "A2WORKER"}
    assert any("3 rejected assignments" in note for note in export.notes)
    reasons = [None, "spam", *[None] * (len(batch) - 2)]
    batch.with_columns(Reject=pl.Series(reasons)).write_csv(tmp_path / "a.csv")
    assert read_mturk(tmp_path / "a.csv").table["A2WORKER"][0].as_py() is None


def test_an_input_is_the_label():
    cases = read(read_mturk(FILES / "batch.csv"), label="Input.expected")
    assert cases.agent_costs[:4, 1:].tolist() == [[0, 0], [0, 1], [1, 0], [1, 0]]


def test_rewards_and_times_are_said_if_they_are_asked_for():
    export = read_mturk(FILES / "batch.csv", fee="reward")
    assert any("Reward, mean, USD): A1WORKER 0.05" in note for note in export.notes)
    export = read_mturk(FILES / "batch.csv", fee="time")
    assert any("WorkTimeInSeconds, mean, seconds): A1WORKER 18.5" in n for n in export.notes)
    with pytest.raises(InvalidInput, match="must say reward or time for fee"):
        read_mturk(FILES / "batch.csv", fee="Reward")


def test_which_question_must_be_said():
    with pytest.raises(InvalidInput, match="one of mood, comment, but got none"):
        read_mturk(FILES / "radio.csv")


def test_several_options_are_refused_and_none_is_no_answer(tmp_path):
    radio = pl.read_csv(FILES / "radio.csv", infer_schema=False)
    both = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("true"))
    several = radio.with_columns(both.otherwise("Answer.mood.bad").alias("Answer.mood.bad"))
    several.write_csv(tmp_path / "a.csv")
    with pytest.raises(InvalidInput, match="an answer to HITId 3HIT0 has 2 choices"):
        read_mturk(tmp_path / "a.csv", **MOOD)
    neither = pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("false"))
    none = radio.with_columns(neither.otherwise("Answer.mood.good").alias("Answer.mood.good"))
    none.write_csv(tmp_path / "b.csv")
    assert read_mturk(tmp_path / "b.csv", **MOOD).table["A1WORKER"][0].as_py() is None


def test_answers_stay_as_they_are_written(batch, tmp_path):
    codes = batch.with_columns(pl.lit("01").alias("Answer.mood.label"))
    codes.write_csv(tmp_path / "a.csv")
    assert read_mturk(tmp_path / "a.csv").table["A1WORKER"][0].as_py() == "01"


def test_batches_that_repeat_cases(batch, tmp_path):
    again = batch.with_columns(HITId=pl.lit("4") + pl.col("HITId"))
    again.write_csv(tmp_path / "a.csv")
    pair = [FILES / "batch.csv", tmp_path / "a.csv"]
    assert read_mturk(pair).table.num_rows == 12
    with pytest.raises(InvalidInput, match=r"'A1WORKER' answered Input.text A fine day out twice"):
        read_mturk(pair, case="Input.text")
    assert read_mturk(pair, case="Input.text", twice="last").table.num_rows == 6


def test_files_that_are_no_results(batch, tmp_path):
    batch.drop("AssignmentStatus").write_csv(tmp_path / "a.csv")
    with pytest.raises(UnreadableFile, match="has no column 'AssignmentStatus'"):
        read_mturk(tmp_path / "a.csv")
    with pytest.raises(UnreadableFile, match="There is no file"):
        read_mturk(tmp_path / "b.csv")
    broken = batch.rename({"Answer.mood.label": "Answer.taskAnswers"})
    broken.write_csv(tmp_path / "c.csv")
    with pytest.raises(UnreadableFile, match=r"holds 'good', which is no JSON"):
        read_mturk(tmp_path / "c.csv")


def test_one_command_compares(cede, batch, tmp_path):
    template, rows = batch.row(0, named=True), []
    for case in answered():
        for who, said in (("A1WORKER", case.ann), ("A2WORKER", case.bob)):
            form = {"mood": {option: option == said for option in ("yes", "no")}}
            row = {n: v for n, v in template.items() if n != "Answer.mood.label"}
            row |= {"HITId": f"3H{case.number}", "WorkerId": who, "Input.length": case.length}
            row |= {"Input.text": case.text, "Input.expected": case.truth}
            rows.append(row | {"Answer.taskAnswers": json.dumps([form])})
    pl.DataFrame(rows).write_csv(tmp_path / "batch.csv")
    done = compare(cede, "batch.csv", "--from", "mturk", "--label", "Input.expected")
    assert done["experts"] == ["A1WORKER", "A2WORKER"]
