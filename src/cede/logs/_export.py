"""What a tool's files hold, between its reader and the cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Export"]


@dataclass(frozen=True, eq=False)
class Export:
    """A table out of a tool's files, and which of its columns is what.

    :func:`cede.logs.read_log` and :func:`cede.logs.read_problem` take it in place of a table; what
    they are told beside it wins over ``columns``.

    Parameters
    ----------
    table : pyarrow.Table
        Plain columns: numbers, truths and texts, null where nothing is known.
    format : {"wide", "long", "labels"}
        Of a log, as in ``FORMATS``: what answers were worth. "labels": what people and models
        answered, beside the true answer.
    columns : dict
        Arguments of :func:`cede.logs.read_wide`, :func:`cede.logs.read_long` or
        :func:`cede.logs.read_problem` that name columns: ``{"case": "id", "outcome": {"a": "a"}}``.
    notes : tuple of str
        What was left out or taken for something, a sentence each; readers warn of it.
    """

    table: Any
    format: Literal["wide", "long", "labels"]
    columns: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
