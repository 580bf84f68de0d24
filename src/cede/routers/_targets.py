"""Labels and experts' answers at the door of ``fit``: encoded, checked, and named."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from cede._checks import Bools, Floats, Ints, check_sample_weight
from cede._checks._arrays import to_array
from cede._checks._names import expert_names
from cede.costs import resolve_costs
from cede.exceptions import InvalidInput

__all__ = [
    "Targets",
    "centre_and_scale",
    "check_silent",
    "check_targets",
    "check_unit_costs",
    "warn_of_few",
    "weights_of",
]

#: Fewer answers of an agent than this get a warning.
A_HANDFUL = 5
#: Rows that tell the usual size of a column's values.
_SOME = 500


@dataclass(frozen=True)
class Targets:
    """What a router learns from, besides the features."""

    #: The labels in sorted order, ``(K,)``, and the index of each case's label, ``(n,)``.
    classes: NDArray[Any]
    y: Ints
    #: Cost of each expert's answer before fees, ``(n, J)``; NaN where it is missing.
    costs: Floats
    expert_names: tuple[str, ...]


def check_targets(
    y: NDArray[Any], experts: Any, costs: Any, classes: Sequence[Any] | NDArray[Any] | None = None
) -> Targets:
    """Encode labels and turn answers into costs.

    Raises
    ------
    InvalidInput
        If there is one class only, an expert answers a label that no case has, or never answers.
    """
    labels = _labels(y)
    known = labels if classes is None else np.asarray(classes)
    if len(known) < 2:
        raise InvalidInput(
            f"must hold at least two classes, but got one class, {labels.tolist()[0]!r}; pass "
            f"cases of another class, too",
            argument="y",
        )
    unknown = [label for label in labels.tolist() if label not in set(known.tolist())]
    if unknown:
        raise InvalidInput(
            f"must hold labels that the model was fitted on, {known.tolist()[:20]}, but got "
            f"{unknown[:5]}, too; drop those cases, or fit the model again",
            argument="y",
        )
    if experts is None and costs is None:
        warnings.warn(
            "fit was called without experts= (or costs=), so every case stays with the model.",
            UserWarning,
            stacklevel=6,
        )
    table = resolve_costs(y, experts, costs)
    names = expert_names(costs if experts is None else experts, table.shape[1])
    if experts is not None:
        _check_answers(experts, names, ~np.isnan(table), known)
    check_silent(names, table, "answer")
    warn_of_few(names, table)
    codes = np.searchsorted(known, y) if classes is None else _positions(known, y)
    return Targets(known, codes.astype(np.int64), table, names)


def check_silent(names: Sequence[str], costs: Floats, what: str) -> None:
    """Refuse agents, one per column of ``costs``, of whom nothing is known."""
    silent = [name for name, column in zip(names, costs.T, strict=True) if np.isnan(column).all()]
    if silent and len(costs):
        raise InvalidInput(
            f"Every {what} of {', '.join(silent)} is missing, so nothing can be learned of them; "
            f"leave them out."
        )


class FarValueWarning(UserWarning):
    """A value is so far from the others of its column that these become the same number."""


def centre_and_scale(
    features: Floats, weight: Any = None, names: Any = None, n_features: int | None = None
) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of each column; a constant column has scale one.

    A value so far from the others that these become the same number, once divided by the scale, is
    warned of, with its column. Of columns after the first ``n_features``, such as what a model
    estimates, nobody is told: whoever gave the features can do nothing about them.
    """
    largest = np.abs(features).max(axis=0, initial=0.0)
    # Squares, and sums, of numbers beyond this are none; a power of two changes no digit.
    unit = np.where(largest > 1e120, 2.0**-700, 1.0)
    if (largest > 1e120).any():
        _check_range(features, names)
        features = features * unit
    centre = np.average(features, axis=0, weights=weight)
    apart = features - centre
    spread = np.sqrt(np.average(apart**2, axis=0, weights=weight))
    _warn_of_far_values(features[:, :n_features], apart[:, :n_features], unit, names)
    # What rounding leaves of a constant column is no spread.
    flat = spread <= 1e-12 * np.abs(features).max(axis=0, initial=0.0)
    return centre / unit, np.where(flat, 1.0, spread / unit)


