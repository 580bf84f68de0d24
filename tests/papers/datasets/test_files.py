import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

from cede.exceptions import UnknownName, UnreadableFile
from cede_papers import datasets
from cede_papers.datasets import MissingPackage
from cede_papers.datasets._files import find_file, one_hot, read_embeddings, read_npz, read_parquet
from cede_papers.datasets._sources import SOURCES

BY_FOLDER = sorted(f"load_{name}" for name in SOURCES)


def test_every_source_has_a_loader_of_its_name():
    assert [name for name in datasets.__all__ if name.startswith("load_")] == BY_FOLDER


def test_the_table_at_the_top_names_every_loader_and_generator():
    named = re.findall(r"^``(\w+)``", datasets.__doc__, flags=re.MULTILINE)
    assert sorted(named) == [n for n in datasets.__all__ if n.startswith(("load_", "make_"))]


@pytest.mark.parametrize("loader", BY_FOLDER)
def test_without_a_folder_one_sentence_says_what_to_set_and_where_the_original_is(
    loader, no_folder
):
    name = loader.removeprefix("load_")
    with pytest.raises(UnreadableFile) as failure:
        getattr(datasets, loader)()
    said = str(failure.value)
    assert "CEDE_DATA" in said
    assert f"{name}/" in said
    assert SOURCES[name].origin in said
    assert (f"fetch({name!r})" in said) == (SOURCES[name].url is not None)


@pytest.mark.parametrize("loader", BY_FOLDER)
def test_a_folder_without_the_set_is_named(loader, tmp_path):
    with pytest.raises(UnreadableFile, match="does not hold"):
        getattr(datasets, loader)(data=tmp_path)


@pytest.mark.parametrize("loader", BY_FOLDER)
def test_the_docstring_says_which_folder_to_give(loader):
    documentation = inspect.getdoc(getattr(datasets, loader))
    assert "CEDE_DATA" in documentation
    assert loader.removeprefix("load_") in documentation


def test_the_argument_wins_over_the_environment(tmp_path, monkeypatch):
    for place in ("named", "given"):
        (tmp_path / place / "cifar10h").mkdir(parents=True)
        (tmp_path / place / "cifar10h" / "cifar10h.npz").touch()
    monkeypatch.setenv("CEDE_DATA", str(tmp_path / "named"))
    found = find_file("cifar10h", None, "cifar10h.npz")
    assert found == tmp_path / "named" / "cifar10h" / "cifar10h.npz"
    found = find_file("cifar10h", tmp_path / "given", "cifar10h.npz")
    assert found == tmp_path / "given" / "cifar10h" / "cifar10h.npz"


def test_the_first_of_several_files_is_taken(tmp_path):
    (tmp_path / "hatespeech").mkdir()
    (tmp_path / "hatespeech" / "b").touch()
    assert find_file("hatespeech", tmp_path, "a", "b").name == "b"
    (tmp_path / "hatespeech" / "a").touch()
    assert find_file("hatespeech", tmp_path, "a", "b").name == "a"


def test_a_set_that_nobody_knows():
    with pytest.raises(UnknownName, match="Did you mean 'cifar10h'"):
        find_file("cifar10hh", None, "x")


def written(path, **columns):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table(columns), path)
    return path


def test_a_missing_word_of_a_dictionary_stays_missing(tmp_path):
    """pyarrow's own to_numpy would put another word there."""
    pyarrow = pytest.importorskip("pyarrow")
    words = pyarrow.array(["b", None, "a", None]).dictionary_encode()
    path = written(tmp_path / "t.parquet", word=words, number=pyarrow.array([1, None, 3, 4]))
    table = read_parquet(path, ["word", "number"])
    assert table["word"].tolist() == ["b", None, "a", None]
    np.testing.assert_array_equal(table["number"], [1.0, np.nan, 3.0, 4.0])


def test_parquet_without_a_wanted_column(tmp_path):
    path = written(tmp_path / "t.parquet", a=[1])
    with pytest.raises(UnreadableFile, match="must hold a, b, but b is not in it"):
        read_parquet(path, ["a", "b"])


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (lambda p: read_parquet(p, ["a"]), "t.parquet"),
        (lambda p: read_npz(p, ["a"]), "t.npz"),
        (read_embeddings, "t.npy"),
    ],
)
@pytest.mark.parametrize("content", [b"", b"no such file, but a sentence"])
def test_a_foreign_file_is_told_by_name(tmp_path, read, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=re.escape(repr(name))):
        read(tmp_path / name)


def test_npz_without_a_wanted_array_and_with_pickled_ones(tmp_path):
    np.savez(tmp_path / "t.npz", a=[1], b=np.array([{}], dtype=object))
    assert list(read_npz(tmp_path / "t.npz", ["a"])) == ["a"]
    with pytest.raises(UnreadableFile, match="c is not in it"):
        read_npz(tmp_path / "t.npz", ["a", "c"])
    with pytest.raises(UnreadableFile, match="pickle"):
        read_npz(tmp_path / "t.npz", ["b"])


def test_embeddings_are_a_table_of_numbers(tmp_path):
    np.save(tmp_path / "t.npy", np.zeros(3))
    with pytest.raises(UnreadableFile, match="one row of numbers per case"):
        read_embeddings(tmp_path / "t.npy")
    np.save(tmp_path / "t.npy", np.ones((2, 3), dtype=np.float16))
    assert read_embeddings(tmp_path / "t.npy").dtype == np.float64


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackage, match="pip install pyarrow"):
        read_parquet(tmp_path / "t.parquet", ["a"])


def test_one_hot_keeps_what_is_missing_missing():
    columns = one_hot("race", np.array(["b", None, "a"], dtype=object))
    assert list(columns) == ["race: a", "race: b"]
    np.testing.assert_array_equal(columns["race: a"], [0.0, np.nan, 1.0])
    np.testing.assert_array_equal(columns["race: b"], [1.0, np.nan, 0.0])


def test_importing_downloads_nothing_and_needs_no_optional_package():
    optional = ("pooch", "requests", "pyarrow", "PIL")
    loaded = f"print(*[m for m in {optional!r} if m in sys.modules])"
    script = f"import sys, cede_papers.datasets; {loaded}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
