"""An order of cases that follows from what they hold, not from the order in which they came."""

from __future__ import annotations

from hashlib import blake2b
from math import prod
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints
from cede._checks._arrays import to_array
from cede._rows._hashing import hash_rows

__all__ = ["row_hashes", "steady_order", "take_rows"]


def row_hashes(*tables: Any) -> NDArray[np.uint64]:
    """One number per row, from all its values in all of these arrays or dataframes, ``(n,)``.

    Equal rows have equal hashes, in every format and type of numbers; different rows have different
    ones, but for one pair in 2^64. Neighbouring values have hashes far apart, so that the order of
    the hashes is as good as random.

    Raises
    ------
    TypeError, ValueError
        If one of them does not hold a row per case.

    Examples
    --------
    >>> bool(np.all(row_hashes([[1, 2], [3, 4]]) == row_hashes([[1.0, 2.0], [3.0, 4.0]])))
    True
    """
    columns = [column for table in tables for column in _columns(table)]
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        raise ValueError(f"rows are of tables of one length, not {sorted(lengths)}")
    return hash_rows(columns)


def steady_order(cases: Any, *beside: Any) -> Ints:
    """Order rows by their content: the same for every order of the table, as good as shuffled.

    Equal rows of ``cases`` are ordered by what stands beside them; if they are equal there, too,
    their order makes no difference.
    """
    first = row_hashes(cases)
    if not beside:
        return np.asarray(np.argsort(first, kind="stable"), dtype=np.int64)
    return np.asarray(np.lexsort((row_hashes(*beside), first)), dtype=np.int64)


def take_rows(table: Any, rows: Ints) -> Any:
    """Some rows of an array, a list or a dataframe, which keeps the names of its columns."""
    if hasattr(table, "iloc"):
        return table.iloc[rows]
    frame = nw.from_native(table, pass_through=True, allow_series=True, eager_only=True)
    if isinstance(frame, nw.DataFrame | nw.Series):
        return frame[rows].to_native()
    return table[rows] if hasattr(table, "shape") else np.asarray(table)[rows]


def _columns(table: Any) -> list[NDArray[Any]]:
    """Numbers as one array ``(n, d)``; a table that holds others column by column."""
    values = to_array(table)
    if values.ndim == 0:
        raise TypeError("a single value has no rows")
    flat = values.reshape(len(values), prod(values.shape[1:]))
    if flat.dtype.kind in "fiub":
        return [flat]
    return [_read(column)[:, None] for column in flat.T]


def _read(column: NDArray[Any]) -> NDArray[Any]:
    """A column of numbers as floats, any other as hashes of its texts."""
    if column.dtype.kind == "O":
        try:
            return column.astype(np.float64)
        except (TypeError, ValueError):
            pass
    # One text after the other: an array of texts has room for the longest in every row.
    texts = map(str, column.tolist()) if column.dtype.kind == "O" else column.astype(str).tolist()
    digests = [blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)
