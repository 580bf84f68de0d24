"""The columns of whatever table features come in, and what each of them holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede._checks._arrays import missing, to_array
from cede._checks._names import names_of
from cede.exceptions import InvalidInput
from cede.logs._opened import features_of

__all__ = ["columns_of", "kind_of", "matrix_of"]


def columns_of(X: Any) -> tuple[tuple[str, ...] | None, list[NDArray[Any]]]:
    """Names, if there are any, and columns ``(n,)`` of an array, a dataframe or Cases."""
    X = features_of(X)
    names = names_of(X)
    table = to_array(X)
    if table.ndim == 1:  # one text per case, say
        table = table[:, None]
    return names, list(table.T)


def kind_of(column: NDArray[Any]) -> str:
    """Tell a column of numbers or of dates; all else is a category."""
    if column.dtype.kind in "fiub":
        return "number"
    if column.dtype.kind == "M":
        return "date"
    if column.dtype.kind in "US":
        return "category"
    known = column[~missing(column)].tolist()
    if all(isinstance(cell, Real) for cell in known):  # truths are, too
        return "number"
    if all(isinstance(cell, date | np.datetime64) for cell in known):
        return "date"
    return "category"


def matrix_of(columns: Sequence[NDArray[Any]], names: Sequence[str]) -> Floats:
    """Columns of numbers side by side, ``(n, d)``, NaN where missing.

    Raises
    ------
    InvalidInput
        If a cell is no number, or infinite.
    """
    if all(column.dtype.kind in "fiub" for column in columns):
        matrix = np.column_stack(columns).astype(np.float64, copy=False)
    else:
        read = [_numbers(column, name) for column, name in zip(columns, names, strict=True)]
        matrix = np.column_stack(read)
    if np.isinf(matrix).any():
        first = names[int(np.isinf(matrix).any(axis=0).argmax())]
        raise InvalidInput(f"Column {first!r} contains infinity; make these cells missing.")
    return matrix


def _numbers(column: NDArray[Any], name: str) -> Floats:
    if column.dtype.kind in "fiub":
        return column.astype(np.float64)
    gone = missing(column)
    for cell in column[~gone].tolist():
        if not isinstance(cell, Real):
            raise InvalidInput(
                f"Column {name!r} must hold numbers, as at the fit, but got {cell!r}; write it as "
                f"then."
            )
    return np.array(np.where(gone, np.nan, column), dtype=np.float64)
