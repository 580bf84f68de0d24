"""RouteLLM's average gap recovered on many resamples at once."""

from __future__ import annotations

import numpy as np
from _setup import RESAMPLES, Array

CHUNK = 100


def average_gaps(gains: Array, costs: Array, groups: np.ndarray, n_bins: int = 10) -> Array:
    """Average gap recovered of every method on the same resamples, ``(RESAMPLES, methods)``.

    ``gains (splits, methods, n)`` are NaN where a case was trained on. Groups are drawn with
    replacement, the same ones for all methods and splits; the mean is over splits.
    """
    rng = np.random.default_rng(0)
    n_groups, found = groups.max() + 1, []
    for _ in range(0, RESAMPLES, CHUNK):
        drawn = (
            rng.integers(n_groups, size=(CHUNK, n_groups)) + n_groups * np.arange(CHUNK)[:, None]
        )
        counts = np.bincount(drawn.ravel(), minlength=CHUNK * n_groups).reshape(CHUNK, -1)
        per_split = [
            [of_resamples(gain, costs, counts[:, groups], n_bins) for gain in methods]
            for methods in gains
        ]
        found.append(np.mean(per_split, axis=0).T)
    return np.vstack(found)


def of_resamples(gain: Array, costs: Array, counts: np.ndarray, n_bins: int = 10) -> Array:
    """``average_gap_recovered(gain, costs, n_bins)`` with each case ``counts (B, n)`` times: (B,).

    In a sorted resample of N cases, edge i is the case at place ceil(i (N - 1) / n_bins) from
    below; whoever gains as much is called.
    """
    judged = np.flatnonzero(~np.isnan(gain))
    order = judged[np.argsort(-gain[judged], kind="stable")]
    ranked = gain[order]
    starts = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
    times = counts[:, order].astype(np.float64)
    saved = times * (costs[order, 0] - costs[order, 1])
    called = np.add.reduceat(times, starts, axis=1).cumsum(axis=1)
    total = np.add.reduceat(saved, starts, axis=1).cumsum(axis=1)
    size = called[:, -1:]
    at_least = size - np.ceil(np.arange(n_bins)[::-1] * (size - 1) / n_bins)
    # One search in all resamples: each is lifted above the one before.
    lift = (size.max() + 1) * np.arange(len(counts))[:, None]
    place = np.searchsorted((called + lift).ravel(), (at_least + lift).ravel())
    share, recovered = called.ravel()[place], total.ravel()[place]
    share = np.pad(share.reshape(len(counts), -1) / size, ((0, 0), (1, 0)))
    recovered = np.pad(recovered.reshape(len(counts), -1) / total[:, -1:], ((0, 0), (1, 0)))
    return np.asarray(np.trapezoid(recovered, share, axis=1))
