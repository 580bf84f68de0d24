"""How files are written, as far as somebody says so, and what is found beside."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cede.exceptions import InvalidInput

__all__ = ["MARKS", "Writing"]

#: Marks of encodings at the start of a file, the longer ones first.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_TAB = ("tab", "\\t")


@dataclass(frozen=True)
class Writing:
    """What is said of how files are written; None is to be found out.

    Parameters
    ----------
    delimiter : str, optional
        What stands between columns, one sign; ``tab`` for a tab.
    decimal : {".", ","}, optional
        The decimal mark; the other one may stand between thousands.
    encoding : str, optional
        As Python calls it: ``cp1252``.
    texts : frozenset of str
        Columns that stay as they are written: ids, groups, labels.
    """

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    texts: frozenset[str] = frozenset()
    #: What was found, in sentences without a full stop.
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.delimiter in _TAB:
            object.__setattr__(self, "delimiter", "\t")
        mark = self.delimiter
        if mark is not None and (len(mark.encode()) != 1 or mark in '"\r\n'):
            raise InvalidInput(
                f"must be one sign, as ';' or tab, but got {mark!r}; say what stands between the "
                f"columns",
                argument="delimiter",
            )
        if self.decimal not in (None, ".", ","):
            raise InvalidInput(
                f"must be '.' or ',', but got {self.decimal!r}; say what stands before the tenths",
                argument="decimal",
            )
        if self.decimal is not None and self.decimal == self.delimiter:
            raise InvalidInput(
                f"must be another sign than the delimiter, but both are {self.decimal!r}; say "
                f"what stands between the columns",
                argument="decimal",
            )
        if self.encoding is not None:
            _check_encoding(self.encoding)

    @property
    def said(self) -> dict[str, Any]:
        """What somebody said, by name."""
        names = ("delimiter", "decimal", "encoding")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def note(self, sentence: str) -> None:
        """Keep what was found, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def encoding_of(self, start: bytes) -> str:
        """The encoding of a file that starts so."""
        if self.encoding is not None:
            return self.encoding
        return next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")

    def check_takes(self, takes: Iterable[str], what: str) -> None:
        """Refuse what is said of a file that has none of it."""
        for argument, value in self.said.items():
            if argument not in set(takes):
                raise InvalidInput(
                    f"is nothing that {what} has, but got {value!r}; leave it out",
                    argument=argument,
                )


def _check_encoding(encoding: str) -> None:
    try:
        known = isinstance("a".encode(encoding), bytes)
    except (LookupError, ValueError, TypeError):
        known = False
    if not known:
        raise InvalidInput(
            f"must be an encoding of texts, but got {encoding!r}; say utf-8, cp1252 (of Windows), "
            f"latin-1 or another one",
            argument="encoding",
        )
