"""doccano: a file per user, a line per example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs._export import Export
from cede.logs.files._content import Content
from cede.logs.tools._choices import one_choice
from cede.logs.tools._people import Annotations, Answer, Rules, name_of
from cede.logs.tools._records import Record, files_of, read_records, records_of

#: The file of a project in which all users share their annotations.
_SHARED = "all"
_LABELS = ("label", "cats")
_LATE = {"id", "Comments", "entities", *_LABELS}


def read_doccano(
    paths: Sequence[str | Path] | str | Path,
    *,
    twice: str = "refuse",
    min_answers: str | int = 0,
    skips: str | None = None,
    pool: str | None = None,
) -> Export:
    """Read an export of doccano (1.8.4), as JSONL or JSON: the zip file, its folder, or its files.

    A project that does not share annotations has a file per user, named like the user; every file
    holds every example, with ``[]`` as the label of those that the user did not annotate. Whether
    they were passed over or never seen is not in the files. A project that shares annotations has
    one file, ``all.jsonl``, that holds the labels of all users together: it is refused, as who gave
    which is lost. In CSV labels are joined by ``#``.

    Parameters
    ----------
    paths : path, or a sequence of them
        The zip file, its folder, or its files.
    twice, min_answers, skips, pool
        As :func:`read_label_studio` takes them. Nothing is known to be passed over.

    Returns
    -------
    Export
        One row per example, one column per user. doccano knows no true answer: name a column of the
        data as the label.

    Raises
    ------
    InvalidInput
        If an example has several labels of one user, or spans; or if annotations are shared.
    UnreadableFile
        If a file is not there or no such export.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "ann.jsonl"
    ...     _ = path.write_text('{"id": 1, "text": "A fine day", "label": ["good"]}')
    ...     read_doccano(path).table.to_pydict()["ann"]
    ['good']
    """
    rules = Rules.read(twice, min_answers, skips, pool)
    annotations = Annotations("example")
    for user, records in _users(files_of(paths)):
        if user == _SHARED:
            raise InvalidInput(
                "must be a file per user, but got all.jsonl of a project that shares annotations, "
                "which does not say who gave which label; switch sharing off before people begin",
                argument="paths",
            )
        for record in records:
            case = name_of(record["id"], "an example")
            annotations.add_case(case, {n: v for n, v in record.items() if n not in _LATE})
            label = next((record[name] for name in _LABELS if name in record), None)
            value = one_choice(label, f"user {user!r} on example {case}")
            if value is not None:
                annotations.answers.append(Answer(case, user, value))
    return annotations.export(rules)


def _users(files: list[Path]) -> Iterator[tuple[str, list[Record]]]:
    """Each user, and their records."""
    for file in files:
        if file.is_dir():
            inside = sorted(p for p in file.iterdir() if p.suffix in (".jsonl", ".json"))
            yield from _users(inside)
        elif file.suffix.lower() == ".zip":
            yield from _zipped(file)
        elif file.suffix.lower() in (".csv", ".txt"):
            raise UnreadableFile(
                f"{str(file)!r} is no JSON of doccano: in CSV and fastText several labels "
                f"look like one; export JSONL."
            )
        else:
            yield file.stem, _checked(str(file), read_records(file))


def _zipped(file: Path) -> Iterator[tuple[str, list[Record]]]:
    try:
        with ZipFile(file) as opened:
            for name in sorted(opened.namelist()):
                inside = Content(repr(name), Path(name).suffix.lower(), data=opened.read(name))
                yield Path(name).stem, _checked(name, records_of(inside))
    except (OSError, BadZipFile) as error:
        raise UnreadableFile(f"{str(file)!r} cannot be read as a zip file: {error}") from error


def _checked(name: str, records: list[Record]) -> list[Record]:
    if not all("id" in r and any(label in r for label in _LABELS) for r in records):
        raise UnreadableFile(
            f"{name!r} is no export of doccano, whose lines have an id and a label."
        )
    return records
