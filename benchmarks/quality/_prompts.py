"""What a prompt looks like before anybody answers it, and routers that read no more."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from _setup import Array

from cede.routers import METHODS, Router

#: Counted in each prompt, and put on a logarithmic scale.
COUNTED = (r"\d", r"\s+", r"\n", r"[=+*/^<>%$\\]", r"[,.;:]", r"_")


def statistics(prompts: Sequence[str]) -> Array:
    """Nine numbers per prompt: length, six counts, the share of capitals, whether it asks."""
    length = np.array([len(prompt) for prompt in prompts], dtype=np.float64)
    counts = [[len(re.findall(pattern, prompt)) for prompt in prompts] for pattern in COUNTED]
    capitals = np.array([len(re.findall("[A-Z]", prompt)) for prompt in prompts])
    asks = [float("?" in prompt) for prompt in prompts]
    logarithms = np.log1p(np.column_stack([length, *counts]))
    return np.column_stack([logarithms, capitals / np.maximum(length, 1.0), asks])


def beside(embedding: Array, numbers: Array, train: np.ndarray, weight: float) -> Array:
    """Embeddings of unit length, and the numbers at this weight, scaled on the training rows.

    Neighbours are found by distance: the weight says how much of it the numbers make up.
    """
    mean, spread = numbers[train].mean(axis=0), numbers[train].std(axis=0)
    return np.hstack([embedding, weight * (numbers - mean) / np.where(spread > 0, spread, 1.0)])


def recipe() -> Router:
    """One third a line, two thirds neighbours by distance between embeddings."""
    near = METHODS["neighbours"].make(standardise=False)
    return METHODS["ensemble"].make(
        routers=[METHODS["cost_regression"].make(), near], weights=[1, 2]
    )


def nearest() -> Router:
    """The plain baseline: the mean over the hundred nearest prompts."""
    return METHODS["neighbours"].make(weights="uniform", n_neighbors=100, standardise=False)
