"""One bootstrap for all: every column of a table sees the same resampled cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cede._checks import Floats, Ints

__all__ = ["paired_bootstrap"]


def paired_bootstrap(
    outcomes: Floats,
    n_boot: int,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
    groups: Ints | None = None,
) -> Floats:
    """Means of each column of ``outcomes (n, R)`` over the same resamples, ``(n_boot, R)``.

    A resample is a count per case, or per group if ``groups (n,)`` numbers them from 0; counts
    times outcomes is one matrix product for many resamples at once, held to about 64 MB.
    """
    sizes = np.ones(len(outcomes))
    if groups is not None:
        sizes = np.bincount(groups).astype(np.float64)
        outcomes = np.column_stack([np.bincount(groups, column) for column in outcomes.T])
    n = len(outcomes)
    rng = np.random.default_rng(random_state)
    chunk = max(1, min(n_boot, 8_000_000 // n))
    means = np.empty((n_boot, outcomes.shape[1]))
    for start in range(0, n_boot, chunk):
        size = min(chunk, n_boot - start)
        drawn = rng.integers(n, size=(size, n))
        drawn += np.arange(size)[:, None] * n
        counts = np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n)
        means[start : start + size] = counts @ outcomes / (counts @ sizes)[:, None]
        if progress is not None:
            progress(start + size, n_boot)
    return means
