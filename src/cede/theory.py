r"""What a surrogate's value promises: lowest risks, minimisability gaps and bounds, without torch.

A router is trained on a surrogate risk R, and judged by its deferral risk :math:`R_{def}`. From one
to the other leads the *excess*, R minus the mean lowest conditional risk: in papers
:math:`R - R^* + M`, with the minimisability gap M of a class. Logarithms are natural.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cede._checks import Floats, check_finite
from cede.exceptions import InvalidInput, UnknownName

__all__ = [
    "calibration_transform",
    "consistency_bound",
    "minimizability_gap",
    "optimal_risk",
    "plug_in_bound",
    "upper_bound_factor",
]


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
    For u < 2 it is attained at :math:`p_j \propto \tau_j^{1/(2-u)}`; from 2 on it is the limit of
    all mass on the cheapest agent. The first formula is printed for u > 2 as well, where it is a
    stationary point above the infimum: by 0.37 for u = 3 and :math:`\tau = (0.9, 0.6, 0.3)`.

    References
    ----------
    Montreuil et al. 2025, "A two-stage learning-to-defer approach for multi-task learning",
    theorem 4.6.

    Examples
    --------
    >>> optimal_risk([[0.0, 0.3, 0.6], [0.2, 0.2, 0.2]], u=2.0).round(3)
    array([0.9, 0.8])
    """
    costs, u = _check_costs(agent_costs), _check("u", u)
    if costs.shape[-1:] in ((), (0,)):
        raise InvalidInput(f"agent_costs must have shape (..., J + 1), not {costs.shape}.")
    # In units of the largest cost, and summed over the others: nothing overflows or cancels.
    unit = costs.max(-1, keepdims=True)
    weights = (costs / np.where(unit > 0.0, unit, 1.0)) @ (1.0 - np.eye(costs.shape[-1]))
    largest = weights.max(-1, keepdims=True)
    ratios = np.sort(weights / np.where(largest > 0.0, largest, 1.0), axis=-1)
    rest = ratios[..., :-1].sum(-1)  # all but one of the largest, whose ratio is 1
    factor = (unit * largest)[..., 0] * (1.0 + rest)
    if u >= 2.0:
        return np.asarray(factor * rest / (1.0 + rest) / (u - 1.0))[()]
    shares = ratios / (1.0 + rest[..., None])
    logs = np.log(ratios, out=np.zeros_like(ratios), where=ratios > 0.0)
    if u == 1.0:
        return np.asarray(factor * (np.log1p(rest) - (shares * logs).sum(-1)))[()]
    power = (u - 1.0) / (2.0 - u)  # 1/(2 - u) - 1; small differences stay exact
    log_norm = (2.0 - u) * np.log1p((shares * np.expm1(power * logs)).sum(-1))
    log_norm = log_norm - (u - 1.0) * np.log1p(rest)  # of ||tau||_{1/(2-u)} over ||tau||_1
    return np.asarray(factor * np.expm1(log_norm) / (1.0 - u))[()]


