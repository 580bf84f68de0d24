"""Boxes in images at the door: those of all images in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, Ints, check_finite, without_rounding
from cede._checks._arrays import missing
from cede.exceptions import InvalidInput

__all__ = ["Boxes", "FlatBoxes", "are_texts", "read_boxes"]

Boxes: TypeAlias = Mapping[str, ArrayLike]


class FlatBoxes(NamedTuple):
    """All boxes of all images, one below the other."""

    #: Of each box, ``(B,)``: the image it is in, and its corners, class and score.
    image: Ints
    boxes: Floats
    labels: NDArray[Any]
    scores: Floats
    #: Whether anybody looked at each image, ``(n,)``.
    known: Bools


def read_boxes(name: str, images: Sequence[Boxes | None], *, scored: bool) -> FlatBoxes:
    """Check and stack the boxes of all images; None is an image at which nobody looked."""
    keys = ("boxes", "labels", "scores") if scored else ("boxes", "labels")
    if isinstance(images, Mapping):
        raise InvalidInput(
            "must be a sequence of mappings, one per image, but got one mapping; put it in a list",
            argument=name,
        )
    known = np.array([image is not None for image in images], dtype=np.bool_)
    tables = [
        {} if image is None else _read_image(f"{name}[{i}]", image, keys)
        for i, image in enumerate(images)
    ]
    counts = [len(table.get("labels", ())) for table in tables]
    parts = {key: [t[key] for t, n in zip(tables, counts, strict=True) if n] for key in keys}
    image_of = np.repeat(np.arange(len(images)), counts)
    boxes = _read_corners(name, parts["boxes"], image_of)
    scores = _read_scores(name, parts["scores"], image_of) if scored else np.empty(0)
    are_texts(parts["labels"])
    labels = np.concatenate(parts["labels"]) if parts["labels"] else np.empty(0, dtype=np.int64)
    if missing(labels).any():
        raise InvalidInput(
            f"must be known for each box, but {int(missing(labels).sum())} are missing; fill them, "
            f"or leave out those boxes",
            argument=f"labels of {name}",
        )
    return FlatBoxes(image_of, boxes, labels, scores, known)


def _read_corners(name: str, parts: list[NDArray[Any]], image: Ints) -> Floats:
    boxes = _numbers(f"boxes of {name}", parts, (0, 4))
    turned = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if turned.any():
        first = int(turned.argmax())
        raise InvalidInput(
            f"must be x0, y0, x1, y1 with x0 <= x1 and y0 <= y1, but {int(turned.sum())} are not, "
            f"the first being {boxes[first].tolist()} in image {int(image[first])}; write two "
            f"corners, not width and height",
            argument=f"boxes of {name}",
        )
    return boxes


def _read_scores(name: str, parts: list[NDArray[Any]], image: Ints) -> Floats:
    scores = without_rounding(_numbers(f"scores of {name}", parts, (0,)))
    outside = (scores < 0.0) | (scores > 1.0)
    if outside.any():
        first = int(outside.argmax())
        raise InvalidInput(
            f"must be between 0 and 1, but {int(outside.sum())} are not, the first being "
            f"{scores[first]:.4g} in image {int(image[first])}; write probabilities",
            argument=f"scores of {name}",
        )
    return scores


def _read_image(name: str, image: Boxes, keys: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """One image's boxes, with one entry per box in each of the other arrays."""
    if not isinstance(image, Mapping) or not set(keys) <= set(image):
        content = sorted(image) if isinstance(image, Mapping) else type(image).__name__
        raise InvalidInput(
            f"must be a mapping with {', '.join(keys)}, but got {content}; write one per image",
            argument=name,
        )
    arrays = {key: np.asarray(image[key]) for key in keys}
    if arrays["boxes"].shape == (0,):  # of an empty list
        arrays["boxes"] = np.empty((0, 4))
    shapes = {key: array.shape for key, array in arrays.items()}
    n = arrays["labels"].size
    if shapes != {key: (n, 4) if key == "boxes" else (n,) for key in keys}:
        raise InvalidInput(
            f"must have boxes (B, 4) and one entry per box in the others, but got shapes {shapes}; "
            f"write as many of each",
            argument=name,
        )
    return arrays


def _numbers(name: str, parts: list[NDArray[Any]], shape: tuple[int, ...]) -> Floats:
    stacked = np.concatenate(parts) if parts else np.empty(shape)
    if stacked.dtype.kind not in "fiu":
        raise InvalidInput(
            f"must be numbers, but got an array of dtype {stacked.dtype}; convert it", argument=name
        )
    numbers = stacked.astype(np.float64)
    check_finite(name, numbers)
    return numbers


def are_texts(parts: list[NDArray[Any]]) -> bool:
    """Tell whether labels are texts; refuse texts and numbers together."""
    texts = {isinstance(labels.tolist()[0], str) for labels in parts if len(labels)}
    if len(texts) > 1:
        raise InvalidInput(
            "must be all numbers or all texts, in truths and detections, but got both; write them "
            "alike",
            argument="labels",
        )
    return True in texts
