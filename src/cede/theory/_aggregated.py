"""Aggregated costs: lowest risk, gap of a class, least excess at a regret, upper bound."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats
from cede.exceptions import InvalidInput
from cede.theory._checks import check_at_least, check_costs, check_count, check_number

__all__ = ["calibration_transform", "minimisability_gap", "optimal_risk", "upper_bound_factor"]


def optimal_risk(agent_costs: ArrayLike, u: float = 1.0) -> Floats:
    r"""Lowest conditional risk of :func:`cede.losses.aggregated`, over all scores.

    With :math:`\tau_j = \sum_{i \neq j} E[c_i|x]` and :math:`\|\tau\|_s = (\sum_j \tau_j^s)^{1/s}`:

    .. math::
        V_u = \frac{\|\tau\|_{1/(2-u)} - \|\tau\|_1}{1 - u} \;(u < 2), \qquad
        V_1 = -\sum_j \tau_j \log \frac{\tau_j}{\|\tau\|_1}, \qquad
        V_u = \frac{\|\tau\|_1 - \max_j \tau_j}{u - 1} \;(u \geq 2)

    Parameters
    ----------
    agent_costs : array of shape (..., J + 1)
        Each agent's *expected* cost given x, at least 0, the model first.
    u : float, default=1.0
        As in :func:`cede.losses.aggregated`, any number of at least 0.

    Returns
    -------
    array of shape (...)
        Concave in the costs, and proportional to a common factor of them.

    Raises
    ------
    InvalidInput
        If a cost is negative or not finite, there are no agents, or u is negative.

    Notes
    -----
    For u < 2 it is attained at :math:`p_j \propto \tau_j^{1/(2-u)}`; from 2 on it is the limit
    where all mass is on the cheapest agent. The paper prints the first formula for u > 2 as well,
    where it is a stationary point above the infimum: by 0.37 for u = 3 and
    :math:`\tau = (0.9, 0.6, 0.3)`.

    References
    ----------
    Montreuil et al. 2025, "A two-stage learning-to-defer approach for multi-task learning",
    theorem 4.6.

    Examples
    --------
    >>> optimal_risk([[0.0, 0.3, 0.6], [0.2, 0.2, 0.2]], u=2.0).round(3)
    array([0.9, 0.8])
    """
    costs = check_costs("agent_costs", agent_costs)
    u = check_at_least("u", u, 0.0)
    if costs.ndim == 0 or costs.shape[-1] == 0:
        raise InvalidInput(
            f"must have shape (..., J + 1), one column per agent with the model first, but got "
            f"shape {costs.shape}; write a number for each agent",
            argument="agent_costs",
        )
    largest, ratios = _weights(costs)
    rest = ratios[..., :-1].sum(-1)  # without one of the largest weights, whose ratio is 1
    if u >= 2.0:
        return np.asarray(largest * rest / (u - 1.0))[()]
    total = largest * (1.0 + rest)  # ||tau||_1
    shares = ratios / (1.0 + rest[..., None])  # tau_j / ||tau||_1
    logs = np.log(ratios, out=np.zeros_like(ratios), where=ratios > 0.0)
    if u == 1.0:
        return np.asarray(total * (np.log1p(rest) - (shares * logs).sum(-1)))[()]
    # The norm over ||tau||_1 through its logarithm, so that nothing is lost where u is near 1:
    # in units of the largest, sum_j tau_j^s = (1 + rest) sum_j share_j ratio_j^(s - 1).
    s_minus_1 = (u - 1.0) / (2.0 - u)
    mean_minus_1 = (shares * np.expm1(s_minus_1 * logs)).sum(-1)
    log_norm = (2.0 - u) * np.log1p(mean_minus_1) + (1.0 - u) * np.log1p(rest)
    return np.asarray(total * np.expm1(log_norm) / (1.0 - u))[()]


def minimisability_gap(
    agent_costs: ArrayLike,
    u: float = 1.0,
    *,
    risk: float | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    r"""Gap of a class: its lowest risk minus the mean lowest conditional risk (same theorem).

    Parameters
    ----------
    agent_costs : array of shape (..., J + 1)
        Each agent's *expected* cost in each case, at least 0, the model first. Observed costs will
        not do: the optimal risk is concave in costs, so noise would count as gap.
    u : float, default=1.0
        As in :func:`cede.losses.aggregated`.
    risk : float, optional
        Lowest risk of the class on these costs. None stands for the class of constant scores: as
        the loss is linear in the costs, their lowest risk is the optimal risk of the mean costs.
    sample_weight : array of shape (...), optional
        Weight of each case.

    Returns
    -------
    float
        For constant scores at least 0: all that a router gains, in the surrogate, by looking at x.
        It is 0 if and only if the cases' costs are proportional to each other (u < 2), or one agent
        is cheapest in all cases (u at least 2). It is negative only if ``risk`` is not of these
        costs.

    Raises
    ------
    InvalidInput
        As :func:`optimal_risk`; and if the risk is not finite, or no case has a weight above 0.

    References
    ----------
    Montreuil et al. 2025, theorem 4.6.

    Examples
    --------
    >>> minimisability_gap([[0.2, 0.4], [0.1, 0.2]])     # one answer serves both
    0.0
    >>> round(minimisability_gap([[0.0, 1.0], [1.0, 0.0]]), 4)
    0.6931
    """
    costs = check_costs("agent_costs", agent_costs)
    lowest = optimal_risk(costs, u)
    weight = np.ones_like(lowest)
    if sample_weight is not None:
        weight = check_costs("sample_weight", sample_weight)
    if weight.shape != lowest.shape:
        raise InvalidInput(
            f"must have one weight per case, shape {lowest.shape}, but got shape {weight.shape}; "
            f"write one for each",
            argument="sample_weight",
        )
    if weight.sum() == 0.0:
        raise InvalidInput(
            f"must be above 0 in some case, but the weights of {weight.size} cases sum to 0; weigh "
            f"those that count",
            argument="sample_weight",
        )
    share = weight / weight.sum()
    mean_lowest = float((share * lowest).sum())
    if risk is not None:
        return check_number("risk", risk) - mean_lowest
    mean_costs = np.tensordot(share, costs, lowest.ndim)
    return max(0.0, float(optimal_risk(mean_costs, u)) - mean_lowest)  # rounding may go below 0


def calibration_transform(t: ArrayLike, u: float = 1.0, *, n_agents: int = 2) -> Floats:
    r"""Least excess of the aggregated-costs loss at a deferral regret, both per unit of scale.

    With A agents, :math:`s = 1/(2-u)` and
    :math:`N_t = [\frac12 (1+t)^s + \frac12 (1-t)^s]^{1/s}`:

    .. math::
        T_u(t) = \begin{cases}
            2^{1-u}\,(1 - N_t) / (1-u) & u < 1 \\
            \frac{1+t}{2} \log(1+t) + \frac{1-t}{2} \log(1-t) & u = 1 \\
            A^{1-u}\,(N_t - 1) / (u-1) & 1 < u < 2 \\
            t\,\bigl[1 - \max_{k \leq A} (k-1)\,k^{1-u}\bigr] / (u-1) & u \geq 2
        \end{cases}

    Parameters
    ----------
    t : array
        Deferral regret over the scale :math:`E\|\tau\|_1`, in [0, 1].
    u : float, default=1.0
        As in :func:`cede.losses.aggregated`.
    n_agents : int, default=2
        The number A of agents, the model included; at least 2.

    Returns
    -------
    array of the shape of t
        Convex and increasing from 0. Excess over scale is no smaller, at each x and on average.

    Raises
    ------
    InvalidInput
        If t is not in [0, 1], u is negative, or there are fewer than two agents.

    Notes
    -----
    It is attained: up to u = 2 by two agents with equal scores, and from 2 on for any A, since the
    loss is then concave in p for a given leader, and least where p is uniform on some k agents. The
    published :math:`t\,A^{1-u}/(u-1)` is far smaller beyond 2: 12 times for u = 3 and four agents.

    References
    ----------
    Montreuil et al. 2025, theorem 4.4.

    Examples
    --------
    >>> calibration_transform([0.0, 0.6, 1.0], u=0.0)    # 1 - sqrt(1 - t^2)
    array([0. , 0.2, 1. ])
    """
    values = np.asarray(t, dtype=np.float64)
    u = check_at_least("u", u, 0.0)
    n_agents = check_count("n_agents", n_agents)
    if not ((values >= 0.0) & (values <= 1.0)).all():
        raise InvalidInput(
            f"must be in [0, 1], but got {values.min():.6g} to {values.max():.6g}; divide the "
            f"regret by the scale",
            argument="t",
        )
    if u >= 2.0:
        k = np.arange(1.0, n_agents + 1.0)
        least = 1.0 - ((k - 1.0) * k ** (1.0 - u)).max()
        return np.asarray(values * least / (u - 1.0))[()]
    # (1 - t) / (1 + t) is exp(-2 artanh t); just below t = 1 the logarithm stays finite.
    artanh = np.arctanh(np.minimum(values, 1.0 - 2.0**-53))
    if u == 1.0:
        return np.asarray(np.log1p(values) - (1.0 - values) * artanh)[()]
    # N_t^s = (1 + t)^(s - 1) [1 + (1 - t)/2 (((1 - t)/(1 + t))^(s - 1) - 1)], in logarithms.
    s_minus_1 = (u - 1.0) / (2.0 - u)
    bracket_minus_1 = (1.0 - values) / 2.0 * np.expm1(-2.0 * s_minus_1 * artanh)
    log_norm = (2.0 - u) * (s_minus_1 * np.log1p(values) + np.log1p(bracket_minus_1))
    factor = (2.0 if u < 1.0 else n_agents) ** (1.0 - u)
    return np.asarray(factor * np.abs(np.expm1(log_norm) / (u - 1.0)))[()]  # abs: 0, never -0


def upper_bound_factor(u: float = 1.0) -> float:
    r"""Factor by which the aggregated-costs loss becomes an upper bound of the deferral loss.

    .. math:: \kappa_u = \frac{1 - u}{2^{1-u} - 1}, \qquad \kappa_1 = 1 / \log 2, \quad \kappa_2 = 2

    Parameters
    ----------
    u : float, default=1.0
        As in :func:`cede.losses.aggregated`.

    Returns
    -------
    float
        :math:`\kappa_u`: then :math:`c_{\arg\max r} \leq \kappa_u \ell_u(r, c)`, as only the leader
        can have :math:`p_j > 1/2`. With A agents :math:`\kappa_u / (A-1)` is enough.

    Raises
    ------
    InvalidInput
        If u is negative or not finite.

    Notes
    -----
    The paper (Montreuil et al. 2025) claims the bound without the factor. That is false: with costs
    (1, 0) and equal scores, the loss is 1/2 for u = 2.

    Examples
    --------
    >>> upper_bound_factor(2.0)
    2.0
    """
    u = check_at_least("u", u, 0.0)
    if u == 1.0:
        return 1.0 / math.log(2.0)
    return (1.0 - u) / math.expm1((1.0 - u) * math.log(2.0))


def _weights(costs: Floats) -> tuple[Floats, Floats]:
    r"""Return each case's largest :math:`\tau_j`, and all of them over it in increasing order.

    In units of the largest cost nothing overflows; summed over the others, not subtracted from the
    total, nothing cancels.
    """
    unit = costs.max(-1, keepdims=True)
    others = 1.0 - np.eye(costs.shape[-1])
    weights = _divide(costs, unit) @ others
    largest = weights.max(-1, keepdims=True)
    ratios = np.sort(_divide(weights, largest), axis=-1)
    return (unit * largest)[..., 0], ratios


def _divide(values: Floats, unit: Floats) -> Floats:
    """Divide, except where the unit is 0: there all values are, and stay, 0."""
    return values / np.where(unit > 0.0, unit, 1.0)
