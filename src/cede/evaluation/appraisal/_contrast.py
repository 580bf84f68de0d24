"""Who gets which cases: how those a method defers differ from those it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cede._checks import Bools, Floats

__all__ = ["Contrast", "contrast"]

_MOST_FEATURES = 10


@dataclass(frozen=True)
class Contrast:
    """How the cases a method defers differ from those it keeps."""

    #: Feature names, strongest difference first; none where features are not numbers.
    names: tuple[str, ...]
    #: Mean over deferred minus mean over kept cases, in standard deviations of the feature.
    differences: Floats
    #: Mean of one minus the cost of every agent, the model first, on kept and on deferred cases:
    #: ``(2, J + 1)``. Where costs are errors, the share each has right.
    accuracy: Floats
    n_kept: int
    n_deferred: int


def contrast(X: Any, names: Sequence[str] | None, deferred: Bools, table: Floats) -> Contrast:
    """Compare deferred with kept cases.

    Parameters
    ----------
    X : array or dataframe of shape (n, d)
        Features; nothing is told of them unless all are numbers.
    names : sequence of str, optional
        Of the features; by default those of the columns, or their numbers.
    deferred : array of bool, shape (n,)
    table : array of shape (n, J + 1)
        Agent costs, all known.
    """
    features = _numbers(X)
    strongest_names: tuple[str, ...] = ()
    differences = np.empty(0)
    if features is not None and deferred.any() and not deferred.all():
        columns = names if names is not None else getattr(X, "columns", None)
        labels = list(range(features.shape[1])) if columns is None else list(columns)
        differences = _differences(features, deferred)
        strongest = np.argsort(-np.abs(differences), kind="stable")[:_MOST_FEATURES]
        strongest_names = tuple(f"feature {c}" if isinstance(c, int) else str(c) for c in labels)
        strongest_names, differences = (
            tuple(strongest_names[i] for i in strongest),
            differences[strongest],
        )
    parts = [1 - table[rows].mean(axis=0) if rows.any() else np.full(table.shape[1], np.nan)
             for rows in (~deferred, deferred)]  # fmt: skip
    return Contrast(
        names=strongest_names,
        differences=differences,
        accuracy=np.array(parts),
        n_kept=int((~deferred).sum()),
        n_deferred=int(deferred.sum()),
    )


def _numbers(X: Any) -> Floats | None:
    values = np.asarray(X)
    if values.ndim != 2:
        return None
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        return None


def _differences(features: Floats, deferred: Bools) -> Floats:
    """In standard deviations, of the values that are known; zero where nothing varies."""
    known = ~np.isnan(features)
    filled = np.where(known, features, 0.0)

    def mean(rows: Bools) -> Floats:
        count = known[rows].sum(axis=0)
        total = filled[rows].sum(axis=0)
        return np.asarray(total / np.maximum(1, count), dtype=np.float64)

    everywhere = np.ones(len(features), dtype=np.bool_)
    spread = np.where(known, (features - mean(everywhere)) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(spread / np.maximum(1, known.sum(axis=0)))
    # A constant column's spread is what rounding leaves of it.
    varies = spread > 1e-12 * (1.0 + np.abs(mean(everywhere)))
    in_both = known[deferred].any(axis=0) & known[~deferred].any(axis=0)
    distance = mean(deferred) - mean(~deferred)
    return np.where(varies & in_both, distance / np.where(varies, spread, 1.0), 0.0)
