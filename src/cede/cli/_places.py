"""Where a command writes: said before the work, and nothing that stands there is lost unasked.

Routers and routes are replaced if the command is told to, as others may depend on them. Pages are
made again by the command that they show: one that cede wrote is replaced, and anything else is if
the command is told to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from cede._files import check_place
from cede.exceptions import InvalidInput
from cede.persistence._folder import check_target, holds_router

__all__ = ["check_file", "check_folder", "check_router_folder", "check_saved"]

_PAGE = b'<meta name="generator" content="cede">'


def check_file(out: Path, source: Path, what: str, force: bool) -> None:
    """See that a file of this kind can be written, and is not the table itself."""
    if out.is_dir():
        raise InvalidInput(f"--out {str(out)!r} is a folder and is no {what}; name a new file.")
    if out.exists() and source.exists() and out.samefile(source):
        raise InvalidInput(
            f"--out {str(out)!r} is the table itself and is no {what}; name a new file."
        )
    _check_new(out, force)
    check_place(out)


def check_folder(out: Path, names: Iterable[str], force: bool) -> None:
    """See that files of these names can be written to a folder."""
    if os.path.lexists(out) and not out.is_dir():
        raise InvalidInput(f"--out {str(out)!r} is a file; name a folder for the report.")
    for name in names:
        _check_new(out / name, force)
    check_place(out / "any")


def check_router_folder(out: Path, force: bool) -> None:
    """See that a router can be saved to a folder."""
    check_target(out)
    if holds_router(out) and not force:
        raise InvalidInput(
            f"--out {str(out)!r} holds a router already; add --force to replace it, or name "
            f"another folder."
        )


def check_saved(folder: Path) -> None:
    """See that a router can be kept in the folder that it was read from."""
    if holds_router(folder):  # else reading it says what is missing
        check_target(folder)


def _check_new(path: Path, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_file():
        raise InvalidInput(f"--out: {str(path)!r} is no regular file; name another place.")
    if not force and not _can_be_made_again(path):
        raise InvalidInput(
            f"--out: {str(path)!r} exists already; add --force to replace it, or name another "
            f"place."
        )


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
