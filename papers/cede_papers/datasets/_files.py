"""Find a set's files in the user's folder, and read them into plain arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.exceptions import UnreadableFile
from cede_papers.datasets._missing import missing
from cede_papers.datasets._sources import source_of

#: The environment variable that names the folder, where ``data`` is None.
ENVIRONMENT = "CEDE_DATA"


def find_file(name: str, data: str | Path | None, *files: str) -> Path:
    """Return the first of ``<data>/<name>/<files>`` that is there.

    Raises
    ------
    UnreadableFile
        If no folder was named, or none of the files is in it; says what to do.
    """
    source = source_of(name)
    places = " or ".join(f"{name}/{file}" for file in files)
    remedy = f"the original is at {source.origin}"
    if source.url is not None and source.file in files:
        remedy += f", and data=cede_papers.datasets.fetch({name!r}) downloads it"
    folder = data if data is not None else os.environ.get(ENVIRONMENT)
    if not folder:
        raise UnreadableFile(
            f"{name!r} does not come with cede: name its folder as data, or in the environment "
            f"variable {ENVIRONMENT}, where the folder holds {places}; {remedy}."
        )
    for file in files:
        path = Path(folder) / name / file
        if path.is_file():
            return path
    raise UnreadableFile(f"The data folder {str(folder)!r} does not hold {places}; {remedy}.")


def read_parquet(path: Path, columns: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return columns by name: numbers (NaN where missing), or objects of texts and None.

    Raises
    ------
    MissingPackage
        If pyarrow is not installed.
    UnreadableFile
        If it is no Parquet file, or a column is not there.
    """
    try:
        from pyarrow import ArrowInvalid, parquet, types
    except ImportError:
        raise missing("pyarrow", "Reading a Parquet file") from None
    wanted = list(columns)
    try:
        known = parquet.read_schema(path).names
        _check_names(path, wanted, known)
        table = parquet.read_table(path, columns=wanted)
    except ArrowInvalid as error:
        raise UnreadableFile(f"{path.name!r} is not a Parquet file: {error}") from None
    arrays = {}
    for name in wanted:
        column = table[name]
        # to_numpy of a dictionary puts some other word where one is missing: spell it out first.
        if types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        arrays[name] = column.to_numpy()
    return arrays


def read_npz(path: Path, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return arrays of an npz by name, without pickle.

    Raises
    ------
    UnreadableFile
        If it is no npz file, or an array is not there.
    """
    wanted = list(names)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            _check_names(path, wanted, arrays.files)
            return {name: arrays[name] for name in wanted}
    except UnreadableFile:
        raise
    except (OSError, ValueError, AttributeError, EOFError) as error:
        raise UnreadableFile(f"{path.name!r} is not an npz file: {error}") from None


def read_embeddings(path: Path) -> Floats:
    """Return an npy file of embeddings ``(n, d)`` in float64.

    Raises
    ------
    UnreadableFile
        If it is no npy file of numbers in two dimensions.
    """
    try:
        table = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableFile(f"{path.name!r} is not an npy file: {error}") from None
    if not isinstance(table, np.ndarray) or table.ndim != 2 or table.dtype.kind != "f":
        raise UnreadableFile(f"{path.name!r} must hold one row of numbers per case.")
    return table.astype(np.float64)


def numbered(word: str, count: int) -> tuple[str, ...]:
    """Return ``word 1``, ..., ``word count``."""
    return tuple(f"{word} {i}" for i in range(1, count + 1))


def one_hot(name: str, values: NDArray[Any]) -> dict[str, Floats]:
    """Return one column of 0 and 1 per text, ``name: text``, sorted; NaN where missing (None)."""
    absent = values == None  # noqa: E711 - element by element
    known = sorted(set(values[~absent].tolist()))
    return {f"{name}: {text}": np.where(absent, np.nan, values == text) for text in known}


def _check_names(path: Path, wanted: list[str], known: Iterable[str]) -> None:
    absent = sorted(set(wanted) - set(known))
    if absent:
        raise UnreadableFile(
            f"{path.name!r} must hold {', '.join(wanted)}, but {', '.join(absent)} is not in it."
        )
