"""Sums over resamples: how often each case is drawn comes from one byte of random bits.

Counts of draws are first independent Poisson ones, at a rate a little below one per case. Those
that add up to a certain number of draws are as if that number had been drawn with replacement. The
draws that are missing from ``n`` are then added one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, factorial, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede._checks import Bools, Floats

__all__ = ["sums_over_cases"]

_RESAMPLES_AT_ONCE, _CASES_AT_ONCE = 128, 2048


def sums_over_cases(
    rows: Floats,
    n_boot: int,
    rng: np.random.Generator,
    tell: Callable[[int, int], None] | None,
) -> Floats:
    """Sums of rows, ``(n_boot, R)``, over ``n`` draws of them with replacement."""
    scale = np.abs(rows).max(axis=0)
    scale[scale == 0.0] = 1.0
    # The column of ones counts draws; the row of zeros is drawn where there is nothing to add.
    scaled = np.zeros((len(rows) + 1, rows.shape[1] + 1), dtype=np.float32)
    scaled[:-1, :-1], scaled[:-1, -1] = rows / scale, 1.0
    counts = _poisson_bytes(len(rows))
    sums = np.empty((n_boot, rows.shape[1]))
    for start in range(0, n_boot, _RESAMPLES_AT_ONCE):
        size = min(_RESAMPLES_AT_ONCE, n_boot - start)
        sums[start : start + size] = _resampled(scaled, size, counts, rng)[:, :-1] * scale
        if tell is not None:
            tell(start + size, n_boot)
    return sums


class _Bytes(NamedTuple):
    """How a byte of random bits becomes a Poisson count: by how many edges it reaches.

    A byte has 256 values, so each probability is rounded down to a multiple of 1/256. What rounding
    takes off all of them is the probability of reaching the last edge; from there, the count is
    drawn again, in proportion to what each lost. Together this is exactly the Poisson distribution.
    """

    edges: list[int]
    rest: Floats


def _poisson_bytes(n: int) -> _Bytes:
    """Counts whose rate is three standard deviations below one per case: few sums exceed n."""
    rate = max(0.0, 1.0 - 3.0 / sqrt(n))
    probability = np.array([exp(-rate) * rate**k / factorial(k) for k in range(30)])
    whole = np.floor(256 * probability)
    edges = whole.cumsum()[: np.flatnonzero(whole)[-1] + 1].astype(np.int64)
    rest = (256 * probability - whole).cumsum()
    return _Bytes(edges.tolist(), rest / max(rest[-1], 1e-300))


def _resampled(
    rows: NDArray[np.float32], size: int, counts: _Bytes, rng: np.random.Generator
) -> Floats:
    """Sums of rows over resamples with one draw per row; the last row, of zeros, is no case."""
    n = len(rows) - 1
    sums = _poisson_sums(rows[:n], size, counts, rng)
    missing = (n - sums[:, -1]).astype(np.int64)
    # Counts are multinomial given their sum, so sums that are too large can be drawn anew.
    while (late := np.flatnonzero(missing < 1)).size:
        sums[late] = _poisson_sums(rows[:n], late.size, counts, rng)
        missing[late] = n - sums[late, -1]
    ones = np.ones((1, _CASES_AT_ONCE), dtype=np.float32)
    for start in range(0, int(missing.max()), _CASES_AT_ONCE):
        drawn = rng.integers(n, size=(size, min(_CASES_AT_ONCE, int(missing.max()) - start)))
        drawn[start + np.arange(drawn.shape[1]) >= missing[:, None]] = n
        sums += (ones[:, : drawn.shape[1]] @ rows.take(drawn, axis=0))[:, 0]
    return sums


def _poisson_sums(
    rows: NDArray[np.float32], size: int, counts: _Bytes, rng: np.random.Generator
) -> Floats:
    """Sums of rows, each as often as its Poisson count says, in blocks that stay in the cache."""
    sums = np.zeros((size, rows.shape[1]))
    room = size * _CASES_AT_ONCE
    reached: Bools = np.empty(room, dtype=np.bool_)
    count, weight = np.empty(room, dtype=np.uint8), np.empty(room, dtype=np.float32)
    for start in range(0, len(rows), _CASES_AT_ONCE):
        block = rows[start : start + _CASES_AT_ONCE]
        m = size * len(block)
        words = rng.integers(0, 2**64, dtype=np.uint64, size=-(-m // 8)).view(np.uint8)[:m]
        count[:m] = 0
        for edge in counts.edges:
            np.greater_equal(words, edge, out=reached[:m])
            np.add(count[:m], reached[:m].view(np.uint8), out=count[:m])
        again = np.flatnonzero(reached[:m])
        count[again] = np.searchsorted(counts.rest, rng.random(again.size), side="right")
        np.copyto(weight[:m], count[:m])
        sums += weight[:m].reshape(size, -1) @ block
    return sums
