"""The base model inside a router: fitted already and left alone, or fitted here."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from cede._checks import Floats, Ints
from cede._checks._arrays import unmasked
from cede._rows._folds import folds
from cede.exceptions import InvalidInput
from cede.routers._features import ask
from cede.routers._fixed_models import TorchModel, is_network

__all__ = [
    "as_classifier",
    "cross_fitted",
    "fitted_model",
    "is_fitted",
    "log_posterior",
    "model_answers",
]

#: Probabilities below this count as this: a forest's 0 is not a certainty.
SMALLEST = 1e-7


def as_classifier(model: Any) -> Any:
    """Return a torch network as a classifier of 0..K-1, and anything else as it is."""
    return TorchModel(model) if is_network(model) else model


def is_fitted(model: Any) -> bool:
    """Tell whether the model can predict as it stands; a frozen one can."""
    if isinstance(model, FrozenEstimator):
        return True
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    return True


def fitted_model(model: Any, X: Any, y: Any) -> Any:
    """Return the model itself if it is fitted, else a copy fitted on these cases."""
    return model if is_fitted(model) else clone(model).fit(unmasked(X), y)


def cross_fitted(
    model: Any, X: Any, y: Any, cv: Any, method: str, groups: Any = None
) -> tuple[Any, NDArray[Any]]:
    """Return the model that will answer, and what its ``method`` predicts for the cases.

    A fitted model is used as it stands, on cases that it should not have seen. Another is fitted on
    all cases, and its predictions are out of fold, as predictions for cases of the fit look better
    than they are. Cases of a group share a fold.
    """
    if is_fitted(model):
        return model, np.asarray(ask(model, method, X))
    from sklearn.model_selection import cross_val_predict

    X = unmasked(X)
    splits = _splits(model, X, y, cv, groups)
    with warnings.catch_warnings():
        # What _check_classes says before.
        warnings.filterwarnings("ignore", "Number of classes in training fold", RuntimeWarning)
        outside = cross_val_predict(model, X, y, cv=splits, method=method)
    return clone(model).fit(X, y), np.asarray(outside)


def _splits(model: Any, X: Any, y: Any, cv: Any, groups: Any) -> Any:
    """Folds of the cases where ``cv`` is their number; else what a splitter makes of them."""
    from sklearn.model_selection import PredefinedSplit, check_cv

    if cv is None or isinstance(cv, Integral):
        fold = folds(X, 5 if cv is None else int(cv), strata=y, groups=groups)
        _check_classes(y, fold)
        return PredefinedSplit(fold)
    splitter = check_cv(cv, y, classifier=is_classifier(model))
    return list(splitter.split(X, y, groups))


def _check_classes(y: Any, fold: Ints) -> None:
    """Say so where a fold holds all cases of a class: the model fitted without it has none."""
    labels, codes = np.unique(y, return_inverse=True)
    in_folds = np.bincount(np.unique(codes * (fold.max() + 1) + fold) // (fold.max() + 1))
    alone = labels[in_folds == 1].tolist()
    if not alone:
        return
    origin = (
        f"All cases of the label {alone[0]!r} ({np.sum(y == alone[0])}) are in one fold, as they "
        f"are few or of one group, so that a model fitted without it does not know the label"
    )
    if len(labels) == 2:
        raise InvalidInput(
            f"{origin} and has nothing to tell apart; pass more cases, or a model that is fitted."
        )
    warnings.warn(
        f"{origin}, and what it says of these cases counts as an error.", UserWarning, stacklevel=5
    )


def model_answers(model: Any, X: Any) -> NDArray[Any]:
    """Return what the model answers, shape ``(n,)``."""
    return np.asarray(ask(model, "predict", X))


def log_posterior(probabilities: Any) -> Floats:
    """Logarithm of a model's class probabilities, ``(n, K)``, each at least ``SMALLEST``."""
    values = np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 2 or not np.isfinite(values).all() or (values < 0).any():
        raise InvalidInput(
            "must give probabilities of shape (n, K), but predict_proba gave shape "
            f"{values.shape} with values from {values.min():.4g} to {values.max():.4g}; calibrate "
            "or wrap the model",
            argument="model",
        )
    return np.asarray(np.log(values.clip(SMALLEST)), dtype=np.float64)
