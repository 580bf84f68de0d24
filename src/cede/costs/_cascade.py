"""Costs of agents who are asked one after the other: all are paid up to the one who answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_not_negative
from cede._checks._names import names_of
from cede.costs._tables import LIFT, add_fees, check_cells, read_numbers


def cascade_costs(answer_costs: ArrayLike, fees: ArrayLike) -> Floats:
    r"""What it costs to let each agent's answer stand, asked after all before it.

    .. math:: c'_j = c_j + \sum_{i \le j} \beta_i

    Parameters
    ----------
    answer_costs : array of shape (n, J + 1)
        What each agent's answer costs before fees, in the order in which agents are asked; NaN
        where it is not known.
    fees : float or array
        What asking each costs, in the same units; for its shapes, see :mod:`cede.costs`. That of
        agent 0 is paid in every case and changes no decision.

    Returns
    -------
    array of shape (n, J + 1)
        Non-negative; NaN where a cost is missing. What :class:`cede.CascadeRouter` is fitted on.

    Raises
    ------
    InvalidInput
        If shapes disagree, or a cost or fee is negative or infinite.

    Examples
    --------
    >>> cascade_costs([[1.0, 1.0, 0.0]], fees=[0.1, 0.2, 0.5])
    array([[1.1, 1.3, 0.8]])
    """
    table = read_numbers("answer_costs", answer_costs)
    check_cells("answer_costs", table)
    check_not_negative("answer_costs", table, LIFT)
    paid = add_fees(np.zeros_like(table), fees, names_of(answer_costs))
    return np.asarray(table + np.cumsum(paid, axis=1), dtype=np.float64)
