"""The lowest versions that cede names are those that the oldest job installs and tests."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / "constraints-oldest.txt").exists(), reason="needs the files beside the package"
)


def pinned(file):
    lines = (ROOT / file).read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name.lower(): version for name, version in pairs}


def named():
    """Every requirement of the package and its extras, by name, with its lowest version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    listed = [*project["dependencies"], *(line for extra in extras for line in extra)]
    wanted = [re.fullmatch(r"([\w-]+)>=([\d.]+)", line) for line in listed if "cede[" not in line]
    assert all(wanted), listed
    return {(found[1].lower(), found[2]) for found in wanted}


def test_the_oldest_job_installs_the_lowest_versions_and_no_others():
    oldest = pinned("constraints-oldest.txt")
    assert len(dict(named())) == len(named())  # one lower bound for each, wherever it is named
    for name, version in named():
        parts = oldest.pop(name).split(".")
        lowest = version.split(".")
        assert parts[: len(lowest)] == lowest
        assert set(parts[len(lowest) :]) <= {"0"}
    assert not oldest


def test_the_development_set_is_none_below_the_lowest():
    tested = pinned("constraints.txt")
    for name, version in named():
        have, lowest = (tuple(map(int, v.split("."))) for v in (tested[name], version))
        assert have >= lowest


def test_what_tests_need_is_pinned():
    tested = pinned("constraints.txt")
    for file in ("requirements-papers.txt", "requirements-test.txt", "requirements-dev.txt"):
        names = [n for n in (ROOT / file).read_text().split("\n") if n and n[0] not in "#-"]
        assert {name for name in names if name not in tested} == set()
