"""What stands between the columns of a file of text."""

from __future__ import annotations

import csv
import io
from itertools import islice

from cede.exceptions import InvalidInput
from cede.logs.files._content import Content

__all__ = ["delimiter_of"]

#: What may stand there; the first one in the header wins where none divides the rows evenly.
_DELIMITERS = ",;\t|"
#: Rows that are looked at.
_ROWS = 200


def delimiter_of(content: Content, text: str, *, whole: bool, first: str | None = None) -> str:
    """The mark that gives every row as many cells as the header has names.

    Parameters
    ----------
    content : Content
        For sentences.
    text : str
        How the file starts.
    whole : bool
        Whether this is all of it; else the last row may be cut.
    first : str, optional
        The mark that such a file has by its name, if its header has it.
    """
    header = "".join((text.splitlines() or [""])[0].split('"')[::2])
    if first is not None and first in header:
        return first
    able = [mark for mark in _DELIMITERS if mark in header and _divides(mark, text, whole)]
    if len(able) > 1:
        marks = " or ".join(repr(mark) for mark in able)
        raise InvalidInput(
            f"must be said of {content}, whose columns may be apart by {marks}, but got none; say "
            f"which",
            argument="delimiter",
        )
    return next((mark for mark in able or _DELIMITERS if mark in header), ",")


def _divides(mark: str, text: str, whole: bool) -> bool:
    rows = _rows(mark, text)
    if not whole and len(rows) < _ROWS:
        rows = rows[:-1]
    return len({len(row) for row in rows}) == 1 and len(rows[0]) > 1


def _rows(mark: str, text: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in islice(csv.reader(io.StringIO(text), delimiter=mark), _ROWS):
            if row:
                rows.append(row)
    except csv.Error:  # a cell longer than this reader takes
        rows.append([])
    return rows
