"""Which rows of a table are copies of a case, where nobody says which belong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cede._checks import Bools, Ints
from cede._rows._chance import accidental_share
from cede._rows._order import row_hashes

__all__ = ["Copies", "find_copies"]

#: Cases that two columns tell apart have equal rows by chance at most this often.
_ACCIDENT = 0.05
#: If so many rows that are equal in one column are equal in another, both tell cases apart alike.
_NEARLY_ALL = 0.95
#: A group of this share of the rows, or of so few, moves no part of a split.
_SMALL_SHARE, _SMALL = 0.01, 3
#: A row that is there more often than this, and so many times as often as the middle one, holds a
#: value that many cases have, such as nothing known of them.
_MOST_COPIES, _FAR_MORE = 20, 5
_MOST_PAIRS = 10_000


class Copies(NamedTuple):
    """Rows that stay on one side of every split, and why."""

    #: The group of each row, ``(n,)``: those known before, joined where copies are in several of
    #: them; None if each row stands on its own.
    groups: Ints | None
    #: What to say of equal rows; None if groups hold all of them together already.
    text: str | None


def find_copies(features: Mapping[str, NDArray[Any]], groups: Ints | None = None) -> Copies:
    """Find rows that are copies of a case, and join them to groups.

    Rows are copies if they are equal in the columns that tell cases apart: two at least
    (``_chance.accidental_share`` is at most 5 % among distinct rows), and all that follow from
    these, which must be half of the columns at least. The others, such as a reviewer, may differ.

    Rows that are equal in every column are also kept together where that hardly moves a split or an
    interval: if at most one in a hundred rows equal each other, and all of them count for at least
    half as many cases, or if every row is there equally often. Otherwise features that take few
    values are taken to make them equal by chance, and each stays a case of its own.

    Parameters
    ----------
    features : dict of name to array of shape (n,)
        Numbers (NaN where missing) or objects.
    groups : int array of shape (n,), optional
        Rows that are known to belong together.
    """
    names = list(features)
    numbers = [values.dtype.kind in "fiub" for values in features.values()]
    codes = np.column_stack([_codes(values) for values in features.values()])
    own = np.arange(len(codes)) if groups is None else groups
    if not codes.size:
        return Copies(groups, None)
    shared = _shared_columns(codes, np.array(numbers))
    small = max(_SMALL, int(_SMALL_SHARE * len(codes)))
    joined, n_common = _without_common(_numbered(codes[:, shared]), small)
    if not shared.all() and _adds(joined, own):
        exceptions = [name for name, same in zip(names, shared, strict=True) if not same]
        return Copies(_join(joined, own), _sentence(joined, exceptions, n_common, groups))
    joined = _numbered(codes)
    if not _adds(joined, own):
        return Copies(groups, None)
    distinct = codes[np.unique(joined, return_index=True)[1]]
    are_copies = accidental_share(distinct[:, numbers], len(codes)) <= _ACCIDENT
    if are_copies or _moves_nothing(joined, small):
        joined_few, n_common = _without_common(joined, small)
        if _adds(joined_few, own):
            return Copies(_join(joined_few, own), _sentence(joined_few, [], n_common, groups))
    return Copies(
        groups,
        f"{_count(joined):,} of {len(codes):,} rows are equal to another in every feature, as "
        f"features that take few values are by chance, and each is taken for a case of its own"
        + (
            ". If some are copies of a case, name the column that tells cases apart as the group "
            "(--group)."
            if groups is None
            else " unless the groups hold it together."
        ),
    )


def _moves_nothing(joined: Ints, small: int) -> bool:
    """Tell whether equal rows can be held together even if they are different cases."""
    size = np.bincount(joined)
    hardly_fewer = int(size @ size) <= 2 * len(joined)
    multiples = len(size) >= 20 and np.gcd.reduce(size) > 1  # a table that was written twice
    return bool(size.max() <= small and (hardly_fewer or multiples))


def _without_common(joined: Ints, small: int) -> tuple[Ints, int]:
    """Number each row on its own where it equals far too many; and say how many rows these are."""
    size = np.bincount(joined)
    common = size > max(small, _MOST_COPIES, _FAR_MORE * np.median(size))
    rows = np.flatnonzero(common[joined])
    numbers = joined.copy()
    numbers[rows] = len(size) + np.arange(len(rows))
    return np.unique(numbers, return_inverse=True)[1].astype(np.int64), len(rows)


def _sentence(joined: Ints, exceptions: list[str], n_common: int, groups: Ints | None) -> str:
    every = "every feature"
    if exceptions:
        listed = ", ".join(map(repr, exceptions[:5])) + (", …" if len(exceptions) > 5 else "")
        every += f" but {listed}"
    text = (
        f"{_count(joined):,} of {len(joined):,} rows are equal to another in {every}: they stay on "
        f"one side of every split and count as one case, {int(joined.max()) + 1:,} in all."
    )
    if n_common:
        text += f" {n_common:,} more are equal to so many that each is taken for a case of its own."
    if groups is None:
        text += " If a column tells cases apart, name it as the group (--group)."
    return text


def _shared_columns(codes: Ints, numbers: Bools) -> Bools:
    """Tell in which columns copies of a case are equal: all, unless some differ within a case."""
    n = len(codes)
    everything = np.ones(codes.shape[1], dtype=np.bool_)
    best, most = everything, 0
    for column in np.flatnonzero(numbers):
        values = codes[:, column]
        order = np.argsort(values, kind="stable")
        tied = np.flatnonzero(values[order[1:]] == values[order[:-1]])
        if not n // 20 <= n - len(tied) < n:  # as many different values
            continue
        tied = tied[:: -(-len(tied) // _MOST_PAIRS)]
        same = np.mean(codes[order[tied]] == codes[order[tied + 1]], axis=0)
        shared = same >= _NEARLY_ALL
        if shared.all() or not max(most, codes.shape[1] / 2) <= shared.sum():
            continue
        distinct = codes[np.unique(_numbered(codes[:, shared]), return_index=True)[1]]
        if accidental_share(distinct[:, shared & numbers], n) <= _ACCIDENT:
            best, most = shared, int(shared.sum())
    return best


def _adds(joined: Ints, groups: Ints) -> bool:
    """Tell whether rows are joined that no group holds together."""
    first = np.unique(joined, return_index=True)[1]
    return bool(np.any(groups[first][joined] != groups))


def _join(joined: Ints, groups: Ints) -> Ints:
    """Connected components of two ways to group the same rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_joined, n_groups = int(joined.max()) + 1, int(groups.max()) + 1
    edges = np.ones(len(joined), dtype=np.int8)
    size = n_joined + n_groups
    graph = coo_array((edges, (joined, groups + n_joined)), shape=(size, size))
    component = connected_components(graph, directed=False)[1][joined]
    return np.unique(component, return_inverse=True)[1].astype(np.int64)


def _count(joined: Ints) -> int:
    """How many rows are equal to another."""
    size = np.bincount(joined)
    return int(size[size > 1].sum())


def _numbered(codes: Ints) -> Ints:
    """Number equal rows alike, from 0."""
    return np.unique(row_hashes(codes), return_inverse=True)[1].ravel().astype(np.int64)


def _codes(values: NDArray[Any]) -> Ints:
    """Number equal values alike; missing ones are equal."""
    if values.dtype.kind == "O":
        texts = [repr(value) for value in values.tolist()]
        rank = {text: i for i, text in enumerate(sorted(set(texts)))}
        return np.array([rank[text] for text in texts], dtype=np.int64)
    return np.unique(values, return_inverse=True)[1].ravel().astype(np.int64)
