"""Files are written beside, and take their place when they are whole.

Whoever is killed or interrupted, or runs out of space, while writing leaves what stood there as it
was; who reads meanwhile finds the old file or the new one, never a part.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from cede.exceptions import UnwritableFile

try:
    import fcntl
except ImportError:  # a system without such locks: writers are kept apart by who starts them
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "check_place",
    "keep_beside",
    "only_writer",
    "partial_of",
    "replacing",
    "resolved",
    "unwritable",
    "write_text",
]

#: Seconds to wait for another process that is writing to the same place.
PATIENCE = 60.0
#: What cannot be opened without waiting, or through a link, is no file of ours.
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def resolved(path: str | Path) -> Path:
    """Resolve links and ``..``: ``new/..`` is the folder above, whether ``new`` exists or not."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # too long, links in a circle, a null byte
        raise UnwritableFile(f"{str(path)!r} is no place to write to: {error}.") from None


def check_place(path: str | Path) -> Path:
    """Say before the work, not after it, that a file or folder cannot be made; return where to.

    Raises
    ------
    UnwritableFile
        If a part of the path is a file, or nothing may be written there.
    """
    place = resolved(path)
    with unwritable(place):
        above = next(folder for folder in place.parents if os.path.lexists(folder))
        if not above.is_dir():
            raise UnwritableFile(
                f"{str(path)!r} cannot be made, as {str(above)!r} is a file and no folder; name "
                f"another place."
            )
        within = place if place.is_dir() else above
        if not os.access(within, os.W_OK | os.X_OK):
            raise UnwritableFile(
                f"{str(path)!r} cannot be written, as {str(within)!r} may not be written to; name "
                f"another place, or ask for the permission."
            )
    return place


@contextmanager
def replacing(path: str | Path, within: Path | None = None) -> Iterator[BinaryIO]:
    """Write a file of bytes that takes the place of ``path`` when it is whole.

    Missing folders are made. The file beside, :func:`partial_of`, is locked; what a killed process
    left of it is used again. Errors name the file, or the folder ``within`` which it is a part.

    Raises
    ------
    UnwritableFile
        If the disk is full, the permission missing, or no regular file stands there.
    """
    target = resolved(path)
    beside = partial_of(target)
    with unwritable(within or target):
        if os.path.lexists(target) and not target.is_file():
            raise UnwritableFile(f"{str(target)!r} is no regular file; name another.")
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = _opened(beside)
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if fcntl is None:  # such a system renames closed files only
                stream.close()
            os.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        finally:
            with suppress(OSError):  # what could not be written is not tried again
                stream.close()


def write_text(path: str | Path, text: str, errors: str = "strict") -> None:
    """Write a file of text in UTF-8 that takes the place of ``path`` when it is whole."""
    with replacing(path) as stream:
        stream.write(text.encode("utf-8", errors))


def keep_beside(path: Path) -> Path:
    """Keep what stands at a path under a free name beside it, ``name-1``; return where.

    What takes its place afterwards is another file, so that the one kept need not be copied.
    """
    with unwritable(path):
        for number in count(1):
            kept = path.with_name(f"{path.stem}-{number}{path.suffix}")
            with suppress(FileExistsError):
                if path.is_dir():
                    kept.mkdir()
                    for file in path.iterdir():
                        _keep_file(file, kept / file.name)
                else:
                    _keep_file(path, kept)
                return kept
    raise AssertionError("there is always another number")


def _keep_file(path: Path, kept: Path) -> None:
    try:
        os.link(path, kept)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        with open(path, "rb") as source, open(kept, "xb") as copy:
            copyfileobj(source, copy)


def partial_of(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    return path.with_name(f".{path.name}.partial")


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other writers out of a folder."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        with suppress(OSError):  # a copy of this process may have it open, too
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


@contextmanager
def unwritable(place: Path) -> Iterator[None]:
    """Turn an error of the system while writing into one sentence."""
    try:
        yield
    except OSError as error:
        if isinstance(error, UnwritableFile):
            raise
        left = " What stood there is unchanged." if os.path.lexists(place) else ""
        raise UnwritableFile(
            f"{str(place)!r} cannot be written: {error.strerror or error}.{left}"
        ) from error


def _lock(descriptor: int, place: Path) -> None:
    """Keep other writers out of an open file or folder until it is closed, or the process ends."""
    end = time.monotonic() + PATIENCE
    while fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise UnwritableFile(
                    f"{str(place)!r} is being written by another process; wait until that is done."
                ) from None
            time.sleep(0.01)
        except OSError:  # a network folder without locks
            return
        else:
            return


def _opened(beside: Path) -> BinaryIO:
    """Open the file beside, empty and locked."""
    while True:
        stream = os.fdopen(os.open(beside, _OPEN, 0o666), "wb")
        try:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UnwritableFile(f"{str(beside)!r} is no regular file; remove it.")
            _lock(stream.fileno(), beside)
            # Whoever held the lock has put that file in its place, or removed it.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(stream.fileno()), os.stat(beside)):
                    stream.truncate(0)
                    return stream
        except BaseException:
            stream.close()
            raise
        stream.close()
