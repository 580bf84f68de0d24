"""What detectors found in images, beside what is there: Pascal VOC's animals, and COCO."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints, check_same_length
from cede.exceptions import InvalidInput, UnreadableFile
from cede_papers.datasets._files import find_file, numbered, read_npz, read_parquet
from cede_papers.datasets._sources import SOURCES

CORNERS = ["xmin", "ymin", "xmax", "ymax"]
#: Animal -> its class among COCO's 80, from 0.
SPECIES = {"cat": 15, "dog": 16, "horse": 17, "sheep": 18, "cow": 19}
ANIMAL_AGENTS = ("yolo_fastest_1.1", "yolo_fastest_1.1_xl", "nanodet", "coco_ssd_mbv2lite")
COCO_AGENTS = (
    "yolo_fastest_1.1", "yolo_fastest_1.1_xl", "nanodet", "centernet_mbv3", "coco_ssd_mbv2lite",
)  # fmt: skip

Boxes = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DetectionSet:
    """Images of which each agent, the model first, told what is where.

    ``cede.detection_costs(images.detections, images.truths)`` is the cost table of finding
    everything. Where each image has one thing to name and to frame,
    ``cede.multitask_costs([images.class_costs, images.box_costs])`` is that of both tasks.
    """

    #: Short name, as in ``load_<name>``.
    name: str
    #: Features of the images, shape ``(n, d)``.
    X: Floats
    #: Names of the columns of ``X``.
    feature_names: tuple[str, ...]
    #: Of each image, the annotated ``boxes (B, 4)`` as x0, y0, x1, y1 in pixels, and ``labels``.
    truths: tuple[Boxes, ...]
    #: Of each agent and each image, ``boxes (D, 4)``, ``scores (D,)`` and ``labels (D,)``.
    detections: tuple[tuple[Boxes, ...], ...]
    #: Names of the agents, the model first.
    agent_names: tuple[str, ...]
    #: Names of the classes, by number.
    class_names: Mapping[int, str]
    #: Cost of naming, ``1[wrong class]``, shape ``(n, J + 1)``; None without one thing per image.
    class_costs: Floats | None = None
    #: Cost of framing, one minus the overlap (IoU), shape ``(n, J + 1)``; None likewise.
    box_costs: Floats | None = None
    #: Other columns, one row per image. Never features.
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    #: Terms of use of the data.
    licence: str = ""
    #: What to cite.
    citation: str = ""
    #: What an image is, where the answers come from, and what to beware of.
    description: str = ""

    def __post_init__(self) -> None:
        costs = {"class_costs": self.class_costs, "box_costs": self.box_costs}
        check_same_length(
            X=self.X,
            truths=self.truths,
            **{f"detections[{j}]": seen for j, seen in enumerate(self.detections)},
            **{name: table for name, table in costs.items() if table is not None},
            **{f"extras[{name!r}]": column for name, column in self.extras.items()},
        )
        if len(self.detections) != len(self.agent_names):
            raise InvalidInput(
                f"must hold one name per agent, but got {len(self.agent_names)} beside detections "
                f"of {len(self.detections)}",
                argument="agent_names",
            )

    @property
    def n_cases(self) -> int:
        """Number of images ``n``."""
        return len(self.X)

    def __repr__(self) -> str:
        agents = len(self.agent_names)
        return f"DetectionSet({self.name!r}, {self.n_cases:,} images, {agents} agents)"


def load_detection_voc_animals(
    data: str | Path | None = None, *, min_score: float = 0.05
) -> DetectionSet:
    """Load 1,220 photographs of one animal each, in which four detectors named and framed it.

    Two tasks at once, after Montreuil et al. 2025: which of five animals, and where. Agent 0 is the
    smallest detector; the larger are mostly, not always, better:

    =======================  ===========  =========  ===============
    agent                    right class  mean IoU   sum of costs
    =======================  ===========  =========  ===============
    ``yolo_fastest_1.1``          56.2 %      0.535            0.903
    ``yolo_fastest_1.1_xl``       72.2 %      0.652            0.626
    ``nanodet``                   74.3 %      0.798            0.459
    ``coco_ssd_mbv2lite``         86.7 %      0.838            0.295
    =======================  ===========  =========  ===============

    Always asking the best would cost 0.188. An agent answers with its surest box among the five
    animals; one that found none is wrong and overlaps nothing: it costs 1 in either task.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``detection_voc_animals/images.parquet``, ``agents.parquet``,
        ``detections.parquet`` and ``features.npz``; None reads the environment variable
        ``CEDE_DATA``.
    min_score : float, default=0.05
        Boxes less sure than this are left out of ``detections``; the source holds none below 0.05.

    Returns
    -------
    DetectionSet
        ``X`` ``(1220, 64)``, principal components of what EfficientNet-Lite0 sees, fitted on the
        training split; ``class_costs`` and ``box_costs`` ``(1220, 4)``; ``detections`` of all 80
        classes of COCO. In ``extras``: ``split`` ("train" or "val"); ``species``, the class;
        ``answers`` ``(1220, 4)``, the class each agent named, NaN for none; ``boxes``
        ``(1220, 4, 4)``, its frame; ``image``, the name in Pascal VOC; ``width`` and ``height``.

    Raises
    ------
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    InvalidInput
        If ``min_score`` lies outside [0, 1].
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Cao et al. 2019, "Cross-domain adaptation for animal pose estimation", ICCV. As a task of
    deferral: Montreuil et al. 2025, "A two-stage learning-to-defer approach for multi-task
    learning".
    """
    name = "detection_voc_animals"
    images = read_parquet(
        find_file(name, data, "images.parquet"),
        ["image_id", "name", "split", "species", "width", "height", *CORNERS],
    )
    arrays = read_npz(find_file(name, data, "features.npz"), ["features", "image_id"])
    ids = images["image_id"]
    features = arrays["features"].astype(np.float64)[_places(arrays["image_id"], ids)]
    species = np.array([SPECIES[text] for text in images["species"]])
    truth = {"boxes": _corners(images), "labels": species}
    agents = _agents(find_file(name, data, "agents.parquet"), ids)
    return DetectionSet(
        name=name,
        X=features,
        feature_names=numbered("component", features.shape[1]),
        truths=tuple({key: values[[i]] for key, values in truth.items()} for i in range(len(ids))),
        detections=_detections(
            find_file(name, data, "detections.parquet"), ids, ANIMAL_AGENTS, min_score
        ),
        agent_names=ANIMAL_AGENTS,
        class_names={number: text for text, number in SPECIES.items()},
        class_costs=np.where(agents["answers"] == species[:, None], 0.0, 1.0),
        box_costs=1.0 - agents["iou"],
        extras={
            "species": species,
            "answers": agents["answers"],
            "boxes": agents["boxes"],
            "split": images["split"].astype(np.str_),
            "image": images["name"].astype(np.str_),
            "width": images["width"],
            "height": images["height"],
        },
        licence=SOURCES[name].licence,
        citation="Cao et al. 2019, Cross-domain adaptation for animal pose estimation, ICCV.",
        description=(
            "Photographs of Pascal VOC with exactly one annotated animal (there may be others), "
            "and four detectors trained on COCO. The photographs are not included."
        ),
    )


def load_detection_coco256(
    data: str | Path | None = None, *, min_score: float = 0.05
) -> DetectionSet:
    """Load what five detectors found in 256 images of COCO with 1,827 annotated boxes.

    For tests and demonstrations: too few images to learn a strong router, and no features. Agent 0
    is the smallest detector, the others follow by average precision at an overlap of one half, from
    0.27 to 0.55 on ``val2017``; the detectors were trained on ``train2017``.

    Parameters
    ----------
    data : path, default=None
        The folder that holds ``detection_coco256/images.parquet``, ``boxes.parquet``,
        ``detections.parquet`` and ``classes.csv``; None reads the environment variable
        ``CEDE_DATA``.
    min_score : float, default=0.05
        Boxes less sure than this are left out; the source holds none below 0.05. In the two images
        without any annotated object, one box is enough to cost 1: raise it to what would be shown.

    Returns
    -------
    DetectionSet
        ``X`` of no column. In ``extras``: ``source`` ("coco_train2017" or "coco_val2017");
        ``image``, the number in COCO as a text; ``width`` and ``height``; ``has_labels``.

    Raises
    ------
    UnreadableFile
        If the folder or a file is not there, or not what it should be.
    InvalidInput
        If ``min_score`` lies outside [0, 1].
    MissingPackage
        If pyarrow is not installed.

    References
    ----------
    Lin et al. 2014, "Microsoft COCO: common objects in context", ECCV.
    """
    name = "detection_coco256"
    images = read_parquet(
        find_file(name, data, "images.parquet"),
        ["image_id", "name", "source", "width", "height", "has_labels"],
    )
    boxes = read_parquet(find_file(name, data, "boxes.parquet"), ["image_id", "class_id", *CORNERS])
    ids = images["image_id"]
    columns = {"boxes": _corners(boxes), "labels": boxes["class_id"].astype(np.int64)}
    return DetectionSet(
        name=name,
        X=np.empty((len(ids), 0)),
        feature_names=(),
        truths=_by_image(_places(ids, boxes["image_id"]), len(ids), columns),
        detections=_detections(
            find_file(name, data, "detections.parquet"), ids, COCO_AGENTS, min_score
        ),
        agent_names=COCO_AGENTS,
        class_names=_class_names(find_file(name, data, "classes.csv")),
        extras={
            "source": images["source"].astype(np.str_),
            "image": images["name"].astype(np.str_),
            "width": images["width"],
            "height": images["height"],
            "has_labels": images["has_labels"].astype(np.bool_),
        },
        licence=SOURCES[name].licence,
        citation="Lin et al. 2014, Microsoft COCO: common objects in context, ECCV.",
        description=(
            "The first 128 images of COCO's train2017 and of its val2017, and five detectors "
            "trained on train2017. The photographs are not included."
        ),
    )


def _agents(path: Path, ids: Ints) -> dict[str, Floats]:
    """Each agent's surest animal: ``answers``, ``iou`` ``(n, J + 1)``, ``boxes (n, J + 1, 4)``."""
    rows = read_parquet(path, ["image_id", "agent", "pred", "iou", *CORNERS])
    image, agent = _places(ids, rows["image_id"]), _code(rows["agent"], ANIMAL_AGENTS)
    shape = (len(ids), len(ANIMAL_AGENTS))
    columns = {
        "answers": np.array([SPECIES.get(text, np.nan) for text in rows["pred"]]),
        "iou": rows["iou"].astype(np.float64),
        "boxes": _corners(rows),
    }
    tables = {}
    for key, values in columns.items():
        tables[key] = np.full((*shape, *values.shape[1:]), np.nan)
        tables[key][image, agent] = values
    return tables


