"""The bytes of a table: of a file, unpacked where it is packed, or of standard input."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cede.exceptions import UnreadableFile

__all__ = ["STANDARD_INPUT", "Content", "content_of", "ending_of"]

#: What stands for standard input in place of a path.
STANDARD_INPUT = "-"
#: Last endings of packed files, what arrow calls the packing, and how such bytes begin.
_PACKINGS = {
    ".gz": ("gzip", b"\x1f\x8b"),
    ".bz2": ("bz2", b"BZh"),
    ".zst": ("zstd", b"\x28\xb5\x2f\xfd"),
}
#: How bytes begin that are no text, and the ending of such files.
_BEGINNINGS = {
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"FEA1": ".feather",
    b"SQLite format 3\0": ".sqlite",
}


@dataclass(frozen=True)
class Content:
    """Where bytes come from, to be read as often as it takes."""

    #: What it is called in sentences.
    name: str
    #: Says what they are: ``.csv``, in lower case, without that of a packing.
    ending: str
    #: The file; None of standard input.
    path: Path | None = None
    packing: str | None = None
    #: What came from standard input.
    data: bytes = b""
    #: Table of a database, if one is named.
    table: str | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def plain_path(self) -> str | None:
        """The file, if its bytes are as they are to be read."""
        return None if self.path is None or self.packing else str(self.path)

    def open(self) -> Any:
        """A stream of the bytes, unpacked."""
        import pyarrow as pa

        source = self.data if self.path is None else str(self.path)
        stream = pa.BufferReader(source) if isinstance(source, bytes) else pa.OSFile(source)
        return stream if self.packing is None else pa.CompressedInputStream(stream, self.packing)

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.open() as stream:
            return bytes(stream.read(size))

    def whole(self) -> bytes:
        """All bytes."""
        with self.open() as stream:
            return bytes(stream.read())


def content_of(place: str) -> Content:
    """Bytes at a path; at ``path::table``, of a table in a database; or of standard input."""
    if place == STANDARD_INPUT:
        return _of_standard_input()
    path, table = Path(place), None
    if "::" in place and not path.exists():
        before, _, table = place.rpartition("::")
        path = Path(before)
    if not path.is_file():
        raise UnreadableFile(f"There is no file {str(path)!r}.")
    ending, packing = ending_of(path)
    return Content(repr(str(path)), ending, path, packing, table=table)


def ending_of(path: Path) -> tuple[str, str | None]:
    """The ending of a file's name, and how it is packed."""
    ending = path.suffix.lower()
    if ending not in _PACKINGS:
        return ending, None
    return Path(path.stem).suffix.lower(), _PACKINGS[ending][0]


def _of_standard_input() -> Content:
    """Whatever comes, told by how it begins."""
    name, data = "Standard input", sys.stdin.buffer.read()
    packings = (packing for packing, mark in _PACKINGS.values() if data.startswith(mark))
    packed = Content(name, "", packing=next(packings, None), data=data)
    start = packed.head(1 << 10)
    for beginning, ending in _BEGINNINGS.items():
        if start.startswith(beginning):
            return Content(name, ending, packing=packed.packing, data=data)
    is_json = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    return Content(name, ".json" if is_json else ".csv", packing=packed.packing, data=data)
