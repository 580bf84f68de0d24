"""Samples in a zip file of Inspect: each in one member, or, if it is large, in several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cede.logs.tools._folders import parsed
from cede.logs.tools._zips import Zip

__all__ = ["samples_in"]

_WHOLE = re.compile(r"samples/.+_epoch_\d+\.json")
#: What a sample in several members is made of; sequences are numbered by their first item.
_SHELL = re.compile(r"(samples/.+_epoch_\d+/)sample\.json")
_PART = re.compile(r"(samples/.+_epoch_\d+/)(events|attachments)/(\d+)\.json")


def samples_in(archive: Zip) -> Iterator[dict[str, Any]]:
    """Read them one by one, with events, attachments by their names, and metadata."""
    parts: dict[tuple[str, str], dict[int, str]] = {}
    for name in archive.names:
        if part := _PART.fullmatch(name):
            parts.setdefault((part[1], part[2]), {})[int(part[3])] = name

    def read(name: str) -> Any:
        return parsed(archive.read(name), f"{archive}:{name}")

    def sequence(prefix: str, what: str) -> list[Any]:
        return [
            item for _, name in sorted(parts.get((prefix, what), {}).items()) for item in read(name)
        ]

    for name in archive.names:
        if _WHOLE.fullmatch(name):
            yield read(name)
        elif shell := _SHELL.fullmatch(name):
            prefix = shell[1]
            metadata = f"{prefix}metadata.json"
            yield {
                **read(name),
                "metadata": read(metadata) if metadata in archive.names else {},
                "events": sequence(prefix, "events"),
                "attachments": {
                    str(i): text for i, text in enumerate(sequence(prefix, "attachments"))
                },
            }
