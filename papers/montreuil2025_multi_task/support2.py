"""Part (b): SUPPORT2, death within six months and days in hospital; specialists and physicians.

The physician was asked for the chance of survival only: the days are read off it, by a parabola
fitted to the patients set aside. Only patients with a physician's forecast are routed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from records import Cohort
from records_page import claims_of, figures_of, measure_records, tables_of

from cede.datasets import load_support2
from cede_papers import Run


def cohort() -> Cohort:
    """All patients, each once."""
    patients = load_support2("died_6m")
    return Cohort(
        X=patients.X,
        died=patients.extras["died_6m"],
        days=patients.extras["length_of_stay"],
        patients=np.arange(patients.n_cases),
        survival=patients.extras["physician_survival_6m"],
    )


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """See :mod:`records`."""
    return measure_records(cohort, settings, run)


tables = tables_of
figures = partial(figures_of, name="support2")
claims = partial(claims_of, name="SUPPORT2")
