"""Part (c): the same at scale on Diabetes 130-US, death or hospice and days in hospital.

Few die: an error on those counts as much in all as one on the others, or nobody would be foreseen
to die and there would be nothing to defer. (The authors leave out most who lived.)
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from records import Cohort
from records_page import claims_of, figures_of, measure_records, tables_of

from cede_papers import Run
from cede_papers.datasets import load_diabetes130


def cohort(data: Path | None) -> Cohort:
    """All stays, several of one patient among them."""
    stays = load_diabetes130("died_or_hospice", data)
    return Cohort(
        X=stays.X,
        died=stays.extras["died_or_hospice"],
        days=stays.extras["length_of_stay"],
        patients=stays.extras["patient"],
        balanced=True,
    )


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """See :mod:`records`."""
    return measure_records(partial(cohort, run.data), settings, run)


tables = tables_of
figures = partial(figures_of, name="diabetes130")
claims = partial(claims_of, name="Diabetes 130-US")
