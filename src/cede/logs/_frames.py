"""Dataframes of any library, with texts as names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw

from cede._checks._names import names_of
from cede.exceptions import InvalidInput, UnknownName


def open_frame(table: Any) -> nw.DataFrame[Any]:
    """Return the frame under one face; names that are no texts become texts, 0 as well as "0"."""
    try:
        frame: nw.DataFrame[Any] = nw.from_native(table, eager_only=True)
    except nw.exceptions.DuplicateError:
        raise InvalidInput(_twice(names_of(table) or ())) from None
    except nw.exceptions.NarwhalsError as error:
        raise InvalidInput(" ".join(str(error).split())) from error
    except TypeError:
        raise InvalidInput(
            f"A dataframe (pandas, polars, pyarrow) or a path is wanted, not "
            f"{type(table).__name__}."
        ) from None
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        raise InvalidInput(_twice(names))
    if names == frame.columns:
        return frame
    return frame.rename(dict(zip(frame.columns, names, strict=True)))


def check_columns(
    frame: nw.DataFrame[Any], named: Mapping[str, str | Iterable[str] | None]
) -> None:
    """Raise unless every argument names columns, or none."""
    known = set(frame.columns)
    for argument, columns in named.items():
        for name in [columns] if isinstance(columns, str) else columns or ():
            if name in known:
                continue
            if f"{name}_0" in known:
                raise InvalidInput(
                    f"must be a column with one value per cell, but {name!r} holds lists or "
                    f"records, which stand in {f'{name}_0'!r} and so on; name another column",
                    argument=argument,
                )
            raise UnknownName("column", name, frame.columns, argument=argument)


def _twice(names: Iterable[object]) -> str:
    counts = Counter(str(name) for name in names)
    twice = [f"{name!r} ({count} times)" for name, count in counts.items() if count > 1]
    more = f" and {len(twice) - 10} more" if len(twice) > 10 else ""
    return (
        f"Every column must have a name of its own, but several are named {', '.join(twice[:10])}"
        f"{more}; rename them."
    )
