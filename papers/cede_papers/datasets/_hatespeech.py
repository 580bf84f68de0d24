"""Tweets that people judged: hate, offence, or neither. The texts are offensive and left out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats
from cede.datasets import Dataset
from cede.exceptions import InvalidInput, UnreadableFile
from cede_papers.datasets._files import find_file, numbered, read_embeddings, read_parquet
from cede_papers.datasets._sources import SOURCES
from cede_papers.datasets._votes import draw_voters

CLASSES = ("hate", "offensive", "neither")
#: Column of the derived file -> column of the original.
COLUMNS = {
    "source_id": "",
    "n_hate": "hate_speech",
    "n_offensive": "offensive_language",
    "n_neither": "neither",
    "label": "class",
}


def load_hatespeech(
    data: str | Path | None = None,
    *,
    n_experts: int = 1,
    random_state: int | np.random.Generator | None = 0,
    embed: Callable[[Sequence[str]], ArrayLike] | None = None,
) -> Dataset:
    """Load 24,783 tweets, each judged by three to nine people: hate, offensive, or neither.

    The class is what most of them said. An expert is one of them, drawn anew for each tweet and
    never twice for the same one; a column is no person. One person agrees with the majority in
    90.5 % of cases, **of which that person is a part**: the agreement is flattered, and the error
    of an expert and the label are not independent.

    Reads ``hatespeech/hatespeech.parquet`` and ``hatespeech/emb_minilm_f16.npy`` (embeddings by
    all-MiniLM-L6-v2; no texts), or else the original ``hatespeech/labeled_data.csv``, which
    ``fetch("hatespeech")`` downloads and which holds the texts but no features: then ``embed``
    makes them.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``hatespeech``; None reads the environment variable ``CEDE_DATA``.
    n_experts : int, default=1
        How many people to draw for each tweet; NaN where fewer judged it. Three judged 92 %.
    random_state : int, Generator or None, default=0
        Seed of the draw; None draws anew at each call.
    embed : callable, default=None
        For the original only: from a list of n texts to features ``(n, d)``.

    Returns
    -------
    Dataset
        ``X`` ``(24783, 384)``; in ``extras``: ``counts`` ``(24783, 3)``, the votes for each class,
        never a feature; ``source_id``, the number in the original.

    Raises
    ------
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    InvalidInput
        If ``n_experts`` is negative or no integer, or ``embed`` is given without texts, missing
        with them, or returns another shape.
    MissingPackage
        If the set is in Parquet and pyarrow is not installed.

    References
    ----------
    Davidson et al. 2017, "Automated hate speech detection and the problem of offensive language",
    ICWSM. As a task of deferral: Cao et al. 2023, "In defense of softmax parametrization for
    calibrated and consistent learning to defer", NeurIPS.
    """
    path = find_file("hatespeech", data, "hatespeech.parquet", "labeled_data.csv")
    if path.suffix == ".parquet":
        if embed is not None:
            raise InvalidInput(
                f"must be left out where there are no texts, but {path.name!r} holds embeddings "
                f"already; use the original, labeled_data.csv, to make others",
                argument="embed",
            )
        columns = read_parquet(path, COLUMNS)
        X = read_embeddings(find_file("hatespeech", data, "emb_minilm_f16.npy"))
    else:
        columns, texts = _read_original(path)
        X = _embed(texts, embed)
    counts = np.column_stack([columns[f"n_{name}"] for name in CLASSES]).astype(np.int64)
    return Dataset(
        name="hatespeech",
        X=X,
        feature_names=numbered("embedding", X.shape[1]),
        y=columns["label"].astype(np.int64),
        target_name="class",
        experts=draw_voters(counts, n_experts, np.random.default_rng(random_state)),
        expert_names=numbered("person", n_experts),
        extras={"counts": counts, "source_id": columns["source_id"].astype(np.int64)},
        licence=SOURCES["hatespeech"].licence,
        citation=(
            "Davidson et al. 2017, Automated hate speech detection and the problem of offensive "
            "language, ICWSM."
        ),
        description=(
            "Tweets as sentence embeddings. Classes are numbered from 0: hate, offensive, neither; "
            "each is the majority of the votes from which the experts are drawn."
        ),
    )


def _read_original(path: Path) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Votes and classes as in the derived file, and the texts."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wanted = {*COLUMNS.values(), "tweet"}
    if not rows or not wanted <= set(rows[0]):
        raise UnreadableFile(
            f"{path.name!r} must hold the columns {', '.join(sorted(wanted - {''}))}, as the "
            f"original does."
        )
    columns = {
        name: np.array([int(row[column]) for row in rows]) for name, column in COLUMNS.items()
    }
    return columns, [row["tweet"] for row in rows]


def _embed(texts: list[str], embed: Callable[[Sequence[str]], ArrayLike] | None) -> Floats:
    if embed is None:
        raise InvalidInput(
            "must make features of the texts, which are all that the original of 'hatespeech' "
            "holds, but got None; say a function from a list of texts to an array (n, d), such as "
            "the encode of a sentence encoder",
            argument="embed",
        )
    X = np.asarray(embed(texts), dtype=np.float64)
    if X.ndim != 2 or len(X) != len(texts):
        raise InvalidInput(
            f"must return one row per text, ({len(texts)}, d), but got shape {X.shape}",
            argument="embed",
        )
    return X
