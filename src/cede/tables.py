"""From a table with named columns to the arrays that a study needs.

Any dataframe that narwhals knows comes in (pandas, polars, pyarrow); a path is read with pyarrow.
Nothing is guessed: the caller names the label, the experts, and what to leave out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.costs import expert_costs, missing
from cede.exceptions import InvalidInput, MissingExtra, UnknownName, UnreadableFile

__all__ = ["Problem", "read_problem", "read_table"]


@dataclass(frozen=True)
class Problem:
    """A table, taken apart."""

    #: Feature columns by name: numbers as floats (NaN where missing), texts as objects (None).
    features: Mapping[str, NDArray[Any]]
    y: NDArray[Any]
    label: str
    #: Cost of each expert's answer before fees, ``(n, J)``; NaN where it is missing.
    costs: Floats
    expert_names: tuple[str, ...]
    #: Cases with the same group stay on the same side of every split; None if each is its own.
    groups: NDArray[Any] | None

    @property
    def n_cases(self) -> int:
        """Rows of the table."""
        return len(self.y)


def read_table(path: str | Path) -> nw.DataFrame[Any]:
    """Read a Parquet, CSV, Arrow or Feather file.

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
        from pyarrow import csv, feather, parquet
    except ImportError:
        raise MissingExtra("pyarrow", "cli", "Reading a table from a file") from None
    # An empty field is missing in a column of texts as in one of numbers, quoted or not.
    nulls = csv.ConvertOptions(strings_can_be_null=True)
    readers = {
        ".parquet": parquet.read_table,
        ".pq": parquet.read_table,
        ".csv": lambda file: csv.read_csv(file, convert_options=nulls),
        ".arrow": feather.read_table,
        ".feather": feather.read_table,
        ".ipc": feather.read_table,
    }
    if file.suffix.lower() not in readers:
        raise UnreadableFile(
            f"{str(file)!r} is not a table that can be read: its name should end in "
            f"{', '.join(readers)}."
        )
    try:
        table = readers[file.suffix.lower()](file)
        return nw.from_native(table, eager_only=True)
    except nw.exceptions.NarwhalsError as error:
        raise UnreadableFile(f"{str(file)!r}: {str(error).splitlines()[0]}") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadableFile(
            f"{str(file)!r} cannot be read as {file.suffix[1:]}: {str(error).splitlines()[0]}"
        ) from error


def read_problem(
    table: Any,
    label: str,
    experts: Mapping[str, str] | None = None,
    correct: Mapping[str, str] | None = None,
    features: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
) -> Problem:
    """Take a table apart.

    Parameters
    ----------
    table : dataframe or path
    label : str
        Column of the true answers.
    experts : dict of expert name to column, optional
        Columns of the experts' answers, written like the label; missing ones allowed.
    correct : dict of expert name to column, optional
        Columns that say whether an expert was right (true or 1) or wrong (false or 0), for
        experts whose answers were graded rather than kept.
    features : sequence of str, optional
        Columns the model may see. Without it: all but the label, the experts' columns, the group
        and those in ``exclude``.
    exclude : sequence of str
        Columns to leave out: identifiers, and anything known only after the answer.
    group : str, optional
        Column whose equal values belong together (a patient, a conversation).
    """
    frame = open_frame(table)
    answers, graded = dict(experts or {}), dict(correct or {})
    twice = sorted(set(answers) & set(graded))
    if twice:
        raise InvalidInput(f"Expert {twice[0]!r} is given twice, by answers and by correctness.")
    named = [label, *answers.values(), *graded.values(), *(features or ()), *exclude]
    for name in [*named, *([group] if group else [])]:
        if name not in frame.columns:
            raise UnknownName("column", name, frame.columns)
    if features is None:
        taken = {label, *answers.values(), *graded.values(), *exclude, group}
        features = [name for name in frame.columns if name not in taken]
    leaking = sorted({label, *answers.values(), *graded.values()} & set(features))
    if leaking:
        raise InvalidInput(
            f"Column {leaking[0]!r} is the label or an expert's answer and cannot be a feature too."
        )
    values = {name: read_feature(frame, name) for name in features}
    # A column without any value says nothing, and no model could be told so.
    kept = {name: column for name, column in values.items() if not missing(column).all()}
    if not kept:
        raise InvalidInput("No feature column is left; the model needs at least one.")
    y = _label(frame, label)
    columns = [_answer_costs(frame, name, col, label, y) for name, col in answers.items()]
    columns += [_graded_costs(frame, name, col) for name, col in graded.items()]
    return Problem(
        features=kept,
        y=y,
        label=label,
        costs=np.column_stack([np.empty((len(y), 0)), *columns]),
        expert_names=(*answers, *graded),
        groups=None if group is None else _groups(frame, group),
    )


