"""Costs of answers that are right or wrong."""

from __future__ import annotations

from datetime import date
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cede._checks import Floats, check_fees, check_finite, check_same_length
from cede._checks._arrays import as_numbers, missing, to_array
from cede._checks._names import named_experts, names_of
from cede.costs._tables import add_fees
from cede.exceptions import InvalidInput

_TYPES: dict[str, tuple[type, ...]] = {
    "texts": (str,),
    "numbers": (Number, np.bool_),
    "bytes": (bytes,),
    "dates": (date, np.datetime64),
}


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
    given, truth = to_array(answers), to_array(y)
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
    _check_kinds(given, truth)
    gone = missing(given)
    if gone.any() and given.dtype.kind == "O":
        given = np.where(gone, np.array(None), given)  # pandas.NA cannot be compared
    wrong = (given != truth[:, None]).astype(np.float64)
    wrong[gone] = np.nan
    return wrong + check_fees(fees, named_experts(answers, given.shape[1]) or given.shape[1])


def classification_costs(answers: ArrayLike, y: ArrayLike, fees: ArrayLike | None = None) -> Floats:
    """Cost of letting each agent answer, from all answers in one table, shape ``(n, J + 1)``.

    It is :func:`agent_costs` for answers that stand together; there the model's are apart.

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
    given = to_array(answers)
    if given.ndim != 2 or given.shape[1] < 1:
        raise InvalidInput(
            f"answers must have shape (n, J + 1), the model's first, however their shape is "
            f"{given.shape}."
        )
    return add_fees(np.asarray(expert_costs(given, y)), fees, names_of(answers))


def agent_costs(
    model_answers: ArrayLike, answers: ArrayLike, y: ArrayLike, fees: ArrayLike | None = None
) -> Floats:
    """Cost of letting each agent answer, shape ``(n, J + 1)``, the model's answers apart.

    Parameters are those of :func:`expert_costs`, with the model's answers ``(n,)`` first; ``fees``
    may also be one of the other shapes in :mod:`cede.costs`.

    Examples
    --------
    >>> agent_costs([1, 0], [[0], [0]], [0, 0], fees=0.1)
    array([[1. , 0.1],
           [0. , 0.1]])
    """
    model = expert_costs(model_answers, y)
    if model.shape[1] != 1:
        raise InvalidInput(f"model_answers must have shape (n,), not {np.shape(model_answers)}.")
    return add_fees(np.hstack([model, expert_costs(answers, y)]), fees, names_of(answers))


def resolve_costs(y: ArrayLike, experts: Any = None, costs: ArrayLike | None = None) -> Floats:
    """Costs of the experts before fees, ``(n, J)``, from their answers or as they are given.

    Neither means that there are no experts, ``(n, 0)``; both is an error.
    """
    truth = to_array(y)
    if experts is not None and costs is not None:
        raise InvalidInput(
            "Pass the experts' answers (experts=) or their costs (costs=), not both."
        )
    if costs is None:
        answers = np.empty((len(truth), 0)) if experts is None else to_array(experts)
        return np.asarray(expert_costs(answers, truth), dtype=np.float64)
    table = as_numbers("costs", costs)
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


def _check_kinds(answers: NDArray[Any], y: NDArray[Any]) -> None:
    """Refuse answers of a type that no label has, such as texts beside numbers: none is equal."""
    given, known = _kinds(answers), _kinds(y)
    if known and not set(given) <= set(known):
        raise InvalidInput(
            f"answers and y must be written alike, however answers are {_said(given)} and y holds "
            f"{_said(known)}."
        )


def _said(kinds: dict[str, Any]) -> str:
    return " and ".join(f"{kind} ({first!r})" for kind, first in kinds.items())


def _kinds(array: NDArray[Any]) -> dict[str, Any]:
    """What there is, each with an example: numbers (truths among them), texts, bytes, dates."""
    if array.dtype.kind != "O":
        known = array.ravel()[~missing(array.ravel())][:1]
        name = {"U": "texts", "S": "bytes", "M": "dates", "m": "durations"}
        shown = known.astype(str) if array.dtype.kind in "mM" else known
        return {name.get(array.dtype.kind, "numbers"): one for one in shown.tolist()}
    values = array.ravel()[~missing(array.ravel())].tolist()
    return {_named(kind): one for kind, one in {type(value): value for value in values}.items()}


def _named(kind: type) -> str:
    """Name a type; what may be equal has one name."""
    for name, types in _TYPES.items():
        if issubclass(kind, types):
            return name
    return kind.__name__


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
