"""Dictionaries of arrays in files, read without running code."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs.tools._calls import files_of

__all__ = ["read_feedback"]


def read_feedback(paths: Sequence[str | Path] | str | Path) -> dict[str, Any]:
    """Read one ``.npz`` or ``.json`` file.

    Raises
    ------
    InvalidInput
        If there are several.
    UnreadableFile
        If it is not there, or holds something else than arrays by name.
    """
    files = files_of(paths)
    if len(files) > 1:
        raise InvalidInput(
            f"must be one file of feedback, but got {len(files)}; join their arrays first",
            argument="paths",
        )
    file = files[0]
    if not file.is_file():
        raise UnreadableFile(f"There is no file {str(file)!r}.")
    readers = {".npz": _of_arrays, ".json": _of_lists}
    if file.suffix.lower() not in readers:
        raise UnreadableFile(
            f"{str(file)!r} is no file of feedback that can be read without running code: its name "
            f"should end in .npz or .json. Write it anew: np.savez(path, **feedback)."
        )
    return readers[file.suffix.lower()](file)


def _of_arrays(file: Path) -> dict[str, Any]:
    feedback: dict[str, Any] = {}
    try:
        with np.load(file, allow_pickle=False) as arrays:
            for key in arrays.files:
                try:
                    feedback[key] = arrays[key]
                except ValueError:  # an object
                    if not _is_one_object(file, key):
                        raise
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UnreadableFile(
            f"{str(file)!r} cannot be read as arrays by name: {str(error).splitlines()[0]}"
        ) from error
    return feedback


def _is_one_object(file: Path, key: str) -> bool:
    """Whether an array holds one object, as ``np.savez`` writes None; it is not loaded."""
    with zipfile.ZipFile(file) as archive, archive.open(f"{key}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, _, _ = read(stream)
    return shape == ()


def _of_lists(file: Path) -> dict[str, Any]:
    try:
        feedback = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableFile(f"{str(file)!r} cannot be read as JSON: {error}") from error
    if not isinstance(feedback, dict):
        raise UnreadableFile(f"{str(file)!r} holds no dictionary of lists.")
    return feedback
