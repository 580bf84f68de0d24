"""Who reads which files, told by the endings of their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede.logs.files._arrow import read_feather, read_parquet
from cede.logs.files._content import Content
from cede.logs.files._csv import read_csv, read_tsv
from cede.logs.files._databases import read_database
from cede.logs.files._json import read_json
from cede.logs.files._writing import Writing

__all__ = ["ENDINGS", "read_content"]


class Ending(NamedTuple):
    """Who reads files of an ending."""

    #: A function of the content, and of what is said of how it is written, to a table of arrow.
    read: Callable[[Content, Writing], Any]
    #: What may be said of how they are written.
    takes: tuple[str, ...] = ()


_TEXT = ("delimiter", "decimal", "encoding")
#: By ending, in lower case. Files packed by gzip, bzip2 or zstd end in .gz, .bz2 or .zst beside.
ENDINGS: dict[str, Ending] = {
    ".parquet": Ending(read_parquet),
    ".pq": Ending(read_parquet),
    ".csv": Ending(read_csv, _TEXT),
    ".tsv": Ending(read_tsv, _TEXT),
    ".tab": Ending(read_tsv, _TEXT),
    ".json": Ending(read_json, ("encoding",)),
    ".jsonl": Ending(read_json, ("encoding",)),
    ".ndjson": Ending(read_json, ("encoding",)),
    ".arrow": Ending(read_feather),
    ".feather": Ending(read_feather),
    ".ipc": Ending(read_feather),
    ".db": Ending(read_database),
    ".sqlite": Ending(read_database),
    ".sqlite3": Ending(read_database),
    ".duckdb": Ending(read_database),
}


def read_content(content: Content, writing: Writing) -> Any:
    """Read one table of arrow."""
    import pyarrow as pa

    if content.ending not in ENDINGS:
        raise UnreadableFile(
            f"{content} is not a table that can be read: its name should end in "
            f"{', '.join(ENDINGS)}, or one of these and .gz, .bz2 or .zst."
        )
    ending = ENDINGS[content.ending]
    if content.table is not None and ending.read is not read_database:
        raise UnreadableFile(f"{content} is no database, and has no table {content.table!r}.")
    writing.check_takes(ending.takes, f"a file that ends in {content.ending}")
    try:
        return ending.read(content, writing)
    except (UnreadableFile, UnknownName):
        raise
    except InvalidInput as error:
        if error.argument is not None:
            raise
        raise UnreadableFile(f"{content}: {error}") from error
    except (pa.ArrowException, OSError, EOFError, ValueError) as error:
        kind = content.ending[1:]
        raise UnreadableFile(
            f"{content} cannot be read as {kind}: {str(error).splitlines()[0]}"
        ) from error
