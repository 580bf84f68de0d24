"""Ridge regression whose penalty may be chosen by leaving out each case in turn."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, svd

from cede._checks import Floats, Ints
from cede._rows._folds import folds

__all__ = ["chosen_penalty", "ridge"]

#: The penalties that are tried, for features of unit variance; of a sum over cases, not a mean.
PENALTIES = np.logspace(-2, 5, 15)
#: Cases at a time.
BLOCK = 4096
#: So many parts are left out in turn where cases come in groups.
PARTS = 10
#: As many are enough to choose a penalty, which does not depend on how many there are.
ENOUGH = 5000


def ridge(
    X: Floats,
    targets: Floats,
    counts: Floats,
    penalty: float | None = None,
    groups: Ints | None = None,
) -> tuple[Floats, Floats]:
    r"""Coefficients ``(n_targets, d)`` and intercepts of the penalised least squares.

    .. math:: \min_{B, b} \sum_i w_i \lVert t_i - B x_i - b \rVert^2 + \alpha \lVert B \rVert^2

    Without a penalty, the one of :data:`PENALTIES` whose errors on cases left out are the smallest.
    With :math:`X'WX = V \Lambda V'` the error of case i left out is
    :math:`e_i / (1 - h_i)`, :math:`h_i = w_i (1/\sum w + (V'x_i)' (\Lambda + \alpha)^{-1} V'x_i)`,
    so that one decomposition serves all: scikit-learn's ``RidgeCV`` decomposes X itself, which
    takes several times as long where there are many more cases than features. With groups, whole
    ones are left out, a tenth of them at a time.
    """
    root = np.sqrt(counts)[:, None]
    total = counts.sum()
    centre, mean = counts @ X / total, counts @ targets / total
    inputs, outputs = (X - centre) * root, (targets - mean) * root
    eigenvalues, basis, rotated = _decomposed(inputs)
    projected = rotated.T @ outputs
    if penalty is None and groups is not None:
        penalty = PENALTIES[_left_out_by_group(X, targets, counts, groups).argmin()]
    elif penalty is None:
        errors = _left_out(rotated, outputs, counts / total, eigenvalues, projected)
        penalty = PENALTIES[errors.argmin()]
    # What rounding leaves of a direction in which the cases do not differ is not inverted.
    known = eigenvalues + penalty > 1e-13 * max(eigenvalues.max(initial=0.0), 1e-300)
    inverse = np.divide(1.0, eigenvalues + penalty, where=known, out=np.zeros_like(eigenvalues))
    coefficients = (basis @ (inverse[:, None] * projected)).T
    return np.asarray(coefficients), np.asarray(mean - coefficients @ centre)


def chosen_penalty(X: Floats, targets: Floats, groups: Ints | None = None) -> float:
    """The penalty of :data:`PENALTIES` that leaving out likes best, on some of the cases."""
    if groups is not None:
        errors = _left_out_by_group(X, targets, np.ones(len(X)), groups)
        return float(PENALTIES[errors.argmin()])
    some = slice(None, None, max(1, -(-len(X) // ENOUGH)))
    inputs, outputs = X[some] - X[some].mean(axis=0), targets[some] - targets[some].mean(axis=0)
    eigenvalues, _, rotated = _decomposed(inputs)
    own = np.full(len(inputs), 1.0 / len(inputs))
    errors = _left_out(rotated, outputs, own, eigenvalues, rotated.T @ outputs)
    return float(PENALTIES[errors.argmin()])


def _decomposed(inputs: Floats) -> tuple[Floats, Floats, Floats]:
    """Eigenvalues and vectors of ``inputs' inputs``, and the inputs in that basis."""
    if len(inputs) >= inputs.shape[1]:
        eigenvalues, basis = eigh(inputs.T @ inputs)
        return eigenvalues.clip(0.0), basis, inputs @ basis
    left, singular, right = svd(inputs, full_matrices=False)
    return singular**2, right.T, left * singular


def _left_out(
    rotated: Floats, outputs: Floats, own: Floats, eigenvalues: Floats, projected: Floats
) -> Floats:
    """Sum of the squared errors on cases left out, for each penalty; all at once, in blocks."""
    inverse = 1.0 / (eigenvalues[:, None] + PENALTIES)  # (d, penalties)
    weights = (inverse[:, :, None] * projected[:, None, :]).reshape(len(inverse), -1)
    errors = np.zeros(len(PENALTIES))
    for start in range(0, len(rotated), BLOCK):
        rows = slice(start, start + BLOCK)
        leverage = own[rows, None] + rotated[rows] ** 2 @ inverse
        fitted = (rotated[rows] @ weights).reshape(len(leverage), len(PENALTIES), -1)
        error = (outputs[rows, None, :] - fitted) / (1.0 - leverage.clip(max=1 - 1e-9))[:, :, None]
        errors += np.square(error).sum(axis=(0, 2))
    return errors


def _left_out_by_group(X: Floats, targets: Floats, counts: Floats, groups: Ints) -> Floats:
    """Sum of the squared errors on groups left out, a part of them at a time, for each penalty."""
    n_parts = min(PARTS, len(np.unique(groups)))
    errors = np.zeros(len(PENALTIES))
    if n_parts < 2:
        return errors  # nothing tells them apart: the smallest
    part = folds(X, n_parts, groups=groups)
    for out in (part == i for i in range(n_parts)):
        inside = counts[~out]
        centre, mean = inside @ X[~out] / inside.sum(), inside @ targets[~out] / inside.sum()
        root = np.sqrt(inside)[:, None]
        eigenvalues, basis, rotated = _decomposed((X[~out] - centre) * root)
        projected = rotated.T @ ((targets[~out] - mean) * root)
        weights = projected / (eigenvalues + PENALTIES[:, None])[:, :, None]
        fitted = (X[out] - centre) @ basis @ weights  # (penalties, cases, targets)
        errors += (np.square(targets[out] - mean - fitted).sum(axis=2) * counts[out]).sum(axis=1)
    return errors
