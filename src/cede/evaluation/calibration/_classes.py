"""Reliability of a class posterior: of the class it prefers, and of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, check_finite, check_same_length
from cede._checks._arrays import as_numbers, missing, to_array
from cede.evaluation.calibration._bins import Bins, NBins
from cede.evaluation.calibration._reliability import Reliability, reliability
from cede.exceptions import InvalidInput

__all__ = ["classwise_reliability", "top_label_reliability"]


def top_label_reliability(
    probabilities: ArrayLike,
    y: ArrayLike,
    classes: Sequence[Any] | NDArray[Any] | None = None,
    n_bins: NBins = 15,
    bins: Bins = "width",
) -> Reliability:
    """Compare the probability of the preferred class with how often it is the true one.

    Parameters
    ----------
    probabilities : array of shape (n, K)
        A class posterior, as ``predict_proba`` gives it.
    y : array of shape (n,)
        True classes; cases where it is missing (NaN, None) are left out.
    classes : array of shape (K,), optional
        The label of each column (``model.classes_``). By default labels are 0..K-1.
    n_bins, bins
        As in :func:`reliability`.

    Returns
    -------
    Reliability
        Of ``max_k p_k`` against whether that class, the first of equals, is the true one. Its
        ``ece`` is what most papers mean by calibration error.

    References
    ----------
    Guo et al. 2017, "On calibration of modern neural networks", equation 3.

    Examples
    --------
    >>> top_label_reliability([[0.75, 0.25], [0.25, 0.75]], ["a", "a"], classes=["a", "b"]).ece
    0.25
    """
    posterior, is_class = _read(probabilities, y, classes)
    best = posterior.argmax(axis=1)
    rows = np.arange(len(best))
    return reliability(posterior[rows, best], is_class[rows, best], n_bins, bins)


def classwise_reliability(
    probabilities: ArrayLike,
    y: ArrayLike,
    classes: Sequence[Any] | NDArray[Any] | None = None,
    n_bins: NBins = 15,
    bins: Bins = "width",
) -> dict[Any, Reliability]:
    """Compare the probability of each class with how often it is the true one.

    Parameters
    ----------
    probabilities, y, classes, n_bins, bins
        As in :func:`top_label_reliability`.

    Returns
    -------
    dict of class to Reliability
        In the order of the columns. The mean of their ``ece`` is the classwise ECE.

    References
    ----------
    Kull et al. 2019, "Beyond temperature scaling: obtaining well-calibrated multi-class
    probabilities with Dirichlet calibration", section 2.

    Examples
    --------
    >>> by_class = classwise_reliability([[0.75, 0.25], [0.25, 0.75]], [0, 0])
    >>> by_class[0].ece, by_class[1].ece
    (0.5, 0.5)
    """
    posterior, is_class = _read(probabilities, y, classes)
    names = range(posterior.shape[1]) if classes is None else np.asarray(classes).tolist()
    return {
        name: reliability(estimate, happened, n_bins, bins)
        for name, estimate, happened in zip(names, posterior.T, is_class.T, strict=True)
    }


def _read(
    probabilities: ArrayLike, y: ArrayLike, classes: Sequence[Any] | NDArray[Any] | None
) -> tuple[Floats, Bools]:
    """Posterior and one-hot truth, both ``(n, K)``, of the cases whose class is known."""
    posterior = as_numbers("probabilities", probabilities)
    truth = to_array(y)
    if posterior.ndim != 2 or posterior.shape[1] < 2 or truth.ndim != 1:
        raise InvalidInput(
            "must have shape (n, K), a column per class, beside y (n,), but got "
            f"{posterior.shape} and {truth.shape}; for one column of probabilities, use "
            "reliability",
            argument="probabilities",
        )
    check_same_length(probabilities=posterior, y=truth)
    check_finite("probabilities", posterior)
    totals = posterior.sum(axis=1)
    if (posterior < 0.0).any() or not np.allclose(totals, 1.0, atol=1e-3):
        raise InvalidInput(
            "must not be negative and must sum to one in each row, but the smallest is "
            f"{posterior.min():.4g} and sums go from {totals.min():.4g} to {totals.max():.4g}; "
            "divide each row by its sum",
            argument="probabilities",
        )
    columns = np.arange(posterior.shape[1]) if classes is None else np.asarray(classes)
    if columns.shape != (posterior.shape[1],):
        raise InvalidInput(
            f"must name the {posterior.shape[1]} columns of probabilities, but got shape "
            f"{columns.shape}; pass the label of each column, in order",
            argument="classes",
        )
    known = ~missing(truth)
    truth = truth[known]
    unknown = sorted({str(label) for label in truth.tolist() if label not in columns.tolist()})
    if unknown:
        raise InvalidInput(
            f"must hold classes of the columns, {columns.tolist()[:20]}, but got "
            f"{', '.join(unknown[:5])}; name the label of each column as classes",
            argument="y",
        )
    return posterior[known], np.asarray(truth[:, None] == columns[None, :], dtype=np.bool_)
