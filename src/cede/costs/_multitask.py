"""Costs of cases that hold several tasks at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite, check_not_negative
from cede._checks._names import in_order, names_of
from cede.costs._tables import LIFT, add_fees, check_cells, read_numbers
from cede.exceptions import InvalidInput


def multitask_costs(
    tasks: Sequence[ArrayLike],
    weights: Sequence[float] | ArrayLike | None = None,
    fees: ArrayLike | None = None,
) -> Floats:
    r"""What it costs to let an agent do all tasks: :math:`c_j = \sum_t w_t c_{tj} + \beta_j`.

    Parameters
    ----------
    tasks : sequence of arrays of shape (n, J + 1)
        What answers cost before fees, one table per task, made by any function of
        :mod:`cede.costs`.
    weights : array of shape (n_tasks,), default=None
        What one unit of each task's cost is worth; None counts each once.
    fees : float or array, default=None
        What asking costs, once for all tasks, in the unit of the weighted sum; for its shapes, see
        :mod:`cede.costs`.

    Returns
    -------
    array of shape (n, J + 1)
        Non-negative; NaN where a task of an agent is missing, even if its weight is zero.

    Raises
    ------
    InvalidInput
        If there is no task, shapes disagree, or a cost, a weight or a fee is negative.

    References
    ----------
    Montreuil et al. 2025, "A two-stage learning-to-defer approach for multi-task learning":
    classification and regression with weights :math:`\lambda_{cla}`, :math:`\lambda_{reg}`.

    Examples
    --------
    Which class, and how long; asking costs 0.1:

    >>> from cede import classification_costs, regression_costs
    >>> wrong = classification_costs([["a", "b"]], ["a"])
    >>> late = regression_costs([[6.0, 2.0]], [2.0], loss="absolute")
    >>> multitask_costs([wrong, late], weights=[1.0, 0.5], fees=0.1)
    array([[2. , 1.1]])
    """
    tables = [read_numbers(f"tasks[{t}]", table) for t, table in enumerate(tasks)]
    if not tables:
        raise InvalidInput("must hold a table of costs, but got none; pass one", argument="tasks")
    for t, table in enumerate(tables):
        check_cells(f"tasks[{t}]", table)
        check_not_negative(f"tasks[{t}]", table, LIFT)
        if table.shape != tables[0].shape:
            raise InvalidInput(
                f"must all have the same cases and agents, but tasks[0] has shape "
                f"{tables[0].shape} and tasks[{t}] {table.shape}; write NaN where one is missing",
                argument="tasks",
            )
    factors = (
        np.ones(len(tables))
        if weights is None
        else read_numbers("weights", in_order("weights", weights, None))
    )
    if factors.shape != (len(tables),):
        raise InvalidInput(
            f"must be one per task, shape ({len(tables)},), but got shape {factors.shape}; write "
            f"what one unit of each task's cost is worth",
            argument="weights",
        )
    check_finite("weights", factors)
    check_not_negative("weights", factors, "weigh a task 0 to leave it out")
    total = np.zeros_like(tables[0])
    for factor, table in zip(factors, tables, strict=True):
        total += factor * table
    return add_fees(total, fees, names_of(tasks[0]))
