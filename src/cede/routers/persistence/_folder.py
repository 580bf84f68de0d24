"""The folder on disk: what of it is cede's, how it is replaced, how it is read meanwhile.

``router.json`` names the other files, and these are named by the digest of what they hold. A save
removes what interrupted ones left, writes the new files beside the old ones, then ``router.json``
in one step, and then removes what no longer belongs. Writers wait for each other, readers wait for
nobody. Only what can be shown to be cede's is ever removed: files that ``router.json`` names, files
whose name is the digest of their content, and the unfinished ones of an interrupted save.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cede._files import (
    check_place,
    only_writer,
    partial_of,
    replacing,
    resolved,
    unwritable,
)
from cede.exceptions import InvalidInput, UnreadableFile
from cede.routers.persistence._content import JSON, as_bytes, digest_of, read_bytes, read_content

__all__ = ["check_target", "holds_router", "place_of", "read_folder", "write_folder"]

#: The ending of each kind of file; and what the files were called in the first format.
_SUFFIXES = {"arrays": "safetensors", "objects": "skops"}
_FIRST = ("arrays.safetensors", "objects.skops")
_NAME = re.compile(r"arrays-[0-9a-f]{32}\.safetensors|objects-[0-9a-f]{32}\.skops")


def place_of(folder: str | Path) -> Path:
    """Say before the work that no folder can be made here, or written to; return where it goes.

    Raises
    ------
    InvalidInput
        If it is a link, or a file.
    UnwritableFile
        If nothing can be written there.
    """
    target = resolved(folder)
    with unwritable(target):
        if Path(folder).is_symlink() or (os.path.lexists(target) and not target.is_dir()):
            raise _foreign(folder)
    return check_place(target)


def check_target(folder: str | Path) -> None:
    """Say before the work that a router cannot be saved here.

    Raises
    ------
    InvalidInput, UnwritableFile
        As :func:`place_of`, and if the folder holds anything that cede did not write.
    """
    target = place_of(folder)
    with unwritable(target):
        _own_files(target)


def holds_router(folder: str | Path) -> bool:
    """Tell whether a router is saved here."""
    return (resolved(folder) / JSON).is_file()


def write_folder(folder: Path, content: Mapping[str, Any], parts: Mapping[str, bytes]) -> None:
    """Write a router; an older one stays until this one is whole, and if anything goes wrong.

    Parameters
    ----------
    folder : Path
        As :func:`place_of` returns it.
    content : dict
        What goes into ``router.json`` beside the names of the files.
    parts : dict of "arrays" and "objects" to bytes

    Raises
    ------
    InvalidInput, UnwritableFile
        As :func:`check_target`.
    """
    named = {f"{kind}-{digest_of(d)}.{_SUFFIXES[kind]}": d for kind, d in parts.items()}
    with _made(folder), only_writer(folder):
        old, needed = _own_files(folder)
        _remove(folder, old - needed)  # what interrupted saves left
        for name, data in named.items():
            with replacing(folder / name, folder) as stream:
                stream.write(data)
        files = {name: len(data) for name, data in named.items()}
        # Those of the first format do not show that they are cede's once its router.json is gone.
        earlier = sorted(old & set(_FIRST))
        with replacing(folder / JSON, folder) as stream:
            stream.write(as_bytes({**content, "files": files, "earlier": earlier}))
        _remove(folder, old - {JSON, *files})


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the content of ``router.json`` and the files that belong to it: never of two saves.

    Raises
    ------
    UnreadableFile
        If something is missing, or is not what was written.
    """
    while True:
        version = _version(folder)
        content = read_content(folder)
        lost = None
        try:
            parts = _read_parts(folder, content)
        except FileNotFoundError as error:
            lost = Path(error.filename).name
        if lost is None and content["format"] > 1:
            return content, parts
        if version != _version(folder):  # replaced meanwhile
            continue
        if lost is None:
            return content, parts
        raise UnreadableFile(f"{str(folder)!r} is damaged or not a saved router: it has no {lost}.")


