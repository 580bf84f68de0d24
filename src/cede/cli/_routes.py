"""A table of who answers which case, written a part of the rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from cede._checks import Floats, Ints
from cede._files import replacing
from cede._text import for_spreadsheet
from cede.exceptions import InvalidInput
from cede.logs import NewCases

__all__ = ["check_ending", "check_names", "write_routes"]

WRITERS: dict[str, Any] = {
    ".csv": csv.CSVWriter,
    ".parquet": parquet.ParquetWriter,
    ".pq": parquet.ParquetWriter,
}


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


def write_routes(
    out: Path,
    parts: Iterable[tuple[Ints, Floats]],
    cases: NewCases,
    with_scores: bool,
) -> list[int]:
    """Write one row per case: its id, the agent's name, the scores; return who gets how many.

    Ids come back as they are. In CSV, which spreadsheets open, the name of an agent that is a
    formula begins with an apostrophe; Parquet holds it as it is.
    """
    agent_names: Sequence[str] = cases.agent_names
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