def minimizability_gap(
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
        Each agent's *expected* cost in each case, at least 0, the model first; the optimal risk is
        concave in it, so noise would count as gap.
    u : float, default=1.0
        As in :func:`cede.losses.aggregated`.
    risk : float, optional
        Lowest risk of the class on these costs. None takes the class of constant scores: the loss
        is linear in the costs, so theirs is the optimal risk of the mean costs.
    sample_weight : array of shape (...), optional
        Weight of each case.

    Returns
    -------
    float
        For constant scores at least 0: all that a router gains, in the surrogate, by looking at x.
        It is 0 iff the cases' costs are proportional to each other (u < 2), or one agent is
        cheapest in all cases (u at least 2). Negative only if ``risk`` is not of these costs.

    Raises
    ------
    InvalidInput
        As :func:`optimal_risk`; and if the risk is not finite, or no case has a weight above 0.

    Examples
    --------
    >>> minimizability_gap([[0.2, 0.4], [0.1, 0.2]])     # one answer serves both
    0.0
    >>> round(minimizability_gap([[0.0, 1.0], [1.0, 0.0]]), 4)
    0.6931
    """
    costs = _check_costs(agent_costs)
    lowest = optimal_risk(costs, u)
    given = np.ones_like(lowest) if sample_weight is None else sample_weight
    weight = _check_costs(given, "sample_weight")
    if weight.shape != lowest.shape or not weight.sum() > 0.0:
        raise InvalidInput(f"sample_weight needs shape {lowest.shape}, and some weight above 0.")
    share = weight / weight.sum()
    if risk is not None:
        return _check("risk", risk) - float((share * lowest).sum())
    constant = np.tensordot(share, costs, lowest.ndim)
    return max(0.0, float(optimal_risk(constant, u) - (share * lowest).sum()))


def calibration_transform(t: ArrayLike, u: float = 1.0, *, n_agents: int = 2) -> Floats:
    r"""Excess of the aggregated-costs loss that a deferral regret forces, both per unit of scale.

    Montreuil et al. 2025, theorem 4.4. With A agents, :math:`s = 1/(2-u)` and
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
        Convex and increasing from 0. Excess over scale is at least this, at each x and on average.

    Raises
    ------
    InvalidInput
        If t is not in [0, 1], u is negative, or there are fewer than two agents.

    Notes
    -----
    Attained by two agents with equal scores (u up to 2), and from 2 on for any A: given who leads,
    the loss is concave in p, so it is least where p is uniform on some k agents. The published
    :math:`t\,A^{1-u}/(u-1)` is far smaller beyond 2, 12 times for u = 3 and four agents.

    Examples
    --------
    >>> calibration_transform([0.0, 0.6, 1.0], u=0.0)    # 1 - sqrt(1 - t^2)
    array([0. , 0.2, 1. ])
    """
    values = np.asarray(t, dtype=np.float64)
    u, n = _check("u", u), int(_check("n_agents", n_agents))
    if not ((values >= 0.0) & (values <= 1.0)).all():
        raise InvalidInput(f"t must lie in [0, 1]: {values.min()} to {values.max()}.")
    if u >= 2.0:
        return np.asarray(values / _slope(u, n))[()]
    angle = np.arctanh(np.minimum(values, 1.0 - 2.0**-53))
    if u == 1.0:
        return np.asarray(np.log1p(values) - (1.0 - values) * angle)[()]
    power = (u - 1.0) / (2.0 - u)  # s - 1
    small = np.log1p((1.0 - values) / 2.0 * np.expm1(-2.0 * power * angle))
    log_norm = (2.0 - u) * (power * np.log1p(values) + small)  # of N_t
    factor = (2.0 if u < 1.0 else n) ** (1.0 - u)
    return np.asarray(factor * np.abs(np.expm1(log_norm)) / abs(u - 1.0))[()]


def consistency_bound(excess: ArrayLike, kind: str, **parameters: Any) -> Floats:
    r"""Largest excess deferral risk :math:`R_{def} - R_{def}^* + M_{def}`, given a surrogate's.

    With the excess x, scale s, :math:`c = c_{max}` and weight w (parameters in bold are required):

    ======================  =========================================  =============================
    kind                    bound                                      takes
    ======================  =========================================  =============================
    asymmetric_softmax      :math:`\max(\sqrt 2, c) \sqrt x`           max_cost
    softmax_one_vs_all      :math:`\max(\sqrt 2, \sqrt{c/w}) \sqrt x`  weight, max_cost
    one_vs_all              :math:`\sqrt{c\,x}`                        max_cost
    cost_sensitive_softmax  :math:`\sqrt{2 s x}`                       **scale**
    expected_cost           :math:`(K + J)\,x`                         **n_actions**
    rejector                :math:`\sqrt{2 s x}`; squared hinge:       margin, **scale** (not for
                            :math:`\sqrt{s x}`; hinge: :math:`x`       the hinge)
    aggregated              :math:`s\,\Gamma_u(x / s)`                 **scale, n_agents**, u, exact
    ======================  =========================================  =============================

    .. math::
        \Gamma_u(v) = \sqrt{2^u (2-u)\,v} \;(u < 1), \quad \sqrt{2 A^{u-1}\,v} \;(1 \leq u < 2),
        \quad (u-1)\,v \big/ \bigl[1 - \max_{k \leq A} (k-1)\,k^{1-u}\bigr] \;(u \geq 2)

    Parameters
    ----------
    excess : array
        Surrogate risk minus the mean lowest conditional risk, at least 0; one bound for each.
    kind : str
        A loss of :mod:`cede.losses`, by name.
    **parameters
        ``n_actions`` = K + J; ``n_agents`` = A = J + 1; ``scale``, the expected sum of a case's
        weights: J times the agents' mean total cost (aggregated), mean cost of model plus expert
        (rejector), one plus the experts' accuracies (cost-sensitive softmax without fees);
        ``exact``, whether to invert :func:`calibration_transform` instead: smaller, and never above
        the scale. Others are as in the loss, with its default.

    Returns
    -------
    array of the shape of ``excess``
        For the rule that takes the best of the decoded costs or, where nothing is decoded, scores.

    Raises
    ------
    InvalidInput
        If the excess is negative or not finite, or a parameter is missing, unusable, or not one of
        this kind's. UnknownName, if no bound of this kind, or no such margin, is known.

    Notes
    -----
    All are concave in (x, s), so they hold on average over x too. They are for experts who all
    answer, and rejectors with one expert. A :math:`\Gamma_u` with a further factor :math:`2 - u`
    under the root for 1 < u < 2 is wrong, by 0.09 of the scale for u = 1.5; the published one for
    u > 2, :math:`(u-1) A^{u-1} v`, is not sharp.

    References
    ----------
    The first four by Pinsker's inequality (others' constants: Cao et al. 2023; arXiv 2604.09414);
    Mao, Mohri and Zhong 2025; Narasimhan et al. 2022, th. 4; Montreuil et al. 2025, th. 4.4.

    Examples
    --------
    >>> consistency_bound([0.0, 0.02], "asymmetric_softmax")
    array([0. , 0.2])
    >>> round(float(consistency_bound(0.02, "aggregated", scale=1.0, n_agents=2, exact=True)), 4)
    0.1993
    """
    if kind not in _BOUNDS:
        raise UnknownName("consistency bound for", kind, _BOUNDS)
    x = _check_costs(excess, "excess")
    takes = inspect.signature(_BOUNDS[kind]).parameters
    needs = [name for name, p in takes.items() if p.default is p.empty][1:]
    if (margin := parameters.get("margin", "logistic")) not in _MARGINS:
        raise UnknownName("margin", margin, _MARGINS)
    needs += ["scale"] * (kind == "rejector" and margin != "hinge")
    if missing := [name for name in needs if name not in parameters]:
        raise InvalidInput(f"The bound of {kind!r} needs {' and '.join(missing)}.")
    if surplus := [name for name in parameters if name not in takes]:
        raise InvalidInput(f"The bound of {kind!r} does not depend on {' and '.join(surplus)}.")
    for name in parameters.keys() - {"margin", "exact"}:
        _check(name, parameters[name])
    return np.asarray(_BOUNDS[kind](x, **parameters))[()]


def plug_in_bound(
    posterior: ArrayLike,
    estimated_posterior: ArrayLike,
    expert_costs: ArrayLike,
    estimated_expert_costs: ArrayLike,
    *,
    max_cost: float = 1.0,
) -> float:
    r"""Largest excess deferral risk of plugging estimates into the Bayes rule.

    .. math:: c_{max} E\|\eta - \pi\|_1 + 2 E \max_j |\epsilon_j - \hat\epsilon_j|

    Narasimhan et al. 2022, theorem 2, for one expert. For several: regret is at most the sum of the
    errors in the costs of two actions, so that the larger term at each x is enough.

    Parameters
    ----------
    posterior, estimated_posterior : array of shape (n, K)
        Class probabilities :math:`\eta` and :math:`\pi` of each case.
    expert_costs, estimated_expert_costs : array of shape (n, J) or (n,)
        Expected costs :math:`\epsilon` and :math:`\hat\epsilon` of the experts, usually errors,
        without fees: the bound holds for all of them.
    max_cost : float, default=1.0
        Factor of the published form, at least 1; 1 is enough.

    Raises
    ------
    InvalidInput
        If shapes disagree, a number is negative or not finite, or ``max_cost`` is below 1.

    Examples
    --------
    >>> round(plug_in_bound([[0.7, 0.3]], [[0.6, 0.4]], [0.2], [0.25]), 4)
    0.3
    """
    eta, pi = (_check_costs(p, "posteriors") for p in (posterior, estimated_posterior))
    true, guess = (_check_costs(c, "costs") for c in (expert_costs, estimated_expert_costs))
    shapes = eta.shape, pi.shape, true.shape, guess.shape
    same = shapes[0] == shapes[1] and shapes[2] == shapes[3] and shapes[2][:1] == shapes[0][:1]
    if not same or eta.ndim != 2 or true.ndim > 2 or not eta.size:
        raise InvalidInput(f"Wanted are (n, K) twice and (n, J) or (n,) twice, not {shapes}.")
    classes = np.abs(eta - pi).sum(-1)
    experts = np.abs(true - guess).reshape(len(eta), -1).max(-1, initial=0.0)
    return float((_check("max_cost", max_cost) * classes + 2.0 * experts).mean())


def upper_bound_factor(u: float = 1.0) -> float:
    r"""Factor that makes the aggregated-costs loss an upper bound of the deferral loss.

    .. math:: \kappa_u = \frac{1 - u}{2^{1-u} - 1}, \qquad \kappa_1 = 1 / \log 2, \quad \kappa_2 = 2

    :math:`c_{\arg\max r} \leq \kappa_u \ell_u(r, c)`, as only the leader can have
    :math:`p_j > 1/2`. The paper claims it without the factor: false, as costs (1, 0) and equal
    scores lose 1/2 for u = 2. With A agents :math:`\kappa_u / (A-1)` is enough.

    Examples
    --------
    >>> upper_bound_factor(2.0)
    2.0
    """
    u = _check("u", u)
    return float(1.0 / np.log(2.0) if u == 1.0 else (1.0 - u) / np.expm1((1.0 - u) * np.log(2.0)))


def _gamma(x: Floats, scale: float, n_agents: int, u: float = 1.0, exact: bool = False) -> Floats:
    factor = 2.0**u * (2.0 - u) if u < 1.0 else 2.0 * n_agents ** min(u - 1.0, 1.0)
    bound = np.asarray(_slope(u, n_agents) * x if u >= 2.0 else np.sqrt(factor * scale * x))
    low, high = np.zeros_like(x), np.minimum(bound / scale, 1.0)
    for _ in range(60 if exact and u < 2.0 else 0):  # halve all intervals at once
        middle = (low + high) / 2.0
        above = scale * calibration_transform(middle, u, n_agents=n_agents) >= x
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return scale * high if exact else bound


#: Factor of scale times excess under the root; the hinge has no root.
_MARGINS = {"logistic": 2.0, "exponential": 2.0, "squared_hinge": 1.0, "hinge": 0.0}
_BOUNDS: dict[str, Callable[..., Floats]] = {
    "aggregated": _gamma,
    "asymmetric_softmax": lambda x, max_cost=1: max(2, max_cost**2) ** 0.5 * x**0.5,
    "cost_sensitive_softmax": lambda x, scale: (2 * scale * x) ** 0.5,
    "expected_cost": lambda x, n_actions: n_actions * x,
    "one_vs_all": lambda x, max_cost=1: (max_cost * x) ** 0.5,
    "rejector": lambda x, margin="logistic", scale=0: (
        1 * x if margin == "hinge" else (_MARGINS[margin] * scale * x) ** 0.5
    ),
    "softmax_one_vs_all": lambda x, weight=1, max_cost=1: (max(2, max_cost / weight) * x) ** 0.5,
}


def _slope(u: float, n_agents: int) -> float:
    k = np.arange(1.0, n_agents + 1.0)
    return float((u - 1.0) / (1.0 - ((k - 1.0) * k ** (1.0 - u)).max()))


def _check_costs(values: ArrayLike, name: str = "agent_costs") -> Floats:
    costs = np.asarray(values, dtype=np.float64)
    check_finite(name, costs)
    if (costs < 0.0).any():
        raise InvalidInput(f"{name} cannot be negative, however the least is {costs.min():.6g}.")
    return costs


def _check(name: str, value: float) -> float:
    least = {"max_cost": 1.0, "n_actions": 2.0, "n_agents": 2.0, "risk": -np.inf}.get(name, 0.0)
    open_end, whole = name in ("scale", "weight"), name.startswith("n_")
    if not np.isfinite(value) or value < least + 5e-324 * open_end or (whole and value % 1.0):
        wanted = f"{'whole' if whole else 'finite'} and {'above' if open_end else 'at least'}"
        raise InvalidInput(f"{name} must be {wanted} {least:g}, however {name}={value!r}.")
    return float(value)
