"""Means of every column over the same resamples: by patterns of outcomes, or case by case."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cede._checks import Floats, Ints, check_finite, check_same_length, number_groups
from cede._checks._arrays import as_numbers
from cede.evaluation.resampling._counts import sums_over_cases
from cede.exceptions import InvalidInput

__all__ = ["paired_bootstrap"]

#: A pattern's multinomial number takes as long as this many counts of cases.
_PATTERN_PRICE = 40


def paired_bootstrap(
    outcomes: Floats,
    n_boot: int,
    random_state: int | None = 0,
    progress: Callable[[int, int], None] | None = None,
    groups: Ints | None = None,
) -> Floats:
    r"""Means of each column of ``outcomes (n, R)`` over the same resamples, ``(n_boot, R)``.

    With counts :math:`w_i` of a resample, the sums :math:`S_i` and sizes :math:`m_i` of groups (of
    single cases if none are given, of size 1) and the mean :math:`\bar x` of the column,

    .. math:: \bar x^* = \bar x + \frac{\sum_i w_i (S_i - \bar x m_i)}{\sum_i w_i m_i}.

    Equal columns have equal means. Where cases are not grouped by pattern, deviations are added in
    single precision, which moves an interval by less than a millionth of its length.

    Parameters
    ----------
    outcomes : array of shape (n, R)
        Finite numbers.
    n_boot : int
        How many resamples.
    random_state : int, default=0
    progress : callable, optional
        Called with resamples done and resamples in all.
    groups : int array of shape (n,), optional
        Cases of one group are drawn together.

    Raises
    ------
    InvalidInput
        If there is no case, no resample is asked for, or an outcome is not a finite number.

    References
    ----------
    Efron 1979, "Bootstrap methods: another look at the jackknife".

    Examples
    --------
    >>> means = paired_bootstrap(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), n_boot=3)
    >>> means.shape, bool(np.allclose(means.sum(axis=1), 1.0))
    ((3, 2), True)
    """
    table = as_numbers("outcomes", outcomes)
    if table.ndim != 2 or len(table) == 0 or n_boot < 1:
        raise InvalidInput(
            "must have shape (n, R) with one case at least, and n_boot must be at least 1, but "
            f"got {table.shape} and {n_boot}; pass a row per case",
            argument="outcomes",
        )
    check_finite("outcomes", table)
    columns, place = _distinct_columns(table)
    mean = columns.mean(axis=0)
    apart, sizes = columns - mean, np.ones(len(columns))
    if groups is not None:
        check_same_length(outcomes=table, groups=groups)
        apart, sizes = _sums_by_group(apart, groups)
    rows, shares = _patterns(np.column_stack([apart, sizes]))
    rng = np.random.default_rng(random_state)
    if len(rows) < len(apart):
        sums = _sums_over_patterns(rows, shares, len(apart), n_boot, rng, progress)
    else:
        sums = sums_over_cases(np.column_stack([apart, sizes]), n_boot, rng, progress)
    means: Floats = mean + sums[:, :-1] / sums[:, -1:]
    return means[:, place]


def _distinct_columns(table: Floats) -> tuple[Floats, Ints]:
    """The distinct columns, and the position of each column of the table among them."""
    first: list[int] = []
    place = np.empty(table.shape[1], dtype=np.int64)
    columns = np.ascontiguousarray(table.T)
    for j, column in enumerate(columns):
        near = (k for k, i in enumerate(first) if np.array_equal(columns[i, :64], column[:64]))
        same = (k for k in near if np.array_equal(columns[first[k]], column))
        place[j] = next(same, len(first))
        if place[j] == len(first):
            first.append(j)
    return columns[first].T, place


def _sums_by_group(values: Floats, groups: Ints) -> tuple[Floats, Floats]:
    number = number_groups(groups)
    sums = [np.bincount(number, column) for column in values.T]
    sizes = np.bincount(number).astype(np.float64)
    return np.column_stack([*sums, sizes])[:, :-1], sizes


def _patterns(rows: Floats) -> tuple[Floats, Floats]:
    """Distinct rows and the share of each; the rows as they are if these cannot be told apart."""
    # Rows are compared by one number each, which equal rows share, and checked in full afterwards.
    mixed = (rows * np.random.default_rng(0).random(rows.shape[1])).sum(axis=1)
    most = len(rows) // _PATTERN_PRICE
    if len(np.unique(mixed[: 4 * most])) <= most:
        _, first, place, count = np.unique(
            mixed, return_index=True, return_inverse=True, return_counts=True
        )
        if len(first) <= most and (rows[first][place] == rows).all():
            return rows[first], count / len(rows)
    return rows, np.full(len(rows), 1.0 / len(rows))


def _sums_over_patterns(
    rows: Floats,
    shares: Floats,
    n: int,
    n_boot: int,
    rng: np.random.Generator,
    tell: Callable[[int, int], None] | None,
) -> Floats:
    sums = np.empty((n_boot, rows.shape[1]))
    step = max(1, min(n_boot, 1_000_000 // len(rows)))
    for start in range(0, n_boot, step):
        size = min(step, n_boot - start)
        sums[start : start + size] = rng.multinomial(n, shares, size=size) @ rows
        if tell is not None:
            tell(start + size, n_boot)
    return sums
