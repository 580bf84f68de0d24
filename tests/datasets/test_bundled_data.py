import subprocess
import sys
from importlib import resources

import numpy as np
import pytest

DATA = resources.files("cede.datasets").joinpath("data")
FILES = ["llm_routing.npz", "support2.npz"]

# What comes after the third day, or is a score, must not even be in the file.
FORBIDDEN = {
    "adlp", "adls", "adlsc", "aps", "avtisst", "charges", "d_time", "death", "dnr", "dnrday",
    "hospdead", "sfdm2", "sps", "totcst", "totmcst",
}  # fmt: skip


def test_the_folder_holds_the_data_and_its_licences_and_no_more():
    names = {entry.name for entry in DATA.iterdir()}
    assert names == {*FILES, "LICENSES.md", "APACHE-2.0.txt"}


def test_the_data_stay_small():
    assert sum(len(entry.read_bytes()) for entry in DATA.iterdir()) < 2_200_000


@pytest.mark.parametrize(
    "words",
    [
        *FILES,
        "CC BY 4.0",
        "Annals of Internal Medicine",
        "hbiostat.org/data",
        "Apache License 2.0",
        "arXiv:2406.18665",
        "Hendrycks",
        "Cobbe",
        "all-MiniLM-L6-v2",
    ],
)
def test_licences_name_every_source(words):
    assert words in DATA.joinpath("LICENSES.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file_name", FILES)
def test_files_hold_plain_arrays_without_pickle(file_name):
    path = DATA.joinpath(file_name)
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        assert {arrays[name].dtype.kind for name in arrays.files} <= set("iufU")


def test_support2_ships_no_column_from_after_the_decision():
    with DATA.joinpath("support2.npz").open("rb") as stream, np.load(stream) as arrays:
        assert FORBIDDEN.isdisjoint(arrays.files)


def test_loading_needs_numpy_alone():
    script = (
        "import sys, cede.datasets as d; d.load_support2(); d.load_llm_routing(); "
        "d.make_two_specialists(n=10); d.make_realizable_mixture(n=10); "
        "print(*sorted({'torch', 'sklearn', 'pandas', 'pyarrow', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
