"""Folds and held-out parts that keep groups whole, and do not depend on the order of the rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Ints, check_groups, check_same_length
from cede._rows._hashing import mixed
from cede._rows._order import row_hashes
from cede.exceptions import InvalidInput

__all__ = ["folds", "hold_out"]

#: Equal rows are taken for copies of a case, and stay together, if they are this many at most. A
#: row that is there more often holds a value that many cases have. (``cede._rows`` says why this
#: rule is not that of ``_copies``.)
_MOST_COPIES = 5


def folds(
    cases: Any,
    n_folds: int,
    *,
    strata: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> Ints:
    """A fold for each case, ``0..n_folds - 1``, that follows from what the cases hold.

    In another order of the rows, each case gets the same fold (rows equal in features and stratum
    may change places). All cases of a group are in one fold; without groups, all copies of a case
    are. In each stratum, these units are dealt out in turn, the largest first. If each case is a
    unit, the folds' sizes and their shares of a stratum differ by one case at most.

    Parameters
    ----------
    cases : array or dataframe of shape (n, d)
        What tells cases apart, such as their features.
    n_folds : int
        At least 2.
    strata : array of shape (n,), optional
        Labels of which each fold is to have its share; a group counts as its commonest one.
    groups : array of shape (n,), optional
        Which cases belong together.

    Raises
    ------
    InvalidInput
        If there are fewer cases, or groups, than folds.

    Examples
    --------
    >>> folds(np.arange(6.0)[:, None], 3, groups=list("aabbcc")).tolist()
    [0, 0, 2, 2, 1, 1]
    """
    if isinstance(n_folds, bool) or not isinstance(n_folds, int | np.integer) or n_folds < 2:
        raise InvalidInput(
            f"must be a whole number of at least 2, but got {n_folds!r}; write 5 for five folds",
            argument="cv",
        )
    deal = _deal(cases, n_folds, strata, groups, seed=0)
    if deal.n_units < n_folds:
        units = "cases" if groups is None else "different groups"
        raise InvalidInput(
            f"must be at most the number of {units}, {deal.n_units}, but got {n_folds} folds; "
            f"lower it, or bring more of them",
            argument="cv",
        )
    return np.asarray(deal.place[deal.unit] % n_folds, dtype=np.int64)


def hold_out(
    cases: Any,
    share: float,
    *,
    strata: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    seed: int = 0,
) -> Bools:
    """Which cases to hold out, ``(n,)``: about a share of each stratum, by the rules of folds.

    Of a stratum with two units or more, one at least is held out, and one is not. Another seed
    holds out others.
    """
    deal = _deal(cases, max(2, round(1 / max(share, 1e-9))), strata, groups, seed)
    size = np.bincount(deal.stratum)
    n_out = np.where(size > 1, np.clip(np.rint(share * size), 1, size - 1), 0).astype(np.int64)
    first = np.cumsum(size) - size
    rank = deal.place - first[deal.stratum]
    part, whole = n_out[deal.stratum], size[deal.stratum]
    # Evenly along the units of the stratum, which stand in the order of their size.
    is_out = (rank + 1) * part // whole > rank * part // whole
    return np.asarray(is_out[deal.unit], dtype=np.bool_)


class _Deal(NamedTuple):
    """Units of cases that stay together, in the order in which they are dealt out."""

    #: The unit of each case, ``(n,)``.
    unit: Ints
    #: Where each unit stands, one stratum after the other, and in which it is; ``(n_units,)``.
    place: Ints
    stratum: Ints

    @property
    def n_units(self) -> int:
        return len(self.place)


def _deal(cases: Any, n_parts: int, strata: Any, groups: Any, seed: int) -> _Deal:
    numbers = check_groups(groups, cases)
    hashes = row_hashes(cases) if numbers is None else np.arange(0, dtype=np.uint64)
    n = len(hashes) if numbers is None else len(numbers)
    labels = np.zeros(n, dtype=np.int64)
    if strata is not None:
        check_same_length(X=cases, strata=strata)
        labels = np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.int64)
    if numbers is None:
        unit, key = _units(hashes, labels, min(_MOST_COPIES, n // n_parts))
    else:
        unit, key = numbers, np.arange(numbers.max(initial=-1) + 1, dtype=np.uint64)
    size, stratum = np.bincount(unit, minlength=len(key)), _commonest(unit, labels, len(key))
    draw = mixed(mixed(key) + mixed(np.array([seed], dtype=np.uint64)))
    # Strata follow each other by their least draw, so that their names do not matter either.
    least = np.full(labels.max(initial=0) + 1, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, stratum, draw)
    stratum = np.argsort(np.argsort(least))[stratum]
    order = np.lexsort((draw, -size, stratum))
    place = np.empty(len(key), dtype=np.int64)
    place[order] = np.arange(len(key))
    return _Deal(unit, place, stratum)


def _units(hashes: NDArray[np.uint64], labels: Ints, most: int) -> tuple[Ints, NDArray[np.uint64]]:
    """Number equal rows alike where they are few, and each row on its own where they are many."""
    order = np.lexsort((labels, hashes))
    ranked = hashes[order]
    is_first = np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)]
    start = np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    many = np.bincount(start, minlength=len(ranked))[start] > most
    unit = np.empty(len(hashes), dtype=np.int64)
    unit[order] = np.cumsum(is_first | many) - 1
    # Many equal rows are told apart by their number, lest they be dealt out one after the other.
    key = ranked + np.where(many, np.arange(len(ranked)) - start, 0).astype(np.uint64)
    return unit, key[is_first | many]


def _commonest(unit: Ints, labels: Ints, n_units: int) -> Ints:
    """The commonest label of each unit's cases; of several, the first."""
    commonest = np.zeros(n_units, dtype=np.int64)
    pairs, counts = np.unique(unit * (labels.max(initial=0) + 1) + labels, return_counts=True)
    owner, label = np.divmod(pairs, labels.max(initial=0) + 1)
    order = np.lexsort((-label, counts))  # what is written last stays
    commonest[owner[order]] = label[order]
    return commonest
