"""Costs of objects that were found, missed or made up in images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, Ints, check_finite, without_rounding
from cede._checks._arrays import missing
from cede.costs._tables import add_fees
from cede.exceptions import InvalidInput, MissingExtra, UnknownName

Boxes: TypeAlias = Mapping[str, ArrayLike]
Ranking: TypeAlias = Literal["per_class", "pooled"]

COCO_IOUS = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS = 100  # COCO's


def detection_costs(
    detections: Sequence[Sequence[Boxes | None]],
    truths: Sequence[Boxes],
    fees: ArrayLike | None = None,
    *,
    iou: float | Literal["coco"] = 0.5,
    ranking: Ranking = "per_class",
) -> Floats:
    r"""Cost of letting each detector look at an image: :math:`c_j = 1 - AP_j + \beta_j`.

    AP is the average precision on this image alone: detections are ranked by score, each is right
    if it overlaps an annotated box of its class that none above it took, and the precision is
    averaged over 101 levels of recall. An image without any annotated box costs 0 if nothing is
    detected there and 1 if anything is, whatever its score: first drop what is too unsure to be
    shown.

    Parameters
    ----------
    detections : sequence of J + 1 sequences of n mappings
        Of each detector, the model first, and each image: ``boxes (D, 4)`` as x0, y0, x1, y1;
        ``scores (D,)`` in [0, 1]; ``labels (D,)``, numbers or texts. It is what torchvision's
        detectors return. None where a detector did not look.
    truths : sequence of n mappings
        The annotated ``boxes (B, 4)`` and ``labels (B,)`` of each image.
    fees : float or array, default=None
        In units of one AP lost in full; for its shapes, see :mod:`cede.costs`.
    iou : float or "coco", default=0.5
        How much boxes must overlap, intersection over union in (0, 1]; raising it asks for tighter
        boxes. ``"coco"`` averages AP over 0.5, 0.55, ..., 0.95.
    ranking : {"per_class", "pooled"}, default="per_class"
        ``"per_class"`` averages AP over the classes annotated in the image, as COCO does:
        detections of other classes do not count there. ``"pooled"`` ranks the detections of all
        classes together: all count. Of each ranking, the 100 best are read, as COCO does.

    Returns
    -------
    array of shape (n, J + 1)
        In [0, 1] before fees; NaN where a detector did not look.

    Raises
    ------
    InvalidInput
        If numbers of images disagree, a box ends before it starts, a score leaves [0, 1], anything
        is missing within an image, or a fee is negative.
    MissingExtra
        If pycocotools is not installed.

    References
    ----------
    Lin et al. 2014, "Microsoft COCO: common objects in context"; AP is that of its own tool. As the
    cost of deferring: Montreuil et al. 2025, "A two-stage learning-to-defer approach for multi-task
    learning".

    Examples
    --------
    One cat. The model finds nothing; the expert finds it:

    >>> truth = {"boxes": [[0, 0, 10, 10]], "labels": ["cat"]}
    >>> nothing = {"boxes": [], "scores": [], "labels": []}
    >>> found = {"boxes": [[0, 0, 10, 9]], "scores": [0.8], "labels": ["cat"]}
    >>> detection_costs([[nothing], [found]], [truth], fees=0.1).round(6)
    array([[1. , 0.1]])
    """
    if ranking not in ("per_class", "pooled"):
        raise UnknownName("ranking", ranking, ["per_class", "pooled"])
    ious = _read_ious(iou)
    truth = _flatten("truths", truths, scored=False)
    if not truth.seen.all():
        raise InvalidInput(
            f"truths[{int(truth.seen.argmin())}] is None; drop images that nobody annotated."
        )
    found = [_flatten(f"detections[{j}]", d, scored=True) for j, d in enumerate(detections)]
    if not found:
        raise InvalidInput("detections must hold those of the model at least, however it is empty.")
    for j, agent in enumerate(found):
        if len(agent.seen) != len(truth.seen):
            raise InvalidInput(
                f"detections must hold one entry per image for each agent, however detections[{j}] "
                f"has {len(agent.seen)} and truths has {len(truth.seen)}."
            )
    columns = [_costs_of_one(agent, truth, ious, ranking) for agent in found]
    return add_fees(np.column_stack(columns), fees)


class _Flat(NamedTuple):
    """All boxes of all images, one below the other."""

    image: Ints
    boxes: Floats
    labels: NDArray[Any]
    scores: Floats
    seen: Bools  # of each image


def _costs_of_one(found: _Flat, truth: _Flat, ious: Floats, ranking: Ranking) -> Floats:
    """One minus AP of one detector, ``(n,)``."""
    n_images = len(truth.seen)
    truth_class, found_class, n_classes = _encode(truth.labels, found.labels)
    truth_boxes, found_boxes = truth.boxes, found.boxes
    if ranking == "per_class":
        truth_key = truth.image * n_classes + truth_class
        found_key = found.image * n_classes + found_class
    else:  # classes lie side by side, so that boxes of two of them never overlap
        every = np.concatenate([truth_boxes, found_boxes]).ravel()
        width = np.ceil(every.max()) - np.floor(every.min()) + 1.0 if every.size else 1.0
        sideways = np.array([1.0, 0.0, 1.0, 0.0]) * width
        truth_boxes = truth_boxes + truth_class[:, None] * sideways
        found_boxes = found_boxes + found_class[:, None] * sideways
        truth_key, found_key = truth.image, found.image
    rankings, first, group = np.unique(truth_key, return_index=True, return_inverse=True)
    place = np.searchsorted(rankings, found_key)
    counts = np.isin(found_key, rankings)
    precisions = _average_precisions(
        (group, truth_boxes),
        (place[counts], found_boxes[counts], found.scores[counts]),
        len(rankings),
        ious,
    )
    image = truth.image[first]
    n_rankings = np.bincount(image, minlength=n_images)
    mean = np.bincount(image, weights=precisions, minlength=n_images) / np.maximum(n_rankings, 1)
    made_up = np.bincount(found.image, minlength=n_images) > 0
    costs = np.where(n_rankings > 0, 1.0 - mean, made_up)
    return np.where(found.seen, costs, np.nan)


def _average_precisions(
    truth: tuple[Ints, Floats], found: tuple[Ints, Floats, Floats], n_groups: int, ious: Floats
) -> Floats:
    """AP of each group of boxes by COCO's own tool, ``(n_groups,)``.

    To the tool, groups are the categories of one image: this asks it for all of them at once. It
    searches its categories from front to back, so they come in batches.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise MissingExtra("pycocotools", "detection", "Average precision") from None
    by_truth, by_found = np.argsort(truth[0], kind="stable"), np.argsort(found[0], kind="stable")
    precisions = np.empty(n_groups)
    batch = 128
    for start in range(0, n_groups, batch):
        stop = min(start + batch, n_groups)
        tables = []
        for order, (group, boxes, *scores) in ((by_truth, truth), (by_found, found)):
            rows = order[slice(*np.searchsorted(group[order], [start, stop]))]
            table = COCO()
            table.dataset = {
                "images": [{"id": 1}],
                "categories": [{"id": g} for g in range(start, stop)],
                "annotations": _annotations(group[rows], boxes[rows], *(s[rows] for s in scores)),
            }
            tables.append(table)
        with redirect_stdout(StringIO()):  # the tool prints its progress
            for table in tables:
                table.createIndex()
            judge = COCOeval(*tables, iouType="bbox")
            judge.params.iouThrs = ious
            judge.params.areaRng, judge.params.areaRngLbl = [[0.0, np.inf]], ["all"]
            judge.params.maxDets = [MAX_DETECTIONS]
            judge.evaluate()
            judge.accumulate()
        # (thresholds, levels of recall, categories, areas, limits)
        precisions[start:stop] = judge.eval["precision"][:, :, :, 0, 0].mean(axis=(0, 1))
    return precisions


