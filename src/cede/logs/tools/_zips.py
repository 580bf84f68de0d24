"""Members of zip files that are packed with Zstandard, which ``zipfile`` reads from Python 3.14."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from cede.exceptions import MissingExtra, UnreadableFile

__all__ = ["Zip"]

_ZSTANDARD = 93  # of the zip format's APPNOTE, 4.4.5
#: What stands before a member's bytes: 26 bytes, and how long its name and its extra fields are.
_HEADER = struct.Struct("<4s22xHH")


class Zip:
    """A zip file that is open for reading."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError) as error:
            raise UnreadableFile(f"{str(file)!r} is no whole zip file; copy it anew.") from error

    def __enter__(self) -> Zip:
        return self

    def __exit__(self, *_: Any) -> None:
        self._zip.close()

    def __str__(self) -> str:
        return str(self._file)

    @property
    def names(self) -> Collection[str]:
        """Its members, each once."""
        return self._zip.NameToInfo.keys()

    def read(self, name: str) -> bytes:
        """A member's bytes; of several of one name, those that were written last."""
        info = self._zip.getinfo(name)
        try:
            packed = info.compress_type == _ZSTANDARD
            return self._unpacked(info) if packed else self._zip.read(info)
        except (zipfile.BadZipFile, OSError, struct.error, NotImplementedError) as error:
            raise UnreadableFile(
                f"{name!r} in {str(self._file)!r} cannot be unpacked; copy the file anew."
            ) from error

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        try:
            import pyarrow as pa
        except ImportError as error:
            raise MissingExtra("pyarrow", "cli", "Reading zip files of Zstandard") from error
        with self._file.open("rb") as stream:
            stream.seek(info.header_offset)
            mark, name, extra = _HEADER.unpack(stream.read(_HEADER.size))
            if mark != b"PK\x03\x04":
                raise zipfile.BadZipFile
            stream.seek(name + extra, 1)
            packed = stream.read(info.compress_size)
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as unpacked:
            content = bytes(unpacked.read())
        if len(content) != info.file_size or zipfile.crc32(content) != info.CRC:  # type: ignore[attr-defined]
            raise zipfile.BadZipFile
        return content
