"""Frames of crowd-kit."""

from pathlib import Path

import polars as pl
import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput
from cede.logs import read_crowd_kit

FILES = Path(__file__).parent / "files" / "crowd_kit"
GOLD, CASES = str(FILES / "gold.csv"), str(FILES / "cases.csv")


def test_a_row_is_an_answer_and_one_without_a_label_a_skip():
    export = read_crowd_kit(FILES / "answers.csv", gold=GOLD)
    table = export.table.to_pydict()
    assert table["w1"] == ["good", "bad", "good", None, "bad", "good"]
    assert table["w2"] == ["good", "good", "bad", "good", None, None]
    assert table["length"] == [14, 16, 19, 18, 20, 24]
    assert any("w1 1 of 6, w2 1 of 5" in note for note in export.notes)


def test_gold_is_the_label():
    cases = read(read_crowd_kit(FILES / "answers.csv", gold=GOLD))
    assert cases.y.tolist() == ["good", "bad", "bad", "good"]
    assert cases.agent_costs[2, 1:].tolist() == [1.0, 0.0, 0.0]
    assert cases.feature_names == ("length",)


def test_what_is_known_of_tasks_may_stand_in_a_table_of_its_own(tmp_path):
    with pytest.raises(InvalidInput, match=r"option must say cases, .* write cases=TABLE"):
        read_crowd_kit(FILES / "bare.csv", gold=GOLD)
    export = read_crowd_kit(FILES / "bare.csv", gold=GOLD, cases=CASES)
    assert export.table["kind"].to_pylist() == list("abaaba")
    short = pl.read_csv(CASES).head(5)
    short.write_csv(tmp_path / "short.csv")
    with pytest.raises(InvalidInput, match="lacks 1 that were answered, 't5'"):
        read_crowd_kit(FILES / "bare.csv", cases=str(tmp_path / "short.csv"))
    pl.concat([short, short]).write_csv(tmp_path / "twice.csv")
    with pytest.raises(InvalidInput, match="has 10 rows of 5 cases"):
        read_crowd_kit(FILES / "bare.csv", cases=str(tmp_path / "twice.csv"))


def test_a_second_answer_is_refused_or_the_last_counts(tmp_path):
    frame = pl.read_csv(FILES / "answers.csv")
    again = frame.head(1).with_columns(label=pl.lit("bad"))
    pl.concat([frame, again]).write_csv(tmp_path / "a.csv")
    with pytest.raises(InvalidInput, match="'w1' answered task t0 twice"):
        read_crowd_kit(tmp_path / "a.csv")
    export = read_crowd_kit(tmp_path / "a.csv", twice="last")
    assert export.table["w1"][0].as_py() == "bad"


def test_two_true_answers_of_a_task_are_refused(tmp_path):
    pl.DataFrame({"task": ["t0", "t0"], "label": ["good", "bad"]}).write_csv(tmp_path / "g.csv")
    with pytest.raises(InvalidInput, match="task t0 has 'good' and 'bad'"):
        read_crowd_kit(FILES / "answers.csv", gold=str(tmp_path / "g.csv"))


def test_what_differs_between_answers_is_not_known_of_a_task(tmp_path):
    frame = pl.read_csv(FILES / "answers.csv").with_row_index("seconds")
    frame.rename({"worker": "performer"}).write_csv(tmp_path / "a.csv")
    export = read_crowd_kit(tmp_path / "a.csv")
    assert "seconds" not in export.table.column_names
    assert set(export.columns["experts"]) == {"w1", "w2", "w3"}
    assert any("differ in them: seconds" in note for note in export.notes)


@pytest.mark.parametrize(("column", "what"), [("worker", "a worker"), ("task", "a task")])
def test_answers_of_nobody_to_nothing_are_refused(tmp_path, column, what):
    frame = pl.read_csv(FILES / "answers.csv")
    first = pl.when(pl.int_range(pl.len()) > 0).then(column)
    frame.with_columns(first.alias(column)).write_csv(tmp_path / "a.csv")
    with pytest.raises(InvalidInput, match=f"paths must name {what} everywhere"):
        read_crowd_kit(tmp_path / "a.csv")


def test_a_column_that_is_not_there(tmp_path):
    pl.DataFrame({"task": ["a"], "label": ["x"]}).write_csv(tmp_path / "a.csv")
    with pytest.raises(InvalidInput, match=r"column of workers \(worker or performer\)"):
        read_crowd_kit(tmp_path / "a.csv")


@pytest.fixture
def frames(tmp_path):
    """Two of twenty workers answer each task."""
    rows, gold = [], []
    for case in answered():
        at = {"task": f"t{case.number:03d}", "length": case.length}
        rows.append(at | {"worker": f"w{case.number % 20}", "label": case.ann})
        rows.append(at | {"worker": f"w{(case.number + 7) % 20}", "label": case.bob})
        gold.append({"task": at["task"], "true_label": case.truth})
    pl.DataFrame(rows, infer_schema_length=None).write_csv(tmp_path / "answers.csv")
    pl.DataFrame(gold).write_csv(tmp_path / "gold.csv")
    return ["answers.csv", "--from", "crowd-kit", "--option", "gold=gold.csv"]


def test_one_command_compares_with_the_crowd_as_one_expert(cede, frames):
    done = compare(cede, *frames, "--option", "pool=worker", "--fee", "worker=0.05")
    assert done["experts"] == ["worker"]


def test_few_answers_of_each_of_many_cannot_be_compared(cede, frames):
    refused = " ".join(cede("compare", *frames, code=2).stderr.split())
    assert "--expert must all answer some case to be compared" in refused
    assert "(--option pool=NAME)" in refused
