"""Where a command writes: said before the work, and nothing that stands there is lost unasked.

What stands there is kept under another name beside, and that is said; with ``--force`` it is
replaced. Pages are made again by the command that they show, so that one of cede's is replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cede._files import check_place, keep_beside, partial_of, resolved, unwritable
from cede.exceptions import InvalidInput
from cede.routers.persistence._folder import check_target, holds_router

__all__ = [
    "check_file",
    "check_folder",
    "check_router_folder",
    "check_saved",
    "keep_earlier",
    "where_kept",
]

_PAGE = b'<meta name="generator" content="cede">'


def check_file(out: Path, sources: Iterable[str], what: str) -> None:
    """See that a file of this kind can be written, and is not the table itself."""
    if out.is_dir():
        raise InvalidInput(f"--out {str(out)!r} is a folder and is no {what}; name a new file.")
    if out.exists() and any(os.path.exists(path) and out.samefile(path) for path in sources):
        raise InvalidInput(
            f"--out {str(out)!r} is the table itself and is no {what}; name a new file."
        )
    _check_regular(out)
    place = check_place(out)
    with unwritable(place), suppress(FileNotFoundError):
        partial_of(place).lstat()  # a longer name, that may be too long


def check_folder(out: Path, names: Iterable[str]) -> None:
    """See that files of these names can be written to a folder."""
    if os.path.lexists(out) and not out.is_dir():
        raise InvalidInput(f"--out {str(out)!r} is a file; name a folder for the report.")
    for name in names:
        _check_regular(out / name)
    check_place(out)


def check_router_folder(out: Path) -> None:
    """See that a router can be saved to a folder."""
    check_target(out)


def check_saved(folder: Path) -> None:
    """See that a router can be kept in the folder that it was read from."""
    if holds_router(folder):  # else reading it says what is missing
        check_target(folder)


def keep_earlier(places: Iterable[Path], force: bool) -> list[Path]:
    """Keep what stands at these places under other names beside, unless told to replace it."""
    if force:
        return []
    kept = []
    for place in places:
        target = resolved(place)
        if _holds_something(target) and not _can_be_made_again(target):
            beside = keep_beside(target)
            kept.append(beside if place.is_absolute() else Path(os.path.relpath(beside)))
    return kept


def where_kept(kept: Iterable[Path]) -> str:
    """Say what was kept where, as the end of a sentence; empty if nothing was."""
    names = ", ".join(repr(str(place)) for place in kept)
    return f"; what stood there is kept in {names}" if names else ""


def _holds_something(place: Path) -> bool:
    return holds_router(place) if place.is_dir() else place.is_file()


def _check_regular(path: Path) -> None:
    if os.path.lexists(path) and not path.is_file():
        raise InvalidInput(f"--out: {str(path)!r} is no regular file; name another place.")


def _can_be_made_again(path: Path) -> bool:
    """Tell what cede wrote, and writes again whenever it is asked to, by a mark in the file."""
    try:
        data = path.read_bytes()
        if path.suffix == ".json":
            content = json.loads(data)
            return {"command", "report", "verdict", "versions"} <= set(content)
        return (_PAGE in data[:2000]) or (path.name == "support2.parquet" and b"made by" in data)
    except (OSError, ValueError, TypeError):
        return False
