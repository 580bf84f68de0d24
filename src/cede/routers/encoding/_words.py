"""Texts as words and pairs of words: TF-IDF, and its main directions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from cede._checks import Floats

__all__ = ["MOST_TERMS", "Words"]

#: Terms that are kept at most, the commonest: with 128 directions in single precision they take
#: 8 MiB, so that what is saved of a text stays below 10 MB.
MOST_TERMS = 2**14
#: A term stands in so many texts at least, and in this share of them at most.
_LEAST, _MOST = 2, 0.5

#: A direction this much weaker than the strongest is none.
_ROUNDING = 1e-6

_WORD = re.compile(r"\b\w\w+\b")


class Words(BaseEstimator):  # type: ignore[misc]
    r"""TF-IDF of words and pairs of words, and its main directions.

    As scikit-learn's ``TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2,
    max_df=0.5)``: a term t that stands :math:`f` times in a text weighs
    :math:`(1 + \ln f)(1 + \ln\frac{1 + n}{1 + n_t})`, and the weights of a text have length one.
    What is learned is three arrays, and reading them imports nothing of scikit-learn's. Directions
    are those of a truncated SVD, and coordinates have length one.

    A case has the same coordinates, to the bit, whatever cases come with it and however many
    threads there are: products are of sparse rows, added up term by term.

    Parameters
    ----------
    n_components : int, default=128
        Directions, at most.
    max_terms : int, default=16384
        Terms, at most: the commonest are kept.
    random_state : int, default=0
        Where the search for the directions starts.

    Attributes
    ----------
    terms_ : array of shape (m,)
        Words and pairs of words, sorted.
    idf_ : array of shape (m,)
        What each weighs when it stands in a text once.
    components_ : array of shape (m, k)
        The directions, in single precision.

    Examples
    --------
    >>> texts = ["add two numbers", "add three numbers", "name a river", "name a lake"]
    >>> words = Words().fit(texts)
    >>> words.terms_.tolist()
    ['add', 'name', 'numbers']
    >>> words.transform(["add numbers", "what?"]).shape
    (2, 2)
    """

    def __init__(
        self, n_components: int = 128, *, max_terms: int = MOST_TERMS, random_state: int = 0
    ) -> None:
        self.n_components = n_components
        self.max_terms = max_terms
        self.random_state = random_state

    def fit(self, texts: Sequence[str], y: Any = None) -> Self:
        """Learn terms and directions, whatever the order of the texts."""
        ordered = sorted(texts)
        frequency: Counter[str] = Counter()
        for text in ordered:
            frequency.update(set(_terms(text)))
        kept = [(t, n) for t, n in frequency.items() if _LEAST <= n <= _MOST * len(ordered)]
        kept = sorted(sorted(kept, key=lambda pair: (-pair[1], pair[0]))[: self.max_terms])
        self.terms_: NDArray[Any] = np.array([term for term, _ in kept], dtype=object)
        rarity = [1.0 + log((1 + len(ordered)) / (1 + count)) for _, count in kept]
        self.idf_: Floats = np.array(rarity, dtype=np.float64)
        self.components_: NDArray[np.float32] = self._directions(self.weights(ordered))
        return self

    def transform(self, texts: Sequence[str]) -> Floats:
        """Coordinates ``(n, k)`` of length one; zero where no term is known."""
        places = self._sparse(texts, np.float32) @ self.components_
        rows = np.asarray(places, dtype=np.float64)
        length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
        return np.asarray(rows / np.where(length > 0.0, length, 1.0))

    def weights(self, texts: Sequence[str]) -> Any:
        """TF-IDF of length one, a sparse array ``(n, m)``."""
        rows = self._sparse(texts, np.float64)
        squares = np.add.reduceat(np.append(np.square(rows.data), 0.0), rows.indptr[:-1])
        length = np.sqrt(np.where(np.diff(rows.indptr) > 0, squares, 1.0))
        rows.data /= np.repeat(length, np.diff(rows.indptr))
        return rows

    def _sparse(self, texts: Sequence[str], dtype: Any) -> Any:
        """TF-IDF as it is, ``(n, m)``; terms follow each other by number in every row."""
        from scipy.sparse import csr_array

        number, n_terms = self._vocabulary().get, len(self.terms_)
        known = [[i for i in map(number, _terms(text)) if i is not None] for text in texts]
        rows = np.repeat(np.arange(len(known)), [len(row) for row in known])
        places = np.array([i for row in known for i in row], dtype=np.int64)
        cells, counts = np.unique(rows * max(n_terms, 1) + places, return_counts=True)
        rows, places = np.divmod(cells, max(n_terms, 1))
        # Of few different counts: the logarithm of Python is the same on every machine.
        sublinear = np.array([0.0, *(1.0 + log(c) for c in range(1, counts.max(initial=0) + 1))])
        data = (sublinear[counts] * self.idf_[places]).astype(dtype)
        ends = np.append(0, np.bincount(rows, minlength=len(known)).cumsum())
        return csr_array(
            (data, places.astype(np.int32), ends.astype(np.int32)), shape=(len(known), n_terms)
        )

    def _vocabulary(self) -> Mapping[str, int]:
        """The number of each term; made once for these terms, and never saved."""
        made: tuple[Any, dict[str, int]] | None = getattr(self, "_numbered", None)
        if made is None or made[0] is not self.terms_:
            made = (self.terms_, {term: i for i, term in enumerate(self.terms_.tolist())})
            self._numbered = made
        return made[1]

    def _directions(self, weights: Any) -> NDArray[np.float32]:
        n_directions = min(self.n_components, min(weights.shape) - 1)
        if n_directions < 1:
            return np.zeros((weights.shape[1], 0), dtype=np.float32)
        from sklearn.decomposition import TruncatedSVD

        svd = TruncatedSVD(n_directions, random_state=self.random_state).fit(weights)
        # What is left of a direction in which the texts do not differ is rounding.
        strong = svd.singular_values_ > _ROUNDING * svd.singular_values_[0]
        rows = np.asarray(svd.components_[strong], dtype=np.float32)
        largest = np.abs(rows).argmax(axis=1)
        signs = np.sign(rows[np.arange(len(rows)), largest])
        return np.ascontiguousarray((rows * np.where(signs == 0, 1.0, signs)[:, None]).T)


def _terms(text: str) -> list[str]:
    """Words of two letters and more, then pairs of those that follow each other."""
    words: list[str] = _WORD.findall(text.lower())
    return [*words, *map(" ".join, pairwise(words))]
