"""The columns of a table as a matrix that every model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cede._checks import Floats, Ints
from cede.logs import Cases
from cede.routers._targets import centre_and_scale

__all__ = ["Matrix", "prepare", "warn_of_far_values"]


@dataclass(frozen=True)
class Matrix:
    """Prepared features; what a fixed model says stands in the last columns, label by label."""

    X: Floats
    names: tuple[str, ...]


def prepare(problem: Cases, rows: Ints, said: Floats | None, said_in: Sequence[str]) -> Matrix:
    """Prepare the features of all cases, by what some rows hold.

    Parameters
    ----------
    problem : Cases
    rows : int array
        Cases from which medians, scales and categories are learned.
    said : array of shape (n, K), optional
        What a fixed model says of each label, to stand last, as it is.
    said_in : sequence of str
        The features in which it says so, and which are not prepared.
    """
    features = {n: values for n, values in problem.features.items() if n not in set(said_in)}
    columns = np.empty((len(problem), len(features)), dtype=object)
    for i, values in enumerate(features.values()):
        columns[:, i] = values
    X = np.empty((len(problem), 0))
    names: tuple[str, ...] = ()
    if features:
        prepared = _preparation([values.dtype.kind for values in features.values()])
        prepared.fit(columns[rows])
        X = np.asarray(prepared.transform(columns), dtype=np.float64)
        names = _readable(prepared.get_feature_names_out(list(features)))
    if said is None:
        return Matrix(X, names)
    labels = [f"the model says {value}" for value in np.unique(problem.y)]
    return Matrix(np.hstack([X, said]), (*names, *labels))


def warn_of_far_values(problem: Cases, rows: Ints) -> None:
    """Warn of the columns of the table in which one value is far from all others, by name."""
    for name, column in problem.features.items():
        values = column[rows]
        if values.dtype.kind == "f" and not np.isnan(values).all():
            centre_and_scale(values[~np.isnan(values), None], names=[name])


def _preparation(kinds: Sequence[str]) -> ColumnTransformer:
    """Numbers: median, missing flag, unit variance. Texts: one-hot, rare values together."""
    numbers = [i for i, kind in enumerate(kinds) if kind == "f"]
    texts = [i for i, kind in enumerate(kinds) if kind != "f"]
    return ColumnTransformer(
        [
            (
                "number",
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
                    StandardScaler(),
                ),
                numbers,
            ),
            (
                "text",
                make_pipeline(
                    SimpleImputer(strategy="constant", fill_value="(missing)", missing_values=None),
                    OneHotEncoder(
                        handle_unknown="infrequent_if_exist", max_categories=20, sparse_output=False
                    ),
                ),
                texts,
            ),
        ]
    )


def _readable(names: NDArray[Any]) -> tuple[str, ...]:
    return tuple(
        str(name).split("__", 1)[-1].replace("missingindicator_", "missing: ") for name in names
    )
