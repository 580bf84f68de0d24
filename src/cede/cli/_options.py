"""What people write on the command line, turned into what the functions take."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from sklearn.base import clone

from cede.exceptions import InvalidInput, UnknownName

__all__ = ["fees", "in_flags", "listed", "model_of", "pairs", "per_expert"]


def pairs(flag: str, values: Sequence[str]) -> dict[str, str]:
    """``NAME=COL`` repeated, as a dict; a plain ``COL`` is its own name."""
    result: dict[str, str] = {}
    for text in values:
        name, _, column = text.partition("=")
        if not name or ("=" in text and not column):
            raise InvalidInput(f"{flag} is written NAME=COL, however it was {text!r}.")
        if name in result:
            raise InvalidInput(f"{flag} names {name!r} twice; each expert has one column.")
        result[name] = column or name
    return result


def fees(values: Sequence[str]) -> dict[str, float]:
    """``NAME=VALUE`` repeated, as a dict of numbers."""
    result: dict[str, float] = {}
    for text in values:
        name, _, number = text.rpartition("=")
        try:
            result[name] = float(number)
        except ValueError:
            name = ""
        if not name:
            raise InvalidInput(f"--fee is written NAME=NUMBER, however it was {text!r}.")
    return result


def per_expert(
    flag: str, values: Sequence[str] | None, names: Sequence[str], otherwise: float
) -> float | list[float] | None:
    """``NUMBER`` for all experts, or ``NAME=NUMBER`` repeated; who is not named has another one."""
    if not values:
        return None
    if len(values) == 1 and "=" not in values[0]:
        return _number(flag, values[0], values[0])
    found: dict[str, float] = {}
    for text in values:
        name, _, number = text.rpartition("=")
        if name not in names:
            raise UnknownName(f"expert (of {flag})", name, names)
        found[name] = _number(flag, number, text)
    return [found.get(name, otherwise) for name in names]


def _number(flag: str, number: str, text: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise InvalidInput(
            f"{flag} is written NUMBER, or NAME=NUMBER once per expert, however it was {text!r}."
        ) from None


#: What the library says of its arguments, as one who types flags reads it.
_IN_FLAGS = (
    ("charges=, one number per expert", "--charge NAME=NUMBER"),
    ("it needs labelled cases (y and experts, or agent_costs)", "name their columns by --outcome"),
    ("one of budget, spend, capacity, target, risk or fee", "--budget, --fee, --spend, --capacity "
     "or --target"),
    ("say budget=", "say --budget"),
    ("allow a larger risk or delta", "allow a larger --risk or --delta"),
    ("pass as largest_cost the most", "pass as --largest-cost the most"),
    ("largest_cost=", "--largest-cost "),
    ("expected_cases says", "--expected-cases says"),
    ("share a capacity=", "share a --capacity"),
    ("budget=", "--budget "),
    ("target=", "--target "),
    ("risk=", "--risk "),
    ("delta=", "--delta "),
    ("confidence=", "--confidence "),
    ("cases_per_year", "--cases-per-year"),
    ("exchange_rate is", "--exchange-rate is"),
    ("exchange_rate=", "--exchange-rate "),
    ("other_routes", "routes"),
    (", or clip the weights (clip=), which adds bias", ""),
)  # fmt: skip


#: Where a value is to be found in Python.
_ATTRIBUTE = re.compile(r" \(features\[.*?\] has its values\)")


def in_flags(message: str) -> str:
    """Let a function's message name flags where it names arguments."""
    for argument, flag in _IN_FLAGS:
        message = message.replace(argument, flag)
    return _ATTRIBUTE.sub("", message)


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
        found = getattr(import_module(module), name)
        model = found() if isinstance(found, type) else clone(found)
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
