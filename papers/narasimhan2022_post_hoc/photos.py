"""CIFAR-10 as features, cut into repetitions that share no image, with a specialist drawn anew."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cede.exceptions import InvalidInput
from cede_papers.datasets import load_cifar10h, load_cifar10n, simulate_specialists


class Cases(NamedTuple):
    """Some cases that the specialist answered."""

    X: np.ndarray
    y: np.ndarray
    experts: np.ndarray


def specialist(y: np.ndarray, n_classes: int, seed: int) -> np.ndarray:
    """Answers of an expert who is right on the first half of the classes and guesses elsewhere."""
    known, rng = range(n_classes // 2), np.random.default_rng([seed, 2])
    return simulate_specialists(
        y, [known], n_classes=n_classes, outside=1 / n_classes, random_state=rng
    )


def repetition(
    data: Path | None, number: int, seed: int, n_train: int, n_test: int
) -> tuple[Cases, Cases]:
    """Training cases from CIFAR-10's training images, test cases from its test images.

    Repetition ``number`` has the images from ``number * n_train`` on (``n_test`` for testing), in
    one order that depends on nothing: two repetitions have none in common, whatever their seed.
    """
    parts = []
    for stream, (load, n) in enumerate([(load_cifar10n, n_train), (load_cifar10h, n_test)]):
        photos = load(data)
        if (number + 1) * n > photos.n_cases:
            raise InvalidInput(
                f"Repetition {number} of {n} images each is beyond the {photos.n_cases:,}."
            )
        order = np.random.default_rng(0).permutation(photos.n_cases)
        rows = order[number * n : (number + 1) * n]
        y = photos.y[rows]
        answers = specialist(y, 10, seed=1_000 * seed + 10 * number + stream)
        parts.append(Cases(photos.X[rows], y, answers))
    return parts[0], parts[1]
