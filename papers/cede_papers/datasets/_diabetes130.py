"""Diabetes 130-US: 101,766 stays of people with diabetes in 130 hospitals."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.datasets import Dataset
from cede.exceptions import UnknownName
from cede_papers.datasets._files import find_file, one_hot, read_parquet
from cede_papers.datasets._sources import SOURCES

#: Target -> source column.
TARGETS = {
    "died": "expired",
    "died_or_hospice": "died_in_hospital_or_hospice",
    "readmitted_30d": "readmit_30d",
    "length_of_stay": "time_in_hospital",
}
#: Known when somebody is admitted: source column -> name.
NUMBERS = {
    "number_outpatient": "outpatient visits last year",
    "number_emergency": "emergency visits last year",
    "number_inpatient": "stays last year",
}
CATEGORIES = {
    "race": "race",
    "admission_type_id": "admission type",
    "admission_source_id": "admission source",
    "payer_code": "payer",
    "medical_specialty": "specialty",
}
#: Only known, or only final, when somebody leaves: they grow with the stay or are coded at its end.
LATE_NUMBERS = {
    "num_lab_procedures": "laboratory tests",
    "num_procedures": "procedures",
    "num_medications": "medicines",
    "number_diagnoses": "diagnoses",
}
LATE_CATEGORIES = {"max_glu_serum": "glucose test", "A1Cresult": "A1C test", "change": "change"}
DIAGNOSES = {"diag_1": "diagnosis", "diag_2": "second diagnosis", "diag_3": "third diagnosis"}
DRUGS = (
    "metformin", "repaglinide", "nateglinide", "chlorpropamide", "glimepiride", "acetohexamide",
    "glipizide", "glyburide", "tolbutamide", "pioglitazone", "rosiglitazone", "acarbose",
    "miglitol", "troglitazone", "tolazamide", "insulin", "glyburide_metformin",
    "glipizide_metformin", "glimepiride_pioglitazone", "metformin_rosiglitazone",
    "metformin_pioglitazone",
)  # fmt: skip
#: First and last code of ICD-9 -> its group, after Strack et al. 2014; else "other".
GROUPS = [
    (390, 459, "circulatory"), (785, 785, "circulatory"), (460, 519, "respiratory"),
    (786, 786, "respiratory"), (520, 579, "digestive"), (787, 787, "digestive"),
    (250, 250, "diabetes"), (800, 999, "injury"), (710, 739, "musculoskeletal"),
    (580, 629, "genitourinary"), (788, 788, "genitourinary"), (140, 239, "neoplasms"),
]  # fmt: skip


def load_diabetes130(
    target: str = "died",
    data: str | Path | None = None,
    *,
    known_at: Literal["admission", "discharge"] = "admission",
) -> Dataset:
    """Load Diabetes 130-US: who died, who came back within 30 days, and how long they stayed.

    Nobody's answers are known: train experts on parts of the cases, or simulate them with
    :func:`simulate_experts`, for instance by ``extras["specialty"]``. One target of classes and
    ``length_of_stay`` are a problem of two tasks.

    Parameters
    ----------
    target : {"died", "died_or_hospice", "readmitted_30d", "length_of_stay"}, default="died"
        Death in hospital or on record afterwards (1.6 %), the same or discharge to a hospice
        (2.4 %), another stay within 30 days (11.2 %; the dead cannot return: leave them out by
        ``extras["died_or_hospice"]``), or days in hospital, 1 to 14 (float64, mean 4.4).
    data : path, default=None
        The folder that holds ``diabetes130/diabetes130.parquet``; None reads the environment
        variable ``CEDE_DATA``.
    known_at : {"admission", "discharge"}, default="admission"
        ``"admission"`` leaves out what grows with the stay or is settled at its end: counts of
        tests, procedures, medicines and diagnoses, the diagnoses, drugs. They tell how long the
        stay was. ``"discharge"`` adds them; use it for readmission.

    Returns
    -------
    Dataset
        ``X`` ``(101766, 124)``, or ``(101766, 187)`` at discharge; categories as zeros and ones,
        NaN where missing. ``experts`` has no column. In ``extras``: all four targets;
        ``discharge_disposition``, where the patient went, which says who died; ``patient``, the
        group to split by (71,518); ``encounter``; ``specialty`` of the admitting physician, ""
        where missing (49 %).

    Raises
    ------
    UnknownName
        If ``target`` or ``known_at`` is none of those named.
    UnreadableFile
        If the folder or the file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Strack et al. 2014, "Impact of HbA1c measurement on hospital readmission rates", BioMed Research
    International 2014:781670.
    """
    if target not in TARGETS:
        raise UnknownName("target of Diabetes 130-US", target, TARGETS)
    if known_at not in ("admission", "discharge"):
        raise UnknownName("known_at", known_at, ["admission", "discharge"])
    late = known_at == "discharge"
    wanted = [
        *TARGETS.values(), "encounter_id", "patient_nbr", "discharge_disposition_id", "age",
        "gender", *NUMBERS, *CATEGORIES,
    ]  # fmt: skip
    if late:
        wanted += [*LATE_NUMBERS, *LATE_CATEGORIES, *DIAGNOSES, *DRUGS, "diabetesMed"]
    table = read_parquet(find_file("diabetes130", data, "diabetes130.parquet"), wanted)
    features = _at_admission(table)
    if late:
        features |= _at_discharge(table)
    specialty = table["medical_specialty"].copy()
    specialty[specialty == None] = ""  # noqa: E711 - element by element
    extras: dict[str, NDArray[Any]] = {
        name: table[column].astype(np.int64) for name, column in TARGETS.items()
    }
    extras["length_of_stay"] = extras["length_of_stay"].astype(np.float64)
    extras |= {
        "discharge_disposition": table["discharge_disposition_id"].astype(np.int64),
        "patient": table["patient_nbr"].astype(np.int64),
        "encounter": table["encounter_id"].astype(np.int64),
        "specialty": specialty.astype(np.str_),
    }
    return Dataset.from_columns(
        features,
        extras,
        target,
        name="diabetes130",
        units={"age": "years (middle of the decade)", "length_of_stay": "days"},
        licence=SOURCES["diabetes130"].licence,
        citation=(
            "Strack et al. 2014, Impact of HbA1c measurement on hospital readmission rates, BioMed "
            "Research International 2014:781670; UCI Machine Learning Repository 296."
        ),
        description=(
            "Stays of people with diabetes in 130 hospitals of the United States, 1999 to 2008, of "
            "1 to 14 days. De-identified; do not try to find out who somebody was."
        ),
    )


def _at_admission(table: dict[str, NDArray[Any]]) -> dict[str, Floats]:
    """Name -> column of what is known when somebody comes."""
    decades = {f"[{a}-{a + 10})": a + 5.0 for a in range(0, 100, 10)}
    sexes = {"Female": 1.0, "Male": 0.0}  # a third word, unknown, stands for three patients
    features = {
        "age": np.array([decades.get(text, np.nan) for text in table["age"]]),
        "female": np.array([sexes.get(text, np.nan) for text in table["gender"]]),
    }
    features |= {name: table[column].astype(np.float64) for column, name in NUMBERS.items()}
    for column, name in CATEGORIES.items():
        values = table[column]  # of two columns, numbers stand for words: IDs_mapping.csv
        features |= one_hot(name, values if values.dtype == object else _texts(values))
    return features


def _at_discharge(table: dict[str, NDArray[Any]]) -> dict[str, Floats]:
    """Name -> column of what is known, or final, only when somebody leaves."""
    features = {name: table[column].astype(np.float64) for column, name in LATE_NUMBERS.items()}
    for column, name in LATE_CATEGORIES.items():
        features |= one_hot(name, table[column])
    for column, name in DIAGNOSES.items():
        codes, place = np.unique(table[column].astype(np.str_), return_inverse=True)
        groups = np.array([_group(code) for code in codes], dtype=object)
        features |= one_hot(name, groups[place])
    for drug in DRUGS:
        features[drug.replace("_", " with ")] = np.where(table[drug] == "No", 0.0, 1.0)
    features["any drug"] = np.where(table["diabetesMed"] == "Yes", 1.0, 0.0)
    return features


def _texts(numbers: NDArray[Any]) -> NDArray[Any]:
    return np.array([f"{number:02d}" for number in numbers.tolist()], dtype=object)


def _group(code: str) -> str | None:
    """Group of a code of ICD-9, as a text; None where there is none."""
    if code == "None":
        return None
    if code[0] in "EV":
        return "other"
    number = int(float(code))
    return next((group for low, high, group in GROUPS if low <= number <= high), "other")
