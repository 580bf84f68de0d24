"""Quality on average over a range of spend."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cede.exceptions import InvalidInput
from cede.operating._hull import upper_hull

__all__ = ["average_quality"]


def average_quality(
    spend: ArrayLike,
    quality: ArrayLike,
    lowest: float | None = None,
    highest: float | None = None,
) -> float:
    r"""Quality on average over a range of spend, on the non-decreasing hull of the points: AIQ.

    .. math:: \frac{1}{c_1 - c_0} \int_{c_0}^{c_1} \tilde q(c)\, dc

    where :math:`\tilde q(c)` is the best mean quality that points, mixed at random, give for a mean
    spend of at most c: their upper hull, level beyond the best point.

    Parameters
    ----------
    spend, quality : arrays of shape (m,)
        Mean spend and mean quality at the points of a system, in any order: of a
        :class:`cede.operating.DeferralCurve`, its ``spend`` and ``accuracy``.
    lowest, highest : float, optional
        The range :math:`c_0, c_1`; by default the points' own. Only over one range are two systems
        comparable. It may end beyond the dearest point. It may not begin below the cheapest: add
        the point (0, 0) of a system that answers nothing and costs nothing, as the paper does.

    Returns
    -------
    float

    Raises
    ------
    InvalidInput
        If the range is empty, or begins below the cheapest point.

    References
    ----------
    Hu et al. 2024, "RouterBench: A Benchmark for Multi-LLM Routing System", average improvement in
    quality (AIQ), section 3. Its program divides the same integral by the highest spend instead of
    by the length of the range: ``average_quality(...) * (highest - lowest) / highest``.

    Examples
    --------
    >>> average_quality([1.0, 2.0, 3.0], [0.25, 0.75, 0.5])
    0.625
    >>> average_quality([1.0, 2.0, 3.0], [0.25, 0.75, 0.5], highest=5.0)
    0.6875
    """
    cost, level = np.asarray(spend, dtype=np.float64), np.asarray(quality, dtype=np.float64)
    if cost.ndim == 1 and cost.shape == level.shape:
        order = np.argsort(cost, kind="stable")
        cost, level = cost[order], level[order]
    hull = upper_hull(cost, level)
    cost, level = cost[hull], np.maximum.accumulate(level[hull])
    start = float(cost[0]) if lowest is None else float(lowest)
    end = float(cost[-1]) if highest is None else float(highest)
    if not cost[0] <= start < end < np.inf:
        raise InvalidInput(
            f"must be at least the cheapest point, {cost[0]:.4g}, and below the end of the range, "
            f"but got a range from {start:.4g} to {end:.4g}; "
            f"leave both ends out for the points' own",
            argument="lowest",
        )
    knots = np.concatenate([[start], cost[(cost > start) & (cost < end)], [end]])
    return float(np.trapezoid(np.interp(knots, cost, level), knots) / (end - start))
