"""What a fixed model's probabilities say of a case: logarithms, and how sure the model is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cede._checks import Floats
from cede.routers._models import log_posterior

__all__ = ["confidence_names", "confidence_of"]


def confidence_of(columns: Floats) -> Floats:
    """Centred log probabilities, the largest of them, and its lead, ``(n, K + 2)``.

    A line cannot take a maximum, and without the last two does not know how sure the model is.

    Parameters
    ----------
    columns : array of shape (n, m)
        Probabilities of K labels; one column is that of one label of two.

    Examples
    --------
    >>> confidence_of(np.array([[0.5], [0.9]])).round(2).tolist()
    [[0.0, 0.0, -0.69, 0.0], [1.1, -1.1, -0.11, 2.2]]
    """
    table = np.clip(columns, 0.0, 1.0)
    if table.shape[1] == 1:
        table = np.hstack([table, 1.0 - table])
    log_pi = log_posterior(table)
    ordered = np.sort(log_pi, axis=1)
    centred = log_pi - log_pi.mean(axis=1, keepdims=True)
    return np.column_stack([centred, ordered[:, -1], ordered[:, -1] - ordered[:, -2]])


def confidence_names(columns: Sequence[str]) -> list[str]:
    """What the columns are."""
    labels = [f"log {name}" for name in columns]
    return [*labels, *([f"log 1 - {columns[0]}"] if len(columns) == 1 else []), "surest", "lead"]
