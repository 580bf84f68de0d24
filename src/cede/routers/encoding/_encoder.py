"""The encoder: a table of numbers, categories, dates and texts as one matrix of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats, Ints
from cede.exceptions import InvalidInput, UnknownName
from cede.routers.encoding._categories import Categories
from cede.routers.encoding._columns import columns_of, kind_of, matrix_of
from cede.routers.encoding._confidence import confidence_names, confidence_of
from cede.routers.encoding._dates import Dates
from cede.routers.encoding._numbers import Numbers
from cede.routers.encoding._texts import Texts

__all__ = ["Encoder"]


class Encoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Numbers with holes, categories, dates and texts as one matrix, learned from training rows.

    A number that is missing becomes the median, with a flag beside it (:class:`Numbers`); a
    category one column per common level (:class:`Categories`); a date its age, season and weekday
    (:class:`Dates`); a text its words, length and form (:class:`Texts`). What a column is follows
    from what it holds, but for texts, which are named. A complete table of numbers comes back as
    it is.

    Parameters
    ----------
    text : name, position, or sequence of these, default=()
        Columns of texts; all other texts are categories.
    texts : Texts, default=None
        How they are encoded; None is ``Texts()``.
    max_levels : int, default=20
        Levels of a category with a column of their own, at most.
    beside : float, default=0.2
        Beside texts, whose rows have length one, all other columns are standardised, and this is
        their standard deviation. Without texts they keep their units.
    probabilities : sequence of names or positions, default=()
        Columns of what a fixed model gives to each label, or to one of two: their logarithms stand
        beside all else, and how sure the model is.

    Attributes
    ----------
    feature_names_in_ : array of shape (d,)
        The columns, ``x0``, ``x1``, … if they had no names.
    kinds_ : array of shape (d,)
        ``number``, ``category``, ``date`` or ``text`` of each.
    numbers_, categories_, dates_, texts_ : Numbers, and lists of the others, one per column
        Fitted.
    center_, scale_ : arrays
        Of all columns but those of texts, if there are texts; else empty.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "age": [31.0, None, 50.0, 44.0],
    ...         "ward": ["a", "a", "b", None],
    ...         "note": ["short of breath", "short of time", "no pain", "no fever"],
    ...     }
    ... )
    >>> encoder = Encoder(text="note").fit(table)
    >>> encoder.kinds_.tolist()
    ['number', 'category', 'text']
    >>> encoder.transform(table).shape, encoder.get_feature_names_out()[:4].tolist()
    ((4, 26), ['age', 'age: missing', 'ward: a', 'ward: other'])
    """

    def __init__(
        self,
        text: Any = (),
        *,
        texts: Texts | None = None,
        max_levels: int = 20,
        beside: float = 0.2,
        probabilities: Sequence[Any] = (),
    ) -> None:
        self.text = text
        self.texts = texts
        self.max_levels = max_levels
        self.beside = beside
        self.probabilities = probabilities

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from an array, a dataframe or Cases, one row per case.

        Raises
        ------
        InvalidInput
            If a text is named that is no column, or a column holds nothing or infinity.
        """
        names, columns = columns_of(X)
        names = tuple(f"x{i}" for i in range(len(columns))) if names is None else names
        self.feature_names_in_: NDArray[Any] = np.array(names, dtype=object)
        self.n_features_in_ = len(columns)
        texts = self._places("text", self.text)
        self._places("probabilities", self.probabilities)
        kinds = ["text" if i in texts else kind_of(column) for i, column in enumerate(columns)]
        self.kinds_: NDArray[Any] = np.array(kinds, dtype=object)
        numbers = [str(names[i]) for i in self._of("number")]
        self.numbers_ = Numbers().fit(self._matrix(columns), numbers)
        self.categories_ = [
            Categories(self.max_levels).fit(columns[i]) for i in self._of("category")
        ]
        self.dates_ = [Dates().fit(columns[i]) for i in self._of("date")]
        part = Texts() if self.texts is None else self.texts
        self.texts_ = [
            type(part)(**part.get_params(deep=False)).fit(columns[i]) for i in self._of("text")
        ]
        others = self._others(columns)
        self.center_, self.scale_ = np.zeros((2, 0))
        if self.texts_:
            self.center_, spread = others.mean(axis=0), others.std(axis=0)
            self.scale_ = np.where(spread > 0.0, spread, 1.0)
        return self

    def transform(self, X: Any) -> Floats:
        """The matrix ``(n, k)``: numbers, flags, categories, dates, then texts.

        Raises
        ------
        InvalidInput
            If the columns are others than those of the fit, or hold something else.
        """
        check_is_fitted(self)
        names, columns = columns_of(X)
        self._check_columns(names, len(columns))
        others = self._others(columns)
        if not self.texts_:
            return others
        pairs = zip(self.texts_, self._of("text"), strict=True)
        texts = [part.transform(columns[i]) for part, i in pairs]
        return np.hstack([self.beside * (others - self.center_) / self.scale_, *texts])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """What the columns of the matrix are."""
        check_is_fitted(self)
        names = self.feature_names_in_
        out = self.numbers_.names([str(names[i]) for i in self._of("number")])
        if self.probabilities:
            out += confidence_names([str(names[i]) for i in self._of_probabilities()])
        for kind, parts in self._others_learned():
            for part, i in zip(parts, self._of(kind), strict=True):
                out += [f"{names[i]}: {name}" for name in part.names()]
        for part, i in zip(self.texts_, self._of("text"), strict=True):
            width = part.transform([""]).shape[1]
            out += [f"{names[i]}: {name}" for name in part.names(width)]
        return np.array(out, dtype=object)

    def _places(self, argument: str, named: Any) -> list[int]:
        """Positions of the columns that a parameter names."""
        names = [str(name) for name in self.feature_names_in_]
        wanted = [named] if isinstance(named, str | int) else list(named)
        places = {name: i for i, name in enumerate(names)} | {i: i for i in range(len(names))}
        for name in wanted:
            if name not in places:
                raise UnknownName("column", str(name), names, argument=argument)
        return [places[name] for name in wanted]

    def _of_probabilities(self) -> list[int]:
        """Positions of the columns of probabilities, which are numbers."""
        places = self._places("probabilities", self.probabilities)
        for i in places:
            if self.kinds_[i] != "number":
                raise InvalidInput(
                    f"must be columns of numbers, but {str(self.feature_names_in_[i])!r} is a "
                    f"{self.kinds_[i]}; name the columns that hold the model's probabilities",
                    argument="probabilities",
                )
        return places

    def _of(self, kind: str) -> Ints:
        return np.flatnonzero(self.kinds_ == kind)

    def _matrix(self, columns: Sequence[NDArray[Any]]) -> Floats:
        places = self._of("number")
        if not places.size:
            return np.empty((len(columns[0]) if columns else 0, 0))
        names = [str(self.feature_names_in_[i]) for i in places]
        return matrix_of([columns[i] for i in places], names)

    def _others_learned(self) -> list[tuple[str, list[Any]]]:
        """What was learned of columns one by one, without the texts."""
        return [("category", self.categories_), ("date", self.dates_)]

    def _others(self, columns: Sequence[NDArray[Any]]) -> Floats:
        """All but the texts, in their own units."""
        parts = [self.numbers_.transform(self._matrix(columns))]
        if self.probabilities:
            numbers = self._of("number").tolist()
            said = [numbers.index(i) for i in self._of_probabilities()]
            parts.append(confidence_of(parts[0][:, said]))
        for kind, learned in self._others_learned():
            pairs = zip(learned, self._of(kind), strict=True)
            parts += [part.transform(columns[i]) for part, i in pairs]
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def _check_columns(self, names: tuple[str, ...] | None, count: int) -> None:
        known = tuple(map(str, self.feature_names_in_))
        if count != len(known) or (names is not None and tuple(map(str, names)) != known):
            raise InvalidInput(
                f"must have the columns of the fit in the same order, {', '.join(known)}, but got "
                f"{count if names is None else ', '.join(map(str, names))}; reorder them",
                argument="X",
            )
