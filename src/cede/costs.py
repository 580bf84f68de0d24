"""From answers to costs: the table, one row per case and one column per agent, that all else reads.

Agent 0 is the model, agent ``j >= 1`` is expert ``j``. What it costs to let an agent answer is
``1[answer is wrong] + fee``; a missing answer has a missing cost (NaN), never zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Bools, Floats, check_fees, check_finite, check_same_length
from cede.exceptions import InvalidInput

__all__ = ["agent_costs", "expert_costs", "missing", "resolve_costs"]


def missing(values: NDArray[np.generic]) -> Bools:
    """Tell which entries are missing: NaN and NaT, and None or any null in an object array."""
    if values.dtype.kind in "biuUS":
        return np.zeros(values.shape, dtype=np.bool_)
    if values.dtype.kind != "O":
        return np.asarray(np.isnan(values), dtype=np.bool_)
    # Only a null differs from itself, or (pandas.NA) will not say; neither equals itself.
    nulls: Bools = np.frompyfunc(_is_null, 1, 1)(values).astype(np.bool_)
    return nulls


def expert_costs(answers: Any, y: Any, fees: ArrayLike | None = None) -> Any:
    r"""Cost of letting each expert answer: :math:`c_j = 1[m_j \neq y] + \beta_j`.

    Parameters
    ----------
    answers : array of shape (n, J) or (n,)
        The experts' answers, column ``j - 1`` for expert ``j``; NaN or None where one is missing.
        One dimension is read as one expert. Torch tensors ``(..., J)`` come back as tensors.
    y : array of shape (n,)
        The true answers, of the same kind as ``answers``.
    fees : float or array of shape (J,), default=None
        The price of asking each expert, in units of one error; None is free.

    Returns
    -------
    array (or tensor) of shape (n, J)
        Non-negative; NaN where the answer is missing.

    Raises
    ------
    InvalidInput
        If shapes disagree, a fee is negative, or ``y`` has missing entries.

    References
    ----------
    Mozannar and Sontag 2020, section 3; fees as in Narasimhan et al. 2022, equation 1.

    Examples
    --------
    >>> expert_costs([[0.0, 1.0], [1.0, float("nan")]], [0, 0], fees=[0.1, 0.2])
    array([[0.1, 1.2],
           [1.1, nan]])
    """
    if hasattr(answers, "masked_fill"):  # a torch tensor stays one, on its device
        return _tensor_costs(answers, y, fees)
    given, truth = np.asarray(answers), np.asarray(y)
    if given.ndim == 1:
        given = given[:, None]
    if given.ndim != 2 or truth.ndim != 1:
        raise InvalidInput(
            f"answers must have shape (n, J) and y (n,), however answers.shape={given.shape} and "
            f"y.shape={truth.shape}."
        )
    check_same_length(answers=given, y=truth)
    if missing(truth).any():
        raise InvalidInput(f"y has {int(missing(truth).sum())} missing entries; drop those cases.")
    gone = missing(given)
    if gone.any() and given.dtype.kind == "O":
        given = np.where(gone, np.array(None), given)  # pandas.NA cannot be compared
    wrong = (given != truth[:, None]).astype(np.float64)
    wrong[gone] = np.nan
    return wrong + check_fees(fees, given.shape[1])


def agent_costs(
    model_answers: ArrayLike, answers: ArrayLike, y: ArrayLike, fees: ArrayLike | None = None
) -> Floats:
    """Cost of letting each agent answer, shape ``(n, J + 1)``; the model pays no fee.

    Parameters are those of :func:`expert_costs`, with the model's answers ``(n,)`` first.

    Examples
    --------
    >>> agent_costs([1, 0], [[0], [0]], [0, 0], fees=0.1)
    array([[1. , 0.1],
           [0. , 0.1]])
    """
    model = expert_costs(model_answers, y)
    if model.shape[1] != 1:
        raise InvalidInput(f"model_answers must have shape (n,), not {np.shape(model_answers)}.")
    return np.hstack([model, expert_costs(answers, y, fees)])


def resolve_costs(y: ArrayLike, experts: Any = None, costs: ArrayLike | None = None) -> Floats:
    """Costs of the experts before fees, ``(n, J)``, from their answers or as they are given.

    Neither means that there are no experts, ``(n, 0)``; both is an error.
    """
    truth = np.asarray(y)
    if experts is not None and costs is not None:
        raise InvalidInput(
            "Pass the experts' answers (experts=) or their costs (costs=), not both."
        )
    if costs is None:
        answers = np.empty((len(truth), 0)) if experts is None else np.asarray(experts)
        return np.asarray(expert_costs(answers, truth), dtype=np.float64)
    table = np.asarray(costs, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2:
        raise InvalidInput(f"costs must have shape (n, J), however its shape is {table.shape}.")
    check_same_length(costs=table, y=truth)
    check_finite("costs that are not missing (NaN)", np.where(np.isnan(table), 0.0, table))
    if (table < 0).any():
        raise InvalidInput(
            f"costs cannot be negative, however the smallest is {np.nanmin(table):.4g}; add a "
            f"constant to every agent's cost, which changes no decision."
        )
    return table


def _tensor_costs(answers: Any, y: Any, fees: ArrayLike | None) -> Any:
    """Do the same with operators only, so that torch need not be imported here."""
    if answers.ndim != y.ndim + 1 or answers.shape[:-1] != y.shape:
        raise InvalidInput(
            f"answers must have shape (..., J) and y (...), however "
            f"answers.shape={tuple(answers.shape)} and y.shape={tuple(y.shape)}."
        )
    wrong = (answers != y[..., None]).float()
    prices = wrong.new_tensor(check_fees(fees, answers.shape[-1]))
    return (wrong + prices).masked_fill(answers != answers, float("nan"))


def _is_null(value: object) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA compares to NA, which has no truth value
        return True
