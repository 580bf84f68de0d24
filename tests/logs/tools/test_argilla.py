"""Records of Argilla, as its library writes them."""

import json
from pathlib import Path

import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_argilla

FILES = Path(__file__).parent / "files" / "argilla"
ANN, BOB = (f"00000000-0000-0000-0000-00000000000{n}" for n in (1, 2))


def write(path, records):
    path.write_text(json.dumps(records))
    return path


@pytest.fixture
def flat():
    return json.loads((FILES / "flat.json").read_text())


@pytest.mark.parametrize("name", ["flat.json", "columns.json"])
def test_only_what_was_submitted_is_an_answer(name):
    export = read_argilla(FILES / name, question="sentiment")
    table = export.table.to_pydict()
    assert table[ANN] == ["good", "bad", None, "good", None, "good"]
    assert table[BOB] == ["good", None, "bad", "bad", "good", None]
    assert export.columns["experts"] == {ANN: ANN, BOB: BOB}
    assert any("2 responses were never submitted" in note for note in export.notes)
    assert any(f"{BOB} 1 of 5" in note for note in export.notes)


def test_suggestions_are_a_models_answers():
    table = read_argilla(FILES / "flat.json", question="sentiment").table.to_pydict()
    assert table["bert"] == ["good", "bad", "good", "good", "bad", "good"]
    assert table["bert score"][0] == 0.5
    known = {"text", "text_chars", "text_words", "length", "expected", "record"}
    assert set(table) == known | {"bert", "bert score", ANN, BOB}


def test_a_field_is_the_label():
    export = read_argilla(FILES / "flat.json", question="sentiment")
    cases = read(export, label="expected")
    assert cases.agent_costs[0, 1:].tolist() == [0.0, 0.0]
    assert cases.agent_costs[3, 1:].tolist() == [0.0, 1.0]
    with pytest.raises(InvalidInput, match=r"label must name .* the files hold none, but got none"):
        read(export)


def test_which_question_must_be_said():
    with pytest.raises(InvalidInput, match="one of sentiment, stars, but got none"):
        read_argilla(FILES / "flat.json")
    assert set(read_argilla(FILES / "flat.json", question="stars").columns["experts"]) == {BOB}


def test_nested_records_lose_the_status():
    with pytest.raises(InvalidInput, match="do not say whether a response was submitted"):
        read_argilla(FILES / "nested.json")


def test_what_is_not_one_value_is_refused(flat, tmp_path):
    flat[0]["sentiment.responses"][0] = ["good", "bad"]
    with pytest.raises(InvalidInput, match="has 2 choices"):
        read_argilla(write(tmp_path / "a.json", flat), question="sentiment")
    flat[0]["sentiment.responses"][0] = ["good"]
    export = read_argilla(write(tmp_path / "b.json", flat), question="sentiment")
    assert export.table[ANN][0].as_py() == "good"
    flat[0]["sentiment.responses"][0] = [{"value": "good", "rank": 1}]
    with pytest.raises(InvalidInput, match=r"is a record \(value, rank\)"):
        read_argilla(write(tmp_path / "c.json", flat), question="sentiment")


def test_lists_that_do_not_belong_together_are_refused(flat, tmp_path):
    flat[0]["sentiment.responses.status"].pop()
    with pytest.raises(InvalidInput, match="must hold a user and a status of each response"):
        read_argilla(write(tmp_path / "a.json", flat), question="sentiment")
    del flat[0]["id"]
    with pytest.raises(InvalidInput, match="without an id"):
        read_argilla(write(tmp_path / "a.json", flat), question="sentiment")


def test_a_second_response_of_one_user_is_refused_or_the_last_counts(flat, tmp_path):
    flat[0]["sentiment.responses.users"] = [ANN, ANN]
    flat[0]["sentiment.responses"] = ["bad", "good"]
    path = write(tmp_path / "a.json", flat)
    with pytest.raises(InvalidInput, match=f"'{ANN}' answered record r0 twice"):
        read_argilla(path, question="sentiment")
    export = read_argilla(path, question="sentiment", twice="last")
    assert export.table[ANN][0].as_py() == "good"


def test_files_that_are_none(tmp_path):
    with pytest.raises(UnreadableFile, match="There is no file"):
        read_argilla(tmp_path / "absent.json")
    (tmp_path / "half.json").write_text('[{"id": 1')
    with pytest.raises(UnreadableFile, match="is no JSON"):
        read_argilla(tmp_path / "half.json")
    (tmp_path / "none.json").write_text("[]")
    with pytest.raises(UnreadableFile, match="where records are wanted"):
        read_argilla(tmp_path / "none.json")


def test_one_command_compares(cede, flat, tmp_path):
    records = []
    for case in answered():
        record = {n: v for n, v in flat[0].items() if not n.startswith("stars")}
        record |= {"id": f"r{case.number}", "text": case.text, "length": case.length}
        record |= {"expected": case.truth, "sentiment.suggestion": "no"}
        status = ["submitted" if case.ann else "discarded", "submitted"]
        record |= {"sentiment.responses": [case.ann, case.bob]}
        record |= {"sentiment.responses.users": [ANN, BOB], "sentiment.responses.status": status}
        records.append(record)
    path = write(tmp_path / "records.json", records)
    done = compare(cede, path, "--from", "argilla", "--label", "expected")
    assert done["experts"] == [ANN, BOB]
    assert {c["name"] for c in done["columns"] if c["used"]} >= {"length", "text_words"}
    assert any("Passed over" in text for text in done["warnings"])