def open_frame(table: Any) -> nw.DataFrame[Any]:
    if isinstance(table, str | Path):
        return read_table(table)
    try:
        frame: nw.DataFrame[Any] = nw.from_native(table, eager_only=True)
    except nw.exceptions.NarwhalsError as error:
        raise InvalidInput(str(error).splitlines()[0]) from error
    except TypeError:
        raise InvalidInput(
            f"A dataframe (pandas, polars, pyarrow) or a path is wanted, not "
            f"{type(table).__name__}."
        ) from None
    return frame


def column_values(series: nw.Series[Any]) -> NDArray[Any]:
    """Values as numbers (NaN where missing), bools, or objects (None where missing)."""
    if series.dtype.is_numeric():
        if series.null_count() or series.dtype.is_decimal():
            return series.cast(nw.Float64).to_numpy().astype(np.float64)
        return series.to_numpy()
    if series.dtype == nw.Boolean and not series.null_count():
        return series.to_numpy().astype(np.bool_)
    values = np.empty(len(series), dtype=object)
    values[:] = series.to_list()
    # Whole numbers or truths in a column of objects or categories are what they are.
    kinds = {type(value) for value in values.tolist()}
    if len(kinds) == 1 and kinds <= {int, bool, float}:
        return values.astype(kinds.pop())
    return values


def _groups(frame: nw.DataFrame[Any], name: str) -> NDArray[Any]:
    """Number the groups from 0."""
    values = column_values(frame[name])
    absent = int(missing(values).sum())
    if absent:
        raise InvalidInput(
            f"The group column {name!r} has {absent} missing values; fill them, so that it is "
            f"known which cases belong together."
        )
    return np.unique(values.astype(str), return_inverse=True)[1]


def _label(frame: nw.DataFrame[Any], name: str) -> NDArray[Any]:
    y = column_values(frame[name])
    absent = int(missing(y).sum())
    if absent:
        raise InvalidInput(
            f"The label column {name!r} has {absent} missing values; drop those rows first."
        )
    distinct = len(set(y.tolist()))
    if y.dtype.kind == "f" and (distinct > 20 or (y % 1 != 0).any()):
        raise InvalidInput(
            f"The label column {name!r} holds {distinct} different numbers, which look like "
            f"measurements; cede compare decides between classes."
        )
    if distinct < 2:
        raise InvalidInput(
            f"The label column {name!r} holds one value only, {y[0] if len(y) else 'none'}; "
            f"there is nothing to decide."
        )
    return y if y.dtype.kind != "O" else y.astype(str)


def read_feature(frame: nw.DataFrame[Any], name: str) -> NDArray[Any]:
    values = column_values(frame[name])
    if values.dtype.kind == "O":
        kinds = {type(value) for value in values[~missing(values)].tolist()}
        if kinds <= {str}:
            return np.where(missing(values), np.array(None), values)
        if not kinds <= {bool, int, float}:
            raise InvalidInput(
                f"Feature column {name!r} has type {frame[name].dtype}, which no model here reads; "
                f"turn it into a number or a text, or leave it out (--exclude {name})."
            )
        values = np.where(missing(values), np.array(np.nan, dtype=object), values)
    numbers = values.astype(np.float64)
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise InvalidInput(
            f"Feature column {name!r} has {infinite} infinite values; make them missing or leave "
            f"the column out (--exclude {name})."
        )
    return numbers


def _answer_costs(
    frame: nw.DataFrame[Any], name: str, column: str, label: str, y: NDArray[Any]
) -> Floats:
    answers = column_values(frame[column])
    absent = missing(answers)
    if y.dtype.kind == "U" and answers.dtype.kind == "O":
        answers = np.where(absent, np.array(None), answers.astype(str))
    if absent.all():
        raise InvalidInput(f"Every answer of expert {name!r} (column {column!r}) is missing.")
    strange = sorted({str(a) for a in set(answers[~absent].tolist()) - set(y.tolist())})
    if strange:
        labels = ", ".join(sorted(map(str, set(y.tolist())))[:10])
        raise InvalidInput(
            f"Expert {name!r} (column {column!r}) answered {', '.join(strange[:5])}, which no case "
            f"has as its label; {label!r} holds {labels}. "
            f"If the column says whether the expert was right, use --correct {name}={column}."
        )
    return np.asarray(expert_costs(answers, y), dtype=np.float64)


def _graded_costs(frame: nw.DataFrame[Any], name: str, column: str) -> Floats:
    values = column_values(frame[column])
    absent = missing(values)
    given = set(values[~absent].tolist())
    if not given:
        raise InvalidInput(f"Every grade of expert {name!r} (column {column!r}) is missing.")
    if not given <= {0, 1}:
        raise InvalidInput(
            f"Column {column!r} should say whether expert {name!r} was right, as true or false or "
            f"1 or 0, however it holds {', '.join(sorted(map(str, given))[:5])}."
        )
    right = np.where(absent, np.nan, np.where(absent, 0, values).astype(np.float64))
    return np.asarray(1.0 - right[:, None], dtype=np.float64)
