"""A save replaces a router in one step, and touches nothing that cede did not write."""

import errno
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

import cede
from attacks_on_saves import attack, routers, which
from cede.exceptions import UnwritableFile

FORMAT_1 = Path(__file__).parent / "format_1"


def test_interrupted_saves_lose_nothing(tmp_path):
    found = attack("interrupt", tmp_path / "router", 20)
    assert (found["lost"], found["failed"]) == (0, 0)
    assert found["one"] + found["other"] == 20
    assert found["most files"] <= 8  # no more than two routers, and what one save has begun
    assert found["files"] == [".json", ".safetensors", ".skops"]


def test_loads_beside_saves_get_one_or_the_other(tmp_path):
    found = attack("beside", tmp_path / "router", 40)
    assert (found["mixed"], found["alive"]) == (0, True)


def snapshot(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


class Failure:
    """Let the ``at``-th of the calls that change a folder fail."""

    CALLS = ("open", "fsync", "replace", "unlink", "mkdir", "scandir")

    def __init__(self, monkeypatch, at, error):
        self.left, self.error = at, error
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self.counted(getattr(os, name)))

    def counted(self, call):
        def run(*arguments, **options):
            self.left -= 1
            if self.left == 0:
                raise self.error
            return call(*arguments, **options)

        return run


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
def test_whatever_fails_at_whichever_step_leaves_one_or_the_other(error, tmp_path):
    folder = cede.save(routers()[0], tmp_path / "router")
    before = snapshot(folder)
    steps, failed, said = 0, True, []
    while failed:
        steps += 1
        with pytest.MonkeyPatch.context() as patch:
            failure = Failure(patch, steps, error)
            try:
                cede.save(routers()[1], folder)
            except cede.CedeError as refused:
                said.append(str(refused))
            except KeyboardInterrupt:
                pass
        failed = failure.left <= 0
        assert which(folder) in (0, 1)
        assert failed or which(folder) == 1
        cede.save(routers()[0], folder)
        assert snapshot(folder) == before  # and nothing grows
    assert steps > 10
    for text in said:
        assert str(folder) in text
        assert "No space left on device" in text
        assert "\n" not in text


def test_a_first_save_that_fails_leaves_no_folder(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnwritableFile, match="No space left on device"):
        cede.save(routers()[1], tmp_path / "router")
    assert snapshot(tmp_path) == {}


def test_a_first_save_that_was_killed_is_saved_over(tmp_path):
    whole = cede.save(routers()[1], tmp_path / "whole")
    folder = tmp_path / "router"
    folder.mkdir()
    shutil.copy(next(whole.glob("objects*")), folder)
    (folder / ".router.json.partial").write_text("{")
    cede.save(routers()[0], folder)
    assert which(folder) == 0
    assert len(list(folder.iterdir())) == 2


def test_a_move_to_the_new_format_that_was_killed_is_finished(tmp_path, monkeypatch):
    folder = shutil.copytree(FORMAT_1 / "logged_model", tmp_path / "router")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda path: None)
        for _ in range(2):
            cede.save(routers()[0], folder)
            assert (folder / "arrays.safetensors").exists()
            assert which(folder) == 0
    cede.save(routers()[0], folder)
    assert len(list(folder.iterdir())) == 2


def refused(folder, message, stands):
    """Refuse to save there, at once, and leave all as it is."""
    before = snapshot(stands)
    with pytest.raises(cede.CedeError, match=message) as error:
        cede.save(routers()[0], folder)
    assert "\n" not in str(error.value)
    assert snapshot(stands) == before


def test_dots_are_resolved_before_anything_is_looked_at(tmp_path):
    (tmp_path / "proj").mkdir()
    (tmp_path / "proj" / "thesis.txt").write_text("precious")
    for path in ("proj/new/..", "proj/a/b/../..", "proj/.", "proj/new/../", "proj/../proj"):
        refused(tmp_path / path, "holds other files", tmp_path)
    (tmp_path / "empty").mkdir()
    folder = cede.save(routers()[0], tmp_path / "empty" / "new" / "..")
    assert which(folder) == which(tmp_path / "empty") == 0


