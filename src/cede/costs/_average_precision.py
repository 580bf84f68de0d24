"""Average precision of boxes by COCO's own tool, for many groups of boxes at once."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede.exceptions import MissingExtra

__all__ = ["average_precisions"]

#: How many detections count in an image at most, as COCO has it.
_MAX_DETECTIONS = 100
#: Categories at a time: the tool searches its list of them from front to back, and is slow on many.
_BATCH = 128


def average_precisions(
    truth: tuple[Ints, Floats],
    detected: tuple[Ints, Floats, Floats],
    n_groups: int,
    ious: Floats,
) -> Floats:
    """AP of each group of boxes, ``(n_groups,)``, averaged over the overlaps ``ious``.

    The tool takes groups for categories of one image.

    Parameters
    ----------
    truth : tuple of arrays (B,) and (B, 4)
        Group and corners of each annotated box.
    detected : tuple of arrays (D,), (D, 4) and (D,)
        Group, corners and score of each detected box.
    n_groups : int
    ious : array
        How much a detection must overlap a box to be right.
    """
    by_truth, by_detected = (np.argsort(table[0], kind="stable") for table in (truth, detected))
    precisions = np.empty(n_groups)
    for start in range(0, n_groups, _BATCH):
        stop = min(start + _BATCH, n_groups)
        tables = []
        for order, (group, boxes, *scores) in ((by_truth, truth), (by_detected, detected)):
            rows = order[slice(*np.searchsorted(group[order], [start, stop]))]
            table = _annotations(group[rows], boxes[rows], *(column[rows] for column in scores))
            tables.append((range(start, stop), table))
        precisions[start:stop] = _of_one_image(tables, ious)
    return precisions


def _of_one_image(tables: list[tuple[range, list[dict[str, Any]]]], ious: Floats) -> Floats:
    """AP of each category of one image: what is annotated and what is detected there."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise MissingExtra("pycocotools", "detection", "Average precision") from None
    with redirect_stdout(StringIO()):  # the tool prints its progress
        sides = []
        for categories, boxes in tables:
            side = COCO()
            side.dataset = {
                "images": [{"id": 1}],
                "categories": [{"id": category} for category in categories],
                "annotations": boxes,
            }
            side.createIndex()
            sides.append(side)
        judge = COCOeval(*sides, iouType="bbox")
        judge.params.iouThrs = ious
        judge.params.areaRng, judge.params.areaRngLbl = [[0.0, np.inf]], ["all"]
        judge.params.maxDets = [_MAX_DETECTIONS]
        judge.evaluate()
        judge.accumulate()
    # (thresholds, levels of recall, categories, areas, limits)
    return np.asarray(judge.eval["precision"][:, :, :, 0, 0].mean(axis=(0, 1)))


def _annotations(group: Ints, boxes: Floats, scores: Floats | None = None) -> list[dict[str, Any]]:
    """Boxes as the tool reads them: dicts with x, y, width and height, and ids from 1."""
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
