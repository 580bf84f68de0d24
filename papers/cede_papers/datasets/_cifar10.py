"""Small photographs of ten kinds of things, and the people who named them: CIFAR-10H and 10N."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cede.datasets import Dataset
from cede_papers.datasets._files import find_file, numbered, read_npz, read_parquet
from cede_papers.datasets._sources import SOURCES
from cede_papers.datasets._votes import draw_voters

CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
NETWORKS = ("cnn_low", "resnet110", "preresnet110", "densenet_bc_l190")
SLOTS = ("human1", "human2", "human3")

_FEATURES = (
    "Features are 64 principal components of what EfficientNet-Lite0 (trained on ImageNet) sees, "
    "fitted on the first 20,000 training images, the same for CIFAR-10H and CIFAR-10N. Classes are "
    f"numbered from 0: {', '.join(CLASSES)}."
)


def load_cifar10h(
    data: str | Path | None = None,
    *,
    n_experts: int = 1,
    random_state: int | np.random.Generator | None = 0,
) -> Dataset:
    """Load CIFAR-10H: the 10,000 test images of CIFAR-10, each named by 47 to 63 people.

    An expert is one of those people, drawn anew for each image and never twice for the same one;
    who named what is not known, so a column is no person. One person is right in 95.2 % of cases,
    the majority in 99.2 %. Four networks answered too and can stand for the model.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``cifar10h/cifar10h.npz``; None reads the environment variable
        ``CEDE_DATA``.
    n_experts : int, default=1
        How many people to draw for each image.
    random_state : int, Generator or None, default=0
        Seed of the draw; None draws anew at each call.

    Returns
    -------
    Dataset
        ``X`` ``(10000, 64)``; in ``extras``: ``counts`` ``(10000, 10)``, the votes for each class;
        ``probs_<network>`` ``(10000, 10)``, what a network gives to each class, right in 88.9 %
        (``cnn_low``), 93.9 % (``resnet110``), 95.1 % (``preresnet110``) and 96.7 %
        (``densenet_bc_l190``) of cases; ``index``, the number among CIFAR-10's test images.

    Raises
    ------
    UnreadableFile
        If the folder or the file is not there, or not what it should be.
    InvalidInput
        If ``n_experts`` is negative or no integer.

    References
    ----------
    Peterson et al. 2019, "Human uncertainty makes classification more robust", ICCV; Kerrigan et
    al. 2021, "Combining human predictions with model probabilities via confusion matrices and
    calibration", NeurIPS.
    """
    networks = {f"probs_{name}" for name in NETWORKS}
    path = find_file("cifar10h", data, "cifar10h.npz")
    arrays = read_npz(path, ["label", "human_counts", "features", *sorted(networks)])
    counts = arrays["human_counts"].astype(np.int64)
    return Dataset(
        name="cifar10h",
        X=arrays["features"].astype(np.float64),
        feature_names=numbered("component", arrays["features"].shape[1]),
        y=arrays["label"].astype(np.int64),
        target_name="class",
        experts=draw_voters(counts, n_experts, np.random.default_rng(random_state)),
        expert_names=numbered("person", n_experts),
        extras={
            "counts": counts,
            "index": np.arange(len(counts)),
            **{name: arrays[name].astype(np.float64) for name in sorted(networks)},
        },
        licence=SOURCES["cifar10h"].licence,
        citation=(
            "Peterson et al. 2019, Human uncertainty makes classification more robust, ICCV; "
            "Kerrigan et al. 2021, Combining human predictions with model probabilities via "
            "confusion matrices and calibration, NeurIPS."
        ),
        description=f"Images named by about fifty people each. {_FEATURES}",
    )


def load_cifar10n(data: str | Path | None = None, *, features: bool = True) -> Dataset:
    """Load CIFAR-10N: the training images of CIFAR-10, each named by three people.

    The three columns are label slots, not persons: 747 workers filled them, in batches of ten
    images. They are right in 82.8, 81.9 and 82.4 % of all cases.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``cifar10n/cifar10n.parquet`` and, for features,
        ``cifar10n/train_features_20k.npz``; None reads the environment variable ``CEDE_DATA``.
    features : bool, default=True
        With features, the first 20,000 images, which are those that have any. Without, all 50,000
        and ``X`` of no column: join them with :func:`load_cifar10_images` by ``index``.

    Returns
    -------
    Dataset
        ``X`` ``(20000, 64)`` or ``(50000, 0)``; in ``extras``: ``aggregate``, the majority of the
        three (a random one of them if all differ); ``worst``, a wrong one of the three where there
        is any, else the right one; ``index``, the number among CIFAR-10's training images.

    Raises
    ------
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Wei et al. 2022, "Learning with noisy labels revisited: a study using real-world human
    annotations", ICLR.
    """
    path = find_file("cifar10n", data, "cifar10n.parquet")
    labels = read_parquet(path, ["index", "label", *SLOTS, "aggregate", "worst"])
    rows, X = np.arange(len(labels["index"])), np.empty((len(labels["index"]), 0))
    if features:
        path = find_file("cifar10n", data, "train_features_20k.npz")
        arrays = read_npz(path, ["features", "index"])
        # Both tables carry the image's number: joined by it, whatever the order of either.
        places = np.argsort(labels["index"])
        rows = places[np.searchsorted(labels["index"], arrays["index"], sorter=places)]
        X = arrays["features"].astype(np.float64)
    return Dataset(
        name="cifar10n",
        X=X,
        feature_names=numbered("component", X.shape[1]),
        y=labels["label"][rows].astype(np.int64),
        target_name="class",
        experts=np.column_stack([labels[slot][rows] for slot in SLOTS]).astype(np.float64),
        expert_names=numbered("person", len(SLOTS)),
        extras={
            name: labels[name][rows].astype(np.int64) for name in ("aggregate", "worst", "index")
        },
        licence=SOURCES["cifar10n"].licence,
        citation=(
            "Wei et al. 2022, Learning with noisy labels revisited: a study using real-world human "
            "annotations, ICLR."
        ),
        description=f"Images named by three people each. {_FEATURES}",
    )
