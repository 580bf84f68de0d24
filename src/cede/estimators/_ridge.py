"""Ridge regression whose penalty may be chosen by leaving out each case in turn."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, svd

from cede._checks import Floats

__all__ = ["ridge"]

#: The penalties that are tried, for features of unit variance; of a sum over cases, not a mean.
PENALTIES = np.logspace(-2, 5, 15)
#: Cases at a time.
BLOCK = 4096


def ridge(
    X: Floats, targets: Floats, counts: Floats, penalty: float | None = None
) -> tuple[Floats, Floats]:
    r"""Coefficients ``(n_targets, d)`` and intercepts of the penalised least squares.

    .. math:: \min_{B, b} \sum_i w_i \lVert t_i - B x_i - b \rVert^2 + \alpha \lVert B \rVert^2

    Without a penalty, the one of :data:`PENALTIES` whose errors on cases left out are the smallest.
    With :math:`X'WX = V \Lambda V'` the error of case i left out is
    :math:`e_i / (1 - h_i)`, :math:`h_i = w_i (1/\sum w + (V'x_i)' (\Lambda + \alpha)^{-1} V'x_i)`,
    so that one decomposition serves all: scikit-learn's ``RidgeCV`` decomposes X itself, which
    takes several times as long where there are many more cases than features.
    """
    root = np.sqrt(counts)[:, None]
    total = counts.sum()
    center, mean = counts @ X / total, counts @ targets / total
    inputs, outputs = (X - center) * root, (targets - mean) * root
    if len(X) >= X.shape[1]:
        eigenvalues, basis = eigh(inputs.T @ inputs)
        rotated = inputs @ basis
    else:
        left, singular, right = svd(inputs, full_matrices=False)
        eigenvalues, basis, rotated = singular**2, right.T, left * singular
    projected = rotated.T @ outputs
    if penalty is None:
        eigenvalues = eigenvalues.clip(0.0)
        errors = _left_out(rotated, outputs, counts / total, eigenvalues, projected)
        penalty = PENALTIES[errors.argmin()]
    # What rounding leaves of a direction in which the cases do not differ is not inverted.
    known = eigenvalues + penalty > 1e-13 * max(eigenvalues.max(initial=0.0), 1e-300)
    inverse = np.divide(1.0, eigenvalues + penalty, where=known, out=np.zeros_like(eigenvalues))
    coefficients = (basis @ (inverse[:, None] * projected)).T
    return np.asarray(coefficients), np.asarray(mean - coefficients @ center)


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
