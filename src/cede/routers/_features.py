"""Features and labels at the door of a router: names of columns, what is masked, and numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from sklearn.utils import _safe_indexing, validation
from sklearn.utils.validation import _num_samples, check_array

from cede._checks._arrays import missing, to_array, unmasked
from cede._checks._names import names_of
from cede.exceptions import InvalidInput
from cede.logs._opened import check_numeric, features_of

__all__ = ["READING", "ask", "validate_data", "warns_once"]

Method = TypeVar("Method", bound=Callable[..., Any])

#: Methods of routers that read features, besides those that all share.
READING = {
    "agent_scores",
    "answers",
    "expert_accuracy",
    "go_on",
    "log_ratios",
    "predict",
    "rates",
    "route",
    "spend",
}

#: What these read of cases that come whole is more than features.
_READING_OUTCOMES = {"score", "tune"}

#: Whether the call of a user that is being answered has warned that features have no names.
_warned: ContextVar[list[bool] | None] = ContextVar("warned", default=None)


def validate_data(router: Any, X: Any, *y: Any, reset: bool = True, **checks: Any) -> Any:
    """Do what scikit-learn's function does, and three things beside.

    What is masked is missing. The columns of every kind of dataframe must be those of the fit, in
    the same order, whichever kinds this release of scikit-learn knows. And within one call of a
    user, at most one warning says that features have no names.

    Raises
    ------
    InvalidInput
        If features are masked where they cannot be missing, or labels are missing.
    """
    names, fitted, plain = names_of(X), getattr(router, "feature_names_in_", None), unmasked(X)
    if plain is not X and checks.get("ensure_all_finite", True) is True:
        _check_unmasked(plain)
    if checks.get("dtype") is not None:
        check_numeric(X)
    X = plain
    if reset:
        checked = validation.validate_data(router, X, *map(_labels, y), **checks)
        if names is not None and len(names) and all(isinstance(name, str) for name in _columns(X)):
            router.feature_names_in_ = np.array(names, dtype=object)
        return checked
    if fitted is None or hasattr(X, "iloc"):
        return validation.validate_data(router, X, reset=False, **checks)
    if names is None:
        _warn_of_no_names(router)
    elif names != tuple(fitted):
        raise InvalidInput(
            f"must have the columns of the fit in the same order, {', '.join(fitted)}, but got "
            f"{', '.join(names)}; reorder them",
            argument="X",
        )
    checked = check_array(X, estimator=router, input_name="X", **checks)
    if checked.shape[1] != router.n_features_in_:
        raise InvalidInput(
            f"X has {checked.shape[1]} features, but {type(router).__name__} is expecting "
            f"{router.n_features_in_} features as input."
        )
    return checked


def ask(model: Any, method: str, X: Any) -> Any:
    """Return what a method of a fitted model says of cases that its router has looked at."""
    call, cases = getattr(model, method), unmasked(X)
    if _num_samples(cases) == 1:  # a product of one row is another, in its last bits
        call, cases = lambda two: getattr(model, method)(two)[:1], _safe_indexing(cases, [0, 0])
    if not _warned.get():
        return call(cases)
    with warnings.catch_warnings():  # the router has said so
        warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
        return call(cases)


def warns_once(method: Method) -> Method:
    """Let a method that reads its features several times warn once that they have no names.

    Of cases that come whole it is given the features.
    """
    whole = method.__name__ in _READING_OUTCOMES

    @wraps(method)
    def call(router: Any, X: Any, *args: Any, **options: Any) -> Any:
        if _warned.get() is not None:  # asked by another one, which has opened the cases
            return method(router, X, *args, **options)
        X = X if whole else router._rows(features_of(X))
        token = _warned.set([])
        try:
            return method(router, X, *args, **options)
        finally:
            _warned.reset(token)

    return call  # type: ignore[return-value]


def _warn_of_no_names(router: Any) -> None:
    warned = _warned.get()
    if warned:
        return
    if warned is not None:
        warned.append(True)
    warnings.warn(
        f"X does not have valid feature names, but {type(router).__name__} was fitted with "
        f"feature names",
        UserWarning,
        stacklevel=2,
    )


def _columns(X: Any) -> Any:
    return getattr(X, "column_names", X.columns)


def _check_unmasked(X: Any) -> None:
    """Refuse what was masked, and so is missing."""
    gone = int(missing(to_array(X)).sum())
    if gone:
        raise InvalidInput(
            f"must hold finite numbers, but {gone} of {np.size(X)} are masked, and so missing; "
            "fill them in, or leave those cases out",
            argument="X",
        )


def _labels(y: Any) -> Any:
    """Labels as an array, none missing; a text stands for what scikit-learn says by one."""
    if y is None or isinstance(y, str):
        return y
    labels = to_array(y)
    gone = int(missing(labels).sum())
    if gone:
        raise InvalidInput(f"y has {gone} missing entries; drop those cases.")
    return labels
