"""Exports of Label Studio, as its server writes them."""

import json
from copy import deepcopy
from pathlib import Path

import polars as pl
import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_label_studio

FILES = Path(__file__).parent / "files" / "label_studio"
ANN, BOB = "ann@example.org", "bob@example.org"
#: What they said of the six tasks.
SAID = {
    ANN: ["good", "bad", "good", None, "bad", "good"],
    BOB: ["good", "good", "bad", "good", None, None],
}
MOOD = {"question": "mood"}
#: Their own model, instead of one that is trained.
OWN = ["--model-answers", "bert"]


@pytest.fixture
def tasks():
    return json.loads((FILES / "tasks.json").read_text())


@pytest.fixture
def minimal():
    """JSON-MIN without the annotations that were marked as ground truth."""
    records = json.loads((FILES / "min.json").read_text())
    return [record for record in records if record["lead_time"] != 30.0]


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def test_people_are_numbers_in_an_export_and_records_in_a_snapshot():
    plain = read_label_studio(FILES / "tasks.json", **MOOD).table.to_pydict()
    whole = read_label_studio(FILES / "snapshot.json", **MOOD).table.to_pydict()
    assert {name: whole[name] for name in SAID} == SAID
    assert {"1": plain["1"], "2": plain["2"]} == {"1": SAID[ANN], "2": SAID[BOB]}


def test_a_number_and_a_record_are_one_person(tasks, tmp_path):
    tasks[0]["annotations"][0]["completed_by"] = {"id": 1, "email": ANN}
    export = read_label_studio(write(tmp_path / "a.json", tasks), **MOOD)
    assert set(export.columns["experts"]) == {ANN, "2"}


def test_ground_truth_is_the_label_and_nobodys_answer():
    export = read_label_studio(FILES / "snapshot.json", **MOOD)
    truth = export.table["ground_truth"].to_pylist()
    assert truth == ["good", "bad", "bad", None, None, None]
    assert any("3 annotations are marked as ground truth" in note for note in export.notes)
    cases = read(export)
    assert cases.y.tolist() == ["good", "bad", "bad"]
    assert cases.ids.tolist() == ["1", "2", "3"]
    assert cases.agent_costs[:, 1:].tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert not {"ground_truth", ANN, BOB, "task"} & set(cases.features)


def test_a_field_of_the_data_may_be_the_label():
    export = read_label_studio(FILES / "snapshot.json", **MOOD)
    cases = read(export, label="expected")
    assert cases.y.tolist() == ["good", "bad", "bad", "good", "bad", "good"]
    assert "ground_truth" not in {column.name for column in cases.columns}
    alone = read(export, label="expected", experts={"ann": ANN})
    assert BOB not in {column.name for column in alone.columns}


def test_tasks_passed_over_have_no_answer_or_the_one_that_is_said():
    export = read_label_studio(FILES / "snapshot.json", **MOOD)
    assert any(f"{ANN} 1 of 6, {BOB} 1 of 5" in note for note in export.notes)
    export = read_label_studio(FILES / "snapshot.json", skips="unsure", **MOOD)
    assert export.table[ANN].to_pylist()[3] == "unsure"
    assert export.table[BOB].to_pylist()[4:] == ["unsure", None]


def test_predictions_are_a_models_answers():
    export = read_label_studio(FILES / "snapshot.json", **MOOD)
    assert export.table["bert-2"].to_pylist() == ["good", "bad", "bad", "bad", None, None]
    assert export.table["bert-2 score"].to_pylist()[:2] == [0.6, 0.65]
    plain = read_label_studio(FILES / "tasks.json", **MOOD)
    assert any("Predictions are numbers only" in note for note in plain.notes)


def test_data_are_features_beside_the_lengths_of_texts():
    table = read_label_studio(FILES / "snapshot.json", **MOOD).table.to_pydict()
    assert table["text_words"] == [4, 4, 5, 4, 5, 4]
    assert table["text_chars"] == table["length"]
    assert "tags" not in table


def test_lead_times_are_said_if_they_are_asked_for():
    export = read_label_studio(FILES / "snapshot.json", fee="lead_time", **MOOD)
    assert any(f"{ANN} 12.5, {BOB} 17" in note for note in export.notes)
    with pytest.raises(InvalidInput, match="must say lead_time for fee, but got 'time'"):
        read_label_studio(FILES / "snapshot.json", fee="time", **MOOD)


