"""Real data, if they are here; and how a paper is run."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_papers import README

PAPERS = Path(__file__).parents[2] / "papers"


@pytest.fixture(scope="session")
def data_if_here():
    """The folder that CEDE_DATA names, or the one beside the repository; None if there is none."""
    named = os.environ.get("CEDE_DATA")
    folder = Path(named) if named else PAPERS.parents[1] / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def data(data_if_here):
    if data_if_here is None:
        pytest.skip("real data are not here; set CEDE_DATA to the folder that holds them")
    return data_if_here


@pytest.fixture
def no_folder(monkeypatch):
    monkeypatch.delenv("CEDE_DATA", raising=False)


@pytest.fixture
def paper(tmp_path):
    """The folder of a made-up paper."""
    folder = tmp_path / "paper"
    (folder / "configs").mkdir(parents=True)
    (folder / "README.md").write_text(README, encoding="utf-8")
    for name, n in (("full", 3), ("tiny", 2)):
        text = f"seed = 2\n[one]\nbase = 0\nn = {n}\n[two]\n"
        (folder / "configs" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def module(request):
    """Import modules of the paper that the tests are named after; others have the same names."""
    folder = PAPERS / Path(request.path).stem.removeprefix("test_")
    names = {path.stem for path in folder.glob("*.py")}
    others = {name: sys.modules.pop(name) for name in names & sys.modules.keys()}
    sys.path.insert(0, str(folder))
    yield importlib.import_module
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(others)


@pytest.fixture(scope="session")
def run_paper():
    """Run a paper's run.py in a process of its own; ``data=None`` leaves it without real data."""

    def run(key, *arguments, data=None):
        environment = {k: v for k, v in os.environ.items() if k != "CEDE_DATA"}
        if data is not None:
            environment["CEDE_DATA"] = str(data)
        command = [sys.executable, PAPERS / key / "run.py", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", env=environment
        )

    return run
