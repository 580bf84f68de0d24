"""What each column was taken for, said in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cede.cli._printing import errors
from cede.tables import Column

__all__ = ["column_dicts", "column_lines", "column_warnings", "print_columns"]

_SHOWN = 8
_PLURAL = {"category": "categories"}


def column_lines(columns: Sequence[Column]) -> list[str]:
    """Say what was taken for what, what was left out and why, and what to beware of."""
    lines = []
    used = [column for column in columns if column.used]
    kinds = dict.fromkeys(column.taken_for for column in used)
    if used:
        counts = [_counted(kind, [c.name for c in used if c.taken_for == kind]) for kind in kinds]
        lines.append(f"Features taken for {'; '.join(counts)}.")
    read = [f"{column.name!r} ({column.why})" for column in used if column.why]
    lines += [f"How they were read: {_some(read)}."] if read else []
    left_out = [f"{c.name!r} ({c.why or c.taken_for})" for c in columns if not c.used]
    lines += [f"Left out: {_some(left_out)}."] if left_out else []
    return lines


def column_warnings(columns: Iterable[Column]) -> list[str]:
    """Return a sentence for each column to beware of."""
    return [column.warning for column in columns if column.warning]


def column_dicts(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """Plain values for JSON."""
    return [column.to_dict() for column in columns]


def print_columns(columns: Sequence[Column], quiet: bool, *, beware: bool = True) -> None:
    """Print it on standard error, unless nothing is to be said."""
    if quiet:
        return
    lines = column_lines(columns)
    if beware:
        lines += [f"Beware: {text}" for text in column_warnings(columns)]
    for line in lines:
        errors.print(line, markup=False)


def _counted(kind: str, names: Sequence[str]) -> str:
    word = kind if len(names) == 1 else _PLURAL.get(kind, f"{kind}s")
    return f"{len(names)} {word} ({_some([repr(name) for name in names])})"


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return f"{', '.join(texts[:_SHOWN])}{more}"
