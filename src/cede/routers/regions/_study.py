"""A reader study: the truth, one score of a model, and one reader's yes or no, case by case.

It is the form in which studies of diagnosis are published: a table of three columns, the truth 0 or
1, a number that rises with the model's suspicion, and the reader's opinion, 0 or 1.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, check_finite, check_same_length, without_rounding
from cede._checks._arrays import as_numbers, to_array
from cede.exceptions import InvalidInput, UnknownName, UnreadableFile

__all__ = ["ReaderStudy", "read_reader_study"]


@dataclass(frozen=True, eq=False)
class ReaderStudy:
    """Three arrays of one length, at least one case.

    Raises
    ------
    InvalidInput
        If lengths differ, there is no case, a score is not a finite number, or a truth or an
        opinion is neither 0 nor 1.

    Examples
    --------
    >>> study = ReaderStudy(y=[0, 1, 1], score=[0.1, 0.4, 0.9], reader=[0, 1, 0])
    >>> len(study), study.take([1, 2]).score.tolist()
    (3, [0.4, 0.9])
    """

    #: The truth, ``(n,)``, 0 or 1.
    y: NDArray[np.int64]
    #: The model's score, ``(n,)``, any finite number; higher is more likely 1.
    score: Floats
    #: What the reader answers, ``(n,)``, 0 or 1.
    reader: NDArray[np.int64]

    def __post_init__(self) -> None:
        columns = {
            field.name: _numbers(field.name, getattr(self, field.name)) for field in fields(self)
        }
        if check_same_length(**columns) == 0:
            raise InvalidInput(
                "must have one case at least, but got none; bring some", argument="y"
            )
        for name in ("y", "reader"):
            others = columns[name][~np.isin(columns[name], (0.0, 1.0))]
            if others.size:
                raise InvalidInput(
                    f"must be 0 or 1 in every case, but got {others[0]:g} first, and {others.size} "
                    f"such of {len(columns[name])}; write 1 for what the model looks for",
                    argument=name,
                )
        object.__setattr__(self, "y", columns["y"].astype(np.int64))
        object.__setattr__(self, "score", columns["score"])
        object.__setattr__(self, "reader", columns["reader"].astype(np.int64))

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: ArrayLike | Bools) -> ReaderStudy:
        """Some of the cases, by row numbers or a mask."""
        chosen = np.asarray(rows)
        return ReaderStudy(self.y[chosen], self.score[chosen], self.reader[chosen])


def read_reader_study(
    path: str | Path,
    *,
    y: str = "y_true",
    score: str = "y_model",
    reader: str = "reader_score",
) -> ReaderStudy:
    r"""Read the CSV in which CoDoC keeps a split: ``y_true``, ``y_model``, ``reader_score``.

    Columns are found by name, in any order; others are ignored, so that a file with the scores of
    several models serves each of them by ``score="its column"``. Scores lie in [0, 1] there, and
    here: elsewhere, make a :class:`ReaderStudy` of arrays. Empty lines are skipped.

    Parameters
    ----------
    path : path
    y, score, reader : str
        Names of the columns.

    Raises
    ------
    UnreadableFile
        If the file is not there, is not text, is empty, a line has another number of fields
        than the first, or two columns have the same name.
    UnknownName
        If a column is not there.
    InvalidInput
        If a value is missing, not a number, or outside its range; the message names the line.

    References
    ----------
    Dvijotham et al. 2023, "Enhancing the reliability and accuracy of AI-enabled diagnosis via
    complementarity-driven deferral to clinicians", and the notebook beside its code.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "tune.csv"
    ...     _ = path.write_text("reader_score,y_true,y_model,site\n1,1,0.35,north\n")
    ...     read_reader_study(path).score
    array([0.35])
    """
    file = Path(path)
    header, rows, lines = _table(file)

    def column(name: str, *, binary: bool) -> Floats:
        if name not in header:
            raise UnknownName("column", name, header)
        if header.count(name) > 1:
            raise UnreadableFile(
                f"{str(file)!r} has {header.count(name)} columns named {name!r}; rename all but one"
            )
        at = header.index(name)
        return _parsed(file, name, [row[at] for row in rows], lines, binary=binary)

    return ReaderStudy(
        y=column(y, binary=True).astype(np.int64),
        score=column(score, binary=False),
        reader=column(reader, binary=True).astype(np.int64),
    )


def _table(file: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the rows below it, and the line of the file at which each row ends."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:  # a byte order mark is no name
            reader = csv.reader(stream, strict=True)
            numbered = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {str(file)!r}.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"{str(file)!r} cannot be read as CSV: {error}") from error
    if len(numbered) < 2:
        raise UnreadableFile(
            f"{str(file)!r} has no cases; write a line of column names and a line for each case"
        )
    header = [name.strip() for name in numbered[0][1]]
    for line, row in numbered[1:]:
        if len(row) != len(header):
            raise UnreadableFile(
                f"Line {line} of {str(file)!r} must have a field for each of the {len(header)} "
                f"columns, but has {len(row)}; quote fields that hold a comma"
            )
    return header, [row for _, row in numbered[1:]], [line for line, _ in numbered[1:]]


def _parsed(file: Path, name: str, texts: list[str], lines: list[int], *, binary: bool) -> Floats:
    """The column as numbers; an error names the first line that cannot be used."""
    try:
        values = np.array(texts, dtype=np.float64)
    except ValueError:
        values = np.array([_number(text) for text in texts])
    values = values if binary else without_rounding(values)
    usable = np.isin(values, (0.0, 1.0)) if binary else (values >= 0.0) & (values <= 1.0)
    if not usable.all():
        first = int(usable.argmin())
        text = repr(texts[first]) if texts[first].strip() else "missing"
        raise InvalidInput(
            f"must be {'0 or 1' if binary else 'a number in [0, 1]'}, but got {text} in line "
            f"{lines[first]} of {str(file)!r}, and {int((~usable).sum()) - 1} other lines are like "
            f"it; correct them, or drop them",
            argument=name,
        )
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _numbers(name: str, values: Any) -> Floats:
    column = to_array(values)
    if column.dtype.kind == "O":
        column = as_numbers(name, column)
    if column.ndim != 1 or column.dtype.kind not in "fiub":
        raise InvalidInput(
            f"must be numbers of shape (n,), but got dtype {column.dtype} and shape "
            f"{column.shape}; pass one number per case",
            argument=name,
        )
    column = column.astype(np.float64)
    check_finite(name, column)
    return column
