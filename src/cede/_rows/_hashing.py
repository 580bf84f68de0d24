"""One number per row, from the bits of all its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats

__all__ = ["hash_rows", "mixed"]

_ROWS_AT_ONCE = 65_536


def bits_of_numbers(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Numbers as the bits of a float64; hashes as they are."""
    if values.dtype == np.uint64:
        return values
    numbers: Floats = values.astype(np.float64) + 0.0  # minus zero is zero
    numbers[np.isnan(numbers)] = np.nan  # all missing values have the same bits
    return numbers.view(np.uint64)


def hash_rows(
    tables: Sequence[NDArray[Any]],
    bits: Callable[[NDArray[Any]], NDArray[np.uint64]] = bits_of_numbers,
) -> NDArray[np.uint64]:
    """Hash the rows of arrays ``(n, d)`` that stand side by side, ``(n,)``.

    ``bits`` gives each value's bits, for some rows at a time: values with the same are equal.
    """
    total = np.zeros(len(tables[0]), dtype=np.uint64)
    before = 0
    for table in tables:
        width = table.shape[1]
        salts = mixed(np.arange(before + 1, before + width + 1, dtype=np.uint64))
        before += width
        for start in range(0, len(table), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            # The column's salt is added before values are mixed, or swapped columns would be equal.
            total[rows] += mixed(bits(table[rows]) + salts).sum(axis=1, dtype=np.uint64)
    return mixed(total)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread bits over the word (the finaliser of splitmix64); overflow is intended."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