def test_several_questions_must_be_told_apart():
    with pytest.raises(InvalidInput, match=r"one of mood, sure, but got none; write question=NAME"):
        read_label_studio(FILES / "tasks.json")
    export = read_label_studio(FILES / "tasks.json", question="sure")
    assert export.table["2"].to_pylist() == ["3", "3", "3", "3", None, None]


def test_several_choices_and_regions_are_refused(tasks, tmp_path):
    several = deepcopy(tasks)
    several[0]["annotations"][0]["result"][0]["value"]["choices"] = ["good", "bad"]
    with pytest.raises(InvalidInput, match="annotation of task 1 has 2 choices"):
        read_label_studio(write(tmp_path / "a.json", several), **MOOD)
    for task in tasks:
        for annotation in task["annotations"]:
            annotation["result"] = [{"from_name": "box", "type": "rectanglelabels", "value": {}}]
    with pytest.raises(InvalidInput, match=r"but got rectanglelabels; regions and texts"):
        read_label_studio(write(tmp_path / "b.json", tasks))


def test_an_answer_about_a_region_is_refused(tasks, tmp_path):
    tasks[0]["annotations"][0]["result"][0]["value"] |= {"start": 2, "end": 6}
    with pytest.raises(InvalidInput, match="'mood' in task 1 is about a region of it"):
        read_label_studio(write(tmp_path / "a.json", tasks), **MOOD)


def test_an_annotation_without_a_choice_is_no_answer(tasks, tmp_path):
    tasks[0]["annotations"][0]["result"] = []
    export = read_label_studio(write(tmp_path / "a.json", tasks), **MOOD)
    assert export.table["1"][0].as_py() is None


def test_a_second_annotation_is_refused_or_the_last_counts(tasks, tmp_path):
    again = deepcopy(tasks[0]["annotations"][0])
    again["result"][0]["value"]["choices"] = ["bad"]
    again["updated_at"] = "2027-01-01T00:00:00Z"
    tasks[0]["annotations"].insert(0, again)
    path = write(tmp_path / "a.json", tasks)
    with pytest.raises(InvalidInput, match=r"'1' answered task 1 twice; take the last"):
        read_label_studio(path, **MOOD)
    export = read_label_studio(path, twice="last", **MOOD)
    assert export.table["1"][0].as_py() == "bad"
    with pytest.raises(InvalidInput, match="option must say refuse or last for twice"):
        read_label_studio(path, twice="first", **MOOD)


def test_true_answers_that_differ_are_refused(tasks, tmp_path):
    other = deepcopy(tasks[0]["annotations"][-1])
    other["result"][0]["value"]["choices"] = ["bad"]
    tasks[0]["annotations"].append(other)
    with pytest.raises(InvalidInput, match="task 1 has 'good' and 'bad'"):
        read_label_studio(write(tmp_path / "a.json", tasks), **MOOD)


def test_the_same_task_in_two_files_must_be_the_same(tasks, tmp_path):
    path = write(tmp_path / "a.json", tasks[:1])
    tasks[0]["data"]["text"] = "Another one"
    with pytest.raises(InvalidInput, match="task 1 holds two different things"):
        read_label_studio([path, write(tmp_path / "b.json", tasks)], **MOOD)


def test_people_with_few_answers_are_left_out_if_that_is_asked_for():
    export = read_label_studio(FILES / "snapshot.json", min_answers="6", **MOOD)
    assert set(export.columns["experts"]) == {ANN}
    assert any(f"fewer than 6 answers: {BOB}" in note for note in export.notes)
    with pytest.raises(InvalidInput, match="nobody has 7 answers"):
        read_label_studio(FILES / "snapshot.json", min_answers=7, **MOOD)
    with pytest.raises(InvalidInput, match="whole number for min_answers, but got 'few'"):
        read_label_studio(FILES / "snapshot.json", min_answers="few", **MOOD)