def _version(folder: Path) -> tuple[int, ...]:
    """Numbers that are others once ``router.json`` was replaced."""
    try:
        entry = os.stat(folder / JSON)
    except OSError:
        return ()
    return entry.st_ino, entry.st_ctime_ns, entry.st_size


def _read_parts(folder: Path, content: Mapping[str, Any]) -> dict[str, bytes]:
    if content["format"] == 1:  # which does not say if there are objects
        names = [
            name for name in _FIRST if name == "arrays.safetensors" or (folder / name).exists()
        ]
        return {_kind(name): read_bytes(folder / name) for name in names}
    parts = {}
    for name, size in _files(content).items():
        parts[_kind(name)] = read_bytes(folder / name, at_most=size)
        if digest_of(parts[_kind(name)]) not in name:
            raise UnreadableFile(
                f"{str(folder / name)!r} is damaged: its digest is not that in its name."
            )
    return parts


def _files(content: Mapping[str, Any]) -> dict[str, int]:
    """Names and sizes of the files that belong to a router."""
    files = content.get("files")
    if not isinstance(files, dict) or not all(map(_NAME.fullmatch, files)):
        raise UnreadableFile(f"The saved router names files that cede does not write: {files!r}.")
    return files


def _kind(name: str) -> str:
    return "arrays" if name.startswith("arrays") else "objects"


def _own_files(folder: Path) -> tuple[set[str], set[str]]:
    """Names of the files in a folder, all of which must be cede's, and of those of its router.

    Raises
    ------
    InvalidInput
        If one is not.
    """
    if not folder.is_dir():
        return set(), set()
    entries = list(os.scandir(folder))
    named: set[str] = set()
    needed: set[str] = set()
    if any(entry.name == JSON and entry.is_file(follow_symlinks=False) for entry in entries):
        try:
            content = read_content(folder)
            named, needed = _named(content), _needed(content)
        except UnreadableFile as error:
            raise InvalidInput(
                f"{str(folder)!r} is not replaced, as nothing shows that cede wrote it: {error} "
                f"Choose another folder."
            ) from error
    for entry in entries:
        with suppress(FileNotFoundError):  # another save removed it
            if not entry.is_file(follow_symlinks=False) or not (
                entry.name in named or _is_leftover(Path(entry))
            ):
                raise _foreign(folder, entry.name)
    return {entry.name for entry in entries}, needed


def _needed(content: Mapping[str, Any]) -> set[str]:
    """The files of a router."""
    return {JSON, *(_FIRST if content["format"] == 1 else _files(content))}


def _remove(folder: Path, names: set[str]) -> None:
    for name in names:
        with suppress(OSError):  # it harms nobody, and the next save tries again
            (folder / name).unlink()


def _named(content: Mapping[str, Any]) -> set[str]:
    """The files that ``router.json`` shows to be cede's."""
    if content["format"] == 1:
        return {JSON, *_FIRST}
    return {JSON, *_files(content), *(set(content["earlier"]) & set(_FIRST))}


def _is_leftover(path: Path) -> bool:
    """Tell what an interrupted save left: unfinished files, and whole ones by their digest."""
    if _NAME.fullmatch(path.name):
        return digest_of(read_bytes(path)) in path.name
    whole = path.name.removeprefix(".").removesuffix(".partial")
    is_ours = whole == JSON or _NAME.fullmatch(whole) is not None
    return is_ours and path.name == partial_of(Path(whole)).name


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, and leave none behind that stayed empty."""
    with unwritable(folder):
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            yield
        except BaseException:
            if is_new:
                with suppress(OSError):
                    folder.rmdir()
            raise


def _foreign(folder: str | Path, name: str = "") -> InvalidInput:
    example = f" ({name!r})" if name else ""
    return InvalidInput(
        f"{str(folder)!r} exists and is not a saved router, or holds other files too{example}; "
        f"choose another folder."
    )
