"""A weak model and a strong expert: how much of the gap between them calls recover."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_agent_table, check_same_length, without_rounding
from cede._checks._arrays import to_array
from cede.exceptions import InvalidInput

__all__ = ["GapRecovered", "average_gap_recovered", "call_share_for_gap", "gap_recovered"]


class GapRecovered(NamedTuple):
    """What calling the expert on a growing share of cases recovers of the gap between two agents.

    See :func:`gap_recovered`.
    """

    #: Share of cases that the expert answers, increasing from 0 to 1.
    share: Floats
    #: Share of the gap recovered there: 0 at the model's mean cost, 1 at the expert's. Not
    #: monotone in general; above 1 where the two together are better than the expert alone.
    recovered: Floats


def gap_recovered(
    gain: ArrayLike, answer_costs: ArrayLike, n_bins: int | None = None
) -> GapRecovered:
    r"""Share of the gap between a weak model and a strong expert recovered, by share of calls.

    .. math:: \mathrm{PGR}(t) = \frac{\bar c_0 - \bar c(t)}{\bar c_0 - \bar c_1}

    where :math:`\bar c(t)` is the mean cost of the rule "ask the expert where the gain exceeds
    t". Costs may be one minus qualities. Leave fees out, as the share of calls, the other axis,
    says what calls cost.

    Parameters
    ----------
    gain : array of shape (n,)
        A score that is larger where the expert is expected to improve more on the model, such as
        :func:`cede.operating.deferral_gain` of agent scores. Only its order matters.
    answer_costs : array of shape (n, 2)
        What each agent's answer cost, the model first: ``1[wrong]``, or any other cost.
    n_bins : int, default=None
        None takes every threshold: one point per distinct gain and one before the first, as
        :func:`cede.deferral_curve` has it. Cases that tie cannot be told apart, so no point lies
        inside a tie; the line between two points is what splitting a tie at random gives on
        average. A number takes RouteLLM's thresholds instead: the ``n_bins + 1`` edges of equally
        full bins (10 there). A case is deferred if its gain is *at least* the edge, and none is at
        the last edge. Edges that coincide, which RouteLLM refuses, repeat a point. Where a gain
        lies on an edge, rounding in pandas' quantiles can move RouteLLM's point by one case; this
        function does not round.

    Raises
    ------
    InvalidInput
        If the expert is not better than the model on average: there is no gap to recover.

    References
    ----------
    Ong et al. 2024, "RouteLLM: Learning to Route LLMs with Preference Data", performance gap
    recovered (PGR); the thresholds are those of ``routellm/evals/benchmarks.py``.

    Examples
    --------
    >>> costs = [[1, 0], [1, 0], [0, 1], [1, 0]]
    >>> curve = gap_recovered([0.9, 0.8, 0.1, 0.2], costs)
    >>> curve.share, curve.recovered
    (array([0.  , 0.25, 0.5 , 0.75, 1.  ]), array([0. , 0.5, 1. , 1.5, 1. ]))
    """
    scores, saved = _check_pair(gain, answer_costs)
    if n_bins is None:
        count, total = _at_every_gain(scores, saved)
    else:
        count, total = _at_bin_edges(scores, saved, n_bins)
    return GapRecovered(count / len(scores), total / total[-1])


def average_gap_recovered(
    gain: ArrayLike, answer_costs: ArrayLike, n_bins: int | None = None
) -> float:
    """Mean over all shares of calls of the gap recovered: APGR, one half for a random order.

    The area under :func:`gap_recovered` by the trapezoid. The oracle's exceeds 1 where each agent
    is sometimes the better one: with costs of 0 and 1, the expert better in a share ``p`` of cases
    and worse in a share ``q``, it is ``(p - p**2 / 2 - q**2 / 2) / (p - q)``.

    Parameters
    ----------
    gain, answer_costs
        As in :func:`gap_recovered`.
    n_bins : int, default=None
        None is the exact area. 10 is RouteLLM's average performance gap recovered (APGR), for
        comparison with published numbers; its thresholds cut an oracle's corners.

    References
    ----------
    Ong et al. 2024, as in :func:`gap_recovered`, and ``routellm/evals/evaluate.py``.

    Examples
    --------
    >>> costs = [[1, 0], [1, 0], [0, 1], [1, 0]]
    >>> average_gap_recovered([0.9, 0.8, 0.1, 0.2], costs)
    0.875
    >>> average_gap_recovered([0.0, 0.0, 0.0, 0.0], costs)
    0.5
    """
    share, recovered = gap_recovered(gain, answer_costs, n_bins)
    return float(np.trapezoid(recovered, share))


def call_share_for_gap(
    gain: ArrayLike,
    answer_costs: ArrayLike,
    gaps: ArrayLike = (0.2, 0.5, 0.8),
    n_bins: int | None = None,
) -> Floats:
    """Share of calls to the expert that recovers given shares of the gap: CPT 20, 50 and 80.

    Parameters
    ----------
    gain, answer_costs
        As in :func:`gap_recovered`.
    gaps : array of shape (m,), default=(0.2, 0.5, 0.8)
        Shares of the gap, between 0 and 1.
    n_bins : int, default=None
        None gives the smallest share of calls at which the exact curve, lines included, reaches
        the gap. 10 is RouteLLM's call-performance threshold (CPT), as a share where it prints per
        cent: ``numpy.interp`` on the gaps recovered at its thresholds, which is arbitrary where
        these do not increase.

    Returns
    -------
    array of shape (m,)
        Shares of cases, between 0 and 1.

    References
    ----------
    Ong et al. 2024, as in :func:`gap_recovered`, and ``routellm/evals/evaluate.py``.

    Examples
    --------
    >>> costs = [[1, 0], [1, 0], [0, 1], [1, 0]]
    >>> call_share_for_gap([0.9, 0.8, 0.1, 0.2], costs)
    array([0.1 , 0.25, 0.4 ])
    """
    targets = np.atleast_1d(without_rounding(gaps))
    if targets.ndim != 1 or not ((targets >= 0.0) & (targets <= 1.0)).all():
        raise InvalidInput(
            f"must be shares of the gap between 0 and 1, but got {gaps!r}; write 0.5 for 50 %",
            argument="gaps",
        )
    share, recovered = gap_recovered(gain, answer_costs, n_bins)
    if n_bins is not None:
        # One call each: on values that do not increase, a shared search would start elsewhere.
        return np.array([np.interp(gap, recovered, share) for gap in targets])
    # The highest point so far reaches a gap where the curve first does, at the latest at the end.
    record = np.maximum.accumulate(recovered)
    last = np.searchsorted(record, targets)
    before = np.maximum(last - 1, 0)
    rise = np.where(last > 0, recovered[last] - recovered[before], 1.0)
    part = (targets - recovered[before]) / np.where(rise > 0, rise, 1.0)
    return np.asarray(share[before] + part * (share[last] - share[before]), dtype=np.float64)


def _check_pair(gain: ArrayLike, answer_costs: ArrayLike) -> tuple[Floats, Floats]:
    """Gains, and what the expert saves in each case."""
    scores, costs = to_array(gain), check_agent_table("answer_costs", answer_costs)
    if scores.ndim != 1 or costs.shape[1] != 2:
        raise InvalidInput(
            f"must have shape (n,) beside answer_costs (n, 2), the model's and one expert's, "
            f"but got {scores.shape} and {costs.shape}; pass one gain per case and two agents",
            argument="gain",
        )
    scores = check_agent_table("gain", scores[:, None])[:, 0]
    if check_same_length(gain=scores, answer_costs=costs) == 0:
        raise InvalidInput(
            "must have one case at least, but got none; pass the cases to judge", argument="gain"
        )
    saved = costs[:, 0] - costs[:, 1]
    if not saved.mean() > 0.0:
        raise InvalidInput(
            f"must show an expert who is better than the model on average, but got a mean cost of "
            f"{costs[:, 1].mean():.4g} beside the model's {costs[:, 0].mean():.4g}; there is no "
            f"gap to recover: swap the columns, or judge by deferral_curve",
            argument="answer_costs",
        )
    return scores, saved


def _at_every_gain(scores: Floats, saved: Floats) -> tuple[Floats, Floats]:
    """Cases deferred and what they saved, one point per distinct gain and one before the first."""
    order = np.argsort(-scores)
    ranked = scores[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of a group of equal gains
    return np.append(0.0, last + 1), np.append(0.0, saved[order].cumsum()[last])


def _at_bin_edges(scores: Floats, saved: Floats, n_bins: int) -> tuple[Floats, Floats]:
    """Like :func:`_at_every_gain`, at the edges of equally full bins, from the highest down."""
    if not isinstance(n_bins, Integral) or n_bins < 1:
        raise InvalidInput(
            f"must be a whole number of at least 1, but got {n_bins!r}; leave it out to take "
            f"every gain",
            argument="n_bins",
        )
    # A gain is at least the interpolated quantile just where it is at least the next one observed;
    # in whole numbers, no rounding moves an edge past a gain that lies on it.
    place = -(-np.arange(n_bins + 1) * (len(scores) - 1) // n_bins)
    edges = np.partition(scores, place)[place]
    reached = np.searchsorted(edges, scores, side="right")  # edges that a gain is at least
    count = np.bincount(reached, minlength=n_bins + 2)[::-1].cumsum()
    total = np.bincount(reached, weights=saved, minlength=n_bins + 2)[::-1].cumsum()
    # reached is n_bins + 1 at the maximum only, where the last edge asks for more.
    return np.append(0.0, count[1:-1]), np.append(0.0, total[1:-1])