def test_all_people_may_be_one():
    export = read_label_studio(FILES / "snapshot.json", pool="team", **MOOD)
    assert export.columns["experts"] == {"team": "team"}
    assert export.table["team"].to_pylist() == ["good", "bad", "good", None, "bad", "good"]
    export = read_label_studio(FILES / "snapshot.json", pool="team", fee="lead_time", **MOOD)
    assert any("seconds): team 14.5;" in note for note in export.notes)


def test_json_min_tells_less(minimal, tmp_path):
    path = write(tmp_path / "min.json", minimal)
    export = read_label_studio(path, **MOOD)
    table = export.table.to_pydict()
    assert table["1"] == ["good", "bad", "good", None, "bad", "good"]
    assert table["2"] == ["good", "good", "bad", "good", None, None]
    assert "ground_truth" not in table
    assert "sure" not in table
    assert "lead_time" not in table
    assert any("JSON-MIN drops tasks that somebody passed over" in n for n in export.notes)
    assert read_label_studio(path, question="sure").table["2"].to_pylist()[0] == "3"
    with pytest.raises(InvalidInput, match="one of sure, mood, but got none"):
        read_label_studio(path)


def test_json_min_with_a_truth_in_it_is_refused():
    with pytest.raises(InvalidInput, match="'1' answered task 1 twice"):
        read_label_studio(FILES / "min.json", **MOOD)


def test_what_json_min_makes_of_several_choices_is_refused(minimal, tmp_path):
    minimal[0]["mood"] = {"choices": ["good", "bad"]}
    with pytest.raises(InvalidInput, match="has 2 choices"):
        read_label_studio(write(tmp_path / "min.json", minimal), **MOOD)


def test_annotations_of_nobody_are_left_out(minimal, tmp_path):
    for record in minimal:
        record["annotator"] = None if record["annotator"] == 2 else record["annotator"]
    export = read_label_studio(write(tmp_path / "min.json", minimal), **MOOD)
    assert set(export.columns["experts"]) == {"1"}
    assert any("4 annotations name nobody" in note for note in export.notes)


def test_files_that_do_not_tell_enough(tasks, minimal, tmp_path):
    with pytest.raises(UnreadableFile, match="are lost; export JSON"):
        read_label_studio(FILES / "table.csv")
    pair = [write(tmp_path / "a.json", tasks), write(tmp_path / "b.json", minimal)]
    with pytest.raises(InvalidInput, match="JSON beside JSON-MIN"):
        read_label_studio(pair)
    with pytest.raises(UnreadableFile, match="hold no export of Label Studio"):
        read_label_studio(write(tmp_path / "c.json", [{"text": "a"}]))
    with pytest.raises(InvalidInput, match="paths must name each file once"):
        read_label_studio([pair[0], pair[0]])
    for task in tasks:
        task["annotations"] = []
    with pytest.raises(InvalidInput, match="must hold somebody's answers"):
        read_label_studio(write(tmp_path / "d.json", tasks))


def test_one_command_compares(cede, tasks, tmp_path):
    template, grown = tasks[0], []
    for case in answered():
        task = deepcopy(template)
        ann, bob, truth = task["annotations"]
        task |= {"id": case.number, "data": {"text": case.text, "length": case.length}}
        guess = deepcopy(truth["result"])
        guess[0]["value"]["choices"] = ["yes" if case.length > 0 else "no"]
        task["predictions"] = [{"model_version": "bert", "result": guess}]
        for annotation, value in ((ann, case.ann), (bob, case.bob), (truth, case.truth)):
            annotation["result"][0]["value"]["choices"] = [value]
        ann["was_cancelled"] = case.ann is None
        task["annotations"] = [ann, bob, truth] if case.number != 3 else [ann, bob]
        grown.append(task)
    path = write(tmp_path / "tasks.json", grown)
    done = compare(cede, path, "--from", "label-studio", "--option", "question=mood")
    assert done["experts"] == ["1", "2"]
    assert sum(done["parts"].values()) == 139
    assert any("1 of 140 cases are left out" in text for text in done["warnings"])
    said = [*OWN, "--out", "kept", "--method", "ensemble", "--save", "ensemble"]
    cede("compare", path, "--from", "label-studio", *said, "--option", "question=mood")
    kept = pl.read_parquet(tmp_path / "kept" / "cases.parquet")
    assert set(kept["case"]) < {str(case.number) for case in answered() if case.number != 3}
