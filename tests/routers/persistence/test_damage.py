"""What was damaged, edited or made up is refused in one sentence, or gives the same routes."""

import json
import os
import shutil
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import cede
from attacks_on_saves import DAMAGES, X, damaged, routers, scores_of, which
from cede.exceptions import UnreadableFile
from cede.routers import Mlp
from cede.routers.persistence._content import as_bytes

FORMAT_1 = Path(__file__).parent / "format_1"


@pytest.fixture
def folder(tmp_path):
    return cede.save(routers()[1], tmp_path / "router")


def only(folder, kind):
    (path,) = folder.glob(f"{kind}*")
    return path


def refused(folder, message=".", **options):
    start = time.monotonic()
    with pytest.raises(UnreadableFile, match=message) as error:
        cede.load(folder, **options)
    assert time.monotonic() - start < 5.0
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused_or_route_the_same(damage, tmp_path):
    found = damaged(tmp_path / "router", damage, 25, seed=0)
    assert found["otherwise"] == []
    assert found["refused"] + found["same"] == 25
    assert found["refused"] > 20


def changed(folder, **changes):
    content = json.loads((folder / "router.json").read_text())
    (folder / "router.json").write_text(json.dumps({**content, **changes}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "router.json").unlink(), "is not a saved router: it has no router.json"),
        (lambda f: (f / "router.json").write_bytes(b"\xff\xfe\x00"), "is damaged"),
        (lambda f: (f / "router.json").write_text("[1, 2]"), "no format number"),
        (lambda f: (f / "router.json").write_text("[" * 200_000), "is damaged"),
        (lambda f: (f / "router.json").write_text("9" * 10_000), "is damaged"),
        (lambda f: only(f, "arrays").unlink(), "it has no arrays-"),
        (lambda f: only(f, "objects").unlink(), "it has no objects-"),
        (lambda f: only(f, "objects").write_bytes(b"PK\x03\x04 not a zip"), "is damaged"),
        (lambda f: changed(f, format=4), "in format 4, and this version of cede reads up to 3; up"),
        (lambda f: changed(f, format=1), "damaged or not a saved router"),
        (lambda f: changed(f, format=True), "no format number"),
        (lambda f: changed(f, digest=None), "is damaged or was edited"),
        (lambda f: changed(f, versions={}), "is damaged or was edited"),
    ],
)
def test_each_gets_its_sentence(damage, message, folder):
    damage(folder)
    refused(folder, message)


def forged(folder, **changes):
    """Change values and the digest with them, as somebody who means harm would."""
    content = json.loads((folder / "router.json").read_text())
    del content["digest"]
    (folder / "router.json").write_bytes(as_bytes({**content, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"class": "Popen"},
        {"parameters": {"command": "rm"}},
        {"fitted": {"__class__": "x"}},
        {"fitted": {"classes_": {"kind": "labels", "dtype": "<i8", "shape": [1], "values": ["a"]}}},
        {"fitted": {"classes_": {"kind": "labels", "dtype": "<U999999999", "values": ["a"]}}},
        {"fitted": {"classes_": {"kind": "labels", "dtype": "V999999999", "values": ["a"]}}},
        {"fitted": {"classes_": {"kind": "labels", "dtype": "<U2", "values": ["abc"]}}},
        {"fitted": {"classes_": {"kind": "dates", "dtype": "<f8"}}},
        {"fitted": {"classes_": {"kind": "unheard of"}}},
        {"fitted": {}},
        {"arrays": {}},
        {"files": {"../router/arrays.safetensors": 10}},
        {"files": {"/etc/passwd": 4000}},
        {"files": {"arrays-" + "0" * 32 + ".safetensors": 10}},
        {"files": {}},
        {"files": None},
    ],
)
def test_values_that_do_not_fit_are_refused_whoever_signed_them(changes, folder):
    forged(folder, **changes)
    refused(folder)


