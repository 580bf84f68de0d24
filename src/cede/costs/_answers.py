"""Costs of answers that are right or wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, check_fees, check_finite, check_not_negative, check_same_length
from cede._checks._arrays import as_numbers, missing, to_array
from cede._checks._names import named_experts, names_of
from cede.costs._kinds import check_kinds
from cede.costs._tables import LIFT, add_fees, check_cells, check_truth
from cede.exceptions import InvalidInput


def expert_costs(answers: Any, y: Any, fees: ArrayLike | None = None) -> Any:
    r"""What it costs to let each expert answer: :math:`c_j = 1[m_j \neq y] + \beta_j`.

    Parameters
    ----------
    answers : array of shape (n, J) or (n,)
        The experts' answers, column ``j - 1`` for expert ``j``; NaN or None where one is missing.
        One dimension is one expert. Torch tensors ``(..., J)`` come back as tensors.
    y : array of shape (n,)
        The true answers, of the same kind as ``answers``.
    fees : float or array of shape (J,), default=None
        What asking each expert costs, in units of one error; None is free.

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
    wrong = _errors(to_array(answers), to_array(y))
    return wrong + check_fees(fees, named_experts(answers, wrong.shape[1]) or wrong.shape[1])


def classification_costs(answers: ArrayLike, y: ArrayLike, fees: ArrayLike | None = None) -> Floats:
    """What it costs to let each agent answer, ``(n, J + 1)``, from all answers in one table.

    :func:`agent_costs` takes the model's answers apart.

    Parameters
    ----------
    answers : array of shape (n, J + 1)
        Every agent's answer, the model's first; NaN or None where one is missing.
    y : array of shape (n,)
        The true answers, of the same kind as ``answers``.
    fees : float or array, default=None
        In units of one error; for its shapes, see :mod:`cede.costs`.

    Returns
    -------
    array of shape (n, J + 1)
        Non-negative; NaN where the answer is missing.

    Raises
    ------
    InvalidInput
        If shapes disagree, a fee is negative, or ``y`` has missing entries.

    Examples
    --------
    >>> classification_costs([["b", "a"], ["a", None]], ["a", "a"], fees=0.1)
    array([[1. , 0.1],
           [0. , nan]])
    """
    table = to_array(answers)
    check_cells("answers", table)
    return add_fees(np.asarray(expert_costs(table, y)), fees, names_of(answers))


def agent_costs(
    model_answers: ArrayLike, answers: ArrayLike, y: ArrayLike, fees: ArrayLike | None = None
) -> Floats:
    """What it costs to let each agent answer, ``(n, J + 1)``, the model's answers apart.

    Parameters are those of :func:`expert_costs`, with the model's answers ``(n,)`` first; ``fees``
    may have any shape in :mod:`cede.costs`.

    Examples
    --------
    >>> agent_costs([1, 0], [[0], [0]], [0, 0], fees=0.1)
    array([[1. , 0.1],
           [0. , 0.1]])
    """
    model = expert_costs(model_answers, y)
    if model.shape[1] != 1:
        raise InvalidInput(
            f"must have shape (n,), but got shape {np.shape(model_answers)}; write one column",
            argument="model_answers",
        )
    return add_fees(np.hstack([model, expert_costs(answers, y)]), fees, names_of(answers))


def resolve_costs(y: ArrayLike, experts: Any = None, costs: ArrayLike | None = None) -> Floats:
    """Costs of the experts' answers before fees, ``(n, J)``, from their answers or as they are.

    Without either there are no experts, ``(n, 0)``; both are refused.
    """
    truth = to_array(y)
    if experts is not None and costs is not None:
        raise InvalidInput(
            "must stand in for the experts' answers, but got both; pass either, not both",
            argument="costs",
        )
    if costs is None:
        return _errors(np.empty((len(truth), 0)) if experts is None else to_array(experts), truth)
    table = as_numbers("costs", costs)
    table = table[:, None] if table.ndim == 1 else table
    if table.ndim != 2:
        raise InvalidInput(
            f"must have shape (n, J), but got shape {table.shape}; write one column per expert",
            argument="costs",
        )
    check_same_length(costs=table, y=truth)
    check_finite("costs", table, allow_missing=True)
    check_not_negative("costs", table, LIFT)
    return table


def _errors(answers: NDArray[Any], y: NDArray[Any]) -> Floats:
    """``1[wrong]`` of each answer, ``(n, J)``; NaN where it is missing."""
    table = answers[:, None] if answers.ndim == 1 else answers
    if table.ndim != 2:
        raise InvalidInput(
            f"must have shape (n, J), but got shape {table.shape}; write one column per expert",
            argument="answers",
        )
    check_truth(y)
    check_same_length(answers=table, y=y)
    null = missing(table)
    check_kinds(table[~null], y)
    if null.any() and table.dtype.kind == "O":
        table = np.where(null, np.array(None), table)  # pandas.NA cannot be compared
    wrong: Floats = (table != y[:, None]).astype(np.float64)
    wrong[null] = np.nan
    return np.asarray(wrong)


def _tensor_costs(answers: Any, y: Any, fees: ArrayLike | None) -> Any:
    """Do the same with operators only, so that torch need not be imported here."""
    if answers.ndim != y.ndim + 1 or answers.shape[:-1] != y.shape:
        raise InvalidInput(
            f"must have shape (..., J) beside labels (...), but got shape {tuple(answers.shape)} "
            f"beside {tuple(y.shape)}; write one column per expert",
            argument="answers",
        )
    wrong = (answers != y[..., None]).float()
    paid = wrong.new_tensor(check_fees(fees, answers.shape[-1]))
    return (wrong + paid).masked_fill(answers != answers, float("nan"))