def test_folders_of_others_are_never_touched(tmp_path):
    def stands(name, **files):
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file.replace("_", ".")).write_text(text)
        return folder

    for name, files in {
        "thesis": {"chapter_tex": "years of work"},
        "routes": {"router_json": '{"routes": []}'},
        "alike": {"router_json": '{"class": "EnsembleRouter", "format": 1}'},
        "nearly": {
            "router_json": '{"class": "Nginx", "format": 1, "parameters": {}, "fitted": {}, '
            '"versions": {"nginx": "1"}}'
        },
        "arrays": {"arrays_safetensors": "weights of mine"},
        "objects": {"objects_skops": "x"},
        "digest": {"arrays-" + "0" * 32 + "_safetensors": "not what its name says"},
        "newer": {"router_json": '{"format": 3}'},
    }.items():
        folder = stands(name, **files)
        refused(folder, "is not a saved router|nothing shows that cede wrote it", folder)
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "is not a saved router", tmp_path)


def test_a_router_with_anything_else_beside_it_is_not_replaced(tmp_path):
    for make in (
        lambda folder: (folder / "notes.md").write_text("mine"),
        lambda folder: (folder / "arrays.safetensors").write_text("mine"),
        lambda folder: (folder / "objects.skops").mkdir(),
        lambda folder: (folder / ".router.json.partial").mkdir(),
        lambda folder: (folder / ("arrays-" + "0" * 32 + ".safetensors")).mkdir(),
        lambda folder: (folder / "arrays.safetensors").symlink_to(tmp_path / "elsewhere"),
        lambda folder: os.mkfifo(folder / "objects.skops"),
    ):
        folder = cede.save(routers()[1], tmp_path / "router")
        make(folder)
        refused(folder, "holds other files too", folder)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["router.json", "arrays*", "objects*"])
def test_a_folder_that_bears_a_files_name_is_not_removed(name, tmp_path):
    folder = cede.save(routers()[1], tmp_path / "router")
    (path,) = folder.glob(name)
    path.unlink()
    path.mkdir()
    (path / "thesis.txt").write_text("precious")
    refused(folder, "holds other files too", folder)


def test_a_damaged_router_json_shows_nothing(tmp_path):
    folder = cede.save(routers()[0], tmp_path / "router")
    content = json.loads((folder / "router.json").read_text())
    (folder / "router.json").write_text(json.dumps(content | {"earlier": ["objects.skops"]}))
    refused(folder, "nothing shows that cede wrote it", folder)


def test_links_are_not_followed_to_save(tmp_path):
    cede.save(routers()[0], tmp_path / "router")
    (tmp_path / "link").symlink_to("router")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    for name in ("link", "broken", "circle"):
        refused(tmp_path / name, "is not a saved router|no place to write", tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "parent").symlink_to("elsewhere")
    cede.save(routers()[1], tmp_path / "parent" / "router")
    assert which(tmp_path / "elsewhere" / "router") == 1


def test_a_link_in_the_place_of_a_file_is_no_file_of_ours(tmp_path):
    folder = cede.save(routers()[0], tmp_path / "router")
    (folder / "router.json").rename(tmp_path / "mine.json")
    (folder / "router.json").symlink_to(tmp_path / "mine.json")
    refused(folder, "holds other files too", tmp_path)


def test_places_where_nothing_can_be_written_get_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file" / "router", "is a file and no folder", tmp_path)
    refused("null\0byte", "no place to write", tmp_path)
    refused(tmp_path / ("x" * 300), "cannot be|no place", tmp_path)


def test_a_folder_without_permission_is_said_before_the_work(tmp_path, monkeypatch):
    folder = cede.save(routers()[0], tmp_path / "router")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr("cede.routers.persistence._save.Packer", None)
    refused(folder, "may not be written to", folder)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_are_as_private_as_the_umask_says(mask, tmp_path):
    before = os.umask(mask)
    try:
        folder = cede.save(routers()[1], tmp_path / "router")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o666 & ~mask}
    assert folder.stat().st_mode & 0o777 == 0o777 & ~mask


def test_writers_wait_for_each_other(tmp_path):
    folder = tmp_path / "router"
    failed = []

    def save(router):
        try:
            for _ in range(10):
                cede.save(router, folder)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=save, args=[router]) for router in (*routers(), *routers())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert which(folder) in (0, 1)
    cede.save(routers()[0], folder)
    assert len(list(folder.iterdir())) == 2


def test_a_writer_that_never_ends_is_not_waited_for(tmp_path, monkeypatch):
    import fcntl

    folder = cede.save(routers()[0], tmp_path / "router")
    monkeypatch.setattr("cede._files.PATIENCE", 0.05)
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    refused(folder, "is being written by another process", folder)
    os.close(descriptor)
    cede.save(routers()[1], folder)
    assert which(folder) == 1


def test_a_file_size_limit_leaves_the_old_router(tmp_path):
    resource = pytest.importorskip("resource")
    folder = cede.save(routers()[0], tmp_path / "router")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        refused(folder, "cannot be written: File too large", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert which(folder) == 0
