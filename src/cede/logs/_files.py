"""Files to dataframes."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from pathlib import Path
from shlex import quote
from typing import Any

import narwhals as nw

from cede.exceptions import InvalidInput, MissingExtra, UnreadableFile
from cede.logs._frames import open_frame

#: What may stand between the columns of a CSV file; the first one wins where several could.
_DELIMITERS = ",;\t|"
#: Marks of encodings at the start of a file, the longer ones first.
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_table(path: str | Path, texts: Iterable[str | None] = ()) -> nw.DataFrame[Any]:
    """Read a Parquet, CSV, Arrow or Feather file.

    Parameters
    ----------
    path : str or Path
        A CSV file is UTF-8 with a header, its columns apart by commas, or by semicolons, tabs or
        bars where the header has no comma.
    texts : iterable of str
        Columns of a CSV file that are names and no quantities: ids, groups, labels. They stay as
        they are written, so that 01 and 1 are two; whole numbers without leading zeros come as
        such. Other formats say themselves what a column holds.

    Raises
    ------
    UnreadableFile
        If the file is not there or not such a table.
    """
    file = Path(path)
    if not file.is_file():
        raise UnreadableFile(f"There is no file {str(file)!r}.")
    try:
        import pyarrow as pa
        from pyarrow import feather
    except ImportError:
        raise MissingExtra("pyarrow", "cli", "Reading a table from a file") from None
    names = {name for name in texts if name is not None}
    readers = {
        ".parquet": _read_parquet,
        ".pq": _read_parquet,
        ".csv": lambda file: _read_csv(file, names),
        ".arrow": feather.read_table,
        ".feather": feather.read_table,
        ".ipc": feather.read_table,
    }
    kind = file.suffix.lower()
    if kind not in readers:
        raise UnreadableFile(
            f"{str(file)!r} is not a table that can be read: its name should end in "
            f"{', '.join(readers)}."
        )
    try:
        return open_frame(readers[kind](file))
    except UnreadableFile:
        raise
    except InvalidInput as error:
        raise UnreadableFile(f"{str(file)!r}: {error}") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableFile(
            f"{str(file)!r} cannot be read as {kind[1:]}: {str(error).splitlines()[0]}"
        ) from error


def open_table(table: Any, texts: Iterable[str | None] = ()) -> nw.DataFrame[Any]:
    """Return a dataframe, or read a path as :func:`read_table` does."""
    return read_table(table, texts) if isinstance(table, str | Path) else open_frame(table)


def _read_parquet(file: Path) -> Any:
    """Read one file: the reader of many takes 40 MB for itself."""
    from pyarrow import parquet

    with parquet.ParquetFile(file) as opened:
        return opened.read()


def _read_csv(file: Path, texts: set[str]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    with file.open("rb") as stream:
        start = stream.read(1 << 20)
    _check_start(file, start)
    try:
        header = start.splitlines()[0].decode()
    except UnicodeDecodeError:
        _check_encoding(file)
        raise
    delimiter = _delimiter(header)
    parse = csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)

    def read(block: int, guess_from_all: bool = False) -> Any:
        options = {
            "read_options": csv.ReadOptions(block_size=block),
            "parse_options": parse,
            # An empty field is missing in a column of texts as in one of numbers, quoted or not.
            "convert_options": csv.ConvertOptions(
                strings_can_be_null=True, column_types=dict.fromkeys(texts, pa.string())
            ),
        }
        if guess_from_all:
            return csv.read_csv(file, **options)
        with csv.open_csv(file, **options) as opened:
            return opened.read_all()

    block = 1 << 20
    try:
        try:
            table = read(block)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            # A row is longer than a block.
            block = min(file.stat().st_size + 1, 2**31 - 1)
            table = read(block)
    except pa.ArrowInvalid as error:
        _check_encoding(file)
        if "conversion error" not in str(error):
            raise
        # Kinds were guessed from the first block, and a later one holds something else. Guessing
        # from all of them keeps the text of the file in memory beside the table.
        table = read(block, guess_from_all=True)
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        _check_encoding(file)
    for place, name in enumerate(table.column_names):
        if name in texts:
            table = table.set_column(place, name, _as_written(table.column(place)))
    return table


def _check_start(file: Path, start: bytes) -> None:
    if not start.strip():
        raise UnreadableFile(f"{str(file)!r} is empty; a table has a header and a row per case.")
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            raise UnreadableFile(_not_utf_8(file, f"it is {encoding}", encoding))
    if b"\0" in start:
        raise UnreadableFile(f"{str(file)!r} holds zero bytes, which no CSV file has.")


def _check_encoding(file: Path) -> None:
    """Refuse a file that is not UTF-8, and say where."""
    line, decoder = 1, codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                byte = error.object[error.start]
                where = f"line {line:,} holds the byte 0x{byte:02x}"
                raise UnreadableFile(_not_utf_8(file, where, "WINDOWS-1252")) from None
            line += chunk.count(b"\n")


def _not_utf_8(file: Path, why: str, encoding: str) -> str:
    name = quote(file.name)
    return (
        f"{str(file)!r} is not UTF-8 ({why}); save it as such (in Excel, CSV UTF-8), or convert "
        f"it: iconv -f {encoding} -t UTF-8 {name} > utf8.csv (if it is {encoding})."
    )


def _delimiter(header: str) -> str:
    """Return what stands between the names of the header, outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return next((mark for mark in _DELIMITERS if mark in bare), ",")


def _as_written(column: Any) -> Any:
    """Whole numbers if that loses nothing of how they are written."""
    import pyarrow as pa
    from pyarrow import compute

    try:
        numbers = column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column
    same = compute.all(compute.equal(numbers.cast(pa.string()), column)).as_py()
    return numbers if same and numbers.null_count < len(numbers) else column
