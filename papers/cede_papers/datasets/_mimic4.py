"""MIMIC-IV: stays in one hospital, from its own CSV files, for those who may hold them."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Bools, Floats, Ints
from cede.datasets import Dataset
from cede.exceptions import UnknownName, UnreadableFile
from cede_papers.datasets._files import find_file, one_hot
from cede_papers.datasets._missing import missing
from cede_papers.datasets._sources import SOURCES

#: Target -> what it is.
TARGETS = ("died", "length_of_stay")
#: Columns of admissions that are known when somebody comes: source column -> name.
CATEGORIES = {
    "admission_type": "admission type",
    "admission_location": "came from",
    "insurance": "insurance",
    "language": "language",
    "marital_status": "marital status",
    "race": "race",
}
#: First letters of a code of ICD-10 -> its chapter, up to the next row.
CHAPTERS_10 = [
    ("A", "infections"), ("C", "neoplasms"), ("D5", "blood"), ("E", "endocrine"), ("F", "mental"),
    ("G", "nervous system and senses"), ("I", "circulatory"), ("J", "respiratory"),
    ("K", "digestive"), ("L", "skin"), ("M", "musculoskeletal"), ("N", "genitourinary"),
    ("O", "pregnancy"), ("P", "perinatal"), ("Q", "congenital"), ("R", "symptoms"),
    ("S", "injury"), ("U", "infections"), ("V", "external causes"), ("Z", "other factors"),
]  # fmt: skip
#: First number of a chapter of ICD-9 -> the same names.
CHAPTERS_9 = [
    (0, "infections"), (140, "neoplasms"), (240, "endocrine"), (280, "blood"), (290, "mental"),
    (320, "nervous system and senses"), (390, "circulatory"), (460, "respiratory"),
    (520, "digestive"), (580, "genitourinary"), (630, "pregnancy"), (680, "skin"),
    (710, "musculoskeletal"), (740, "congenital"), (760, "perinatal"), (780, "symptoms"),
    (800, "injury"),
]  # fmt: skip
CHAPTERS = tuple(sorted({name for _, name in CHAPTERS_10}))
DAY = 86_400  # seconds
YEAR = 365 * DAY

_CITATION = (
    "Johnson et al. 2023, MIMIC-IV, a freely accessible electronic health record dataset, "
    "Scientific Data 10:1; Goldberger et al. 2000, PhysioBank, PhysioToolkit, and PhysioNet, "
    "Circulation 101:e215-e220."
)
_DESCRIPTION = (
    "Stays in Beth Israel Deaconess Medical Center, Boston, from 2008 on. De-identified: dates are "
    "shifted by one amount per patient, and ages over 89 are 91. Only for those who signed "
    "PhysioNet's agreement; do not share it, and do not try to find out who somebody was."
)


def load_mimic4(target: str = "died", data: str | Path | None = None) -> Dataset:
    """Load MIMIC-IV: who died in hospital, and how long they stayed, from what was known before.

    It reads the files as PhysioNet gives them to who has signed for them, of versions 2.0 to 3.1.
    Nobody's answers are known: train experts on parts of the cases, or simulate them with
    :func:`simulate_experts`. Death and length of stay are a problem of two tasks, that of Montreuil
    et al. 2025.

    Parameters
    ----------
    target : {"died", "length_of_stay"}, default="died"
        Death in hospital (``hospital_expire_flag``, int64), or days from admission to discharge
        (float64).
    data : path, default=None
        The folder that holds ``mimic4/hosp/patients.csv``, ``admissions.csv`` and
        ``diagnoses_icd.csv``, each as it is or as ``.csv.gz``; None reads the environment variable
        ``CEDE_DATA``. Name the folder of the version, which holds ``hosp``, ``mimic4``.

    Returns
    -------
    Dataset
        A case is a stay. ``X`` holds what was known at its beginning: age, sex, hour, type and
        place of admission, insurance, language, marital status and race; and, of the patient's
        stays that had *ended* by then, how many there were, in all and in the last year, their
        days, the days since, and the chapters of their diagnoses (those of a stay are coded after
        it). Categories are zeros and ones, NaN where missing, and as the record has them in the
        end: kinds of observation are one here, as their names say who was then admitted; insurance,
        language, marital status and race may have been asked for later, and be missing where
        somebody died early. ``experts`` has no column. In ``extras``: both targets; ``patient``,
        the group to split by; ``stay`` (``hadm_id``); ``discharge_location``, which says who died;
        ``years``, the three years in which the patient's first dates really lie, for splits by
        time.

        Left out are stays without a discharge, those that end before they begin and those that
        begin after the patient's death: accounts of organ donors.

    Raises
    ------
    UnknownName
        If ``target`` is neither of the two.
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Johnson et al. 2023, "MIMIC-IV, a freely accessible electronic health record dataset",
    Scientific Data 10:1; https://physionet.org/content/mimiciv.
    """
    if target not in TARGETS:
        raise UnknownName("target of MIMIC-IV", target, TARGETS)
    stays, people, diagnoses = _read(data)
    begin, end = stays["admittime"], stays["dischtime"]
    of = _rows_of(stays["subject_id"], people["subject_id"], "subject_id", "patients.csv")
    features = {
        "age": people["anchor_age"][of] + _year(begin) - people["anchor_year"][of],
        "female": _sex(people["gender"])[of],
        "hour": (begin % DAY) / 3_600.0,
    }
    kinds = stays["admission_type"]
    observed = np.array(["OBSERVATION" in str(kind) for kind in kinds], dtype=np.bool_)
    stays["admission_type"] = np.where(observed, "OBSERVATION", kinds)  # who then stays shows later
    for column, name in CATEGORIES.items():
        features |= one_hot(name, stays[column])
    features |= _history(of, begin, end, _chapters(stays["hadm_id"], diagnoses))
    extras: dict[str, NDArray[Any]] = {
        "died": stays["hospital_expire_flag"].astype(np.int64),
        "length_of_stay": (end - begin) / DAY,
        "patient": stays["subject_id"],
        "stay": stays["hadm_id"],
        "discharge_location": _words(stays["discharge_location"]),
        "years": _words(people["anchor_year_group"])[of],
    }
    return Dataset.from_columns(
        features,
        extras,
        target,
        name="mimic4",
        units={
            "age": "years",
            "hour": "of the day",
            "days in earlier stays": "days",
            "since the last stay": "days",
            "length_of_stay": "days",
        },
        licence=SOURCES["mimic4"].licence,
        citation=_CITATION,
        description=_DESCRIPTION,
    )


Columns = dict[str, NDArray[Any]]


def _read(data: str | Path | None) -> tuple[Columns, Columns, Columns]:
    """Admissions that are stays of the living, patients, and diagnoses."""
    whole = ("subject_id", "hadm_id", "anchor_age", "anchor_year", "icd_version")
    times = ("admittime", "dischtime", "deathtime")
    stays, people, diagnoses = (
        _read_csv(find_file("mimic4", data, f"hosp/{file}.csv.gz", f"hosp/{file}.csv"), columns)
        for file, columns in {
            "admissions": {
                **dict.fromkeys(whole[:2], "int64"),
                **dict.fromkeys(times, "timestamp[s]"),
                **dict.fromkeys([*CATEGORIES, "discharge_location"], "string"),
                "hospital_expire_flag": "int64",
            },
            "patients": {
                **dict.fromkeys(("subject_id", "anchor_age", "anchor_year"), "int64"),
                **dict.fromkeys(("gender", "anchor_year_group"), "string"),
            },
            "diagnoses_icd": {"hadm_id": "int64", "icd_code": "code", "icd_version": "int64"},
        }.items()
    )
    for name in times:
        gone = np.isnat(stays[name])
        stays[name] = np.where(gone, -1, stays[name].astype("datetime64[s]").astype(np.int64))
        stays[f"no {name}"] = gone
    begin, death = stays["admittime"], stays["deathtime"]
    alive = stays["no deathtime"] | (death >= begin)
    kept: Bools = ~stays["no admittime"] & ~stays["no dischtime"] & alive
    kept &= stays["dischtime"] >= begin
    return {name: column[kept] for name, column in stays.items()}, people, diagnoses


def _read_csv(path: Path, columns: dict[str, str]) -> Columns:
    """Columns by name: numbers, times (NaT where missing), objects of texts and None.

    Of the type "code": each row's number, and ``<name> texts``, the text of each number.
    """
    try:
        import pyarrow as pa
        from pyarrow import csv
    except ImportError:
        raise missing("pyarrow", "Reading MIMIC-IV's files") from None
    kinds = {
        "int64": pa.int64(),
        "string": pa.string(),
        "timestamp[s]": pa.timestamp("s"),
        "code": pa.dictionary(pa.int32(), pa.string()),
    }
    options = csv.ConvertOptions(
        column_types={name: kinds[kind] for name, kind in columns.items()},
        include_columns=list(columns),
        null_values=[""],
        strings_can_be_null=True,
    )
    try:
        table = csv.read_csv(path, convert_options=options).unify_dictionaries().combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError) as error:
        raise UnreadableFile(
            f"{path.name!r} is not that file of MIMIC-IV: it must hold {', '.join(columns)}; "
            f"{error}"
        ) from None
    arrays = {}
    for name, kind in columns.items():
        column = table[name]
        if kind == "int64" and column.null_count:
            raise UnreadableFile(f"{path.name!r} must give {name} in every row.")
        if kind == "code":
            one = column.combine_chunks()
            one = one.chunk(0) if isinstance(one, pa.ChunkedArray) else one
            arrays[name] = one.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            arrays[f"{name} texts"] = one.dictionary.to_numpy(zero_copy_only=False)
        else:
            arrays[name] = column.to_numpy()
    return arrays


def _chapters(stays: Ints, diagnoses: Columns) -> Bools:
    """Whether a diagnosis of each chapter was coded after each stay, ``(n, chapters)``."""
    texts = diagnoses["icd_code texts"].tolist()
    coded = np.zeros((len(stays), len(CHAPTERS)), dtype=np.bool_)
    if not texts or len(stays) == 0:
        return coded
    order = np.argsort(stays)
    place = np.searchsorted(stays[order], diagnoses["hadm_id"]).clip(max=len(stays) - 1)
    row = order[place]
    known = (stays[row] == diagnoses["hadm_id"]) & (diagnoses["icd_code"] >= 0)
    for version in (9, 10):
        number = np.array([CHAPTERS.index(_chapter(text, version)) for text in texts])
        here = known & (diagnoses["icd_version"] == version)
        coded[row[here], number[diagnoses["icd_code"][here]]] = True
    return coded


def _chapter(code: str, version: int) -> str:
    """Chapter of a code of ICD-9 or ICD-10, which MIMIC-IV writes without its dot."""
    text = code.strip().upper()
    if version == 10:
        return CHAPTERS_10[max(bisect_right(CHAPTERS_10, (text[:3], "~")) - 1, 0)][1]
    if not text[:3].isdigit():
        return {"E": "external causes"}.get(text[:1], "other factors")
    return CHAPTERS_9[bisect_right(CHAPTERS_9, (int(text[:3]), "~")) - 1][1]


def _history(patient: Ints, begin: Ints, end: Ints, coded: Bools) -> dict[str, Floats]:
    """What is known of the same patient's stays that ended before each one began."""
    first = int(begin.min(initial=0))
    span = int(end.max(initial=0)) - first + 2 * YEAR
    origin = patient * span  # a clock on which patients follow one another
    ended = origin + (end - first)
    order = np.argsort(ended, kind="stable")
    clock = ended[order]
    start = np.searchsorted(clock, origin, side="left")
    stop = np.searchsorted(clock, origin + (begin - first), side="left")  # strictly before
    recent = np.searchsorted(clock, origin + np.maximum(begin - first - YEAR, 0), side="left")

    def before(values: NDArray[Any]) -> NDArray[Any]:
        sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values[order], axis=0)])
        return np.asarray(sums[stop] - sums[start])

    count = stop - start
    last = end[order][np.maximum(stop - 1, 0)] if len(order) else end
    history = {
        "earlier stays": count.astype(np.float64),
        "earlier stays in a year": (stop - recent).astype(np.float64),
        "days in earlier stays": np.round(before((end - begin) / DAY), 6),
        "since the last stay": np.where(count > 0, (begin - last) / DAY, np.nan),
    }
    for number, chapter in enumerate(CHAPTERS):
        earlier = before(coded[:, number].astype(np.int64)) > 0
        history[f"earlier diagnosis: {chapter}"] = earlier.astype(np.float64)
    return history


def _rows_of(wanted: Ints, known: Ints, column: str, file: str) -> Ints:
    """Row of each wanted number among those of another file."""
    order = np.argsort(known)
    if len(known) == 0:
        raise UnreadableFile(f"{file!r} holds nobody.")
    rows = order[np.searchsorted(known[order], wanted).clip(max=len(known) - 1)]
    if (known[rows] != wanted).any():
        number = wanted[known[rows] != wanted][0]
        raise UnreadableFile(f"{file!r} does not know {column} {number}: two versions were mixed.")
    return np.asarray(rows, dtype=np.int64)


def _year(seconds: Ints) -> Ints:
    years = seconds.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64)
    return np.asarray(years + 1970, dtype=np.int64)


def _sex(letters: NDArray[Any]) -> Floats:
    return np.select([letters == "F", letters == "M"], [1.0, 0.0], np.nan)


def _words(texts: NDArray[Any]) -> NDArray[np.str_]:
    filled = np.where(texts == None, "", texts)  # noqa: E711 - element by element
    return filled.astype(np.str_)
