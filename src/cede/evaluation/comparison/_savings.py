"""What each row costs less than each agent alone, in intervals that hold all at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cede._checks import Floats
from cede._intervals import Estimate
from cede.evaluation.comparison._means import Means

__all__ = ["FEWEST_RESAMPLES", "simultaneous_savings"]

#: With fewer resamples, the quantile of the largest of many deviations says nothing.
FEWEST_RESAMPLES = 100


def simultaneous_savings(
    costs: Means,
    alone: Sequence[int],
    candidates: Sequence[int],
    part: Floats,
    confidence: float,
) -> list[tuple[Estimate, ...]]:
    r"""Cost of each agent alone minus cost of each row, with intervals that hold together.

    With :math:`d` the difference of a row and an agent, :math:`d^*` that of a resample and
    :math:`\sigma` the standard deviation of :math:`d^*`, every interval is :math:`d \pm c \sigma`,
    where :math:`c` is the ``confidence`` quantile, over resamples, of the largest
    :math:`|d^* - d| / \sigma` among all rows that can be chosen and all agents (sup-t). The
    interval of the best row holds too, though it was picked after looking at all of them.

    Where a row and an agent differ in too few cases for resamples to tell, the interval is that of
    a mean in a known range, its level corrected for the number of all rows and agents (Bonferroni).

    Parameters
    ----------
    costs : Means
        Of each of R rows, what it costs in each case.
    alone : sequence of int
        The rows of agents alone, the model first.
    candidates : sequence of int
        The rows that can be chosen, over which the maximum is taken.
    part : array of shape (R, len(alone))
        How much of the range of costs a row and an agent can differ by in one case, at most: zero
        if the row is that agent by what it is, not by what was seen.
    confidence : float

    Returns
    -------
    list of tuple of Estimate
        One tuple per row, one estimate per agent; empty tuples with fewer than 100 resamples.
    """
    if not alone or len(costs.resampled) < FEWEST_RESAMPLES:
        return [()] * len(costs.mean)
    resampled, mean = costs.resampled, costs.mean
    saved, errors = np.empty((len(mean), len(alone))), np.empty((len(mean), len(alone)))
    largest = np.zeros(len(resampled))
    rounding = 1e-12 * (1.0 + np.abs(mean).max())
    # One agent at a time: all at once would be resamples x rows x agents.
    for k, agent in enumerate(alone):
        saved[:, k] = mean[agent] - mean
        deviation = resampled[:, [agent]] - resampled - saved[:, k]
        errors[:, k] = np.where(
            np.abs(deviation).max(axis=0) > rounding, deviation.std(axis=0), 0.0
        )
        scale = np.where(errors[candidates, k] > 0, errors[candidates, k], np.inf)
        largest = np.maximum(largest, (np.abs(deviation[:, candidates]) / scale).max(axis=1))
    reach = float(np.quantile(largest, confidence)) * errors
    table = np.stack([saved, saved - reach, saved + reach], axis=2)
    pairs = max(1, int(np.count_nonzero(part[list(candidates)])))
    level = 1.0 - (1.0 - confidence) / pairs
    near = costs.hardly_differ(np.asarray(alone), part)
    pairs_near = [(alone[k], int(i)) for i, k in np.argwhere(near)]
    table[near] = np.reshape(costs.differences(pairs_near, part[near], level), (-1, 3))
    return [tuple(Estimate(*numbers) for numbers in row) for row in table.tolist()]
