"""Make the data files that ship in the package from the sources they were taken from.

Usage: python tools/bundle_data.py SOURCE_FOLDER, where SOURCE_FOLDER holds
support2/support2.parquet and demo/routellm_demo.npz. Needs pyarrow. The same sources give the same
bytes (npz members carry no time of day), so a run that changes nothing shows nothing in git.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cede.datasets import _llm_routing, _support2

TARGET = Path(_support2.__file__).parent / "data"

# Values in an order that means something; the other categories are sorted.
ORDERED = {
    "income": ["under $11k", "$11-$25k", "$25-$50k", ">$50k"],
    "sex": ["male", "female"],
    "ca": ["no", "yes", "metastatic"],
}


def main(source: Path) -> None:
    TARGET.mkdir(exist_ok=True)
    write(_support2.FILE, support2(pq.read_table(source / "support2" / "support2.parquet")))
    with np.load(source / "demo" / "routellm_demo.npz", allow_pickle=False) as arrays:
        write(_llm_routing.FILE, {name: arrays[name] for name in sorted(arrays.files)})


def support2(table: pa.Table) -> dict[str, np.ndarray[Any, Any]]:
    """Keep the columns that the loader reads: numbers as they are, categories as codes."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name in sorted(
        {*_support2.MEASUREMENTS, *_support2.CATEGORIES, *_support2.EXTRAS.values()}
    ):
        if name in _support2.CATEGORIES or name in ORDERED:
            arrays[name], arrays[f"{name}_values"] = codes(name, table[name].to_pylist())
        else:
            arrays[name] = table[name].to_numpy()
    return arrays


def codes(name: str, values: list[str | None]) -> tuple[np.ndarray[Any, Any], ...]:
    """Give each value a number from 0, and -1 to a missing one."""
    known = ORDERED.get(name) or sorted({v for v in values if v is not None})
    numbers = {value: i for i, value in enumerate(known)} | {None: -1}
    return np.array([numbers[v] for v in values], dtype=np.int8), np.array(known)


def write(file_name: str, arrays: dict[str, Any]) -> None:
    """Write, read back, and insist that every value came through, NaN included."""
    path = TARGET / file_name
    np.savez_compressed(path, **arrays)
    with np.load(path, allow_pickle=False) as back:
        for name, array in arrays.items():
            np.testing.assert_array_equal(back[name], array)
            if back[name].dtype != array.dtype:
                raise SystemExit(f"{file_name}: {name} was {array.dtype}, is {back[name].dtype}")
    print(f"{path.name}: {path.stat().st_size:,} bytes, {len(arrays)} arrays")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
