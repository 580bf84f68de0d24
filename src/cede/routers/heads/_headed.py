"""What routers with a head have in common: nested parameters, the fitted head, and its scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cede._checks import Floats, Ints
from cede._checks._arrays import dimensions, to_array
from cede.exceptions import InvalidInput
from cede.routers._features import validate_data
from cede.routers.heads._fitted import FittedLine, FittedNetwork
from cede.routers.heads._objective import Objective
from cede.routers.heads._values import Network

if TYPE_CHECKING:
    from torch import nn

    from cede.training import History

__all__ = ["Headed", "fit_head"]


class Headed:
    """A router whose scores come from a head, where this is not scikit-learn's."""

    head: Any
    head_: FittedLine | FittedNetwork
    history_: History | None
    n_iter_: int

    @property
    def module_(self) -> nn.Module:
        """The fitted head as a torch module; changing its weights changes no scores of a line."""
        return self.head_.module

    def set_params(self, **parameters: Any) -> Any:
        """Set parameters, also those of the head: ``head__epochs=50``.

        Raises
        ------
        InvalidInput
            If the head is a name, which has no parameters.
        """
        head = parameters.get("head", self.head)
        nested = [name for name in parameters if name.startswith("head__")]
        if nested and isinstance(head, str):
            raise InvalidInput(
                f"must be a value for its {nested[0].removeprefix('head__')} to be set, but got "
                f"the name {head!r}; write head={head.capitalize()}(), from cede.routers",
                argument="head",
            )
        return super().set_params(**parameters)  # type: ignore[misc]

    def _as_table(self, X: Any) -> Any:
        """Cases of any shape, such as images, as rows; a network of one's own sees the shape.

        Sets ``case_shape_`` where there is one.
        """
        if dimensions(X) > 2 and isinstance(self.head, Network):
            self.case_shape_ = np.shape(X)[1:]
            return to_array(X).reshape(len(X), -1)
        return super()._as_table(X)  # type: ignore[misc]

    def _rows(self, X: Any) -> Any:
        """Cases to be scored as rows, if they have the shape of those of the fit."""
        shape = getattr(self, "case_shape_", None)
        if shape is None or dimensions(X) == 2:  # rows already
            return X
        if np.shape(X)[1:] != shape:
            raise InvalidInput(
                f"must have shape (n, {', '.join(map(str, shape))}) as at the fit, but got "
                f"{np.shape(X)}; bring the cases into that shape",
                argument="X",
            )
        return to_array(X).reshape(len(X), -1)

    def _fit_head(
        self,
        n_scores: int,
        X: Floats,
        targets: Sequence[NDArray[Any] | None],
        objective: Objective,
        groups: Ints | None = None,
    ) -> None:
        fit = fit_head(self, n_scores, X, targets, objective, groups)
        self.head_, self.history_, self.n_iter_ = fit

    def _head_scores(self, X: Any) -> Floats:
        """Scores of the head, ``(n, n_scores)``, of cases as they came.

        What is not finite in them shows in the scores of a line: looking for it among the features
        takes a third of the time that the product does.
        """
        plain = isinstance(self.head_, FittedLine)
        features = validate_data(
            self, X, dtype=np.float64, reset=False, ensure_all_finite=not plain
        )
        scores = self.head_.scores(features)
        if plain and not np.isfinite(scores.sum()):
            validate_data(self, X, dtype=np.float64, reset=False)  # says what is not finite
        return scores


def fit_head(router: Any, *cases: Any) -> Any:
    """Fit the head that a router asks for; torch is imported here, and not for routing by a line.

    Arguments are those of ``_fitting.fit_head``.
    """
    from cede.routers.heads._fitting import fit_head

    return fit_head(router, *cases)
