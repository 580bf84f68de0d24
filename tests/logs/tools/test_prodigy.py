"""Annotations of Prodigy, by its documentation."""

import json
from pathlib import Path

import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_prodigy

FILES = Path(__file__).parent / "files" / "prodigy"
ANN, BOB = "reviews-ann", "reviews-bob"


@pytest.fixture
def lines():
    return [json.loads(line) for line in (FILES / "choice.jsonl").read_text().splitlines()]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_one_option_is_an_answer_and_ignoring_a_skip():
    export = read_prodigy(FILES / "choice.jsonl")
    table = export.table.to_pydict()
    assert table[ANN] == ["good", "bad", "good", None, "bad", "good"]
    assert table[BOB] == ["good", "good", "bad", "good", None, None]
    assert any(f"{ANN} 1 of 6, {BOB} 1 of 5" in note for note in export.notes)
    known = {"text", "text_chars", "text_words", "meta.length", "meta.expected", "case"}
    assert set(table) == known | {ANN, BOB}


def test_a_proposed_label_is_accepted_or_rejected():
    table = read_prodigy(FILES / "binary.jsonl").table.to_pydict()
    assert table[ANN] == ["accept", "reject", None]
    assert table[BOB] == ["accept", "accept", "reject"]
    assert table["label"] == ["POSITIVE"] * 3


def test_one_text_is_a_case_for_each_label(tmp_path):
    lines = [json.loads(line) for line in (FILES / "binary.jsonl").read_text().splitlines()]
    others = [line | {"label": "NEW", "_task_hash": line["_task_hash"] + 100} for line in lines]
    export = read_prodigy(write(tmp_path / "a.jsonl", lines + others))
    assert export.table.num_rows == 6


def test_what_was_reviewed_is_the_label():
    export = read_prodigy([FILES / "choice.jsonl", FILES / "review.jsonl"])
    cases = read(export)
    assert cases.y.tolist() == ["good", "bad", "bad"]
    assert cases.agent_costs[:, 1:].tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    assert "reviews-cleo" not in export.columns["experts"]


def test_a_review_alone_holds_who_said_what():
    export = read_prodigy(FILES / "review.jsonl")
    assert set(export.columns["experts"]) == {ANN, BOB}
    assert read(export).agent_costs[:, 1:].tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


def test_several_options_are_refused_and_none_is_no_answer(lines, tmp_path):
    lines[0]["accept"] = ["good", "bad"]
    with pytest.raises(InvalidInput, match="has 2 choices"):
        read_prodigy(write(tmp_path / "a.jsonl", lines))
    lines[0]["accept"] = []
    assert read_prodigy(write(tmp_path / "a.jsonl", lines)).table[ANN][0].as_py() is None
    lines[0] |= {"accept": ["good"], "answer": "reject"}
    assert read_prodigy(write(tmp_path / "a.jsonl", lines)).table[ANN][0].as_py() is None


def test_sessions_without_a_name_are_nobody(lines, tmp_path):
    for line in lines[:3]:
        line["_annotator_id"] = line["_session_id"] = "2026-01-01_09-00-00"
    for line in lines[3:6]:
        line["_annotator_id"] = line["_session_id"] = "reviews-2026-01-02_09-00-00"
    path = write(tmp_path / "a.jsonl", lines)
    with pytest.raises(
        InvalidInput, match=r"for the session 2026-01-01_09-00-00, which has no name"
    ):
        read_prodigy(path)
    export = read_prodigy(path, unnamed="ann")
    assert export.table["ann"].to_pylist() == ["good", "bad", "good", None, "bad", "good"]


def test_a_second_answer_is_refused_or_the_last_counts(lines, tmp_path):
    again = lines[0] | {"accept": ["bad"], "_timestamp": lines[0]["_timestamp"] + 500}
    path = write(tmp_path / "a.jsonl", [again, *lines])
    with pytest.raises(InvalidInput, match=f"'{ANN}' answered case -1000 twice"):
        read_prodigy(path)
    assert read_prodigy(path, twice="last").table[ANN].to_pylist()[0] == "bad"


def test_what_annotators_wrote_is_not_known_of_a_case(lines, tmp_path):
    for line in lines:
        line |= {"user_input": "why", "doubt": line["_annotator_id"]}
    table = read_prodigy(write(tmp_path / "a.jsonl", lines)).table
    assert not {"user_input", "doubt"} & set(table.column_names)


def test_files_that_hold_no_choices(lines, tmp_path):
    spans = [
        {n: v for n, v in line.items() if n not in ("options", "accept")}
        | {"_view_id": "ner_manual", "spans": []}
        for line in lines
    ]
    with pytest.raises(InvalidInput, match="but got ner_manual; spans and texts"):
        read_prodigy(write(tmp_path / "a.jsonl", spans))
    with pytest.raises(UnreadableFile, match="no annotations of Prodigy"):
        read_prodigy(write(tmp_path / "b.jsonl", [{"text": "a"}]))
    lines[0]["answer"] = "maybe"
    with pytest.raises(
        InvalidInput, match="accept, reject or ignore in each answer, but got 'maybe'"
    ):
        read_prodigy(write(tmp_path / "c.jsonl", lines))


def test_one_command_compares(cede, lines, tmp_path):
    grown = []
    for case in answered():
        meta = {"length": case.length, "expected": case.truth}
        for who, said in ((ANN, case.ann), (BOB, case.bob)):
            line = lines[0] | {"text": case.text, "meta": meta, "_annotator_id": who}
            line |= {"_input_hash": case.number, "_task_hash": case.number + 1000}
            answer = "accept" if said else "ignore"
            grown.append(line | {"accept": [said] if said else [], "answer": answer})
    path = write(tmp_path / "reviews.jsonl", grown)
    done = compare(cede, path, "--from", "prodigy", "--label", "meta.expected")
    assert done["experts"] == [ANN, BOB]
