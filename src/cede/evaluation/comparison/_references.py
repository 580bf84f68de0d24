"""The rows that are always there: each agent alone, one answer, a random mix, the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cede._checks import Floats
from cede.evaluation.comparison._constant import Constant
from cede.evaluation.comparison._entry import Entry
from cede.evaluation.comparison._truth import Truth
from cede.operating._rule import gains_at
from cede.tuning._multiplier import price_of_share

__all__ = ["RANDOM", "references"]

RANDOM = "random, same rate"


def references(
    truth: Truth, table: Floats, rates: Mapping[float, float], constant: Constant | None
) -> Iterator[Entry]:
    """Rows to read the methods against.

    Parameters
    ----------
    truth : Truth
    table : array of shape (n, J + 1)
        Costs before fees of the model and of each expert.
    rates : dict of budget to share
        What share of cases the random mix sends away at each budget.
    constant : Constant, optional
    """
    n, n_agents = table.shape
    nobody = np.zeros(n_agents - 1)
    for agent, name in enumerate(truth.names()):
        routes = np.full(n, agent)
        shares = nobody + (np.arange(1, n_agents) == agent)
        yield Entry(name, False, None, 1 - table[:, agent], truth.paid(routes), shares)
    if constant is not None:
        right = 1.0 - truth.costs_of(constant.answer)
        yield Entry(constant.row, False, None, right, np.zeros(n), nobody, answer=constant.name)
    if n_agents == 1:
        return
    for budget, rate in rates.items():
        mixed = (1 - rate) * table[:, 0] + rate * table[:, 1:].mean(axis=1)
        shares = np.full(n_agents - 1, rate / (n_agents - 1))
        spent = np.full(n, rate * truth.fees.mean())
        yield Entry(RANDOM, False, budget, 1 - mixed, spent, shares)
        yield _oracle(truth, table, budget)


def _oracle(truth: Truth, table: Floats, budget: float) -> Entry:
    """Spend the whole budget: outcomes take few values, so the last tie is split evenly."""
    full_costs = table + np.append(0.0, truth.fees)
    prices = price_of_share(1 - full_costs, np.zeros(len(truth.fees)), budget)
    price = float(prices[0])
    gain = gains_at(1 - full_costs, np.zeros(1))
    tied = (gain == price) & (price > 0)
    remainder = budget * len(gain) - np.count_nonzero(gain > price)
    share = np.where(gain > price, 1.0, tied * remainder / max(1, np.count_nonzero(tied)))
    best = full_costs[:, 1:].argmin(axis=1) + 1
    wrong = (1 - share) * table[:, 0] + share * table[np.arange(len(table)), best]
    shares = np.bincount(best, share, minlength=table.shape[1])[1:] / len(table)
    spent = share * truth.fees[best - 1]
    return Entry("oracle", False, budget, 1 - wrong, spent, shares, tuple(prices.tolist()))
