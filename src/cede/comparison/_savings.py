"""What each row costs less than each agent alone, in intervals that hold all at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cede._checks import Floats
from cede._intervals import Estimate

__all__ = ["FEWEST_RESAMPLES", "simultaneous_savings"]

#: With fewer resamples, the quantile of the largest of many deviations says nothing.
FEWEST_RESAMPLES = 100


def simultaneous_savings(
    costs: Floats,
    resampled: Floats,
    alone: Sequence[int],
    chosen: Sequence[int],
    confidence: float,
) -> list[tuple[Estimate, ...]]:
    r"""Cost of each agent alone minus cost of each row, with intervals that hold together.

    With :math:`d` the difference of a row and an agent, :math:`d^*` that of a resample and
    :math:`\sigma` the standard deviation of :math:`d^*`, every interval is :math:`d \pm c \sigma`,
    where :math:`c` is the ``confidence`` quantile, over resamples, of the largest
    :math:`|d^* - d| / \sigma` among all rows that can be chosen and all agents (sup-t). Whoever
    picks the best row after looking at all of them is still told the truth.

    Parameters
    ----------
    costs : array of shape (R,)
        Mean cost of each row.
    resampled : array of shape (n_boot, R)
        The same in each resample.
    alone : sequence of int
        The rows of agents alone, the model first.
    chosen : sequence of int
        The rows that can be chosen, over which the maximum is taken.
    confidence : float

    Returns
    -------
    list of tuple of Estimate
        One tuple per row, one estimate per agent; empty tuples with fewer than 100 resamples.
    """
    if not alone or len(resampled) < FEWEST_RESAMPLES:
        return [()] * len(costs)
    saved, errors = np.empty((len(costs), len(alone))), np.empty((len(costs), len(alone)))
    largest = np.zeros(len(resampled))
    rounding = 1e-12 * (1.0 + np.abs(costs).max())
    # One agent at a time: all at once would be resamples x rows x agents.
    for k, agent in enumerate(alone):
        saved[:, k] = costs[agent] - costs
        deviation = resampled[:, [agent]] - resampled - saved[:, k]
        errors[:, k] = np.where(
            np.abs(deviation).max(axis=0) > rounding, deviation.std(axis=0), 0.0
        )
        scale = np.where(errors[chosen, k] > 0, errors[chosen, k], np.inf)
        largest = np.maximum(largest, (np.abs(deviation[:, chosen]) / scale).max(axis=1))
    reach = float(np.quantile(largest, confidence)) * errors
    table = np.stack([saved, saved - reach, saved + reach], axis=2).tolist()
    return [tuple(Estimate(*found) for found in row) for row in table]
