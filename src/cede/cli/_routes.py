"""New cases in, and a table of who answers which of them out; a part of the rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from cede._checks import Floats, Ints
from cede._files import replacing
from cede._text import for_spreadsheet
from cede.cli._saved import NamedRouter
from cede.exceptions import InvalidInput
from cede.logs import Column, read_table
from cede.logs._columns import named_feature
from cede.logs._features import check_none_missing
from cede.logs._frames import check_columns
from cede.logs._values import column_values

__all__ = [
    "NewCases",
    "answered",
    "check_ending",
    "check_names",
    "read_new",
    "write_routes",
]

WRITERS: dict[str, Any] = {
    ".csv": csv.CSVWriter,
    ".parquet": parquet.ParquetWriter,
    ".pq": parquet.ParquetWriter,
}
#: Cells of a part: what is computed of them stays small beside any table that is large.
_CELLS = 2**18
_ROWS = 2**14


@dataclass(frozen=True, eq=False)
class NewCases:
    """Rows of a table, with all features of a router."""

    frame: nw.DataFrame[Any]
    feature_names: tuple[str, ...]
    #: Column of the case ids, if one is named.
    case: str | None

    def __len__(self) -> int:
        return len(self.frame)

    def parts(self) -> Iterator[Floats]:
        """Features ``(m, d)`` of some rows after the other, in the router's order."""
        rows = min(_ROWS, max(1, _CELLS // len(self.feature_names)))
        for start in range(0, len(self), rows):
            part = self.frame[start : start + rows]
            columns = [column_values(part[name], name) for name in self.feature_names]
            yield np.column_stack(columns).astype(np.float64)

    def features(self) -> Floats:
        """Features of all rows, ``(n, d)``."""
        return np.concatenate(list(self.parts()))


def read_new(path: Path, router: NamedRouter, case: str | None) -> NewCases:
    """Read a table of new cases; none of their features is missing."""
    frame = read_table(path, texts=[case])
    check_columns(frame, [case, *router.feature_names])
    if len(frame) == 0:
        raise InvalidInput(f"The table {str(path)!r} has no rows to route.")
    columns = []
    for name in router.feature_names:
        column, frame = _as_numbers(frame, name)
        columns.append(column)
    cases = NewCases(frame, router.feature_names, case)
    gone = sum(np.isnan(X).sum(axis=0) for X in cases.parts())
    check_none_missing(np.asarray(gone), columns)
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


def check_ending(out: Path) -> None:
    """Refuse what cannot be written."""
    if out.suffix.lower() not in WRITERS:
        raise InvalidInput(
            f"--out {str(out)!r} should end in {', '.join(WRITERS)}, which says what to write."
        )


def check_names(case: str | None, agent_names: Sequence[str], scores: bool) -> None:
    """Raise if the column of case ids is called as one of the result is."""
    if case in {"agent", *(map(_score_of, agent_names) if scores else ())}:
        raise InvalidInput(
            f"The case column is called {case!r}, as a column of the result is; rename it."
        )


def answered(
    router: NamedRouter, cases: NewCases, budget: float | None
) -> Iterator[tuple[Ints, Floats]]:
    """Routes and scores of some rows after the other, within the budget if there is one.

    Scores are computed once, and kept where the budget is chosen on them.
    """
    if budget is not None and router.routes_by_scores:
        scores = np.empty((len(cases), len(router.agent_names)))
        done = 0
        for X in cases.parts():
            scores[done : done + len(X)] = router.scores(X)
            done += len(X)
        router.choose_by(scores, budget)
        for start in range(0, len(scores), _ROWS):
            part = scores[start : start + _ROWS]
            yield router.route_by(part), part
        return
    if budget is not None:
        router.tune(cases.features(), budget)
    for X in cases.parts():
        part = router.scores(X)
        yield (router.route_by(part) if router.routes_by_scores else router.route(X)), part


def write_routes(
    out: Path,
    parts: Iterable[tuple[Ints, Floats]],
    agent_names: Sequence[str],
    cases: NewCases,
    with_scores: bool,
) -> list[int]:
    """Write one row per case: its id, the agent's name, the scores; return who gets how many.

    Ids come back as they are. In CSV, which spreadsheets open, the name of an agent that is a
    formula begins with an apostrophe; Parquet holds it as it is.
    """
    if out.suffix.lower() == ".csv":
        agent_names = [for_spreadsheet(name) for name in agent_names]
    names = pa.array(list(agent_names), pa.string())
    ids = None if cases.case is None else cases.frame[cases.case].to_arrow()
    counts = np.zeros(len(names), dtype=np.int64)
    with replacing(out) as stream, ExitStack() as stack:
        writer = None
        for routes, scores in parts:
            columns = {} if ids is None else {cases.case: ids.slice(counts.sum(), len(routes))}
            columns["agent"] = names.take(pa.array(routes))
            if with_scores:
                named = map(_score_of, agent_names)
                columns |= {k: pa.array(v) for k, v in zip(named, scores.T, strict=True)}
            table = pa.table(columns)
            if writer is None:
                writer = stack.enter_context(WRITERS[out.suffix.lower()](stream, table.schema))
            writer.write_table(table)
            counts += np.bincount(routes, minlength=len(names))
    return counts.tolist()


def _score_of(name: str) -> str:
    return f"score of {name}"
