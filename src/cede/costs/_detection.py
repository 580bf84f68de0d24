"""Costs of objects that are found, missed or made up in images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, Ints
from cede.costs._average_precision import average_precisions
from cede.costs._boxes import Boxes, FlatBoxes, are_texts, read_boxes
from cede.costs._tables import add_fees
from cede.exceptions import InvalidInput, UnknownName

Ranking: TypeAlias = Literal["per_class", "pooled"]

COCO_IOUS = np.linspace(0.5, 0.95, 10)


def detection_costs(
    detections: Sequence[Sequence[Boxes | None]],
    truths: Sequence[Boxes],
    fees: ArrayLike | None = None,
    *,
    iou: float | Literal["coco"] = 0.5,
    ranking: Ranking = "per_class",
) -> Floats:
    r"""What it costs to let each detector look at an image: :math:`c_j = 1 - AP_j + \beta_j`.

    AP is the average precision on this image alone. Detections are ranked by score; one is right if
    it overlaps an annotated box of its class that none before it has taken; and the precision is
    averaged over 101 levels of recall. An image without any annotated box costs 0 if nothing is
    detected there and 1 if anything is, whatever its score: drop detections that are too unsure to
    be shown before you count costs.

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
    UnknownName
        If ``ranking`` or ``iou`` is another word than those above.
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
    >>> cat = {"boxes": [[0, 0, 10, 9]], "scores": [0.8], "labels": ["cat"]}
    >>> detection_costs([[nothing], [cat]], [truth], fees=0.1).round(6)
    array([[1. , 0.1]])
    """
    if ranking not in ("per_class", "pooled"):
        raise UnknownName("ranking", ranking, ["per_class", "pooled"])
    ious = _read_ious(iou)
    truth = read_boxes("truths", truths, scored=False)
    if not truth.known.all():
        raise InvalidInput(
            f"must hold the boxes of every image, but truths[{int(truth.known.argmin())}] is None; "
            f"drop images that nobody annotated",
            argument="truths",
        )
    agents = [read_boxes(f"detections[{j}]", d, scored=True) for j, d in enumerate(detections)]
    if not agents:
        raise InvalidInput(
            "must hold those of the model at least, but got none; pass a sequence per agent",
            argument="detections",
        )
    for j, agent in enumerate(agents):
        if len(agent.known) != len(truth.known):
            raise InvalidInput(
                f"must hold one entry per image for each agent, but detections[{j}] has "
                f"{len(agent.known)} and truths has {len(truth.known)}; write None where an agent "
                f"did not look",
                argument="detections",
            )
    columns = [_costs_of_one(agent, truth, ious, ranking) for agent in agents]
    return add_fees(np.column_stack(columns), fees)


def _costs_of_one(agent: FlatBoxes, truth: FlatBoxes, ious: Floats, ranking: Ranking) -> Floats:
    """One minus AP of one detector, ``(n,)``."""
    n_images = len(truth.known)
    true_class, agent_class, n_classes = _encode(truth.labels, agent.labels)
    true_boxes, agent_boxes = truth.boxes, agent.boxes
    if ranking == "per_class":
        true_key = truth.image * n_classes + true_class
        agent_key = agent.image * n_classes + agent_class
    else:  # classes lie side by side, so that boxes of two of them never overlap
        every = np.concatenate([true_boxes, agent_boxes]).ravel()
        width = np.ceil(every.max()) - np.floor(every.min()) + 1.0 if every.size else 1.0
        sideways = np.array([1.0, 0.0, 1.0, 0.0]) * width
        true_boxes = true_boxes + true_class[:, None] * sideways
        agent_boxes = agent_boxes + agent_class[:, None] * sideways
        true_key, agent_key = truth.image, agent.image
    rankings, first, group = np.unique(true_key, return_index=True, return_inverse=True)
    place = np.searchsorted(rankings, agent_key)
    counts = np.isin(agent_key, rankings)
    precisions = average_precisions(
        (group, true_boxes),
        (place[counts], agent_boxes[counts], agent.scores[counts]),
        len(rankings),
        ious,
    )
    image = truth.image[first]
    n_rankings = np.bincount(image, minlength=n_images)
    mean = np.bincount(image, weights=precisions, minlength=n_images) / np.maximum(n_rankings, 1)
    made_up = np.bincount(agent.image, minlength=n_images) > 0
    costs = np.where(n_rankings > 0, 1.0 - mean, made_up)
    return np.where(agent.known, costs, np.nan)


def _encode(true: NDArray[Any], detected: NDArray[Any]) -> tuple[Ints, Ints, int]:
    """Number the classes of both, which must be of one kind."""
    kind = np.str_ if are_texts([true, detected]) else np.float64
    names, codes = np.unique(
        np.concatenate([true.astype(kind), detected.astype(kind)]), return_inverse=True
    )
    return codes[: len(true)], codes[len(true) :], max(len(names), 1)


def _read_ious(iou: float | str) -> Floats:
    if isinstance(iou, str):
        if iou != "coco":
            raise UnknownName("iou", iou, ["coco", "or a number in (0, 1]"])
        return COCO_IOUS
    if not 0.0 < iou <= 1.0:
        raise InvalidInput(f"must be in (0, 1], but got {iou!r}; write an overlap", argument="iou")
    return np.array([float(iou)])