def _detections(
    path: Path, ids: Ints, agents: tuple[str, ...], min_score: float
) -> tuple[tuple[Boxes, ...], ...]:
    """Every box of each agent and image that is sure enough."""
    if not 0.0 <= min_score <= 1.0:
        raise InvalidInput(f"must be in [0, 1], but got {min_score!r}", argument="min_score")
    rows = read_parquet(path, ["image_id", "detector", "class_id", "score", *CORNERS])
    scores = rows["score"].astype(np.float64)
    # Stored in 32 bits, where 0.05 is a little more or less than ours.
    sure = rows["score"] >= np.float32(min_score)
    columns = {"boxes": _corners(rows), "scores": scores, "labels": rows["class_id"].astype(int)}
    group = _code(rows["detector"], agents) * len(ids) + _places(ids, rows["image_id"])
    sure_ones = {key: values[sure] for key, values in columns.items()}
    every = _by_image(group[sure], len(agents) * len(ids), sure_ones)
    return tuple(every[j * len(ids) : (j + 1) * len(ids)] for j in range(len(agents)))


def _by_image(image: Ints, n_images: int, columns: Boxes) -> tuple[Boxes, ...]:
    """Cut columns into one piece per image; images without rows get empty ones."""
    order = np.argsort(image, kind="stable")
    ends = np.searchsorted(image[order], np.arange(1, n_images))
    pieces = {key: np.split(values[order], ends) for key, values in columns.items()}
    return tuple(
        dict(zip(pieces, piece, strict=True)) for piece in zip(*pieces.values(), strict=True)
    )


def _places(ids: NDArray[Any], wanted: NDArray[Any]) -> Ints:
    """Return the place of each wanted id in ``ids``, whatever the order of either."""
    order = np.argsort(ids)
    places = order[np.searchsorted(ids, wanted, sorter=order).clip(max=len(ids) - 1)]
    if (ids[places] != wanted).any():
        raise UnreadableFile("The tables of a set must be of one making: image_id disagree.")
    return np.asarray(places, dtype=np.int64)


def _code(names: NDArray[Any], known: tuple[str, ...]) -> Ints:
    """Number names by their place in ``known``."""
    unknown = sorted(set(names.tolist()) - set(known))
    if unknown:
        raise UnreadableFile(f"Agents must be {', '.join(known)}, but got {unknown[0]!r}.")
    return np.array([known.index(name) for name in names.tolist()], dtype=np.int64)


def _corners(rows: dict[str, NDArray[Any]]) -> Floats:
    return np.column_stack([rows[corner] for corner in CORNERS]).astype(np.float64)


def _class_names(path: Path) -> dict[int, str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {int(row["class_id"]): row["name"] for row in csv.DictReader(lines)}
