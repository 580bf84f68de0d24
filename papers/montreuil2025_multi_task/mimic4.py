"""Part (b) on the paper's data, MIMIC-IV, for whoever may hold its files: death and days.

Features are those of ``cede_papers.datasets.load_mimic4``, known at admission; the paper's are
codes of a stay, from which it foretells the next. Few die, so errors are balanced as in
``diabetes130``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from records import Cohort
from records_page import claims_of, figures_of, measure_records, tables_of

from cede_papers import NOT_RUN, Claim, Run
from cede_papers.datasets import load_mimic4


def cohort(data: Path | None) -> Cohort:
    """All stays, several of one patient among them."""
    stays = load_mimic4("died", data)
    return Cohort(
        X=stays.X,
        died=stays.extras["died"],
        days=stays.extras["length_of_stay"],
        patients=stays.extras["patient"],
        balanced=True,
    )


def measure(settings: dict[str, Any], run: Run) -> dict[str, Any]:
    """See :mod:`records`."""
    return measure_records(partial(cohort, run.data), settings, run)


tables = tables_of
figures = partial(figures_of, name="mimic4")
claims = partial(claims_of, name="MIMIC-IV")


def not_run() -> list[Claim]:
    """Without the files."""
    return [
        Claim(
            "MIMIC-IV: a router trained on both tasks, its accuracy, smooth L1 and shares",
            "70.0 %, 1.28, 66 / 12 / 22 %; number only: 1.18, model 38 %; class only: model 60 %",
            "–",
            "–",
            NOT_RUN,
            "MIMIC-IV is given to those who have signed PhysioNet's agreement only; with its files "
            "in `mimic4/hosp`, `run.py --only mimic4` runs it (see below)",
        )
    ]
