"""README.md: the blocks that are made from reports, and whether they still are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from cede._files import write_text
from cede.exceptions import InvalidInput, UnreadableFile
from cede_papers._claims import claims_table
from cede_papers._report import header, read_report

__all__ = ["blocks_of", "check_page", "differences", "read_reports", "write_figures", "write_page"]

_NOT_RUN = "*Not run here; see the table of claims.*"


def read_reports(folder: Path, parts: Mapping[str, ModuleType]) -> dict[str, dict[str, Any]]:
    """Reports of the parts that have one."""
    paths = {name: folder / "reports" / f"{name}.json" for name in parts}
    return {name: read_report(path) for name, path in paths.items() if path.is_file()}


def blocks_of(
    parts: Mapping[str, ModuleType], reports: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the text of every generated block by name: the claims, then a block per part."""
    claims, by_part = [], {}
    for name, part in parts.items():
        if name in reports:
            report = reports[name]
            claims += part.claims(report["found"])
            by_part[name] = f"{header(report)}\n\n{part.tables(report['found'])}"
        else:
            claims += part.not_run() if hasattr(part, "not_run") else []
            by_part[name] = _NOT_RUN
    return {"claims": claims_table(claims), **by_part}


def check_page(path: Path, names: Iterable[str]) -> None:
    """Raise unless a README has one block of every name."""
    text = _read(path)
    for name in names:
        _cut(text, name)


def write_page(path: Path, blocks: Mapping[str, str]) -> None:
    """Put blocks between their markers in a README."""
    text = _read(path)
    for name, block in blocks.items():
        before, _, after = _cut(text, name)
        text = f"{before}\n{block}\n{after}"
    write_text(path, text)


def differences(path: Path, blocks: Mapping[str, str]) -> list[str]:
    """Return the names of the blocks that are not what the reports say."""
    text = _read(path)
    return [name for name, block in blocks.items() if _cut(text, name)[1].strip() != block.strip()]


def write_figures(
    folder: Path, parts: Mapping[str, ModuleType], reports: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write every figure of every part that has a report."""
    from cede.report.plotting import to_svg

    for name, report in reports.items():
        for file, figure in parts[name].figures(report["found"]).items():
            label = f"{name}: {file}".replace("_", " ")
            write_text(folder / f"{file}.svg", to_svg(figure, label=label))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror}.") from None


def _cut(text: str, name: str) -> tuple[str, str, str]:
    """Text up to a block with its marker, the block, and the rest with its marker."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise InvalidInput(f"must hold one block {begin} … {end}", argument="README.md")
    before, rest = text.split(begin)
    inside, after = rest.split(end)
    return before + begin, inside, end + after