def _annotations(group: Ints, boxes: Floats, scores: Floats | None = None) -> list[dict[str, Any]]:
    """Rows as the tool wants them: a list of dicts, boxes as x, y, width, height, ids from 1."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    columns = {
        "id": range(1, len(group) + 1),
        "image_id": [1] * len(group),
        "category_id": group.tolist(),
        "bbox": np.hstack([boxes[:, :2], sizes]).tolist(),
        "area": sizes.prod(axis=1).tolist(),
        "iscrowd": [0] * len(group),
        "score": [1.0] * len(group) if scores is None else scores.tolist(),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _read_ious(iou: float | str) -> Floats:
    if isinstance(iou, str):
        if iou != "coco":
            raise UnknownName("iou", iou, ["coco", "or a number in (0, 1]"])
        return COCO_IOUS
    if not 0.0 < iou <= 1.0:
        raise InvalidInput(f"iou is an overlap in (0, 1], however iou={iou!r}.")
    return np.array([float(iou)])


def _flatten(name: str, images: Sequence[Boxes | None], *, scored: bool) -> _Flat:
    """Check and stack the boxes of all images."""
    wanted = ("boxes", "labels", "scores") if scored else ("boxes", "labels")
    if isinstance(images, Mapping):
        raise InvalidInput(f"{name} must be a sequence with one mapping per image, not a mapping.")
    parts: dict[str, list[NDArray[Any]]] = {key: [] for key in wanted}
    counts = np.zeros(len(images), dtype=np.int64)
    seen = np.zeros(len(images), dtype=np.bool_)
    for i, image in enumerate(images):
        if image is None:
            continue
        seen[i] = True
        arrays = _read_image(f"{name}[{i}]", image, wanted)
        counts[i] = n = len(arrays["labels"])
        if n:
            for key in wanted:
                parts[key].append(arrays[key])
    image_of = np.repeat(np.arange(len(images)), counts)
    boxes = _numbers(f"boxes of {name}", parts["boxes"], (0, 4))
    ends = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if ends.any():
        i = int(ends.argmax())
        raise InvalidInput(
            f"Boxes are x0, y0, x1, y1 with x0 <= x1 and y0 <= y1, but {int(ends.sum())} of "
            f"{name} are not, the first being {boxes[i].tolist()} in image {int(image_of[i])}."
        )
    scores = _numbers(f"scores of {name}", parts["scores"], (0,)) if scored else np.empty(0)
    scores = without_rounding(scores)
    outside = (scores < 0.0) | (scores > 1.0)
    if outside.any():
        i = int(outside.argmax())
        raise InvalidInput(
            f"Scores are between 0 and 1, but {int(outside.sum())} of {name} are not, the first "
            f"being {scores[i]:.4g} in image {int(image_of[i])}."
        )
    _check_one_kind(parts["labels"])
    labels = np.concatenate(parts["labels"]) if parts["labels"] else np.empty(0, dtype=np.int64)
    if missing(labels).any():
        raise InvalidInput(f"{int(missing(labels).sum())} labels of {name} are missing.")
    return _Flat(image_of, boxes, labels, scores, seen)


def _read_image(where: str, image: Boxes, wanted: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """One image's boxes, with one entry per box in each of the other arrays."""
    if not isinstance(image, Mapping) or not set(wanted) <= set(image):
        got = f"has {sorted(image)}" if isinstance(image, Mapping) else f"is {type(image).__name__}"
        raise InvalidInput(f"{where} must be a mapping with {', '.join(wanted)}, however it {got}.")
    arrays = {key: np.asarray(image[key]) for key in wanted}
    if arrays["boxes"].shape == (0,):  # of an empty list
        arrays["boxes"] = np.empty((0, 4))
    shapes = {key: array.shape for key, array in arrays.items()}
    n = arrays["labels"].size
    if shapes != {key: (n, 4) if key == "boxes" else (n,) for key in wanted}:
        raise InvalidInput(
            f"{where} must have boxes (B, 4) and one entry per box in the others, however the "
            f"shapes are {shapes}."
        )
    return arrays


def _numbers(name: str, parts: list[NDArray[Any]], shape: tuple[int, ...]) -> Floats:
    stacked = np.concatenate(parts) if parts else np.empty(shape)
    if stacked.dtype.kind not in "fiu":
        raise InvalidInput(f"{name} must be numbers, but the array has dtype {stacked.dtype}.")
    numbers = stacked.astype(np.float64)
    check_finite(name, numbers)
    return numbers


def _encode(truth: NDArray[Any], found: NDArray[Any]) -> tuple[Ints, Ints, int]:
    """Number the classes of both, which must be of one kind."""
    kind = np.str_ if _check_one_kind([truth, found]) else np.float64
    names, codes = np.unique(
        np.concatenate([truth.astype(kind), found.astype(kind)]), return_inverse=True
    )
    return codes[: len(truth)], codes[len(truth) :], max(len(names), 1)


def _check_one_kind(parts: list[NDArray[Any]]) -> bool:
    """Tell whether labels are texts; raise if some are and others are numbers."""
    texts = {isinstance(labels.tolist()[0], str) for labels in parts if len(labels)}
    if len(texts) > 1:
        raise InvalidInput(
            "labels must all be numbers, or all texts, in truths and detections, however some are "
            "numbers and others texts."
        )
    return True in texts
