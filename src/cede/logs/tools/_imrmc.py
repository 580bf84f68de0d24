"""iMRMC: reader studies, a row per reader, case and modality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.tools._cells import as_text
from cede.logs.tools._people import Annotations, Answer, Rules
from cede.logs.tools._records import files_of
from cede.logs.tools._tables import add_cases, rows_of

_COLUMNS = ("readerID", "caseID", "modalityID", "score")
_TRUTH = ("-1", "truth")
_BEGIN = "begin data:"


class _Reading(NamedTuple):
    reader: str
    case: str
    modality: str
    score: float


def read_imrmc(
    paths: Sequence[str | Path] | str | Path,
    *,
    modality: str | None = None,
    threshold: str | float | None = None,
    model: str | None = None,
    cases: str | None = None,
    min_answers: str | int = 0,
) -> Export:
    r"""Read a reader study as iMRMC has it (the R package 2.1.2 and its test files).

    Files ``.imrmc`` have free text, a line ``BEGIN DATA:``, and a row per reader, case and modality
    with the score; tables have the columns readerID, caseID, modalityID and score. Rows of the
    reader -1 (or truth) are the truth: 1 with a disease, 0 without. A higher score is more
    suspicion.

    Parameters
    ----------
    paths : path, or a sequence of one
        The study.
    modality : str, optional
        Which modality the readers had before them; needed if there are several.
    threshold : float, optional
        From which score on a reader says that there is a disease; needed unless all scores are 0
        and 1.
    model : str, optional
        A reader that is an algorithm: its score becomes a column of its own, which a model may see,
        and no expert.
    cases : str, optional
        Table of what is known of each case, with a column caseID; needed without a model.
    min_answers : int, default=0
        Readers who read fewer cases are left out.

    Returns
    -------
    Export
        One row per case, one column per reader, answers 0 and 1; the truth is the label.

    Raises
    ------
    InvalidInput
        If the modality or the threshold is not said, a reader read a case twice, or the truth of a
        case differs.
    UnreadableFile
        If the file is not there or no such study.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "study.imrmc"
    ...     _ = path.write_text("BEGIN DATA:\n-1,a,0,1\nann,a,screen,70\nAI,a,screen,0.9\n")
    ...     table = read_imrmc(path, threshold=50, model="AI").table.to_pydict()
    ...     [table[name] for name in ("ann", "AI score", "truth")]
    [['1'], [0.9], ['1']]
    """
    rules = Rules.read("refuse", min_answers, None, None)
    files = files_of(paths)
    if len(files) != 1:
        raise InvalidInput(
            f"must be one study, but got {len(files)} files; name one", argument="paths"
        )
    study = _read_study(files[0])
    truths = [reading for reading in study if reading.reader in _TRUTH]
    readings = [reading for reading in study if reading.reader not in _TRUTH]
    machine = [reading for reading in readings if reading.reader == model]
    people = _of_modality([r for r in readings if r.reader != model], modality)
    least = _threshold(people, threshold)
    annotations = Annotations("caseID")
    for reading in truths:
        annotations.add_case(reading.case, {})
        annotations.add_truth(reading.case, _truth(reading))
    for reading in people:
        annotations.data.setdefault(reading.case, {})
        answer = str(int(reading.score >= least))
        annotations.answers.append(Answer(reading.case, reading.reader, answer))
    if model is not None:
        _add_model(annotations, machine, model, modality)
    add_cases(annotations, cases, ["caseID"], needed=model is None)
    return annotations.export(rules)


def _read_study(file: Path) -> list[_Reading]:
    if file.suffix.lower() != ".imrmc":
        rows = rows_of(file, _COLUMNS[:3])
        absent = [name for name in _COLUMNS if not rows or name not in rows[0]]
        if absent:
            raise UnreadableFile(f"{str(file)!r} has no column {absent[0]!r}, as iMRMC has.")
        cells = [[as_text(row[name]) for name in _COLUMNS] for row in rows]
        return [_reading(file, row, number) for number, row in enumerate(cells, start=1)]
    if not file.is_file():
        raise UnreadableFile(f"There is no file {str(file)!r}.")
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    begin = [n for n, line in enumerate(lines) if line.strip().casefold().startswith(_BEGIN)]
    if not begin:
        raise UnreadableFile(f"{str(file)!r} has no line BEGIN DATA:, as files of iMRMC have.")
    return [
        _reading(file, line.split(","), number)
        for number, line in enumerate(lines[begin[0] + 1 :], start=begin[0] + 2)
        if line.strip(" ,\t")
    ]


def _reading(file: Path, cells: Sequence[object], number: int) -> _Reading:
    try:
        reader, case, modality, score = (str(cell or "").strip() for cell in cells)
        reading = _Reading(reader, case, modality, float(score))
        if not (reader and case and math.isfinite(reading.score)):
            raise ValueError(score)
        return reading
    except ValueError as error:
        raise UnreadableFile(
            f"{str(file)!r} holds no reader, case, modality and score in row {number:,}."
        ) from error


def _truth(reading: _Reading) -> str:
    if reading.score not in (0.0, 1.0):
        raise InvalidInput(
            f"must hold 0 or 1 as the truth of a case, but case {reading.case} has "
            f"{reading.score:g}; mend the study",
            argument="paths",
        )
    return str(int(reading.score))


def _of_modality(readings: list[_Reading], modality: str | None) -> list[_Reading]:
    """Readings of one modality: the one that is named, or the only one."""
    known = list(dict.fromkeys(reading.modality for reading in readings))
    if modality is None and len(known) == 1:
        return readings
    if modality not in known:
        raise InvalidInput(
            f"must say which modality the readers had, one of {', '.join(known) or 'none'}, "
            f"but got {'none' if modality is None else repr(modality)}; write modality=NAME",
            argument="option",
        )
    return [reading for reading in readings if reading.modality == modality]


def _threshold(readings: list[_Reading], threshold: str | float | None) -> float:
    """The least score that is a yes."""
    scores = {reading.score for reading in readings}
    if threshold is None and scores <= {0.0, 1.0}:
        return 1.0
    try:
        least = float("" if threshold is None else threshold)
        if not math.isfinite(least):
            raise ValueError(threshold)
        return least
    except ValueError:
        low, high = min(scores), max(scores)
        raise InvalidInput(
            f"must say the threshold from which a score is a yes, as scores run from {low:g} to "
            f"{high:g}, but got {'none' if threshold is None else repr(threshold)}; write "
            f"threshold=NUMBER",
            argument="option",
        ) from None


def _add_model(
    annotations: Annotations, readings: list[_Reading], model: str, modality: str | None
) -> None:
    """Make an algorithm's scores a column of the cases."""
    if not readings:
        raise InvalidInput(
            f"must name a reader of the study for model, but got {model!r}; look at its readerID",
            argument="option",
        )
    own = [r for r in readings if r.modality == modality] or _of_modality(readings, None)
    column = f"{model} score"
    for reading in own:
        known = annotations.data.setdefault(reading.case, {})
        if known.setdefault(column, reading.score) != reading.score:
            raise InvalidInput(
                f"must hold one score of {model!r} for each case, but case {reading.case} has two; "
                f"mend the study",
                argument="paths",
            )
