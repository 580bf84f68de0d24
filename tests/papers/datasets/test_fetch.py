"""Downloads are tried on a server of this process: no test needs a network."""

import hashlib
import http.server
import re
import socket
import sys
import threading

import numpy as np
import pytest

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede_papers.datasets import MissingPackage, _fetch, fetch, load_pneumoniamnist
from cede_papers.datasets._sources import SOURCES, Source

pytest.importorskip("pooch")

CONTENT = b"what was published\n" * 1_000


class Files(http.server.BaseHTTPRequestHandler):
    """Serves what ``server.files`` holds, and counts."""

    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    served.files, served.asked = {"/numbers.txt": CONTENT}, []
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield served
    served.shutdown()
    thread.join()
    served.server_close()


def listed(
    monkeypatch, url, content=CONTENT, algorithm="sha256", file="numbers.txt", name="numbers"
):
    checksum = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    source = Source(origin="here", licence="any", url=url, checksum=checksum, file=file)
    monkeypatch.setitem(SOURCES, name, source)


def address(server, file="numbers.txt"):
    return f"http://127.0.0.1:{server.server_address[1]}/{file}"


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_the_file_comes_and_comes_only_once(server, monkeypatch, tmp_path, algorithm):
    listed(monkeypatch, address(server), algorithm=algorithm)
    assert fetch("numbers", tmp_path) == tmp_path
    assert (tmp_path / "numbers" / "numbers.txt").read_bytes() == CONTENT
    assert fetch("numbers", tmp_path) == tmp_path
    assert server.asked == ["/numbers.txt"]


def test_another_checksum_is_refused_and_nothing_kept(server, monkeypatch, tmp_path):
    listed(monkeypatch, address(server), content=b"something else")
    with pytest.raises(UnreadableFile, match="its checksum differs from sha256:"):
        fetch("numbers", tmp_path)
    assert list((tmp_path / "numbers").iterdir()) == []


def test_a_file_damaged_at_home_is_fetched_again(server, monkeypatch, tmp_path):
    listed(monkeypatch, address(server))
    fetch("numbers", tmp_path)
    (tmp_path / "numbers" / "numbers.txt").write_bytes(b"damaged")
    fetch("numbers", tmp_path)
    assert (tmp_path / "numbers" / "numbers.txt").read_bytes() == CONTENT
    assert len(server.asked) == 2


def test_a_file_that_changed_at_its_source_leaves_the_old_one(server, monkeypatch, tmp_path):
    listed(monkeypatch, address(server))
    fetch("numbers", tmp_path)
    server.files["/numbers.txt"] = b"changed"
    assert fetch("numbers", tmp_path) == tmp_path
    assert (tmp_path / "numbers" / "numbers.txt").read_bytes() == CONTENT


def test_a_file_that_is_gone(server, monkeypatch, tmp_path):
    listed(monkeypatch, address(server, "gone.txt"))
    with pytest.raises(UnreadableFile, match=r"could not be reached \(HTTPError\)"):
        fetch("numbers", tmp_path)


def test_without_a_network(monkeypatch, tmp_path):
    with socket.socket() as unused:  # bound and not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        listed(monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}/numbers.txt")
        with pytest.raises(UnreadableFile) as failure:
            fetch("numbers", tmp_path)
    assert "could not be reached (ConnectionError)" in str(failure.value)
    assert str(tmp_path / "numbers" / "numbers.txt") in str(failure.value)


def test_the_default_folder_is_the_users_cache(server, monkeypatch, tmp_path):
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    listed(monkeypatch, address(server))
    assert fetch("numbers") == tmp_path / "cede"


def test_what_is_fetched_is_what_the_loader_reads(server, monkeypatch, tmp_path, no_folder):
    rng = np.random.default_rng(0)
    arrays = {}
    for prefix, n in (("train", 3), ("val", 2), ("test", 1)):
        arrays[f"{prefix}_images"] = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        arrays[f"{prefix}_labels"] = np.full((n, 1), n % 2, dtype=np.uint8)  # as MedMNIST does
    np.savez(tmp_path / "original.npz", **arrays)
    content = (tmp_path / "original.npz").read_bytes()
    server.files["/pneumoniamnist.npz"] = content
    listed(
        monkeypatch,
        address(server, "pneumoniamnist.npz"),
        content,
        file="pneumoniamnist.npz",
        name="pneumoniamnist",
    )
    films = load_pneumoniamnist(data=fetch("pneumoniamnist", tmp_path / "cache"))
    np.testing.assert_array_equal(films.y, [1, 1, 1, 0, 0, 1])
    np.testing.assert_array_equal(films.X[3].reshape(28, 28), arrays["val_images"][0])
    assert films.extras["split"].tolist() == ["train"] * 3 + ["validation"] * 2 + ["test"]


@pytest.mark.parametrize("name", [name for name, row in SOURCES.items() if row.url is None])
def test_sets_by_folder_only_say_so_and_name_their_source(name, tmp_path):
    with pytest.raises(InvalidInput, match="comes by folder only") as failure:
        fetch(name, tmp_path)
    assert SOURCES[name].origin in str(failure.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_set():
    with pytest.raises(UnknownName, match="Did you mean 'hatespeech'"):
        fetch("hatespeach")


def test_without_pooch(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingPackage, match="pip install pooch"):
        fetch("hatespeech", tmp_path)


def test_rows_that_can_be_fetched_are_complete_and_documented():
    for name, row in SOURCES.items():
        assert (row.url is None) == (row.checksum is None) == (row.file is None)
        if row.url is None:
            continue
        assert row.url.startswith("https://")
        algorithm, digits = row.checksum.split(":")
        assert re.fullmatch(r"[0-9a-f]+", digits)
        assert len(digits) == 2 * hashlib.new(algorithm).digest_size
        assert f"``{name}``" in _fetch.fetch.__doc__
