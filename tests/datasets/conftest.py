import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def folder_of_data():
    """The folder that CEDE_DATA names, or the one beside the repository; None if there is none."""
    named = os.environ.get("CEDE_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def data():
    folder = folder_of_data()
    if folder is None:
        pytest.skip("real data are not here; set CEDE_DATA to the folder that holds them")
    return folder


@pytest.fixture
def no_folder(monkeypatch):
    monkeypatch.delenv("CEDE_DATA", raising=False)
