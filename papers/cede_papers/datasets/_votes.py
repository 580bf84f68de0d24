"""People of whom only the votes were counted: draw some of them, and judge each by the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, Ints
from cede.datasets._draws import check_at_least
from cede.exceptions import InvalidInput


def draw_voters(counts: Ints, n_experts: int, rng: np.random.Generator) -> Floats:
    """Draw the answers ``(n, J)`` of different voters of each case, from counts ``(n, K)``.

    Nobody is drawn twice in a case. Where fewer than J voted, the last columns are NaN. A column is
    no person: each case has voters of its own.
    """
    check_at_least(0, n_experts=n_experts)
    n, n_classes = counts.shape
    voters = counts.sum(axis=1)
    # One row of answers per case, the voters side by side, in random order; absent ones come last.
    seats = np.arange(int(voters.max(initial=0)))
    answers = (seats[:, None] >= counts.cumsum(axis=1)[:, None, :]).sum(axis=2)
    order = np.where(seats < voters[:, None], rng.random((n, len(seats))), np.inf).argsort(axis=1)
    drawn = np.take_along_axis(answers, order[:, :n_experts], axis=1).astype(np.float64)
    drawn[drawn == n_classes] = np.nan
    table = np.full((n, n_experts), np.nan)
    table[:, : drawn.shape[1]] = drawn
    return table


def majority_of_others(experts: ArrayLike) -> Floats:
    r"""Return what most of the other experts said, for each answer of 0 or 1.

    Where nobody but the experts knows the answer, expert j is judged by
    :math:`\mathrm{majority}\{a_i : i \ne j\}`: a majority that counts j's own vote would flatter j.
    ``experts != majority_of_others(experts)`` is then the error of each; mind the NaN.

    Parameters
    ----------
    experts : array of shape (n, J)
        Answers 0 or 1; NaN where an expert gave none.

    Returns
    -------
    array of shape (n, J)
        0 or 1; NaN where the expert gave no answer, no other did, or the others are divided evenly.

    Raises
    ------
    InvalidInput
        If ``experts`` has not two dimensions, or an answer is neither 0 nor 1.

    Examples
    --------
    >>> majority_of_others([[1, 1, 0], [0, 0, 0], [1, 0, float("nan")]])
    array([[nan, nan,  1.],
           [ 0.,  0.,  0.],
           [ 0.,  1., nan]])
    """
    table = np.asarray(experts, dtype=np.float64)
    if table.ndim != 2:
        raise InvalidInput(f"must have shape (n, J), but got {table.shape}", argument="experts")
    answered = ~np.isnan(table)
    if not np.isin(table[answered], (0.0, 1.0)).all():
        others = table[answered & (table != 0.0) & (table != 1.0)]
        raise InvalidInput(f"must hold answers 0 and 1, but got {others[0]:g}", argument="experts")
    ones = np.where(answered, table, 0.0)
    for_one = ones.sum(axis=1, keepdims=True) - ones
    lead = 2.0 * for_one - (answered.sum(axis=1, keepdims=True) - 1)
    return np.where(answered & (lead != 0.0), lead > 0.0, np.nan)
