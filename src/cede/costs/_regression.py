"""Costs of numbers that miss their target."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_same_length
from cede._checks._names import names_of
from cede.costs._tables import add_fees, check_cells, check_truth, read_numbers
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
    r"""What it costs to let each agent answer with a number: :math:`c_j = \ell(e_j) + \beta_j`.

    The error is :math:`e_j = (m_j - y) / \text{unit}`, and :math:`\ell(e)` is

    - ``"smooth_l1"``: :math:`e^2 / 2\delta` where :math:`|e| < \delta`, else
      :math:`|e| - \delta / 2`;
    - ``"absolute"``: :math:`|e|`;
    - ``"squared"``: :math:`e^2`.

    With ``unit=1``, costs are in the unit of the target (``"squared"``: in its square), and fees
    must be, too. If asking is worth an error of 5 minutes and the target is in minutes, the fee is
    5 under ``"absolute"``, 25 under ``"squared"`` and :math:`5 - \delta / 2` under ``"smooth_l1"``
    (:math:`\delta \le 5`). Or count in fees: with ``unit=5`` and ``fees=1``, an error of 5 minutes
    costs as much as one fee under ``"absolute"`` and ``"squared"``.

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
        How an error becomes a cost.
    delta : float, default=1.0
        Where ``"smooth_l1"`` turns from a parabola into a line, in units of ``unit``; the others
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
    turn = _check_positive("delta", delta, "write where the parabola ends")
    scale = _check_positive("unit", unit, "write what errors are divided by")
    table, truth = read_numbers("answers", answers), read_numbers("y", y)
    check_cells("answers", table)
    check_truth(truth)
    check_same_length(answers=table, y=truth)
    return add_fees(losses[loss]((table - truth[:, None]) / scale), fees, names_of(answers))


def _check_positive(name: str, value: float, advice: str) -> float:
    number = float(value)
    if not (isfinite(number) and number > 0.0):
        raise InvalidInput(
            f"must be finite and above zero, but got {value!r}; {advice}", argument=name
        )
    return number


def _smooth_l1(errors: Floats, turn: float) -> Floats:
    size = np.abs(errors)
    near = np.minimum(size, turn)  # never squares what is far, which could overflow
    costs: Floats = near * near / (2.0 * turn) + (size - near)
    return costs