def _warn_of_far_values(features: Floats, apart: Floats, unit: Floats, names: Any) -> None:
    """Compare the farthest value with the usual distance from the median, of those that differ."""
    some = features[:: max(1, len(features) // _SOME)]
    reach = np.maximum(apart.max(axis=0, initial=0.0), -apart.min(axis=0, initial=0.0))
    limit = max(10.0 * len(features), 1e4)
    for column in np.flatnonzero(reach > limit * _usual(some)):
        values = features[:, column]
        away = np.abs(values - np.median(values))
        if away.max() > limit * _usual(values[:, None])[0] > 0.0:
            value = float(values[int(away.argmax())] / unit[column])
            warnings.warn(
                f"{_called(int(column), names)} holds {value:.4g}, so far from its other values "
                f"that beside it they are all the same, and next to nothing can be learned from "
                f"the column; if it stands for a missing value or is a slip, replace it, or else "
                f"take the logarithm.",
                FarValueWarning,
                stacklevel=5,
            )


def _usual(values: Floats) -> Floats:
    """Median distance from the median, of the values that differ from it; 0 if none does."""
    away = np.abs(values - np.median(values, axis=0))
    away.sort(axis=0)
    n_equal = (away == 0.0).sum(axis=0)
    middle = np.minimum(n_equal + (len(away) - n_equal) // 2, len(away) - 1)
    return np.asarray(away[middle, np.arange(away.shape[1])])


def _check_range(features: Floats, names: Any) -> None:
    with np.errstate(over="ignore"):
        wide = np.isinf(features.max(axis=0) - features.min(axis=0))
    if wide.any():
        column = int(wide.argmax())
        values = features[:, column]
        raise InvalidInput(
            f"{_called(column, names)} holds {values.min():.4g} and {values.max():.4g}, whose "
            f"difference is beyond all numbers; replace them, or divide the column."
        )


def _called(column: int, names: Any) -> str:
    return f"Column {column if names is None else str(names[column])!r}"


def _check_answers(
    experts: Any, names: tuple[str, ...], known: Bools, classes: NDArray[Any]
) -> None:
    """Refuse answers, where they are known, that no case has as its label."""
    answers = to_array(experts).reshape(known.shape)
    labels = set(classes.tolist())
    for name, column, answered in zip(names, answers.T, known.T, strict=True):
        unmatched = sorted({str(a) for a in set(column[answered].tolist()) - labels})
        if unmatched:
            raise InvalidInput(
                f"{name} answered {', '.join(unmatched[:5])}, which no case has as its label; the "
                f"labels are {', '.join(map(str, list(labels)[:20]))}. Write answers as the label "
                f"column does, or pass costs= instead."
            )


def weights_of(sample_weight: Any, names: Sequence[str], costs: Floats) -> Floats | None:
    """Weights of cases, ``(n,)``, some of them positive where each agent's cost is known."""
    weights = check_sample_weight(sample_weight, len(costs))
    if weights is None:
        return None
    n_counted = (~np.isnan(costs) & (weights[:, None] > 0.0)).sum(axis=0)
    silent = [name for name, n in zip(names, n_counted.tolist(), strict=True) if n == 0]
    if silent:
        raise InvalidInput(
            f"sample_weight is zero in every case that {', '.join(silent)} answered, so nothing "
            f"can be learned of them; weigh some, or leave them out."
        )
    return weights


def check_unit_costs(costs: Floats) -> None:
    """Refuse costs above 1, where the loss is of answers that are right to a degree."""
    largest = np.nanmax(costs, initial=0.0)
    if largest > 1.0 + 1e-12:
        raise InvalidInput(
            f"must lie in [0, 1] before fees, but got {largest:.4g}; divide all costs by the "
            "largest",
            argument="costs",
        )


def warn_of_few(names: Sequence[str], costs: Floats) -> None:
    """Warn of each agent, one per column of ``costs``, who answered fewer than a handful."""
    answered = np.count_nonzero(~np.isnan(costs), axis=0).tolist()
    rare = [
        f"{name} answered {count} of {len(costs)} cases"
        for name, count in zip(names, answered, strict=True)
        if count < A_HANDFUL
    ]
    if rare:
        warnings.warn(
            f"{', '.join(rare)}: what is learned of so few answers is little more than a guess.",
            UserWarning,
            stacklevel=7,
        )


def _positions(classes: NDArray[Any], y: NDArray[Any]) -> NDArray[np.int64]:
    index = {label: i for i, label in enumerate(classes.tolist())}
    return np.array([index[label] for label in y.tolist()], dtype=np.int64)


def _labels(y: NDArray[Any]) -> NDArray[Any]:
    """The labels in sorted order; what can be told apart, and be saved."""
    try:
        check_classification_targets(y)
        labels: NDArray[Any] = np.unique(y)
        if labels.dtype.kind == "f" and labels.dtype.itemsize > 8:
            raise TypeError(f"no number of type {labels.dtype.name} is saved")
    except (TypeError, ValueError) as error:
        some = ", ".join(map(repr, np.asarray(y).ravel()[:3].tolist()))
        reason = str(error).splitlines()[0].split(". ")[0]
        raise InvalidInput(
            f"y cannot be labels: it holds {some} ({reason}); let it be an array of texts, whole "
            f"numbers, booleans or numpy's dates, not of objects."
        ) from None
    return labels
