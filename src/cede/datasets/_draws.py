"""Draw classes and experts' answers with stated probabilities, all cases at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput


def softmax(logits: Floats) -> Floats:
    """Return rows of probabilities proportional to ``exp(logits)``, shape ``(n, K)``."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def logistic(logits: Floats) -> Floats:
    """Return ``1 / (1 + exp(-logits))``, written so that no logit overflows."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=np.float64)


def draw_classes(posterior: Floats, rng: np.random.Generator) -> Ints:
    """Draw one class per row of ``posterior`` ``(n, K)``, by inverting their running sums."""
    # The last cumulated chance is 1 but for rounding; leaving it out keeps the class below K.
    steps = np.cumsum(posterior, axis=1)[:, :-1]
    return np.asarray((rng.random((len(posterior), 1)) >= steps).sum(axis=1), dtype=np.int64)


def draw_answers(y: Ints, accuracy: Floats, n_classes: int, rng: np.random.Generator) -> Floats:
    """Draw experts' answers ``(n, J)``: right with chance ``accuracy``, else any wrong class.

    Given the case, experts err independently of one another and of which class is true.
    """
    right = rng.random(accuracy.shape) < accuracy
    other = (y[:, None] + rng.integers(1, n_classes, size=accuracy.shape)) % n_classes
    return np.where(right, y[:, None], other).astype(np.float64)


def check_at_least(least: int, **sizes: Any) -> None:
    """Raise unless each size is an integer of ``least`` or more."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < least:
            raise InvalidInput(f"{name} must be an integer of at least {least}, not {size!r}.")
