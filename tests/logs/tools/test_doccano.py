"""Exports of doccano, as its own task writes them."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from answered import answered, compare, read

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_doccano

FILES = Path(__file__).parent / "files" / "doccano"
USERS = [FILES / "ann.jsonl", FILES / "bob.jsonl"]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def zipped(tmp_path):
    with ZipFile(tmp_path / "export.zip", "w") as out:
        for file in USERS:
            out.write(file, file.name)
    return tmp_path / "export.zip"


def test_a_file_is_a_user(zipped, tmp_path):
    folder = tmp_path / "users"
    with ZipFile(zipped) as opened:
        opened.extractall(folder)
    for paths in (USERS, zipped, folder):
        table = read_doccano(paths).table.to_pydict()
        assert table["ann"] == ["good", "bad", "good", None, "bad", "good"]
        assert table["bob"] == ["good", "good", "bad", "good", None, None]
        assert table["text_chars"] == table["length"]
        assert "Comments" not in table


def test_a_field_is_the_label():
    cases = read(read_doccano(USERS), label="expected")
    assert cases.agent_costs[:3, 1:].tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


def test_shared_annotations_do_not_say_whose_they_are():
    with pytest.raises(InvalidInput, match="does not say who gave which label"):
        read_doccano(FILES / "shared" / "all.jsonl")


def test_several_labels_and_spans_are_refused(tmp_path):
    record = json.loads(USERS[0].read_text().splitlines()[0])
    path = write(tmp_path / "eve.jsonl", [record | {"label": ["bad", "good"]}])
    with pytest.raises(InvalidInput, match="user 'eve' on example 1 has 2 choices"):
        read_doccano(path)
    path = write(tmp_path / "eve.jsonl", [record | {"label": [[0, 4, "NAME"]]}])
    with pytest.raises(InvalidInput, match="user 'eve' on example 1 has 3 choices"):
        read_doccano(path)


def test_files_that_do_not_tell_enough(tmp_path):
    with pytest.raises(UnreadableFile, match="several labels look like one; export JSONL"):
        read_doccano(FILES / "ann.csv")
    with pytest.raises(UnreadableFile, match="no export of doccano"):
        read_doccano(write(tmp_path / "eve.jsonl", [{"text": "a"}]))
    (tmp_path / "bad.zip").write_text("none")
    with pytest.raises(UnreadableFile, match="cannot be read as a zip file"):
        read_doccano(tmp_path / "bad.zip")


def test_a_file_twice_is_a_user_twice(tmp_path):
    (tmp_path / "more").mkdir()
    again = write(
        tmp_path / "more" / "ann.jsonl", map(json.loads, USERS[0].read_text().splitlines())
    )
    with pytest.raises(InvalidInput, match="'ann' answered example 1 twice"):
        read_doccano([*USERS, again])


def test_one_command_compares(cede, tmp_path):
    template = json.loads(USERS[0].read_text().splitlines()[0])
    paths = []
    for user in ("ann", "bob"):
        records = []
        for case in answered():
            said = getattr(case, user)
            record = template | {"id": case.number, "text": case.text, "length": case.length}
            records.append(record | {"expected": case.truth, "label": [said] if said else []})
        paths.append(write(tmp_path / f"{user}.jsonl", records))
    done = compare(cede, *paths, "--from", "doccano", "--label", "expected")
    assert done["experts"] == ["ann", "bob"]
