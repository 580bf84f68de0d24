"""Chest films of NIH ChestX-ray14: what 22 radiologists read in them. No images, only readings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cede.datasets import Dataset
from cede.exceptions import UnknownName
from cede_papers.datasets._files import find_file, read_parquet
from cede_papers.datasets._sources import SOURCES

FINDINGS = ("airspace_opacity", "fracture", "nodule_or_mass", "pneumothorax")


def load_nih_readers(finding: str = "airspace_opacity", data: str | Path | None = None) -> Dataset:
    """Load who of 22 radiologists saw a finding in each of 4,376 films, and the adjudicated truth.

    There are no features: it is for modelling experts, estimating their skill, and consensus. Three
    radiologists read each film, as a rule. Of the readings that say yes or no, these are right:

    ====================  ========  =====================
    finding               right     readings that hedge
    ====================  ========  =====================
    ``airspace_opacity``    88.4 %                      0
    ``fracture``            96.8 %                      0
    ``nodule_or_mass``      92.6 %                    261
    ``pneumothorax``        96.9 %                    165
    ====================  ========  =====================

    A hedge is no answer: NaN. Four times a radiologist appears twice for the same film; where the
    two readings contradict each other (all four, of airspace opacity), there is no answer either.

    Parameters
    ----------
    finding : {"airspace_opacity", "fracture", "nodule_or_mass", "pneumothorax"}
        What was looked for.
    data : path, default=None
        The folder that holds ``nih_readers/nih_readers.parquet``; None reads the environment
        variable ``CEDE_DATA``.

    Returns
    -------
    Dataset
        ``X`` of no column; ``y`` and ``experts`` ``(4376, 22)``, 1 if present. In ``extras``:
        ``image``, the file's name in ChestX-ray14; ``patient``, the group to split by; ``split``
        ("val" or "test"); and the truth of all four findings.

    Raises
    ------
    UnknownName
        If ``finding`` is none of the four.
    UnreadableFile
        If the folder or the file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Majkowska et al. 2020, "Chest radiograph interpretation with deep learning models", Radiology
    294:421-431; as experts: Hemmer et al. 2023, "Learning to defer with limited expert
    predictions", AAAI.
    """
    if finding not in FINDINGS:
        raise UnknownName("finding", finding, FINDINGS)
    truths = {name: f"{name}_gt" for name in FINDINGS}
    table = read_parquet(
        find_file("nih_readers", data, "nih_readers.parquet"),
        ["image", "patient", "split", "reader", f"{finding}_reader", *truths.values()],
    )
    _, first, film = np.unique(
        table["image"].astype(np.str_), return_index=True, return_inverse=True
    )
    reader, answer = table["reader"].astype(np.int64), table[f"{finding}_reader"].astype(np.float64)
    names = np.unique(reader)
    experts = np.full((len(first), len(names)), np.nan)
    place = (film, np.searchsorted(names, reader))
    experts[place] = answer
    twice = experts[place] != answer  # of two readings, the later one was written
    twice &= ~np.isnan(answer)
    experts[film[twice], place[1][twice]] = np.nan
    return Dataset(
        name="nih_readers",
        X=np.empty((len(first), 0)),
        feature_names=(),
        y=table[truths[finding]][first].astype(np.int64),
        target_name=finding,
        experts=experts,
        expert_names=tuple(f"reader {name}" for name in names),
        extras={
            "image": table["image"][first].astype(np.str_),
            "patient": table["patient"][first].astype(np.int64),
            "split": table["split"][first].astype(np.str_),
            **{name: table[column][first].astype(np.int64) for name, column in truths.items()},
        },
        licence=SOURCES["nih_readers"].licence,
        citation=(
            "Majkowska et al. 2020, Chest radiograph interpretation with deep learning models, "
            "Radiology 294:421-431; Wang et al. 2017, ChestX-ray8, CVPR."
        ),
        description=(
            "Readings of chest films by radiologists, and what a panel agreed on. The films are "
            "not included. For research; nobody's skill can be judged from it."
        ),
    )
