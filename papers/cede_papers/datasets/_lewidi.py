"""Three sets of texts whose judges are known by number: who said what, over many cases."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cede._checks import Floats
from cede.datasets import Dataset
from cede.exceptions import UnknownName
from cede_papers.datasets._files import find_file, numbered, read_embeddings, read_parquet
from cede_papers.datasets._sources import SOURCES


class Part(NamedTuple):
    """What differs between the sets."""

    about: str
    #: Labels below this are 1 (abusive), on an ordinal scale; None where labels are 0 and 1.
    below: int | None
    has_embeddings: bool
    citation: str


PARTS = {
    "convabuse": Part(
        "Talks of people with a machine, judged for abuse on a scale from 1 (none) to -3.",
        0,
        True,
        "Cercas Curry et al. 2021, ConvAbuse: data, analysis, and benchmarks for nuanced abuse "
        "detection in conversational AI, EMNLP",
    ),
    "md-agreement": Part(
        "Tweets judged for offence by five of 819 workers each.",
        None,
        True,
        "Leonardelli et al. 2021, Agreeing to disagree: annotating offensive language datasets "
        "with annotators' disagreement, EMNLP",
    ),
    "armis": Part(
        "Arabic tweets judged for misogyny by the same three people.",
        None,
        False,
        "Almanea and Poesio 2022, ArMIS: the Arabic misogyny and sexism corpus with annotator "
        "subjective disagreements, LREC",
    ),
}


def load_lewidi(part: str = "convabuse", data: str | Path | None = None) -> Dataset:
    """Load one of three sets of the shared task Learning With Disagreements of 2023.

    =================  ======  =======  ======  =====================================
    part               cases   experts  labels  an expert agrees with the others
    =================  ======  =======  ======  =====================================
    ``convabuse``       4,050        8  12,168  93.5 %
    ``md-agreement``   10,753      819  53,765  79.2 %
    ``armis``             943        3   2,829  85.0 %
    =================  ======  =======  ======  =====================================

    A column is one person (by number), with NaN wherever that person was not asked. There is no
    truth beyond these people: ``y`` is the source's label, the majority of **all** who answered,
    and flatters each of them. For an error that does not, take ``experts !=
    majority_of_others(experts)`` as costs.

    Parameters
    ----------
    part : {"convabuse", "md-agreement", "armis"}, default="convabuse"
        Which set.
    data : path, default=None
        The folder that holds ``lewidi/<part>_items.parquet``, ``lewidi/<part>_annotations.parquet``
        and ``lewidi/<part>_emb_minilm_f16.npy``; None reads the environment variable ``CEDE_DATA``.

    Returns
    -------
    Dataset
        ``X`` holds 384 embeddings (all-MiniLM-L6-v2), or for ``armis`` nothing. ``y`` and
        ``experts`` are 1 for abusive, offensive or misogynous, else 0. In ``extras``: ``split``
        ("train", "dev" or "test"); ``soft_label``, the share that said 1; ``item_id``; for
        ``convabuse``, ``severity`` ``(4050, 8)``, what each said from 1 (none) to -3, of which 1
        means below 0.

    Raises
    ------
    UnknownName
        If ``part`` is none of the three.
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Leonardelli et al. 2023, "SemEval-2023 task 11: learning with disagreements", SemEval.
    """
    if part not in PARTS:
        raise UnknownName("part of LeWiDi", part, PARTS)
    about, below, has_embeddings, citation = PARTS[part]
    path = find_file("lewidi", data, f"{part}_items.parquet")
    items = read_parquet(path, ["item_id", "split", "hard_label", "soft_label_1"])
    answers, names = _answers(
        items["item_id"], find_file("lewidi", data, f"{part}_annotations.parquet")
    )
    experts, severity = answers, {}
    if below is not None:
        experts, severity = (
            np.where(np.isnan(answers), np.nan, answers < below),
            {"severity": answers},
        )
    X = np.empty((len(answers), 0))
    if has_embeddings:
        X = read_embeddings(find_file("lewidi", data, f"{part}_emb_minilm_f16.npy"))
    return Dataset(
        name="lewidi",
        X=X,
        feature_names=numbered("embedding", X.shape[1]),
        y=items["hard_label"].astype(np.int64),
        target_name="label",
        experts=experts,
        expert_names=names,
        extras={
            "split": items["split"].astype(np.str_),
            "soft_label": items["soft_label_1"].astype(np.float64),
            "item_id": items["item_id"].astype(np.int64),
            **severity,
        },
        licence=SOURCES["lewidi"].licence,
        citation=f"{citation}; Leonardelli et al. 2023, SemEval-2023 task 11, SemEval.",
        description=f"{about} Texts are left out. The label is the majority of the answers.",
    )


def _answers(item_id: np.ndarray, path: Path) -> tuple[Floats, tuple[str, ...]]:
    """Table ``(n, J)`` of what each person said of each item, and their names by number."""
    judgements = read_parquet(path, ["item_id", "annotator", "label"])
    order = np.argsort(item_id)
    rows = order[np.searchsorted(item_id, judgements["item_id"], sorter=order)]
    known, code = np.unique(judgements["annotator"].astype(np.str_), return_inverse=True)
    by_number = sorted(range(len(known)), key=lambda k: int(str(known[k]).removeprefix("Ann")))
    place = np.argsort(by_number)
    table = np.full((len(item_id), len(known)), np.nan)
    table[rows, place[code]] = judgements["label"]
    return table, tuple(str(known[k]) for k in by_number)
