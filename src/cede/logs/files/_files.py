"""Files of a table, named by their paths, to one dataframe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw

from cede.exceptions import InvalidInput, MissingExtra, UnreadableFile
from cede.logs._frames import open_frame
from cede.logs.files._content import STANDARD_INPUT, content_of
from cede.logs.files._endings import read_content
from cede.logs.files._folders import partitions, parts_in
from cede.logs.files._lists import spread_lists
from cede.logs.files._together import put_together
from cede.logs.files._writing import Writing

__all__ = ["Files", "open_table", "read_table"]


@dataclass(frozen=True)
class Files:
    r"""Where a table is, and how it is written; readers take it in place of a path.

    Parameters
    ----------
    *paths : str or Path
        Files of the same columns, read one below the other; see :func:`read_table`.
    delimiter, decimal, encoding : str, optional
        As :func:`read_table` takes them.
    tell : callable, optional
        Told each of the notes once they are known.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "marks.csv"
    ...     _ = path.write_text("x;y\n1,5;a\n2,25;b\n")
    ...     files = Files(path, decimal=",")
    ...     files.read()["x"].to_list()
    [1.5, 2.25]
    >>> files.notes[0].endswith("columns apart by semicolons")
    True
    """

    paths: tuple[str, ...]
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    tell: Callable[[str], None] | None = field(default=None, repr=False, compare=False)
    #: How they turned out to be written, in words, once they have been read.
    notes: list[str] = field(default_factory=list, repr=False, compare=False)

    def __init__(
        self,
        *paths: str | Path,
        delimiter: str | None = None,
        decimal: str | None = None,
        encoding: str | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        said = Writing(delimiter, decimal, encoding)
        names = tuple(map(str, paths))
        _check_once(names)
        for name, value in (said.said | {"paths": names, "tell": tell, "notes": []}).items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """What to call the table: the name of its file."""
        first = self.paths[0]
        name = "standard input" if first == STANDARD_INPUT else Path(first).name
        return name if len(self.paths) == 1 else f"{name} and {len(self.paths) - 1} more"

    @property
    def said(self) -> str:
        """The notes as sentences, to be put behind another one; empty without any."""
        return "".join(f" {note}." for note in self.notes)

    def __fspath__(self) -> str:
        """The path, if it is one."""
        if len(self.paths) > 1:
            raise InvalidInput(
                f"must be one path here, but got {len(self.paths)}; name one", argument="table"
            )
        return self.paths[0]

    def __str__(self) -> str:
        return self.name

    def read(self, texts: Iterable[str | None] = ()) -> nw.DataFrame[Any]:
        """Read them, as :func:`read_table` does."""
        try:
            import pyarrow as pa
        except ImportError:
            raise MissingExtra("pyarrow", "cli", "Reading a table from a file") from None
        self.notes.clear()
        names = frozenset(name for name in texts if name is not None)
        writing = Writing(self.delimiter, self.decimal, self.encoding, names, self.notes)
        tables = []
        for place, beside in self._parts():
            content = content_of(place)
            table = read_content(content, writing)
            for name, value in beside.items():
                if name not in table.column_names:
                    cells = pa.repeat(pa.scalar(value, pa.string()), len(table))
                    table = table.append_column(name, cells)
            tables.append((content.name, table))
        try:
            frame = open_frame(put_together(tables, names))
        except InvalidInput as error:
            raise UnreadableFile(f"{tables[0][0]}: {error}") from error
        frame, spread = spread_lists(frame)
        self.notes.extend(spread)
        if self.tell is not None:
            for note in self.notes:
                self.tell(note)
        return frame

    def _parts(self) -> Iterator[tuple[str, dict[str, str | None]]]:
        """Each file, and what the names of its folders say of it."""
        for place in self.paths:
            folder = Path(place)
            if place != STANDARD_INPUT and folder.is_dir():
                yield from ((str(file), partitions(file, folder)) for file in parts_in(folder))
            else:
                yield place, {}


def read_table(
    path: str | Path | Sequence[str | Path],
    texts: Iterable[str | None] = (),
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
) -> nw.DataFrame[Any]:
    """Read a table from files.

    Parquet, CSV and its kin (``.tsv``), JSON (records, one a line or in a list), Arrow and Feather,
    each also packed (``.csv.gz``, ``.bz2``, ``.zst``); tables of SQLite and DuckDB.

    Parameters
    ----------
    path : str or Path, or a sequence of them
        A file; a folder whose files are parts of a table, where ``site=a`` in the name of a folder
        is a column of texts; ``path::table`` in a database, which may be left out where there is
        one table; ``-`` for standard input. Several are read one below the other.
    texts : iterable of str
        Columns of a CSV file that are names and no quantities: ids, groups, labels. They stay as
        they are written, so that 01 and 1 are two; whole numbers without leading zeros come as
        such. Other formats say themselves what a column holds.
    delimiter : str, optional
        What stands between the columns of a CSV file, or ``tab``. Without it: the one of comma,
        semicolon, tab and bar that gives each row as many cells as the header.
    decimal : {".", ","}, optional
        The decimal mark of a CSV file; the other one may stand between thousands. Without it:
        what fits all cells of a column.
    encoding : str, optional
        As Python calls it; without it, that of the mark at the start of the file, or UTF-8.

    Returns
    -------
    narwhals.DataFrame
        Objects in fields are columns of their own, ``a.b``, and lists of numbers of one length
        ``emb_0``, ``emb_1``, ….

    Raises
    ------
    UnreadableFile
        If a file is not there or not such a table, or files have not the same columns.
    InvalidInput
        If what is said does not fit, or has to be said: of a file that can be read in two ways.
    """
    places = (path,) if isinstance(path, str | Path) else tuple(path)
    return Files(*places, delimiter=delimiter, decimal=decimal, encoding=encoding).read(texts)


def open_table(table: Any, texts: Iterable[str | None] = ()) -> nw.DataFrame[Any]:
    """Return a dataframe, or read a path as :func:`read_table` does."""
    if isinstance(table, str | Path):
        table = Files(table)
    elif (
        isinstance(table, list | tuple)
        and table
        and all(isinstance(part, str | Path) for part in table)
    ):
        table = Files(*table)
    if isinstance(table, Files):
        return table.read(texts)
    return spread_lists(open_frame(table))[0]


def _check_once(names: Sequence[str]) -> None:
    if not names:
        raise InvalidInput("must be a path at least, but got none; name one", argument="table")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InvalidInput(
                f"must name each file once, but got {name!r} twice, whose rows would count twice; "
                f"leave one out",
                argument="table",
            )
