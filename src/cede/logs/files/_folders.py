"""Folders whose files are parts of one table, as Spark and its kin write them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from cede.exceptions import UnreadableFile
from cede.logs.files._content import ending_of
from cede.logs.files._endings import ENDINGS

__all__ = ["partitions", "parts_in"]

#: What a partition is called whose value is missing.
_MISSING = "__HIVE_DEFAULT_PARTITION__"


def parts_in(folder: Path) -> list[Path]:
    """The files of a folder and of those below it, in the order of their names.

    Those whose name, or that of their folder, begins with a dot or an underscore are none of the
    table's.

    Raises
    ------
    UnreadableFile
        If there are none, or several kinds; or if it is a table of Delta or Iceberg, whose files
        hold rows that were deleted, too.
    """
    for name, kind in (("_delta_log", "Delta"), ("metadata", "Iceberg")):
        if (folder / name).is_dir() and (
            kind == "Delta" or any((folder / name).glob("*.metadata.json"))
        ):
            raise UnreadableFile(
                f"{str(folder)!r} is a table of {kind}, whose files hold deleted rows, too; write "
                f"the table to one Parquet file."
            )
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        and ending_of(path)[0] in ENDINGS
    ]
    kinds = sorted({ending_of(path)[0] for path in files})
    if len(kinds) != 1:
        what = f"files that end in {', '.join(kinds)}" if kinds else "none"
        raise UnreadableFile(
            f"The folder {str(folder)!r} must hold the parts of one table, but it holds {what}; "
            f"name the files."
        )
    return files


def partitions(file: Path, folder: Path) -> dict[str, str | None]:
    """What the folders on the way say of all rows in a file, as in ``site=a/year=2026/``."""
    pairs = (part.partition("=") for part in file.relative_to(folder).parts[:-1])
    return {
        name: None if value == _MISSING else unquote(value) for name, mark, value in pairs if mark
    }