def test_a_network_of_gigabytes_is_refused_before_it_is_made(tmp_path):
    router = cede.SingleStageClassifier(head=Mlp(epochs=1), random_state=0)
    router.fit(X, np.arange(len(X)) % 2, experts=np.zeros((len(X), 1)))
    folder = cede.save(router, tmp_path / "router")
    fitted = json.loads((folder / "router.json").read_text())["fitted"]
    network = next(v for v in fitted.values() if isinstance(v, dict) and v["kind"] == "network")
    network["n_features"] = 10**9
    forged(folder, fitted=fitted)
    refused(folder, "weights")


@pytest.mark.parametrize("name", ["router.json", "arrays", "objects"])
def test_nothing_waits_for_a_pipe_and_nothing_reads_a_folder(name, folder):
    path = only(folder, name)
    path.unlink()
    os.mkfifo(path)
    refused(folder, "is no regular file")
    path.unlink()
    path.mkdir()
    refused(folder)


def test_a_file_longer_than_was_written_is_not_read(folder):
    with only(folder, "arrays").open("r+b") as stream:
        stream.truncate(2**40)  # holes, no bytes
    refused(folder, "1,099,511,627,776 bytes")


def test_files_that_may_not_be_read_are_named(folder, monkeypatch):
    opened = os.open

    def refuse(path, *arguments, **options):
        if str(path).endswith(".safetensors"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    refused(folder, r"arrays-.*cannot be read: Permission denied")


def test_a_folder_that_is_a_file_or_nowhere(tmp_path):
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file")
    refused(tmp_path / "nowhere", "is not a saved router")
    refused(tmp_path / "file" / "below")
    refused("null\0byte")


def test_links_to_the_files_are_followed(folder, tmp_path):
    """As caches of downloaded models keep them."""
    (tmp_path / "links").mkdir()
    for path in folder.iterdir():
        (tmp_path / "links" / path.name).symlink_to(path)
    assert which(tmp_path / "links") == 1


def test_other_line_ends_and_spaces_change_nothing(folder):
    text = (folder / "router.json").read_text()
    (folder / "router.json").write_text(json.dumps(json.loads(text)), newline="\r\n")
    assert which(folder) == 1


def test_names_are_digests(folder):
    for path in folder.glob("*-*"):
        assert path.stem.split("-")[1] == sha256(path.read_bytes()).hexdigest()[:32]
    assert np.array_equal(cede.load(folder).agent_scores(X), scores_of(1))


@pytest.mark.parametrize("name", ["ensemble", "logged_model"])
def test_routers_of_the_first_format_still_load(name, tmp_path):
    """Written by cede 0.1.0 before files had digests."""
    pandas = pytest.importorskip("pandas")
    expected = json.loads((FORMAT_1 / "expected.json").read_text())[name]
    cases = expected["X"]
    cases = pandas.DataFrame(cases) if isinstance(cases, dict) else np.array(cases)
    router = cede.load(FORMAT_1 / name)
    np.testing.assert_allclose(router.agent_scores(cases), expected["scores"], rtol=1e-12)
    assert router.route(cases).tolist() == expected["routes"]
    if "answers" in expected:
        assert router.predict(cases).tolist() == expected["answers"]
    folder = shutil.copytree(FORMAT_1 / name, tmp_path / name)
    cede.save(router, folder)
    assert json.loads((folder / "router.json").read_text())["format"] == 3
    assert not (folder / "arrays.safetensors").exists()
    np.testing.assert_allclose(cede.load(folder).agent_scores(cases), expected["scores"])


@pytest.mark.parametrize("name", ["router.json", "arrays.safetensors"])
def test_what_is_missing_in_the_first_format_is_named(name, tmp_path):
    folder = shutil.copytree(FORMAT_1 / "logged_model", tmp_path / "router")
    (folder / name).unlink()
    refused(folder, f"it has no {name}")


def test_arrays_of_another_router_are_refused_in_the_first_format_too(tmp_path):
    folder = shutil.copytree(FORMAT_1 / "ensemble", tmp_path / "router")
    shutil.copy(FORMAT_1 / "logged_model" / "arrays.safetensors", folder)
    refused(folder, "damaged")
