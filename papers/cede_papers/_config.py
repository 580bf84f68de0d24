"""Configs: TOML that holds everything that determines a run."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile

__all__ = ["FULL", "TINY", "Config", "Settings", "known_configs", "read_config"]

#: The config that is run if none is named, and the one whose reports are for tests only.
FULL, TINY = "full", "tiny"
#: What stands above the parts, and what it is if it does not.
_TOP: dict[str, Any] = {"seed": 0, "device": "cpu", "workers": 1}


class Settings(dict[str, Any]):
    """One table of a config; what it lacks is said in a sentence."""

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        inner = ((k, Settings(f"{where}.{k}", v) if isinstance(v, dict) else v)
                 for k, v in values.items())  # fmt: skip
        super().__init__(inner)
        self.where = where

    def __missing__(self, key: str) -> Any:
        raise InvalidInput(
            f"must name {key!r}, but got {list(self)}", argument=f"{self.where} in the config"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Settings, (self.where, dict(self))


@dataclass(frozen=True)
class Config:
    """A config as it was read."""

    name: str
    seed: int
    device: str
    workers: int
    #: Settings by part, of those that it names.
    parts: Mapping[str, Settings]


def known_configs(folder: Path) -> list[str]:
    """Names of an experiment's configs."""
    return sorted(path.stem for path in (folder / "configs").glob("*.toml"))


def read_config(folder: Path, name: str, parts: Mapping[str, ModuleType]) -> Config:
    """Read ``configs/<name>.toml``.

    Raises
    ------
    UnknownName
        If there is none of that name, or it names a part that there is not, or a setting that the
        full config does not know, and the part does not list as ``OPTIONAL``.
    InvalidInput
        If a value is of the wrong type.
    UnreadableFile
        If it is no TOML.
    """
    if name not in known_configs(folder):
        raise UnknownName("config", name, known_configs(folder))
    tables = _read(folder, name)
    for key, value in tables.items():
        if key not in parts and key not in _TOP:
            raise UnknownName(f"part or setting in {name}.toml", key, [*parts, *_TOP])
        kind = type(_TOP[key]) if key in _TOP else dict
        if not isinstance(value, kind) or isinstance(value, bool):
            noun = "a table" if key in parts else f"of type {kind.__name__}"
            raise InvalidInput(
                f"must be {noun}, but got {value!r}", argument=f"{key} in {name}.toml"
            )
    full = _read(folder, FULL) if name != FULL and FULL in known_configs(folder) else {}
    for part, module in parts.items():
        settings = [*full.get(part, tables.get(part, {})), *getattr(module, "OPTIONAL", ())]
        for key in tables.get(part, {}):
            if key not in settings:
                raise UnknownName(f"setting of [{part}] in {name}.toml", key, settings)
    own = {part: Settings(f"[{part}]", tables[part]) for part in parts if part in tables}
    return Config(name, **{key: tables.get(key, usual) for key, usual in _TOP.items()}, parts=own)


def _read(folder: Path, name: str) -> dict[str, Any]:
    path = folder / "configs" / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(f"{path.name} is no TOML: {error}.") from None
