"""What the cells of a column hold: arrays of numbers, or few distinct values and their places."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._checks._arrays import missing
from cede.exceptions import InvalidInput

_NUMBERS = (bool, int, float)
_WHOLE = re.compile(r"0|-?[1-9]\d{0,99}")
_SEVERAL = (np.ndarray, list, dict, set, tuple)


class Distinct:
    """The different values of a column, and each row's place among them.

    Values are plain Python ones: texts (bytes that are UTF-8 among them), numbers, truths, dates. A
    column of two million texts is two million places and a few values.
    """

    def __init__(self, values: Any, codes: Ints) -> None:
        self._values = values
        #: Place of each row's value in ``values``, ``(n,)``; -1 where it is missing.
        self.codes = codes

    @cached_property
    def values(self) -> list[Any]:
        """All values, once each, in the order in which they came."""
        return self.head(len(self._values))

    def head(self, count: int) -> list[Any]:
        """The first ``count`` of them."""
        first = self._values[:count]
        return list(first.to_pylist() if hasattr(first, "to_pylist") else first)

    @cached_property
    def kinds(self) -> set[type]:
        """Types of the values; in a column of arrow, all cells have the same."""
        of_arrow = hasattr(self._values, "to_pylist")
        return {type(value) for value in (self.head(1) if of_arrow else self._values)}

    @cached_property
    def counts(self) -> Ints:
        """How many rows hold each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self)).astype(np.int64)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def n_missing(self) -> int:
        """Rows that hold no value."""
        return int((self.codes < 0).sum())

    def spread(self, values: Sequence[Any], otherwise: Any = None) -> NDArray[Any]:
        """Put something in place of every value, ``(n,)``; as objects if ``otherwise`` is None."""
        dtype = object if otherwise is None else None
        table = np.empty(len(values) + 1, dtype=dtype or np.asarray(values).dtype)
        table[:-1], table[-1] = values, otherwise
        return table[self.codes]

    def sorted(self, key: Callable[[Any], Any]) -> Distinct:
        """The same values in the order of their keys."""
        keys = [key(value) for value in self.values]
        order = sorted(range(len(self)), key=keys.__getitem__)
        rank = np.empty(len(self) + 1, dtype=np.int64)
        rank[order], rank[-1] = np.arange(len(self)), -1
        return Distinct([self.values[i] for i in order], rank[self.codes])


def holds_lists(series: nw.Series[Any]) -> bool:
    """Tell whether cells hold several values each."""
    if series.dtype != nw.Object:
        return series.dtype.is_nested()
    return any(isinstance(cell, _SEVERAL) for cell in series.to_list())


def distinct(series: nw.Series[Any], what: str) -> Distinct:
    """Find the distinct values of a column; errors begin with ``what`` it is.

    Raises
    ------
    InvalidInput
        If cells hold lists, or bytes that are no texts.
    """
    if series.dtype.is_nested():
        raise InvalidInput(_nested(what))
    if series.implementation.is_pyarrow():
        values = _of_arrow(series.to_native(), what)
        if values is not None:
            return values
    return _of_list(series.to_list(), what)


def names_in(series: nw.Series[Any], what: str) -> Distinct:
    """What names cases, agents or groups: texts in order, none missing.

    A whole number is written as such whatever its type, so that 1, 1.0 and "1" are one, wherever
    they come from; 01 is another. Names that all are whole numbers stand in the order of these.
    """
    names = distinct(series, what)
    if names.n_missing:
        raise InvalidInput(
            f"{what} has {names.n_missing:,} missing values, so that it is not known which case, "
            f"agent or group these rows are about; fill them or leave the rows out."
        )
    texts = as_texts([_without_point(value) for value in names.values])
    whole = all(map(_WHOLE.fullmatch, texts))
    ordered = sorted(set(texts), key=int if whole else str)
    places = {text: place for place, text in enumerate(ordered)}
    return Distinct(ordered, np.array([places[text] for text in texts], np.int64)[names.codes])


def _without_point(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def column_values(series: nw.Series[Any], what: str) -> NDArray[Any]:
    """Values as numbers (NaN where missing), bools, or objects (None where missing)."""
    if series.dtype.is_numeric():
        if series.null_count() or series.dtype.is_decimal():
            return series.cast(nw.Float64).to_numpy().astype(np.float64)
        return series.to_numpy()
    if series.dtype == nw.Boolean and not series.null_count():
        return series.to_numpy().astype(np.bool_)
    values = distinct(series, what)
    kinds = values.kinds
    if kinds and kinds <= set(_NUMBERS):
        if not values.n_missing and len(kinds) == 1:
            return values.spread(values.values, 0)
        return values.spread([float(value) for value in values.values], np.nan)
    return values.spread(values.values)


def columns_of_numbers(frame: nw.DataFrame[Any], names: Iterable[str]) -> dict[str, Floats]:
    """Columns of numbers and truths by name, as floats; NaN where missing."""
    return {name: column_values(frame[name], name).astype(np.float64) for name in names}


def _of_arrow(column: Any, what: str) -> Distinct | None:
    """The distinct values of an arrow column, without an object per row.

    None of a kind of column that has to be read cell by cell.
    """
    import pyarrow as pa
    from pyarrow import compute

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        try:
            column = column.cast(pa.large_string())
        except pa.ArrowInvalid:
            raise InvalidInput(_bytes(what)) from None
    elif not (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
    ):
        return None
    if pa.types.is_string(kind) and column.nbytes >= 2**31:
        column = column.cast(pa.large_string())
    column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # older releases, and chunks beyond 2 GB
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    encoded = compute.dictionary_encode(column)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Distinct(encoded.dictionary, codes)


def as_texts(values: Sequence[Any]) -> list[str]:
    """Write values as texts; dates without a time of day where none has one."""
    texts = [str(value) for value in values]
    midnight = " 00:00:00"
    dates = all(isinstance(value, datetime.date) for value in values)
    if dates and all(text.endswith(midnight) for text in texts):
        return [text.removesuffix(midnight) for text in texts]
    return texts


def _of_list(cells: list[Any], what: str) -> Distinct:
    plain = [_plain(cell, what) for cell in cells]
    places: dict[Any, int] = {}
    try:
        codes = [-1 if cell is None else places.setdefault(cell, len(places)) for cell in plain]
    except TypeError:
        raise InvalidInput(_nested(what)) from None
    return Distinct(list(places), np.array(codes, dtype=np.int64))


def _plain(cell: Any, what: str) -> Any:
    """Return a cell as Python's own value; None where it is missing."""
    if isinstance(cell, str) and type(cell) is str:
        return cell
    if isinstance(cell, np.generic):
        cell = cell.item()
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError:
            raise InvalidInput(_bytes(what)) from None
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        return int(cell)
    if isinstance(cell, _SEVERAL):
        raise InvalidInput(_nested(what))
    single = np.empty(1, dtype=object)
    single[0] = cell
    if missing(single)[0]:
        return None
    return str(cell) if isinstance(cell, str) else cell


def _nested(what: str) -> str:
    return (
        f"{what} holds lists or records in its cells, and one value per cell is wanted: spread "
        f"them over columns, or over rows."
    )


def _bytes(what: str) -> str:
    return f"{what} holds bytes that are no text in UTF-8; decode them before."
