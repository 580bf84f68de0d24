"""What stands in ``router.json``, and whether it is what was written there."""

from __future__ import annotations

import json
import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any

from cede.exceptions import UnreadableFile
from cede.routers._table import ROUTERS

__all__ = ["FORMAT", "JSON", "as_bytes", "digest_of", "read_bytes", "read_content"]

#: Raised when the layout changes; older formats stay readable. The first had no digests, and up to
#: the second a router had the parameters of its head.
FORMAT = 3
JSON = "router.json"
#: Above all that routers hold; what is larger was not written by cede.
_LARGEST = 2**28


def digest_of(data: bytes) -> str:
    """32 hexadecimal digits, as good as never those of other data."""
    return sha256(data).hexdigest()[:32]


def as_bytes(content: dict[str, Any]) -> bytes:
    """The text of ``router.json``, with a digest of its values."""
    signed = {**content, "digest": digest_of(_canonical(content))}
    return (json.dumps(signed, indent=2) + "\n").encode()


def read_content(folder: Path) -> dict[str, Any]:
    """Read ``router.json``, and see that it is whole, of a known format, and a router's.

    Raises
    ------
    UnreadableFile
        If it is not.
    """
    path = folder / JSON
    try:
        content = json.loads(read_bytes(path, at_most=_LARGEST).decode())
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableFile(
            f"{str(path.parent)!r} is not a saved router: it has no {path.name}."
        ) from None
    except (OSError, ValueError, RecursionError) as error:  # JSON and Unicode errors are these
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(f"{str(path)!r} is damaged: {error}") from error
    number = content.get("format") if isinstance(content, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnreadableFile(f"{str(path)!r} is not a saved router: it has no format number.")
    if number > FORMAT:
        raise UnreadableFile(
            f"{str(path.parent)!r} was written in format {number}, and this version of cede reads "
            f"up to {FORMAT}; upgrade with: pip install --upgrade cede"
        )
    result: dict[str, Any] = content
    _check_whole(path, result)
    return result


def read_bytes(path: Path, at_most: int | None = None) -> bytes:
    """Read a regular file, and wait for no other.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        If it is not there.
    UnreadableFile
        If it is something else than a file, may not be read, or is larger than expected.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as stream:
            entry = os.fstat(descriptor)
            if not stat.S_ISREG(entry.st_mode):
                raise UnreadableFile(f"{str(path)!r} is damaged: it is no regular file.")
            if at_most is not None and entry.st_size > at_most:
                raise UnreadableFile(
                    f"{str(path)!r} is damaged: it holds {entry.st_size:,} bytes, and at most "
                    f"{at_most:,} were expected."
                )
            return stream.read()
    except (FileNotFoundError, NotADirectoryError, UnreadableFile):
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableFile(f"{str(path)!r} cannot be read: {reason}.") from error


def _check_whole(path: Path, content: dict[str, Any]) -> None:
    """See that this is what was written; the first format says so by its keys alone."""
    if content["format"] == 1:
        expected = {"format", "class", "parameters", "fitted", "versions"}
        parts = [content.get(part) for part in ("parameters", "fitted", "versions")]
        whole = set(content) == expected and all(isinstance(part, dict) for part in parts)
        if not whole or content["class"] not in ROUTERS or "cede" not in content["versions"]:
            raise UnreadableFile(f"{str(path)!r} is damaged or not a saved router: other keys.")
        return
    values = {key: value for key, value in content.items() if key != "digest"}
    if content.get("digest") != digest_of(_canonical(values)):
        raise UnreadableFile(
            f"{str(path)!r} is damaged or was edited: its digest is not that of its values."
        )


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
