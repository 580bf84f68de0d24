"""Columns apart by a mark: CSV and its kin."""

from __future__ import annotations

import codecs
from typing import Any

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs.files._content import Content
from cede.logs.files._decimals import check_points, in_plain_numbers
from cede.logs.files._delimiters import delimiter_of
from cede.logs.files._writing import Writing

__all__ = ["read_csv", "read_tsv"]

_BLOCK = 1 << 20


def read_tsv(content: Content, writing: Writing) -> Any:
    """Read a file whose columns are apart by tabs, if its header has any."""
    return read_csv(content, writing, first="\t")


def read_csv(content: Content, writing: Writing, first: str | None = None) -> Any:
    """Read a file with a header.

    What columns hold is told from all rows. An empty field is missing in a column of texts as in
    one of numbers, quoted or not.
    """
    start = content.head(_BLOCK)
    _check_start(content, start)
    encoding = writing.encoding_of(start)
    text = _decoded(content, start, encoding, said=writing.encoding is not None)
    whole = len(start) < _BLOCK
    delimiter = writing.delimiter or delimiter_of(content, text, whole=whole, first=first)
    if writing.delimiter is None and delimiter != (first or ","):
        writing.note(f"{content}: columns apart by {_NAMES.get(delimiter, repr(delimiter))}")
    if writing.encoding is None and not encoding.startswith("utf-8"):
        writing.note(f"{content}: encoding {encoding.upper()}")
    reader = _Reader(content, encoding, delimiter, writing.decimal)
    table = reader.read(dict.fromkeys(writing.texts, "text"))
    if writing.decimal is None:
        check_points(table, content, writing.texts, reader.read)
    else:
        table = in_plain_numbers(table, writing.decimal, writing.texts)
    for place, name in enumerate(table.column_names):
        if name in writing.texts:
            table = table.set_column(place, name, _as_written(table.column(place)))
    return table


_NAMES = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}


class _Reader:
    """Arrow's reader, for one file and as often as it takes."""

    def __init__(self, content: Content, encoding: str, delimiter: str, decimal: str | None):
        self.content, self.encoding = content, encoding
        self.delimiter, self.decimal = delimiter, decimal or "."

    def read(self, texts: Any, only: list[str] | None = None) -> Any:
        """Read the table, or some columns; those of ``texts`` as they are written."""
        import pyarrow as pa

        block = _BLOCK
        try:
            try:
                table = self._read(block, texts, only)
            except pa.ArrowInvalid as error:
                if "straddling" not in str(error):
                    raise
                block = 2**31 - 1  # a row is longer than a block
                table = self._read(block, texts, only)
        except pa.ArrowInvalid as error:
            self._check_encoding()
            if "conversion error" not in str(error):
                raise
            # Kinds were guessed from the first block, and a later one holds something else.
            # Guessing from all of them keeps the text of the file in memory beside the table.
            table = self._read(block, texts, only, guess_from_all=True)
        if any(pa.types.is_binary(kind) for kind in table.schema.types):
            self._check_encoding()
        return table

    def _read(
        self, block: int, texts: Any, only: list[str] | None, guess_from_all: bool = False
    ) -> Any:
        import pyarrow as pa
        from pyarrow import csv

        options = {
            "read_options": csv.ReadOptions(
                block_size=block, encoding=self.encoding.removesuffix("-sig")
            ),
            "parse_options": csv.ParseOptions(delimiter=self.delimiter, newlines_in_values=True),
            "convert_options": csv.ConvertOptions(
                strings_can_be_null=True,
                column_types=dict.fromkeys(texts, pa.string()),
                decimal_point=self.decimal,
                include_columns=only,
            ),
        }
        with self.content.open() as stream:
            if guess_from_all:
                return csv.read_csv(stream, **options)
            with csv.open_csv(stream, **options) as opened:
                return opened.read_all()

    def _check_encoding(self) -> None:
        """Refuse a file that is not UTF-8, and say where."""
        if not self.encoding.startswith("utf-8"):
            return
        line, decoder = 1, codecs.getincrementaldecoder("utf-8")()
        with self.content.open() as stream:
            while chunk := stream.read(_BLOCK):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    line += error.object[: error.start].count(b"\n")
                    _refuse_bytes(self.content, line, error)
                line += chunk.count(b"\n")


def _check_start(content: Content, start: bytes) -> None:
    if not start.strip():
        raise UnreadableFile(f"{content} is empty; a table has a header and a row per case.")
    wide = any(start.startswith(mark) for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in start and not wide:
        raise UnreadableFile(
            f"{content} holds zero bytes, which no CSV file has; if it is UTF-16 without a mark, "
            f"say so (--encoding utf-16-le)."
        )


def _decoded(content: Content, start: bytes, encoding: str, *, said: bool) -> str:
    """The first rows as text; a sign that is cut at the end is left out."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(start)
    except UnicodeDecodeError as error:
        if said:
            raise InvalidInput(
                f"must be that of {content}, but got {encoding!r}, in which byte {error.start:,} "
                f"(0x{error.object[error.start]:02x}) is no sign; say another one",
                argument="encoding",
            ) from None
        _refuse_bytes(content, 1 + start[: error.start].count(b"\n"), error)
        raise


def _refuse_bytes(content: Content, line: int, error: UnicodeDecodeError) -> None:
    byte = error.object[error.start]
    raise InvalidInput(
        f"must be said of {content}, which is not UTF-8 (line {line:,} holds the byte "
        f"0x{byte:02x}), but got none; say cp1252 if it comes from Windows in Western Europe, or "
        f"save it as UTF-8",
        argument="encoding",
    ) from None


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
