"""A column of texts as numbers: words by their main directions, and length and form beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from cede._checks import Floats
from cede._checks._arrays import missing
from cede.exceptions import InvalidInput
from cede.routers.encoding._form import FORM, form_of
from cede.routers.encoding._words import MOST_TERMS, Words

__all__ = ["Texts"]

#: Standard deviations beyond which a number of form is cut: one odd text is no place of its own.
_FAR = 4.0


class Texts(BaseEstimator):  # type: ignore[misc]
    """Words and pairs of words by their main directions, and numbers of length and form.

    Parameters
    ----------
    n_components : int, default=128
        Directions of :class:`Words`, at most. More did not help on prompts.
    max_terms : int, default=16384
        Words and pairs of words, at most.
    form : float, default=0.15
        A standard deviation of each of these numbers, beside texts of length one; 0 leaves them
        out. Beyond four standard deviations they are cut.
    embed : callable, optional
        Instead of the directions: takes a list of texts and returns an array ``(n, k)``, whose rows
        are brought to length one. It is code, so it is not saved: pass it again,
        ``cede.load(folder, embed=...)``.

    Attributes
    ----------
    words_ : Words
        Fitted.
    form_mean_, form_scale_ : arrays of shape (19,)
        By which the numbers of form are standardised.

    Examples
    --------
    >>> prompts = ["Add 1 and 2.", "Add 3 and 4.", "Name a river.", "Name a lake."]
    >>> Texts().fit(prompts).transform(prompts).shape
    (4, 21)
    """

    def __init__(
        self,
        n_components: int = 128,
        *,
        max_terms: int = MOST_TERMS,
        form: float = 0.15,
        embed: Callable[[list[str]], Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.max_terms = max_terms
        self.form = form
        self.embed = embed

    def fit(self, texts: Any, y: Any = None) -> Self:
        """Learn from texts ``(n,)``; a missing one is empty."""
        plain = as_texts(texts)
        n_components = self.n_components if self.embed is None else 0
        self.words_ = Words(n_components, max_terms=self.max_terms).fit(plain)
        numbers = form_of(sorted(plain))
        self.form_mean_: Floats = numbers.mean(axis=0)
        spread = numbers.std(axis=0)
        self.form_scale_: Floats = np.where(spread > 0.0, spread, 1.0)
        return self

    def transform(self, texts: Any) -> Floats:
        """Numbers ``(n, k)``."""
        plain = as_texts(texts)
        parts = [self.words_.transform(plain) if self.embed is None else self._embedded(plain)]
        if self.form > 0.0:
            numbers = (form_of(plain) - self.form_mean_) / self.form_scale_
            parts.append(self.form * numbers.clip(-_FAR, _FAR))
        return np.hstack(parts)

    def names(self, width: int) -> list[str]:
        """What the columns are."""
        form = list(FORM) if self.form > 0.0 else []
        return [*(f"direction {i + 1}" for i in range(width - len(form))), *form]

    def _embedded(self, texts: list[str]) -> Floats:
        assert self.embed is not None
        rows = np.asarray(self.embed(texts), dtype=np.float64)
        if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():
            raise InvalidInput(
                f"must return finite numbers (n, k) for n texts, but got shape {rows.shape} for "
                f"{len(texts)}; return a row for each",
                argument="embed",
            )
        length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
        return np.asarray(rows / np.where(length > 0.0, length, 1.0))


def as_texts(values: Any) -> list[str]:
    """Cells as texts, a missing one as an empty text."""
    if isinstance(values, Sequence) and all(type(value) is str for value in values):
        return list(values)
    cells: NDArray[Any] = np.asarray(values, dtype=object)
    return [
        "" if gone else str(cell)
        for cell, gone in zip(cells.tolist(), missing(cells).tolist(), strict=True)
    ]
