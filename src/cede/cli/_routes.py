"""New cases in, and a table of who answers which of them out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from cede._checks import Floats, Ints
from cede._text import for_spreadsheet
from cede.cli._features import check_complete
from cede.cli._saved import NamedRouter
from cede.exceptions import InvalidInput, UnknownName
from cede.logs._columns import feature
from cede.tables import read_table

__all__ = ["check_features", "check_target", "read_new", "write_routes"]

WRITERS = {".csv": csv.write_csv, ".parquet": parquet.write_table, ".pq": parquet.write_table}


def check_target(out: Path, source: Path) -> None:
    """Refuse what cannot be written, before the work."""
    if out.suffix.lower() not in WRITERS:
        raise InvalidInput(
            f"--out {str(out)!r} should end in {', '.join(WRITERS)}, which says what to write."
        )
    if out.is_dir() or out.resolve() == source.resolve():
        what = "a folder" if out.is_dir() else "the table itself"
        raise InvalidInput(f"--out {str(out)!r} is {what}; name a new file for the routes.")


def read_new(path: Path, router: NamedRouter, case: str | None) -> tuple[Floats, Any]:
    """Features ``(n, d)`` in the router's order, and the column of case ids if one is named."""
    frame = read_table(path, texts=[case])
    for name in [case] if case is not None else []:
        if name not in frame.columns:
            raise UnknownName("column", name, frame.columns)
    check_features(frame, router)
    if len(frame) == 0:
        raise InvalidInput(f"The table {str(path)!r} has no rows to route.")
    read = [feature(frame, name) for name in router.feature_names]
    texts = [column.name for column, values in read if values.dtype.kind == "O"]
    if texts:
        raise InvalidInput(
            f"Feature column {texts[0]!r} holds texts here, and was numbers where the router was "
            f"fitted; write it as then."
        )
    X = np.column_stack([values for _, values in read])
    check_complete(X, [column for column, _ in read])
    return X, None if case is None else frame[case].to_arrow()


def check_features(frame: nw.DataFrame[Any], router: NamedRouter) -> None:
    """Raise unless every feature of the router is a column."""
    absent = [name for name in router.feature_names if name not in frame.columns]
    if absent:
        raise InvalidInput(
            f"The router reads {len(router.feature_names)} feature columns, of which the table "
            f"lacks {len(absent)}, the first being {absent[0]!r}; it has "
            f"{', '.join(frame.columns[:40])}."
        )


def write_routes(
    out: Path,
    routes: Ints,
    agent_names: Sequence[str],
    case: tuple[str, Any] | None = None,
    scores: Floats | None = None,
) -> None:
    """Write one row per case: its id, the agent's name, the scores.

    Ids come back as they are. In CSV, which spreadsheets open, the name of an agent that is a
    formula begins with an apostrophe; Parquet holds it as it is.
    """
    if out.suffix.lower() == ".csv":
        agent_names = [for_spreadsheet(name) for name in agent_names]
    columns = {} if case is None else {case[0]: case[1]}
    added = {"agent": pa.array([agent_names[agent] for agent in routes.tolist()])}
    if scores is not None:
        added |= {
            f"score of {name}": pa.array(values)
            for name, values in zip(agent_names, scores.T, strict=True)
        }
    clash = [name for name in columns if name in added]
    if clash:
        raise InvalidInput(
            f"The case column is called {clash[0]!r}, as a column of the result is; rename it."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[out.suffix.lower()](pa.table(columns | added), out)
