"""A router of what people bring: texts, categories, dates and holes become numbers first."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats
from cede._checks._arrays import to_array
from cede._checks._names import names_of
from cede.exceptions import InvalidInput
from cede.logs._opened import with_names
from cede.routers._agents import known_model, with_model
from cede.routers._base import Router
from cede.routers._ensemble import EnsembleRouter, check_part
from cede.routers._features import validate_data
from cede.routers._models import model_answers
from cede.routers._neighbor import NeighborRouter
from cede.routers._targets import FarValueWarning, centre_and_scale
from cede.routers._training_cases import TrainingCases
from cede.routers._two_stage import TwoStageRouter
from cede.routers.encoding import Encoder

__all__ = ["EncodedRouter"]


class EncodedRouter(Router):
    """Route raw rows: an encoder, learned from the training rows, and a router of what it returns.

    Both are saved as arrays, and a new table is read as the training table was. Everything that
    takes features takes them as they come: a dataframe, an array of objects, Cases with texts.

    Parameters
    ----------
    router : Router, default=None
        Learns from one table of costs, so it has no model and no fees of its own. A copy is fitted.
        None is a line and neighbours; where there are texts, neighbours by plain distance with two
        thirds of the weight, which is what routes prompts best.
    encoder : Encoder, default=None
        A copy is fitted. None takes numbers, categories and dates; texts are to be named,
        ``Encoder(text="prompt")``.
    model, fees, cv
        As in :class:`TwoStageRouter`; the model reads what the encoder returns.

    Attributes
    ----------
    encoder_, router_ : Encoder, Router
        The fitted copies.
    kinds_ : array of shape (d,)
        ``number``, ``category``, ``date`` or ``text`` of each column.
    model_, classes_, expert_names_, fees_, n_features_in_, feature_names_in_, operating_point_
        As in :class:`TwoStageRouter`; features are the columns as they come.

    Examples
    --------
    >>> import pandas as pd
    >>> prompts = ["Add 17 and 25.", "Add 3 and 9.", "Who wrote Faust?", "Who wrote Emma?"] * 20
    >>> costs = [[1.0, 0.3], [1.0, 0.3], [0.0, 0.3], [0.0, 0.3]] * 20
    >>> table = pd.DataFrame({"prompt": prompts})
    >>> router = EncodedRouter(encoder=Encoder(text="prompt")).fit(table, costs)
    >>> router.route(pd.DataFrame({"prompt": ["Add 8 and 5.", "Who wrote Ulysses?"]})).tolist()
    [1, 0]
    """

    _learns_from_costs = True
    _takes = Router._takes | {"table", "sample_weight", "propensities"}

    def __init__(
        self,
        router: Router | None = None,
        *,
        encoder: Encoder | None = None,
        model: Any = None,
        fees: ArrayLike | None = None,
        cv: Any = 5,
    ) -> None:
        self.router = router
        self.encoder = encoder
        self.model = model
        self.fees = fees
        self.cv = cv

    @classmethod
    def _examples(cls) -> dict[str, Router]:
        from sklearn.linear_model import LogisticRegression

        return {"encoded": cls(model=LogisticRegression())}

    def _fit(self, cases: TrainingCases) -> None:
        raw = self._named(cases.features)
        self.encoder_: Any = clone(Encoder() if self.encoder is None else self.encoder).fit(raw)
        self.kinds_: NDArray[Any] = self.encoder_.kinds_
        self._warn_of_far_values(cases.features)
        matrix = self.encoder_.transform(raw)
        numbers = replace(cases, X=matrix, features=matrix)
        self.router_: Any = clone(self._part())
        self._check_taken(cases)
        table = with_model(self, numbers).as_table()
        with warnings.catch_warnings():
            # Of columns as they were encoded, which nobody gave and nobody knows by number.
            warnings.simplefilter("ignore", FarValueWarning)
            self.router_._learn(table)

    def agent_scores(self, X: Any) -> Floats:
        """The router's scores of what the encoder returns, fees included, ``(n, J + 1)``."""
        check_is_fitted(self)
        scores = np.array(self.router_.agent_scores(self._encoded(X)), dtype=np.float64)
        scores[:, 1:] -= self._fees()
        return scores

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model answers, ``(n,)``."""
        check_is_fitted(self)
        return model_answers(known_model(self), self._encoded(X))

    def _encoded(self, X: Any) -> Floats:
        """The matrix that the router inside reads."""
        raw = validate_data(
            self, self._as_table(X), reset=False, **self._feature_checks(from_labels=False)
        )
        matrix: Floats = self.encoder_.transform(self._named(raw))
        return matrix

    def _as_table(self, X: Any) -> Any:
        """A dataframe of several types as objects, which keep their names; all else as it is."""
        names = names_of(X)
        if names is None or hasattr(X, "iloc"):
            return X
        return with_names(to_array(X), names)

    def _named(self, raw: NDArray[Any]) -> Any:
        names = getattr(self, "feature_names_in_", None)
        return raw if names is None else with_names(raw, tuple(map(str, names)))

    def _feature_checks(self, from_labels: bool) -> dict[str, Any]:
        """Any type of cell, and holes."""
        return {"dtype": None, "ensure_all_finite": "allow-nan"}

    def _part(self) -> Router:
        """The router inside, unfitted."""
        if self.router is not None:
            return self.router
        if not (self.kinds_ == "text").any():
            return EnsembleRouter()
        return EnsembleRouter([TwoStageRouter(), NeighborRouter(standardise=False)], weights=[1, 2])

    def _warn_of_far_values(self, raw: NDArray[Any]) -> None:
        """Warn of the columns of numbers in which one value is far from all others, by name."""
        for i in np.flatnonzero(self.kinds_ == "number"):
            column = raw[:, i].astype(np.float64)
            name = str(self.encoder_.feature_names_in_[i])
            centre_and_scale(column[~np.isnan(column), None], names=[name])

    def _check_taken(self, cases: TrainingCases) -> None:
        for name, value in (("sample_weight", cases.weight), ("propensities", cases.propensities)):
            if value is not None and name not in self.router_._takes:
                raise InvalidInput(
                    f"must be left out, as the {type(self.router_).__name__} inside cannot use it",
                    argument=name,
                )

    def _check_parameters(self) -> None:
        if self.router is not None:
            check_part(self.router, "router", "EncodedRouter")
        if self.encoder is not None and not isinstance(self.encoder, Encoder):
            raise InvalidInput(
                f"must be an Encoder, but got {self.encoder!r}; its parts say how texts are read",
                argument="encoder",
            )
