"""Which cases something was learnt from or chosen on: a fingerprint small enough to be saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cede._arrays import to_array
from cede.exceptions import InvalidInput

__all__ = ["Fingerprint", "check_unseen", "fingerprint", "seen_before"]

#: Few enough to be saved with a router, enough to meet some of 500 cases among a million.
_SKETCH = 4096
#: Columns that are read: more tell nothing new, and a fit should not wait for its fingerprint.
_MOST_COLUMNS = 64
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """A digest of all rows, in any order, and the smallest hashes among them.

    A row's hash depends on its values alone. Other data that share a case share its hash, and if
    it is one of the smallest here, it is found here: the sketch samples the cases at random, the
    same ones wherever they appear.
    """

    #: Hash of all rows, whatever their order: 16 hexadecimal digits.
    digest: str
    n_cases: int
    #: The smallest distinct hashes, increasing; at most 4,096.
    sketch: NDArray[np.uint64]
    #: Share of the rows that are distinct, among the smallest; where few are, equal rows need not
    #: be the same case.
    distinct: float

    def __str__(self) -> str:
        return self.digest

    def share_seen(self, X: Any) -> float:
        """Share of the cases of ``X`` that are among those fingerprinted, estimated on a sample.

        NaN where none of them falls among the smallest hashes, and where too few rows are distinct
        for equal rows to mean equal cases.
        """
        if self.distinct < 0.9:
            return 1.0 if fingerprint(X).digest == self.digest else float("nan")
        hashes = _row_hashes(X)
        complete = len(self.sketch) < _SKETCH
        looked_at = hashes if complete else hashes[hashes <= self.sketch[-1]]
        return float(np.isin(looked_at, self.sketch).mean()) if looked_at.size else float("nan")

    def overlap(self, X: Any) -> float | None:
        """Share of the cases of ``X`` that were seen, where it is more than chance; else None.

        A few equal rows are no proof where there were some among the rows themselves, so as many
        again are let pass, and one in fifty. Of features that take few values nothing can be told.
        """
        share = self.share_seen(X)
        return share if share > max(0.02, 2 * (1 - self.distinct)) else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; the sketch as one line of hexadecimal digits."""
        return {**vars(self), "sketch": self.sketch.astype(">u8").tobytes().hex()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Fingerprint:
        """Read back what :meth:`to_dict` wrote."""
        sketch = np.frombuffer(bytes.fromhex(values["sketch"]), dtype=">u8").astype(np.uint64)
        return cls(**{**values, "sketch": sketch})


def fingerprint(X: Any) -> Fingerprint:
    """Fingerprint the rows of an array or dataframe, whatever their order.

    Examples
    --------
    >>> one = fingerprint([[1.0, 2.0], [3.0, 4.0]])
    >>> one.n_cases, one.digest == fingerprint([[3.0, 4.0], [1.0, 2.0]]).digest
    (2, True)
    """
    hashes = _row_hashes(X)
    total = int(hashes.sum(dtype=np.uint64)) ^ len(hashes)
    sample = _smallest(hashes)
    distinct = np.unique(sample)
    return Fingerprint(
        digest=f"{total:016x}",
        n_cases=len(hashes),
        sketch=distinct[:_SKETCH],
        distinct=len(distinct) / max(1, len(sample)),
    )


def check_unseen(router: Any, X: Any, what: str) -> None:
    """Raise if the router was fitted on cases of ``X``: what holds there need not hold elsewhere.

    Routers that keep no fingerprint of their fit, such as other people's, are believed; see
    :meth:`Fingerprint.overlap` for what is no proof.
    """
    found = seen_before(router, X)
    if found is not None:
        raise InvalidInput(
            f"{what} needs cases that the router has not seen, but {found}; hold some out."
        )


def seen_before(router: Any, X: Any) -> str | None:
    """Say how many of the cases the router was fitted on; None if none to speak of."""
    for seen in getattr(router, "fitted_on_", ()):
        share = seen.overlap(X)
        if share is not None:
            return f"{share:.0%} of these were among the {seen.n_cases:,} it was fitted on"
    return None


def _smallest(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every hash below some bound that leaves enough of them; sorting all would take seconds."""
    bound = int(2**64 / max(1, len(hashes)) * 4 * _SKETCH)
    if bound < 2**64:
        small = hashes[hashes <= np.uint64(bound)]
        if len(np.unique(small)) >= _SKETCH:
            return small
    return hashes


def _row_hashes(X: Any) -> NDArray[np.uint64]:
    """One number per row, from its values in at most 64 columns."""
    table = to_array(X)
    table = table.reshape(len(table), -1)
    step = -(-table.shape[1] // _MOST_COLUMNS) if table.shape[1] else 1
    chosen = table[:, ::step]
    parts = [
        _hashes_of(chosen[start : start + _ROWS_AT_ONCE])
        for start in range(0, len(chosen), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)


def _hashes_of(rows: NDArray[Any]) -> NDArray[np.uint64]:
    bits = _as_bits(rows)
    salts = _mixed(np.arange(1, bits.shape[1] + 1, dtype=np.uint64))
    # Values are mixed after their column's salt is added, or swapped columns would look the same.
    return _mixed(_mixed(bits + salts).sum(axis=1, dtype=np.uint64))


def _as_bits(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """Numbers as the bits of a float32, as which they may come back; else a hash of the text."""
    try:
        with np.errstate(over="ignore"):
            values = rows.astype(np.float64).astype(np.float32)
    except (TypeError, ValueError):
        from zlib import crc32

        texts, place = np.unique(rows.astype(str), return_inverse=True)
        hashes = np.array([crc32(text.encode()) for text in texts], dtype=np.uint64)
        return np.asarray(hashes[place].reshape(rows.shape), dtype=np.uint64)
    values = values + np.float32(0.0)  # minus zero is zero
    values[np.isnan(values)] = np.nan  # all missing values have the same bits
    return np.ascontiguousarray(values).view(np.uint32).astype(np.uint64)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread bits over the word (the finaliser of splitmix64); overflow is meant."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values
