"""Models that are there already, as classifiers: a torch network, or a log of its probabilities."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from cede._checks import Floats
from cede.exceptions import InvalidInput

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["LoggedModel", "TorchModel", "is_network"]


def is_network(model: Any) -> bool:
    """Tell a torch module from other models; where torch was never imported, there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


class TorchModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    r"""A fitted torch network as a classifier; what cede's routers take as ``model``.

    Its probabilities are :math:`\mathrm{softmax}(f(x))`. It is used as it stands and never trained.

    Parameters
    ----------
    module : torch.nn.Module
        Maps cases ``(n, ...)``, in its own dtype and on its device, to K scores. It is put into
        evaluation mode for the call.
    classes : sequence of length K, default=None
        The label of each column of scores, in sorted order; 0..K-1 if None.
    batch_size : int, default=4096
        Cases at a time.

    Examples
    --------
    >>> from torch import nn
    >>> model = TorchModel(nn.Linear(2, 3), classes=["a", "b", "c"])
    >>> model.predict_proba(np.zeros((5, 2))).shape
    (5, 3)
    """

    def __init__(
        self, module: nn.Module, classes: Sequence[Any] | None = None, batch_size: int = 4096
    ) -> None:
        self.module = module
        self.classes = classes
        self.batch_size = batch_size

    def fit(self, X: Any, y: Any = None) -> TorchModel:
        """Nothing: the network is fitted already."""
        return self

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, ``(K,)``."""
        if self.classes is not None:
            return np.asarray(self.classes)
        return np.arange(int(self._scores(np.zeros((1, self._n_inputs()))).shape[-1]))

    def predict_proba(self, X: Any) -> Floats:
        """Class probabilities, ``(n, K)``."""
        scores = self._scores(np.asarray(X))
        shares = scores.double().softmax(-1).numpy()
        n_classes = len(self.classes) if self.classes is not None else shares.shape[-1]
        if shares.ndim != 2 or shares.shape[1] != n_classes:
            raise InvalidInput(
                f"The network must give one score per class, shape (n, {n_classes}), but gave "
                f"{tuple(shares.shape)}; pass classes, one per column of scores."
            )
        return np.asarray(shares, dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each case, ``(n,)``."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def _scores(self, X: NDArray[Any]) -> torch.Tensor:
        import torch

        like = next(self.module.parameters(), torch.empty(0))
        was_training = self.module.training
        self.module.eval()
        try:
            with torch.no_grad():
                parts = [
                    self.module(torch.as_tensor(np.ascontiguousarray(part)).to(like)).cpu()
                    for part in np.split(X, range(self.batch_size, len(X), self.batch_size))
                ]
        finally:
            self.module.train(was_training)
        return torch.cat(parts)

    def _n_inputs(self) -> int:
        first = next(self.module.parameters(), None)
        if first is None or first.ndim != 2:
            raise InvalidInput(
                "How many classes this network knows cannot be seen from its first layer; pass "
                "classes=, one label per column of scores."
            )
        return int(first.shape[1])


class LoggedModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model of which only the logged class probabilities are known: columns of the cases.

    For models behind an API, or gone: their probabilities stand among the features, and here is
    which they are.

    Parameters
    ----------
    columns : sequence of K column names or positions
        Where the probability of each class stands in ``X``.
    classes : sequence of length K
        The label of each of these columns, in sorted order.

    Examples
    --------
    >>> model = LoggedModel(columns=[1, 2], classes=["no", "yes"])
    >>> model.predict([[35.0, 0.2, 0.8]])                     # an age, and two probabilities
    array(['yes'], dtype='<U3')
    """

    def __init__(self, columns: Sequence[Any], classes: Sequence[Any]) -> None:
        self.columns = columns
        self.classes = classes

    def fit(self, X: Any, y: Any = None) -> LoggedModel:
        """Nothing: the probabilities are logged already."""
        return self

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, ``(K,)``."""
        return np.asarray(self.classes)

    def predict_proba(self, X: Any) -> Floats:
        """The logged probabilities, ``(n, K)``, scaled to sum to one."""
        table = self._columns_of(X)
        if len(self.columns) != len(self.classes):
            raise InvalidInput(
                f"columns and classes must be as many, but got {len(self.columns)} and "
                f"{len(self.classes)}."
            )
        total = table.sum(axis=1, keepdims=True)
        if (
            not np.isfinite(table).all()
            or (table < 0).any()
            or not (np.abs(total - 1) < 0.01).all()
        ):
            raise InvalidInput(
                f"The columns {list(self.columns)} must hold probabilities that sum to one, "
                f"but got sums from {total.min():.4g} to {total.max():.4g} and the entries "
                f"from {table.min():.4g}."
            )
        return np.asarray(table / total, dtype=np.float64)

    def predict(self, X: Any) -> NDArray[Any]:
        """The likeliest class of each case, ``(n,)``."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def _columns_of(self, X: ArrayLike) -> Floats:
        if all(isinstance(column, str) for column in self.columns):
            try:
                parts = [np.asarray(X[column]) for column in self.columns]  # type: ignore[index]
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise InvalidInput(
                    f"The cases must be a dataframe with the columns {list(self.columns)}: {error}"
                ) from error
            return np.column_stack(parts).astype(np.float64)
        table = np.asarray(X, dtype=np.float64)
        return np.asarray(table[:, [int(column) for column in self.columns]])
