"""Costs of agents who are asked one after the other: whoever answers, all before it were paid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_not_negative
from cede._checks._names import names_of
from cede.costs._tables import add_fees, check_cells, read_numbers


def cascade_costs(costs: ArrayLike, prices: ArrayLike) -> Floats:
    r"""Cost of letting each agent's answer stand, when it is asked after all before it.

    .. math:: c'_j = c_j + \sum_{i \le j} p_i

    Parameters
    ----------
    costs : array of shape (n, J + 1)
        What each agent's answer costs without its price, in the order in which they are asked; NaN
        where it is not known.
    prices : float or array
        What asking each costs, in units of ``costs``; shapes and who pays as for fees, see
        :mod:`cede.costs`. That of agent 0 is paid in every case and changes no decision.

    Returns
    -------
    array of shape (n, J + 1)
        Non-negative; NaN where a cost is missing. What :class:`cede.CascadeRouter` is fitted on.

    Raises
    ------
    InvalidInput
        If shapes disagree, or a cost or price is negative or infinite.

    Examples
    --------
    >>> cascade_costs([[1.0, 1.0, 0.0]], prices=[0.1, 0.2, 0.5])
    array([[1.1, 1.3, 0.8]])
    """
    table = read_numbers("costs", costs)
    check_cells("costs", table)
    check_not_negative("costs", table)
    paid = add_fees(np.zeros_like(table), prices, names_of(costs))
    return np.asarray(table + np.cumsum(paid, axis=1), dtype=np.float64)
