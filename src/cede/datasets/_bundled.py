"""Read the arrays that ship inside the package, with numpy alone and without pickle."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_bundled(file_name: str) -> dict[str, NDArray[Any]]:
    """Return every array of ``data/<file_name>`` (an npz), by name."""
    # A package need not be a folder (it may be zipped): hence a stream, never a path.
    packed = resources.files("cede.datasets").joinpath("data", file_name)
    with packed.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
