"""Lists of one length, such as embeddings, as columns of numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

__all__ = ["spread_lists"]

#: Longer lists stay as they are: they are pictures, which no table of numbers is made of.
_LONGEST = 10_000
_STARTS_LIST = re.compile(r"\s*\[\s*[-+.\d]")


def spread_lists(frame: nw.DataFrame[Any]) -> tuple[nw.DataFrame[Any], list[str]]:
    """The frame with ``emb_0``, ``emb_1``, … in place of ``emb``; and what was spread, in words.

    Lists of numbers that all have one length are spread; texts such as ``[0.1, 0.2]`` are such
    lists, too. A missing list is missing numbers. Where a name is taken, a list stays one.
    """
    spread: dict[str, dict[str, NDArray[Any]]] = {}
    for name in frame.columns:
        matrix = _matrix(frame[name])
        if matrix is None or not 0 < matrix.shape[1] <= _LONGEST:
            continue
        columns = {f"{name}_{j}": matrix[:, j] for j in range(matrix.shape[1])}
        if not set(columns) & set(frame.columns):
            spread[name] = columns
    if not spread:
        return frame, []
    order = [column for name in frame.columns for column in spread.get(name, [name])]
    series = [
        nw.new_series(name, values, backend=frame.implementation)
        for columns in spread.values()
        for name, values in columns.items()
    ]
    notes = [
        f"{name!r}: lists of {len(columns):,} numbers as '{name}_0' to '{name}_{len(columns) - 1}'"
        for name, columns in spread.items()
    ]
    return frame.drop(*spread).with_columns(*series).select(*order), notes


def _matrix(series: nw.Series[Any]) -> NDArray[Any] | None:
    """Cells as rows, NaN where missing; None if they are no lists of numbers of one length."""
    if series.dtype == nw.String:
        return _of_texts(series)
    if series.dtype.is_nested():
        return _of_arrow(series.to_arrow())
    if series.dtype != nw.Object:
        return None
    cells = series.to_list()
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, list | tuple | np.ndarray):
        return None
    return _of_cells([None if _is_nan(cell) else cell for cell in cells])


def _is_nan(cell: Any) -> bool:
    return isinstance(cell, float) and cell != cell


def _of_cells(cells: list[Any]) -> NDArray[Any] | None:
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        return _of_arrow(pa.array(cells))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError):
        return None


def _of_arrow(column: Any) -> NDArray[Any] | None:
    import pyarrow as pa
    from pyarrow import compute

    kind = column.type
    if not (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    ):
        return None
    if not (pa.types.is_integer(kind.value_type) or pa.types.is_floating(kind.value_type)):
        return None
    known = column.drop_null()
    lengths = compute.unique(compute.list_value_length(known)).to_pylist()
    if len(lengths) != 1:
        return None
    flat = compute.list_flatten(known).to_numpy(zero_copy_only=False)
    values = flat.reshape(len(known), lengths[0])
    if len(known) == len(column):
        return np.asarray(values)
    matrix = np.full((len(column), lengths[0]), np.nan)
    matrix[compute.is_valid(column).to_numpy(zero_copy_only=False)] = values
    return matrix


def _of_texts(series: nw.Series[Any]) -> NDArray[Any] | None:
    head = next((cell for cell in series.head(1_000).to_list() if cell), None)
    if not isinstance(head, str) or not _STARTS_LIST.match(head) or not _list(head):
        return None
    lists = [_list(cell) for cell in series.to_list()]
    lengths = {len(cells) for cells in lists if cells is not None}
    if len(lengths) != 1 or () in lists:
        return None
    nothing = [np.nan] * lengths.pop()
    return np.array([nothing if cells is None else cells for cells in lists], dtype=np.float64)


def _list(text: Any) -> Sequence[float] | None:
    """Numbers in brackets, apart by commas or, as numpy writes them, by blanks; () if it is not."""
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        cells = json.loads(text)
    except ValueError:
        cells = None
    try:
        if cells is None and (text := text.strip())[0] + text[-1] == "[]":
            cells = text[1:-1].split()
        return [float(cell) for cell in cells] if isinstance(cells, list) else ()
    except (ValueError, TypeError):
        return ()
