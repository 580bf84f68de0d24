"""Costs of numbers that miss their target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_same_length
from cede._checks._names import names_of
from cede.costs._tables import add_fees, check_cells, check_positive, read_numbers
from cede.exceptions import InvalidInput, UnknownName

Loss: TypeAlias = Literal["absolute", "smooth_l1", "squared"]


def regression_costs(
    answers: ArrayLike,
    y: ArrayLike,
    fees: ArrayLike | None = None,
    *,
    loss: Loss = "smooth_l1",
    delta: float = 1.0,
    unit: float = 1.0,
) -> Floats:
    r"""Cost of letting each agent answer with a number: :math:`c_j = \ell(e_j) + \beta_j`.

    The error is :math:`e_j = (m_j - y) / \text{unit}`, and :math:`\ell(e)` is

    - ``"smooth_l1"``: :math:`e^2 / 2\delta` where :math:`|e| < \delta`, else
      :math:`|e| - \delta / 2`;
    - ``"absolute"``: :math:`|e|`;
    - ``"squared"``: :math:`e^2`.

    With ``unit=1``, costs are in the unit of the target (squared: in its square), and so must fees
    be. If asking is worth an error of 5 minutes and the target is in minutes, the fee is 5 under
    ``"absolute"``, 25 under ``"squared"`` and :math:`5 - \delta / 2` under ``"smooth_l1"``
    (:math:`\delta \le 5`). To count in fees instead, pass ``unit=5`` and ``fees=1``: under the last
    two losses of the list, an error of one unit then costs one, as much as one fee.

    Parameters
    ----------
    answers : array of shape (n, J + 1)
        Every agent's answer, the model's first; NaN or None where one is missing.
    y : array of shape (n,)
        The true numbers.
    fees : float or array, default=None
        What each answer costs beside its error, in the unit of the costs; for its shapes, see
        :mod:`cede.costs`.
    loss : {"smooth_l1", "absolute", "squared"}, default="smooth_l1"
        How an error becomes a cost. Raising ``delta`` turns more of the first into a parabola.
    delta : float, default=1.0
        Where ``"smooth_l1"`` turns from a parabola into a line, in units of ``unit``. The others
        ignore it.
    unit : float, default=1.0
        By how much errors are divided, in the unit of the target.

    Returns
    -------
    array of shape (n, J + 1)
        Non-negative; NaN where the answer is missing.

    Raises
    ------
    InvalidInput
        If shapes disagree, anything is no number, ``y`` has missing entries, or a fee is negative.

    References
    ----------
    Smooth L1: Girshick 2015, "Fast R-CNN", equation 3 (``delta=1``).

    Examples
    --------
    >>> regression_costs([[3.0, 2.5], [10.0, float("nan")]], [2.0, 14.0], fees=0.2)
    array([[0.5  , 0.325],
           [3.5  ,   nan]])
    """
    losses: dict[str, Callable[[Floats], Floats]] = {
        "absolute": np.abs,
        "smooth_l1": lambda errors: _smooth_l1(errors, turn),
        "squared": np.square,
    }
    if loss not in losses:
        raise UnknownName("loss", loss, losses)
    turn = check_positive("delta", delta, "where the parabola ends")
    scale = check_positive("unit", unit, "what errors are divided by")
    given, truth = read_numbers("answers", answers), read_numbers("y", y)
    check_cells("answers", given)
    if truth.ndim != 1:
        raise InvalidInput(f"y must have shape (n,), however its shape is {truth.shape}.")
    check_same_length(answers=given, y=truth)
    if np.isnan(truth).any():
        raise InvalidInput(f"y has {int(np.isnan(truth).sum())} missing entries; drop those cases.")
    return add_fees(losses[loss]((given - truth[:, None]) / scale), fees, names_of(answers))


def _smooth_l1(errors: Floats, turn: float) -> Floats:
    size = np.abs(errors)
    near = np.minimum(size, turn)  # never squares what is far, which could overflow
    costs: Floats = near * near / (2.0 * turn) + (size - near)
    return costs
