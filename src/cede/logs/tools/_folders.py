"""Files out of folders, JSON out of files, and choices among what files offer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile

__all__ = ["check_option", "chosen", "files_below", "json_of", "parsed", "texts_of"]


def files_below(
    paths: Sequence[str | Path] | str | Path, wanted: Callable[[Path], bool]
) -> list[Path]:
    """Return the files that were named, and of each folder those ``wanted`` below it, sorted.

    Raises
    ------
    InvalidInput
        If no path is named.
    UnreadableFile
        If one is not there.
    """
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    if not named:
        raise InvalidInput("must name a file or folder, but got none; name one", argument="paths")
    files: dict[Path, Path] = {}
    for place in map(Path, named):
        if not place.exists():
            raise UnreadableFile(f"There is no file or folder {str(place)!r}.")
        below = sorted(place.rglob("*")) if place.is_dir() else [place]
        fitting = [file for file in below if file.is_file() and (file == place or wanted(file))]
        files |= {file.resolve(): file for file in fitting}
    return list(files.values())


def json_of(file: Path) -> Any:
    """What a file says."""
    try:
        return parsed(file.read_bytes(), str(file))
    except OSError as error:
        raise UnreadableFile(f"{str(file)!r} cannot be read: {error.strerror}.") from error


def parsed(text: bytes, where: str) -> Any:
    """What a text out of ``where`` says, NaN and Infinity as Python writes them included."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnreadableFile(f"{where!r} is no JSON ({error}); copy it anew.") from error


def texts_of(option: str | None) -> tuple[str, ...]:
    """What an option names, ``a,b``."""
    return tuple(part.strip() for part in (option or "").split(",") if part.strip())


def check_option(name: str, value: str | None, choices: Sequence[str]) -> None:
    """Refuse a value that is none of the choices; None is one."""
    if value is not None and value not in choices:
        raise InvalidInput(
            f"must say {' or '.join(f'{name}={choice}' for choice in choices)}, but got "
            f"{value!r}; write it so, or leave it out",
            argument="option",
        )


def chosen(option: str, owner: str, offered: Sequence[str], named: Sequence[str]) -> str:
    """The first one named of those that ``owner`` offers, or the only one there is."""
    fitting = [name for name in named if name in offered] if named else offered
    if not fitting or (not named and len(fitting) > 1):
        raise InvalidInput(
            f"must say a {option} of {owner}, which has {', '.join(offered) or 'none'}, but got "
            f"{', '.join(named) or 'none'}; write {option}=NAME",
            argument="option",
        )
    return fitting[0]
