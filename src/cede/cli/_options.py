"""What people write on the command line, turned into what the functions take."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from cede.exceptions import InvalidInput, UnknownName

__all__ = ["for_each", "listed", "model_of", "numbers", "pairs", "per_expert", "values_of"]


def pairs(flag: str, values: Sequence[str]) -> dict[str, str]:
    """``NAME=COL`` repeated, as a dict; a plain ``COL`` is its own name."""
    result: dict[str, str] = {}
    for text in values:
        name, _, column = text.partition("=")
        if not name or ("=" in text and not column):
            raise InvalidInput(f"{flag} must be written NAME=COL, but got {text!r}.")
        if name in result:
            raise _twice(flag, name)
        result[name] = column or name
    return result


def numbers(flag: str, values: Sequence[str]) -> dict[str, float]:
    """``NAME=NUMBER`` repeated, as a dict."""
    result: dict[str, float] = {}
    for text in values:
        name, _, number = text.rpartition("=")
        try:
            result[name] = float(number)
        except ValueError:
            name = ""
        if not name:
            raise InvalidInput(f"{flag} must be written NAME=NUMBER, but got {text!r}.")
    _check_once(flag, values)
    return result


def values_of(text: str | None) -> dict[str, float] | None:
    """``C=1,P=0.5,I=0`` as a dict of numbers."""
    if text is None:
        return None
    parts = [part.rpartition("=") for part in listed(text) or [""]]
    values: dict[str, float] = {}
    for word, mark, number in parts:
        try:
            value = float(number)
        except ValueError:
            value = None
        if value is None or not mark or word.strip() in values:
            raise InvalidInput(
                f"--outcome-values must be written WORD=NUMBER,…, each word once, but got {text!r}."
            )
        values[word.strip()] = value
    return values


def per_expert(flag: str, values: Sequence[str] | None) -> Any:
    """``NUMBER`` for all experts, or ``NAME=NUMBER`` repeated, as a dict."""
    if not values:
        return None
    if len(values) == 1 and "=" not in values[0]:
        return _number(flag, values[0], values[0])
    parts = [text.rpartition("=") for text in values]
    by_name = {
        name: _number(flag, number, text)
        for text, (name, _, number) in zip(values, parts, strict=True)
    }
    if "" in by_name:
        raise InvalidInput(
            f"{flag} must be one NUMBER, or NAME=NUMBER once per expert, but got "
            f"{', '.join(values)}."
        )
    _check_once(flag, values)
    return by_name


def for_each(
    flag: str, numbers: dict[str, float], names: Sequence[str], otherwise: float
) -> list[float]:
    """A list in the order of ``names``; who is not named has another number."""
    for name in numbers:
        if name not in names:
            raise UnknownName("expert", name, names, argument=flag)
    return [numbers.get(name, otherwise) for name in names]


def _check_once(flag: str, values: Sequence[str]) -> None:
    """Raise if ``NAME=NUMBER`` names anyone twice, as the first number would count for nothing."""
    names = [text.rpartition("=")[0] for text in values]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise _twice(flag, name)


def _twice(flag: str, name: str) -> InvalidInput:
    return InvalidInput(f"{flag} must name each once, but got {name!r} twice; leave one out.")


def _number(flag: str, number: str, text: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise InvalidInput(
            f"{flag} must be written NUMBER, or NAME=NUMBER once per expert, but got {text!r}."
        ) from None


def listed(text: str | None) -> list[str] | None:
    """``a,b,c`` as a list."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def model_of(path: str | None) -> Any:
    """Make the estimator named ``package.module:Class``, with its defaults; None stays None."""
    if path is None:
        return None
    module, _, name = path.partition(":")
    sys.path.insert(0, "")  # a model of one's own stands in the working folder
    try:
        made = getattr(import_module(module), name)
        from sklearn.base import clone

        model = made() if isinstance(made, type) else clone(made)
    except Exception as error:  # whatever somebody's module raises when it is imported
        raise InvalidInput(
            f"The model {path!r} cannot be made: {error}. Write it as package.module:Class, for "
            f"example sklearn.linear_model:LogisticRegression."
        ) from error
    finally:
        sys.path.remove("")
    if not all(hasattr(model, verb) for verb in ("fit", "predict_proba", "get_params")):
        raise InvalidInput(
            f"The model {path!r} must have fit and predict_proba, and get_params as scikit-learn's "
            f"classifiers do."
        )
    return model
