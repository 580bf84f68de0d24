"""Which cases something was learned from or chosen on: a fingerprint small enough to be saved."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Ints
from cede._checks._arrays import to_array
from cede._rows._chance import accidental_share, is_more_than, meet_too_often, split_too_evenly
from cede._rows._hashing import hash_rows
from cede.exceptions import InvalidInput

__all__ = ["Fingerprint", "HashedCases", "check_unseen", "fingerprint", "hash_cases", "seen_before"]

#: Few enough to be saved with a router, enough to hold some of 500 cases among a million.
_SKETCH = 4096
#: Columns that are read: more tell nothing new, and a fit should not wait for its fingerprint.
_MOST_COLUMNS = 64
#: A smaller share of cases that were seen changes no conclusion.
_TOO_FEW = 0.02


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """A digest of all rows, in any order, and the smallest hashes among them.

    A row's hash depends on its values alone, so a case has the same hash in all data that hold it.
    The smallest hashes, the sketch, are a random sample of the distinct rows, and they are the same
    rows in other data. Cases with a column more or less, in another order of columns, or with other
    last digits have other hashes, and are not found.
    """

    #: Hash of all rows, in any order: 16 hexadecimal digits.
    digest: str
    n_cases: int
    #: The smallest distinct hashes, increasing; at most 4,096.
    sketch: NDArray[np.uint64]
    #: Share of the rows that are distinct, among the smallest.
    distinct: float
    #: How often each row of the sketch is there; None if saved by a version that did not count.
    counts: Ints | None = None
    #: Largest share of new cases that equal one of these by chance, by the columns: see
    #: :func:`cede._rows._chance.accidental_share`.
    accidental: float = 1.0

    def __str__(self) -> str:
        return self.digest

    def share_seen(self, X: Any) -> float:
        """Share of the rows of ``X`` that equal a row of the fingerprint, estimated on a sample.

        NaN if no hash of ``X`` is small enough to be in the sample.
        """
        hashes = self._among_smallest(hash_cases(X).hashes)
        return float(np.isin(hashes, self.sketch).mean()) if hashes.size else float("nan")

    def overlap(self, X: Any) -> float | None:
        r"""Share of the cases of ``X`` that were seen, if it is more than chance gives; else None.

        Features that take few values make rows equal by chance. So rows were seen if all of them
        together are the same (the digest), or if more than one in fifty equals a row of the fit
        and one of three tests says that this is no chance. The tests count distinct rows, so that
        copies prove nothing twice:

        - too many are on both sides: ``_chance.meet_too_often``;
        - equal rows are dealt to both sides too evenly: ``_chance.split_too_evenly``;
        - rows that two columns tell apart are equal, however many copies there are
          (``_chance.accidental_share``, and a binomial test).

        Measured (``tests/long/test_cases_seen.py``) on 150 to 2,000 cases: of 500 honest splits at
        each of 14 grades of coarseness, at most three were refused, most often none. Where half of
        the cases had been seen, once or twice each, none of 500 repetitions was missed with one or
        three columns of any numbers, two rounded to two decimals, or three rounded to one. With
        coarser columns, where chance alone makes half of the rows equal, most are missed: nothing
        tells a case that was seen from one like it. Some are missed, too, of a hundred cases with a
        varying number of copies. Honest splits are refused where there are few kinds of cases and
        each has several columns of its own (the vector of a prompt that is asked again and again,
        the place and size of a shop): nothing tells them from copies.
        """
        hashes = hash_cases(X).hashes
        if _digest(hashes) == self.digest:
            return 1.0
        smallest = self._among_smallest(hashes)
        if not smallest.size:
            return None
        share = float(np.isin(smallest, self.sketch).mean())
        if self.counts is None:  # of an older version, which let twice the share of equal rows pass
            was_seen = self.distinct >= 0.9 and share > max(_TOO_FEW, 2 * (1 - self.distinct))
            return share if was_seen else None
        return share if share > _TOO_FEW and self._is_no_chance(smallest) else None

    def _is_no_chance(self, hashes: NDArray[np.uint64]) -> bool:
        assert self.counts is not None
        rows, times = np.unique(hashes, return_counts=True)
        every = np.union1d(rows, self.sketch)
        fitted, new = np.zeros((2, len(every)), dtype=np.int64)
        fitted[np.searchsorted(every, self.sketch)] = self.counts
        new[np.searchsorted(every, rows)] = times
        n_shared = int(np.count_nonzero((fitted > 0) & (new > 0)))
        return (
            meet_too_often(fitted, new)
            or split_too_evenly(fitted, new)
            or is_more_than(n_shared, len(rows), self.accidental + 2 / len(self.sketch))
        )

    def _among_smallest(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        complete = len(self.sketch) < _SKETCH
        return hashes if complete else hashes[hashes <= self.sketch[-1]]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the sketch as one line of hexadecimal digits."""
        return {
            **vars(self),
            "sketch": self.sketch.astype(">u8").tobytes().hex(),
            "counts": None if self.counts is None else " ".join(map(str, self.counts.tolist())),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Fingerprint:
        """Read back what :meth:`to_dict` wrote."""
        sketch = np.frombuffer(bytes.fromhex(values["sketch"]), dtype=">u8").astype(np.uint64)
        counts = values.get("counts")
        if counts is not None:
            counts = np.array(counts.split(), dtype=np.int64)
        return cls(**{**values, "sketch": sketch, "counts": counts})


@dataclass(frozen=True, eq=False)
class HashedCases:
    """Cases with a hash each, for whoever asks more than once whether they were seen."""

    columns: NDArray[Any]
    hashes: NDArray[np.uint64]


def hash_cases(X: Any) -> HashedCases:
    """Hash the rows of a table; cases that are hashed already come back as they are."""
    if isinstance(X, HashedCases):
        return X
    columns = _columns(X)
    return HashedCases(columns, hash_rows([columns], _as_bits))


def fingerprint(X: Any) -> Fingerprint:
    """Fingerprint the rows of an array or dataframe, in any order.

    Examples
    --------
    >>> rows = fingerprint([[1.0, 2.0], [3.0, 4.0]])
    >>> rows.n_cases, rows.digest == fingerprint([[3.0, 4.0], [1.0, 2.0]]).digest
    (2, True)
    """
    cases = hash_cases(X)
    columns, hashes = cases.columns, cases.hashes
    small = _smallest(hashes)
    rows, first, counts = np.unique(hashes[small], return_index=True, return_counts=True)
    sketch = slice(_SKETCH)
    n_rows = int(counts[sketch].sum())
    return Fingerprint(
        digest=_digest(hashes),
        n_cases=len(hashes),
        sketch=rows[sketch],
        distinct=len(rows) / max(1, int(counts.sum())),
        counts=counts[sketch].astype(np.int64),
        accidental=accidental_share(columns[small[first[sketch]]], n_rows),
    )


def check_unseen(router: Any, X: Any, purpose: str) -> None:
    """Raise if the router was fitted on cases of ``X``: what holds there need not hold elsewhere.

    A router that keeps no fingerprint of its fit, such as somebody else's, passes; for what else is
    not noticed, see :meth:`Fingerprint.overlap`.
    """
    overlap = seen_before(router, X)
    if overlap is not None:
        raise InvalidInput(
            f"{purpose} needs cases that the router has not seen, but {overlap}; hold some out."
        )


def seen_before(router: Any, X: Any) -> str | None:
    """Say how many of the cases the router was fitted on; None if there are none to speak of."""
    for cases in getattr(router, "fitted_on_", ()):
        share = cases.overlap(X)
        if share is not None:
            return f"{share:.0%} of these were among the {cases.n_cases:,} it was fitted on"
    return None


def _digest(hashes: NDArray[np.uint64]) -> str:
    return f"{int(hashes.sum(dtype=np.uint64)) ^ len(hashes):016x}"


def _smallest(hashes: NDArray[np.uint64]) -> Ints:
    """Places of the hashes below a bound that leaves enough; to sort all of them takes seconds."""
    bound = int(2**64 / max(1, len(hashes)) * 4 * _SKETCH)
    if bound < 2**64:
        small = np.flatnonzero(hashes <= np.uint64(bound))
        if len(np.unique(hashes[small])) >= _SKETCH:
            return small
    return np.arange(len(hashes))


def _columns(X: Any) -> NDArray[Any]:
    """Columns of a table, at most 64 of them, evenly spread."""
    table = to_array(X)
    table = table.reshape(len(table), prod(table.shape[1:]))
    step = -(-table.shape[1] // _MOST_COLUMNS) if table.shape[1] else 1
    return table[:, ::step]


def _as_bits(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Numbers as the bits of a float32, as which they may come back; else a hash of the text."""
    try:
        with np.errstate(over="ignore"):
            values = rows.astype(np.float64).astype(np.float32)
    except (TypeError, ValueError):
        from zlib import crc32

        # One text after the other: an array of texts has room for the longest in every cell.
        cells = rows.ravel()
        texts = map(str, cells.tolist()) if cells.dtype.kind == "O" else cells.astype(str).tolist()
        hashes = [crc32(text.encode()) for text in texts]
        return np.array(hashes, dtype=np.uint64).reshape(rows.shape)
    values = values + np.float32(0.0)  # minus zero is zero
    values[np.isnan(values)] = np.nan  # all missing values have the same bits
    return np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)
