"""SUPPORT2: 9,105 seriously ill patients in hospital, and what their physicians foresaw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats
from cede.datasets._bundled import read_bundled
from cede.datasets._dataset import Dataset
from cede.exceptions import UnknownName

#: The bundled file; ``tools/bundle_data.py`` writes it.
FILE = "support2.npz"

#: Source column -> (name, unit), all known on the third day of the study. Left out because they
#: come later, or are somebody's forecast: avtisst, aps, sps, adl*, dnr*, charges, prg*, surv*.
MEASUREMENTS = {
    "age": ("age", "years"),
    "sex": ("female", "1 = yes"),
    "num_co": ("comorbidities", ""),
    "edu": ("education", "years"),
    "income": ("income bracket", "0 = under $11k a year, 1 = to $25k, 2 = to $50k, 3 = over"),
    "scoma": ("coma score", "0 (awake) to 100, after the Glasgow scale"),
    "hday": ("day in hospital at entry", "days"),
    "diabetes": ("diabetes", "1 = yes"),
    "dementia": ("dementia", "1 = yes"),
    "meanbp": ("mean blood pressure", "mmHg"),
    "wblc": ("white blood cells", "thousands/µL"),
    "hrt": ("heart rate", "1/min"),
    "resp": ("respiratory rate", "1/min"),
    "temp": ("temperature", "°C"),
    "pafi": ("PaO2/FiO2", "mmHg"),
    "alb": ("albumin", "g/dL"),
    "bili": ("bilirubin", "mg/dL"),
    "crea": ("creatinine", "mg/dL"),
    "sod": ("sodium", "mEq/L"),
    "ph": ("arterial pH", ""),
    "glucose": ("glucose", "mg/dL"),
    "bun": ("blood urea nitrogen", "mg/dL"),
    "urine": ("urine output", "mL/day"),
}

#: Source column -> name. One feature of 0 and 1 per value, "name: value"; NaN if missing.
CATEGORIES = {"dzgroup": "diagnosis", "race": "race", "ca": "cancer"}

#: Target -> the source column of the physician's estimate of *survival*, or None if none was given.
TARGETS = {"died_2m": "prg2m", "died_6m": "prg6m", "length_of_stay": None}

#: Name in ``extras`` -> source column; those in WHOLE are integers.
EXTRAS = {
    "died_2m": "died_2m",
    "died_6m": "died_6m",
    "length_of_stay": "slos",
    "physician_survival_2m": "prg2m",
    "physician_survival_6m": "prg6m",
    "model_survival_2m": "surv2m",
    "model_survival_6m": "surv6m",
    "row_id": "row_id",
}
WHOLE = {"died_2m", "died_6m", "row_id"}

_CITATION = (
    "Knaus et al. 1995, The SUPPORT prognostic model, Annals of Internal Medicine 122:191-203. "
    "Data obtained from http://hbiostat.org/data courtesy of the Vanderbilt University Department "
    "of Biostatistics; UCI Machine Learning Repository 880."
)
_DESCRIPTION = (
    "Seriously ill adults in five hospitals of the United States, 1989 to 1994: how ill they were "
    "on the third day of the study, what their physician foresaw, and what happened. For "
    "research and teaching; people were treated by the standards of that time."
)


def load_support2(target: str = "died_6m") -> Dataset:
    """Load SUPPORT2: physiology of the third day, an outcome, and the physician's forecast of it.

    The expert is the attending physician, who was asked early in the study how likely the patient
    was to survive two and six months. The answer counts as "will die" (1.0) if the estimate is
    below one half and as "will survive" (0.0) otherwise; an estimate of exactly one half (1,057 at
    two months, 1,100 at six) is "will survive". NaN where the physician gave none, about one in
    five. Read so, the physician is right in 76.8 % of cases at two months and 71.8 % at six.

    Parameters
    ----------
    target : {"died_2m", "died_6m", "length_of_stay"}, default="died_6m"
        Death within 61 or 182 days of entry (int64, 1 = died; nobody is censored earlier), or
        days from entry to discharge (float64). For the length of stay there is no expert.

    Returns
    -------
    Dataset
        ``X`` has 39 columns: demographics, diagnosis and physiology, none known later than the
        third day; NaN where not measured. In ``extras``: all three targets; the physician's
        estimates of survival (``physician_survival_2m``, ``_6m``), those of the SUPPORT study's
        own model (``model_survival_2m``, ``_6m``), and ``row_id``.

    Raises
    ------
    UnknownName
        If ``target`` is none of the three.

    References
    ----------
    Knaus et al. 1995, "The SUPPORT prognostic model", Annals of Internal Medicine 122:191-203.

    Examples
    --------
    >>> patients = load_support2("died_2m")
    >>> patients
    Dataset('support2', 9,105 cases, 39 features, 1 expert)
    >>> X, y, experts = patients
    >>> known = ~np.isnan(experts[:, 0])
    >>> print(known.sum(), round(float((experts[known, 0] == y[known]).mean()), 3))
    7456 0.768
    """
    if target not in TARGETS:
        raise UnknownName("SUPPORT2 target", target, TARGETS)
    source = read_bundled(FILE)
    extras = {
        name: source[column].astype(np.int64 if name in WHOLE else np.float64)
        for name, column in EXTRAS.items()
    }
    experts = _physician(source, TARGETS[target])
    return Dataset.from_columns(
        _features(source),
        extras,
        target,
        name="support2",
        experts=experts,
        expert_names=("physician",) * experts.shape[1],
        units={name: unit for name, unit in MEASUREMENTS.values() if unit}
        | {"length_of_stay": "days"},
        licence="CC BY 4.0 (to be confirmed at UCI 880, see data/LICENSES.md)",
        citation=_CITATION,
        description=_DESCRIPTION,
    )


def _features(source: dict[str, NDArray[Any]]) -> dict[str, Floats]:
    """Name -> column: the measurements as they are, the categories as zeros and ones."""
    features = {}
    for column, (name, _) in MEASUREMENTS.items():
        features[name] = source[column].astype(np.float64)
        if f"{column}_values" in source:  # ranks, where -1 stands for a missing one
            features[name][source[column] < 0] = np.nan
    for column, name in CATEGORIES.items():
        codes = source[column]
        for code, value in enumerate(source[f"{column}_values"]):
            features[f"{name}: {value}"] = np.where(codes < 0, np.nan, codes == code)
    return features


def _physician(source: dict[str, NDArray[Any]], column: str | None) -> Floats:
    """Answers ``(n, 1)``: 1.0 where survival is given less than one half; ``(n, 0)`` if unasked."""
    if column is None:
        return np.empty((len(source["row_id"]), 0))
    survival = source[column]
    return np.where(np.isnan(survival), np.nan, survival < 0.5)[:, None]
