"""Cases to come: features and nothing else, a part of a large table at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints
from cede.exceptions import InvalidInput
from cede.logs._cases import Cases
from cede.logs._columns import Column, named_feature
from cede.logs._features import check_none_missing, features_of
from cede.logs._frames import check_columns
from cede.logs._log_columns import read_groups
from cede.logs._selection import of_kind
from cede.logs._values import columns_of_numbers
from cede.logs.files import open_table

__all__ = ["NewCases", "read_new"]

#: Cells of a part: what is computed of them stays small beside any table that is large.
_CELLS = 2**18
_ROWS = 2**14


@dataclass(frozen=True, eq=False)
class NewCases:
    """Rows of a table whose outcomes are yet to come, with the features that a router wants."""

    frame: nw.DataFrame[Any]
    agent_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    #: Column of the case ids, if one is named.
    case: str | None = None
    #: Groups as in :class:`cede.logs.Cases`.
    groups: Ints | None = None
    group_names: tuple[str, ...] = ()
    #: Features that are no numbers, ``(n,)`` each, for a router that encodes them.
    others: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def parts(self) -> Iterator[Cases]:
        """Some rows after the other."""
        rows = min(_ROWS, max(1, _CELLS // len(self.feature_names)))
        return (self._rows(start, start + rows) for start in range(0, len(self), rows))

    def whole(self) -> Cases:
        """All rows."""
        return self._rows(0, len(self))

    def _rows(self, start: int, end: int) -> Cases:
        part, end = self.frame[start:end], min(end, len(self))
        numbers = [name for name in self.feature_names if name not in self.others]
        read = columns_of_numbers(part, numbers)
        read |= {name: values[start:end] for name, values in self.others.items()}
        return Cases(
            agent_names=self.agent_names,
            agent_costs=np.full((end - start, len(self.agent_names)), np.nan),
            features={name: read[name] for name in self.feature_names},
            ids=np.arange(start, end, dtype=np.int64),
            groups=None if self.groups is None else self.groups[start:end],
            group_names=self.group_names,
        )


def read_new(
    table: Any,
    *,
    agents: Sequence[str],
    features: Sequence[str] | Mapping[str, str],
    case: str | None = None,
    group: str | None = None,
) -> NewCases:
    """Read cases that are yet to be answered.

    Parameters
    ----------
    table : dataframe or path
    agents : sequence of str
        Who may answer, the model first.
    features : sequence of str, or dict of str to str
        Columns of numbers, in the order in which a router wants them. A dict says what each is to a
        router that encodes them, ``number``, ``category``, ``date`` or ``text``; values may then be
        missing.
    case, group : str, optional
        Column that names the case, and column whose equal values belong together.

    Raises
    ------
    InvalidInput
        If a column is not there, holds something else or misses a value, or there are no rows.
    """
    kinds = features if isinstance(features, Mapping) else dict.fromkeys(features, "number")
    in_words = [name for name, kind in kinds.items() if kind in ("category", "text")]
    frame = open_table(table, [case, group, *in_words])
    check_columns(frame, {"case": case, "group": group, "features": list(features)})
    if len(frame) == 0:
        name = f"The table {str(table)!r}" if isinstance(table, str | Path) else "The table"
        raise InvalidInput(f"{name} has no rows to route.")
    columns: list[Column] = []
    others: dict[str, NDArray[Any]] = {}
    for name, kind in kinds.items():
        if kind != "number":
            others |= features_of([of_kind(frame, name, kind)])
            continue
        column, frame = _as_numbers(frame, name)
        columns.append(column)
    groups, group_names = read_groups(frame, group)
    cases = NewCases(frame, tuple(agents), tuple(features), case, groups, group_names, others)
    if kinds is not features:
        missing = sum(np.isnan(part.X).sum(axis=0) for part in cases.parts())
        check_none_missing(np.asarray(missing), columns)
    return cases


def _as_numbers(frame: nw.DataFrame[Any], name: str) -> tuple[Column, nw.DataFrame[Any]]:
    """Read a column that is not of numbers as a whole, as one cell does not tell how it is written.

    Numbers stay as they are, to be converted in parts.
    """
    if frame[name].dtype.is_numeric() or frame[name].dtype == nw.Boolean:
        return Column(name, "number"), frame
    reading = named_feature(frame, name, texts=True)
    if reading.numbers is None:
        raise InvalidInput(
            f"Feature column {name!r} holds texts here, and was numbers where the router was "
            f"fitted; write it as then."
        )
    numbers = nw.new_series(name, reading.numbers, nw.Float64, backend=frame.implementation)
    return reading.column, frame.with_columns(numbers)
