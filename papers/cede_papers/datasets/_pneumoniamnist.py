"""PneumoniaMNIST: 5,856 X-ray films of children's chests, 28 by 28 pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cede.datasets import Dataset
from cede.exceptions import UnreadableFile
from cede_papers.datasets._files import find_file, read_npz
from cede_papers.datasets._sources import SOURCES

#: Name in ``extras["split"]`` -> prefix of the arrays.
SPLITS = {"train": "train", "validation": "val", "test": "test"}


def load_pneumoniamnist(data: str | Path | None = None) -> Dataset:
    """Load PneumoniaMNIST: normal (0) or pneumonia (1), from a small image of the chest.

    Nobody's answers are known: simulate experts with :func:`simulate_experts`. Reads
    ``pneumoniamnist/pneumoniamnist.npz``, either the original with ``train_images`` and
    ``train_labels``, which ``fetch("pneumoniamnist")`` downloads, or a copy with ``train_x`` and
    ``train_y`` (``val_`` and ``test_`` likewise).

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``pneumoniamnist``; None reads the environment variable ``CEDE_DATA``.

    Returns
    -------
    Dataset
        ``X`` ``(5856, 784)``, grey values from 0 to 255, row by row: ``X.reshape(-1, 28, 28)``;
        ``experts`` of no column; in ``extras``: ``split``, "train" (4,708 films), "validation"
        (524) or "test" (624).

    Raises
    ------
    UnreadableFile
        If the folder or the file is not there, or not what it should be.

    References
    ----------
    Yang et al. 2023, "MedMNIST v2: a large-scale lightweight benchmark for 2D and 3D biomedical
    image classification", Scientific Data 10:41.
    """
    path = find_file("pneumoniamnist", data, "pneumoniamnist.npz")
    try:
        parts = {s: read_npz(path, [f"{p}_images", f"{p}_labels"]) for s, p in SPLITS.items()}
    except UnreadableFile:
        parts = {s: read_npz(path, [f"{p}_x", f"{p}_y"]) for s, p in SPLITS.items()}
    images, labels, splits = [], [], []
    for split, arrays in parts.items():
        x, y = arrays.values()
        images.append(x.reshape(len(x), -1).astype(np.float64))
        labels.append(y.reshape(-1).astype(np.int64))
        splits.append(np.full(len(x), split))
    X = np.concatenate(images)
    side = round(X.shape[1] ** 0.5)
    return Dataset(
        name="pneumoniamnist",
        X=X,
        feature_names=tuple(f"pixel {i}, {k}" for i in range(side) for k in range(side)),
        y=np.concatenate(labels),
        target_name="pneumonia",
        experts=np.empty((len(X), 0)),
        extras={"split": np.concatenate(splits)},
        licence=SOURCES["pneumoniamnist"].licence,
        citation=(
            "Yang et al. 2023, MedMNIST v2, Scientific Data 10:41; Kermany et al. 2018, "
            "Identifying medical diagnoses and treatable diseases by image-based deep learning, "
            "Cell 172:1122-1131."
        ),
        description=(
            "X-ray films of children's chests, reduced to 28 by 28 grey values; normal or "
            "pneumonia. A copy need not keep the original order of the training films."
        ),
    )
