"""What each column was taken for, said in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from cede.logs._columns import Column, some_of

__all__ = ["column_lines"]

_PLURAL = {"category": "categories"}


def column_lines(columns: Sequence[Column]) -> list[str]:
    """Say what was taken for what, how it was read, and what was left out and why."""
    lines = []
    used = [column for column in columns if column.used]
    kinds = dict.fromkeys(column.taken_for for column in used)
    if used:
        counts = [_counted(kind, [c.name for c in used if c.taken_for == kind]) for kind in kinds]
        lines.append(f"Features taken for {'; '.join(counts)}.")
    read = [f"{column.name!r} ({column.why})" for column in used if column.why]
    lines += [f"How they were read: {some_of(read)}."] if read else []
    left_out = [f"{c.name!r} ({c.why or c.taken_for})" for c in columns if not c.used]
    lines += [f"Left out: {some_of(left_out)}."] if left_out else []
    return lines


def _counted(kind: str, names: Sequence[str]) -> str:
    word = kind if len(names) == 1 else _PLURAL.get(kind, f"{kind}s")
    return f"{len(names)} {word} ({some_of([repr(name) for name in names])})"
