"""Costs of language models: what their answers lack in quality, and what they charge."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_not_negative, without_rounding
from cede._checks._names import in_order, names_of
from cede.costs._tables import check_cells, read_numbers
from cede.exceptions import InvalidInput


def llm_costs(quality: ArrayLike, money: ArrayLike, *, exchange_rate: float) -> Floats:
    r"""What it costs to let each language model answer: :math:`c_j = (1 - q_j) + \rho\, p_j`.

    There is no ``fees`` here, as every agent charges, the one in column 0 too.

    Parameters
    ----------
    quality : array of shape (n, J + 1)
        How good each agent's answer is, from 0 (useless) to 1 (perfect), the model's first; NaN or
        None where it was not graded.
    money : array of shape (J + 1,) or (n, J + 1)
        What a call costs, per agent or per case and agent, in any currency; NaN where unknown.
    exchange_rate : float
        :math:`\rho`, the quality that one unit of ``money`` must buy: an agent that charges one
        unit more is worth asking if its quality is higher by more than ``exchange_rate``. If 0.01
        of quality is worth 2 cents and money is in dollars, it is 0.01 / 0.02 = 0.5. At zero, only
        quality counts.

    Returns
    -------
    array of shape (n, J + 1)
        Non-negative, in units of quality; NaN where quality or money is missing.

    Raises
    ------
    InvalidInput
        If shapes disagree, a quality leaves [0, 1], or money or the rate is negative.

    Examples
    --------
    A call of 4 cents for 0.3 of quality pays off at this rate:

    >>> llm_costs([[0.6, 0.9]], money=[0.0, 0.04], exchange_rate=0.5)
    array([[0.4 , 0.12]])
    """
    grades = without_rounding(read_numbers("quality", quality))
    charges = read_numbers("money", in_order("money", money, names_of(quality)))
    check_cells("quality", grades)
    outside = (grades < 0.0) | (grades > 1.0)
    if outside.any():
        raise InvalidInput(
            f"must be between 0 and 1, but {int(outside.sum())} of {grades.size} are not, the "
            f"first being {float(grades[outside][0])!r}; divide by the best possible grade",
            argument="quality",
        )
    if charges.shape not in (grades.shape, grades.shape[1:]):
        raise InvalidInput(
            f"must be one number per agent {grades.shape[1:]} or per case and agent "
            f"{grades.shape}, but got shape {charges.shape}; write what a call of each costs",
            argument="money",
        )
    check_not_negative("money", charges, "write what a call costs, 0 if it is free")
    rate = float(exchange_rate)
    if not 0.0 <= rate < np.inf:
        raise InvalidInput(
            f"must be finite and not negative, but got {exchange_rate!r}; write the quality that "
            f"one unit of money must buy",
            argument="exchange_rate",
        )
    return (1.0 - grades) + rate * charges
